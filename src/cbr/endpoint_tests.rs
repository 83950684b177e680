use super::*;
use crate::cbr::{BackupId, ProjectId};
use proptest::prelude::*;

fn allow(patterns: &[&str]) -> AllowList {
    AllowList(patterns.iter().map(|text| text.parse().unwrap()).collect())
}

#[test]
fn a_good_endpoint_is_normalised() {
    let list = allow(&[
        "https://cbr.*.example.com",
        "https://other.example.com:8443",
        "http://127.0.0.1:8080",
        "https://[::1]",
    ]);
    for (text, normal) in [
        ("https://cbr.eu-de.example.com", "https://cbr.eu-de.example.com"),
        ("https://cbr.eu-de.example.com/", "https://cbr.eu-de.example.com"),
        ("https://cbr.eu-de.example.com:443", "https://cbr.eu-de.example.com"),
        ("https://cbr.eu-de.example.com:443/", "https://cbr.eu-de.example.com"),
        ("HTTPS://CBR.Eu-De.Example.COM", "https://cbr.eu-de.example.com"),
        ("https://other.example.com:8443", "https://other.example.com:8443"),
        ("http://127.0.0.1:8080/", "http://127.0.0.1:8080"),
        ("https://[::1]:443", "https://[::1]"),
    ] {
        assert_eq!(list.check(text).unwrap().as_str(), normal, "{text}");
    }
}

#[test]
fn tricks_are_refused_each_for_what_it_is() {
    use EndpointRefused::{HasCredentials, HasPath, NotAUrl, NotHttps};
    let list = allow(&["https://cbr.*.example.com"]);
    for (text, expected) in [
        ("", NotAUrl),
        ("cbr.eu-de.example.com", NotAUrl),
        ("https:cbr.eu-de.example.com", NotAUrl),
        ("https:///cbr.eu-de.example.com", NotAUrl),
        ("https://", NotAUrl),
        ("https://?", NotAUrl),
        ("https://:443", NotAUrl),
        (" https://cbr.eu-de.example.com", NotAUrl),
        ("https://cbr.eu-de.example.com ", NotAUrl),
        ("https://cbr.eu-de.example.com\n", NotAUrl),
        ("https://cbr.eu-\tde.example.com", NotAUrl),
        ("https:\\\\cbr.eu-de.example.com", NotAUrl),
        ("https://evil.example\\.cbr.eu-de.example.com", NotAUrl),
        ("https://cbr.eu-de.example.com.", NotAUrl),
        ("https://cbr..example.com", NotAUrl),
        ("https://cbr.*.example.com", NotAUrl),
        ("https://cbr.{region}.example.com", NotAUrl),
        ("https://cbr.eu-{de}.example.com", NotAUrl),
        ("https://cbr.eu%2dde.example.com", NotAUrl),
        ("https://cbr.eu-de.example%2ecom", NotAUrl),
        ("https://cbr.eü.example.com", NotAUrl),
        ("https://cbr.eu-de.example。com", NotAUrl),
        ("https://cbr.eu-de.example.com:", NotAUrl),
        ("https://cbr.eu-de.example.com:0x1bb", NotAUrl),
        ("https://cbr.eu-de.example.com:99999", NotAUrl),
        ("https://cbr.eu-de,x.example.com", NotAUrl),
        ("https://[cbr.eu-de.example.com]", NotAUrl),
        ("https://user:hush@cbr.eu-de.example.com", HasCredentials),
        ("https://hush@cbr.eu-de.example.com", HasCredentials),
        ("https://cbr.eu-de.example.com@evil.example", HasCredentials),
        ("https://cbr.eu-de.example.com/v3", HasPath),
        ("https://cbr.eu-de.example.com//", HasPath),
        ("https://cbr.eu-de.example.com/.", HasPath),
        ("https://cbr.eu-de.example.com/%2e%2e", HasPath),
        ("https://cbr.eu-de.example.com?x=1", HasPath),
        ("https://cbr.eu-de.example.com/?", HasPath),
        ("https://cbr.eu-de.example.com#top", HasPath),
        ("http://cbr.eu-de.example.com", NotHttps),
        ("http://cbr.eu-de.example.com:443", NotHttps),
        ("ftp://cbr.eu-de.example.com", NotHttps),
        ("wss://cbr.eu-de.example.com", NotHttps),
    ] {
        assert_eq!(list.check(text), Err(expected), "{text:?}");
    }
    let long = format!("https://{}example.com", "a.".repeat(400));
    assert_eq!(list.check(&long), Err(NotAUrl));
}

#[test]
fn what_no_pattern_matches_is_not_allowed_and_the_message_says_what_is() {
    let list = allow(&["https://cbr.*.example.com", "https://host.example.com:8443"]);
    for text in [
        "https://cbr.a.b.example.com",
        "https://cbr.example.com",
        "https://cbr.eu-de.example.com.evil.example",
        "https://evilcbr.eu-de.example.com",
        "https://cbr.eu-de.example.com:8443",
        "https://host.example.com",
        "https://host.example.com:443",
        "https://127.0.0.1",
        "https://0x7f.1",
    ] {
        let refusal = list.check(text).unwrap_err();
        assert!(matches!(refusal, EndpointRefused::NotAllowed { .. }), "{text}: {refusal:?}");
        assert!(refusal.to_string().contains("https://cbr.*.example.com"), "{refusal}");
    }
    assert!(allow(&[]).check("https://a.example").unwrap_err().to_string().contains("none"));
}

