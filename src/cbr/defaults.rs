//! Where a token, or the password for one, may be sent unless something else is said.

/// The CBR endpoints of the two public clouds whose API this is, each for every region, over https.
pub const DEFAULT_ENDPOINT_PATTERNS: [&str; 2] =
    ["https://cbr.{region}.otc.t-systems.com", "https://cbr.{region}.myhuaweicloud.com"];

/// The IAM of the same clouds.
pub const DEFAULT_IAM_PATTERNS: [&str; 2] =
    ["https://iam.{region}.otc.t-systems.com", "https://iam.{region}.myhuaweicloud.com"];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cbr::AllowList;

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
        [("cbr", "iam", DEFAULT_ENDPOINT_PATTERNS), ("iam", "cbr", DEFAULT_IAM_PATTERNS)].map(
            |(service, other, patterns)| {
                (
                    service,
                    other,
                    AllowList(patterns.iter().map(|text| text.parse().unwrap()).collect()),
                )
            },
        )
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
}
