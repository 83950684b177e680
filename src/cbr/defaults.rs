//! Where a token, or the password that it is had for, may be sent unless something else is said.

/// The CBR endpoints of the two public clouds whose API this is, each for every region, over https.
pub const DEFAULT_ENDPOINT_PATTERNS: [&str; 2] = ["https://cbr.*.otc.t-systems.com", "https://cbr.*.myhuaweicloud.com"];

/// The IAM of the same clouds.
pub const DEFAULT_IAM_PATTERNS: [&str; 2] = ["https://iam.*.otc.t-systems.com", "https://iam.*.myhuaweicloud.com"];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cbr::{AllowList, EndpointPattern};

    #[test]
    fn the_documented_endpoints_pass_and_their_look_alikes_do_not() {
        let patterns: Vec<EndpointPattern> =
            DEFAULT_ENDPOINT_PATTERNS.iter().map(|text| text.parse().unwrap()).collect();
        let allowed = AllowList(patterns);
        for good in [
            "https://cbr.eu-de.otc.t-systems.com",
            "https://cbr.eu-nl.otc.t-systems.com",
            "https://cbr.cn-north-4.myhuaweicloud.com",
        ] {
            assert_eq!(allowed.check(good).unwrap().as_str(), good);
        }
        for bad in [
            "https://iam.eu-de.otc.t-systems.com",
            "https://cbr.a.b.otc.t-systems.com",
            "https://cbr.eu-de.otc.t-systems.com.evil.example",
            "http://cbr.eu-de.otc.t-systems.com",
        ] {
            assert!(allowed.check(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_password_goes_to_iam_alone() {
        let allowed = AllowList(DEFAULT_IAM_PATTERNS.iter().map(|text| text.parse().unwrap()).collect());
        for good in ["https://iam.eu-de.otc.t-systems.com", "https://iam.cn-north-4.myhuaweicloud.com"] {
            assert_eq!(allowed.check(good).unwrap().as_str(), good);
        }
        for bad in [
            "https://cbr.eu-de.otc.t-systems.com",
            "https://iam.eu-de.otc.t-systems.com.evil.example",
            "http://iam.eu-de.otc.t-systems.com",
        ] {
            assert!(allowed.check(bad).is_err(), "{bad}");
        }
    }
}