#[test]
fn http_passes_only_where_an_http_pattern_matches() {
    let list = allow(&["http://127.0.0.1:8080", "https://cbr.*.example.com"]);
    assert!(list.check("http://127.0.0.1:8080").is_ok());
    for text in [
        "http://127.0.0.1",
        "http://127.0.0.2:8080",
        "https://127.0.0.1:8080",
        "http://cbr.eu-de.example.com",
    ] {
        assert!(matches!(list.check(text), Err(EndpointRefused::NotAllowed { .. })), "{text}");
    }
}

#[test]
fn a_star_is_no_part_of_an_address() {
    let list = allow(&["http://127.0.0.*", "http://*"]);
    assert!(list.check("http://127.0.0.1").is_err());
    assert!(list.check("http://localhost").is_ok());
}

#[test]
fn a_region_stands_for_the_name_of_one_and_a_star_for_any_label() {
    let list = allow(&["https://cbr.{region}.example.com", "https://iam.*.example.com"]);
    for good in [
        "https://cbr.eu-de.example.com",
        "https://cbr.EU-WEST-101.example.com",
        "https://iam.obs.example.com",
    ] {
        assert!(list.check(good).is_ok(), "{good}");
    }
    for bad in [
        "https://cbr.obs.example.com",
        "https://cbr.region.example.com",
        "https://cbr.any.example.com",
        "https://cbr.example.com",
        "https://cbr.eu-de.eu-de.example.com",
        "https://cbr.obs.eu-de.example.com",
        "https://cbr.eu-de.obs.example.com",
    ] {
        let refusal = list.check(bad).unwrap_err();
        assert!(matches!(refusal, EndpointRefused::NotAllowed { .. }), "{bad}: {refusal:?}");
        assert!(refusal.to_string().contains("https://cbr.{region}.example.com"), "{refusal}");
    }
}

#[test]
fn patterns_of_another_form_are_refused_in_one_line() {
    for text in [
        "",
        "*",
        "cbr.*.example.com",
        "*://cbr.example.com",
        "ftp://cbr.example.com",
        "https://",
        "https://c*r.example.com",
        "https://cbr-{region}.example.com",
        "https://{region}{region}.example.com",
        "https://cbr.{other}.example.com",
        "https://cbr.{}.example.com",
        "https://cbr.{region.example.com",
        "https://cbr.{REGION}.example.com",
        "https://cbr.example.com:{region}",
        "https://{region}.0.0.1",
        "https://**.example.com",
        "https://cbr.*.example.com/v3",
        "https://cbr.example.com?x",
        "https://u:hush@cbr.example.com",
        "https://cbr.example.com:*",
        "https://cbr.example.com:",
        "https://cbr..example.com",
        "https://*.",
        "https://*.0.0.1",
        "https://cbr.example.com:99999",
        "https://cbr example.com",
        "https://.example.com",
        "https://[*]",
    ] {
        let refusal = text.parse::<EndpointPattern>().expect_err(text).to_string();
        assert!(!refusal.contains('\n') && !refusal.contains("hush"), "{refusal}");
    }
}

#[test]
fn patterns_compare_as_endpoints_do() {
    let list = allow(&["HTTPS://CBR.*.Example.com:443/"]);
    assert_eq!(
        list.check("https://cbr.x.example.com").unwrap().as_str(),
        "https://cbr.x.example.com"
    );
    assert_eq!(list.to_string(), "HTTPS://CBR.*.Example.com:443/");
}

#[test]
fn urls_are_built_below_the_origin() {
    let endpoint = allow(&["https://cbr.*.example.com:8443"])
        .check("https://cbr.x.example.com:8443/")
        .unwrap();
    let target = Target {
        project_id: ProjectId::parse("f841e01fd2b14e7fa41b6ae7aa6b0594").unwrap(),
        backup_id: BackupId::parse("a5200268-74a5").unwrap(),
    };
    let backup =
        "https://cbr.x.example.com:8443/v3/f841e01fd2b14e7fa41b6ae7aa6b0594/backups/a5200268-74a5";
    assert_eq!(endpoint.backup_url(&target).as_str(), backup);
    assert_eq!(endpoint.replicate_url(&target).as_str(), format!("{backup}/replicate"));
}

proptest! {
    #[test]
    fn whatever_passes_is_one_label_away_from_the_pattern(text in r"(https|http|HTTPS)://cbr[.]([a-zA-Z0-9._@/\\%?#: -]|é){0,12}[.]example[.]com[./:@a-z0-9]{0,4}") {
        if let Ok(endpoint) = allow(&["https://cbr.*.example.com"]).check(&text) {
            let label = endpoint.as_str().strip_prefix("https://cbr.").and_then(|rest| rest.strip_suffix(".example.com"));
            prop_assert!(label.is_some_and(is_label), "{text} became {endpoint}");
        }
    }

    #[test]
    fn any_text_is_survived_and_credentials_are_never_repeated(text in any::<String>()) {
        let list = allow(&["https://cbr.*.example.com"]);
        let _ = text.parse::<EndpointPattern>();
        let _ = list.check(&text);
        let _ = list.check(&format!("https://{text}"));
        let refusal = list.check(&format!("https://{text}:hushhush@cbr.x.example.com")).unwrap_err();
        prop_assert!(!refusal.to_string().contains("hushhush"));
    }
}
