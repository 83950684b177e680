//! The default list and the names of clouds: the services pass, nothing else of the clouds does, and
//! no cloud's name widens what another one allows.

use super::*;

const CLOUDS: [&str; 2] = ["otc.t-systems.com", "myhuaweicloud.com"];
const REGIONS: [&str; 4] = ["eu-de", "eu-nl", "cn-north-4", "eu-west-101"];

/// What stands before a cloud's name where a customer's bucket, or another service, answers.
/// `cbr` and `iam` are good names for a bucket.
const OF_OTHERS: [&str; 22] = [
    "NAME.obs",
    "NAME.obs.eu-de",
    "NAME.obs-eu-de",
    "NAME.obs-website",
    "NAME.obs-website.eu-de",
    "NAME.obsfs",
    "NAME.oss",
    "NAME.oss.cn-north-4",
    "NAME.oss-cn-north-4",
    "NAME.s3",
    "NAME.s3.eu-de",
    "NAME.s3-eu-de",
    "NAME.s3-website.eu-de",
    "NAME.cdn",
    "NAME.eu-de.obs",
    "NAME.obs.eu-de.obs",
    "obs.eu-de",
    "NAME",
    "eu-de",
    "evil.NAME.eu-de",
    "evilNAME.eu-de",
    "NAME-evil.eu-de",
];

fn lists() -> [(&'static str, &'static str, AllowList); 2] {
    [("cbr", "iam", AllowList::of_cbr(&[], &[])), ("iam", "cbr", AllowList::of_iam(&[], &[]))]
}

#[test]
fn the_services_pass_in_every_region_and_nothing_else_of_the_clouds_does() {
    for (service, other, allowed) in lists() {
        for cloud in CLOUDS {
            for region in REGIONS {
                let good = format!("https://{service}.{region}.{cloud}");
                assert_eq!(allowed.check(&good).unwrap().as_str(), good);
                for bad in [
                    format!("http://{service}.{region}.{cloud}"),
                    format!("https://{service}.{region}.{cloud}:8443"),
                    format!("https://{service}.{region}.{cloud}.evil.example"),
                    format!("https://{other}.{region}.{cloud}"),
                    format!("https://obs.{region}.{cloud}"),
                ] {
                    assert!(allowed.check(&bad).is_err(), "{bad}");
                }
            }
            for of_others in OF_OTHERS {
                let bad = format!("https://{}.{cloud}", of_others.replace("NAME", service));
                assert!(allowed.check(&bad).is_err(), "{bad}");
            }
        }
    }
}

fn patterns(texts: &[&str]) -> Vec<EndpointPattern> {
    texts.iter().map(|text| text.parse().unwrap()).collect()
}

#[test]
fn every_text_of_ours_is_a_pattern_and_every_name_a_cloud() {
    for cloud in Cloud::ALL {
        let Hosts { name, title, cbr, iam, iam_label, documented: _ } = cloud.hosts();
        assert_eq!(name.parse(), Ok(cloud));
        assert_eq!(cloud.to_string(), name);
        assert!(!title.is_empty() && !iam_label.is_empty());
        assert_eq!(AllowList::of_cbr(&[cloud], &[]), AllowList(patterns(cbr)));
        assert_eq!(AllowList::of_iam(&[cloud], &[]), AllowList(patterns(iam)));
    }
    for other in ["", "OTC", "otc ", "aws", "huawei-"] {
        assert_eq!(other.parse::<Cloud>(), Err(UnknownCloud), "{other}");
    }
    assert!(UnknownCloud.to_string().contains("otc, otc-swiss, huawei, "), "{UnknownCloud}");
    let default = AllowList::of_cbr(&[], &[]);
    assert_eq!(default, AllowList(patterns(&DEFAULT_ENDPOINT_PATTERNS)));
    assert_eq!(AllowList::of_iam(&[], &[]), AllowList(patterns(&DEFAULT_IAM_PATTERNS)));
}

/// A pattern with a region as it would be, as an endpoint.
fn example(pattern: &str) -> String {
    pattern.replace("{region}", "eu-de")
}

/// With one cloud named, an endpoint of another one is refused: of each pair.
#[test]
fn a_cloud_allows_its_own_hosts_and_no_other_s() {
    for cloud in Cloud::ALL {
        let (cbr, iam) = (AllowList::of_cbr(&[cloud], &[]), AllowList::of_iam(&[cloud], &[]));
        for other in Cloud::ALL {
            let hosts = other.hosts();
            for endpoint in hosts.cbr.iter().map(|pattern| example(pattern)) {
                assert_eq!(cbr.check(&endpoint).is_ok(), cloud == other, "{cloud}: {endpoint}");
                assert!(iam.check(&endpoint).is_err(), "{cloud}: {endpoint}");
            }
            for endpoint in hosts.iam.iter().map(|pattern| example(pattern)) {
                assert_eq!(iam.check(&endpoint).is_ok(), cloud == other, "{cloud}: {endpoint}");
                assert!(cbr.check(&endpoint).is_err(), "{cloud}: {endpoint}");
            }
        }
    }
}

/// A list that was narrow before there were names must not be wider now.
#[test]
fn what_is_named_adds_up_and_replaces_the_default() {
    let own = patterns(&["https://cbr.own.example"]);
    assert_eq!(AllowList::of_cbr(&[], &own), AllowList(own.clone()));
    assert_eq!(AllowList::of_iam(&[], &own), AllowList(own.clone()));
    let both = AllowList::of_cbr(&[Cloud::Otc, Cloud::OtcSwiss], &own);
    for (endpoint, allowed) in [
        ("https://cbr.eu-de.otc.t-systems.com", true),
        ("https://cbr.eu-ch2.sc.otc.t-systems.com", true),
        ("https://cbr.own.example", true),
        ("https://cbr.eu-de.myhuaweicloud.com", false),
    ] {
        assert_eq!(both.check(endpoint).is_ok(), allowed, "{endpoint}");
    }
}

/// Where a password goes that names no IAM: to the cloud that the backup is in.
#[test]
fn the_iam_beside_an_endpoint_is_its_own_cloud_s() {
    for cloud in Cloud::ALL {
        let (cbr, iam) = (AllowList::of_cbr(&[cloud], &[]), AllowList::of_iam(&[cloud], &[]));
        for pattern in cloud.hosts().cbr {
            let beside = iam_beside(&cbr.check(&example(pattern)).unwrap()).unwrap();
            assert!(iam.check(&beside).is_ok(), "{cloud}: {beside}");
        }
    }
    let of = |text: &str| iam_beside(&AllowList(patterns(&[text])).check(text).unwrap());
    assert_eq!(of("https://cbr.own.example:8443").as_deref(), Some("https://iam.own.example:8443"));
    assert_eq!(of("https://backup.example"), None);
}
