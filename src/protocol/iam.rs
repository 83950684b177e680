//! Which IAM is asked for a token.

use crate::cbr::{AllowList, Endpoint, iam_beside};
use crate::resource::Auth;

/// The IAM endpoint of a resource: its own, else the operator's default, else the one that stands
/// beside the CBR endpoint, as its cloud names it. It must be allowed.
///
/// # Errors
/// Why there is none, in words for a status.
pub fn iam_endpoint(
    auth: &Auth,
    cbr: &Endpoint,
    default: Option<&str>,
    allowed: &AllowList,
) -> Result<Endpoint, String> {
    let named = auth.iam_endpoint.as_deref().or(default).map(str::to_owned);
    let named = named.or_else(|| iam_beside(cbr));
    let Some(named) = named else {
        return Err("spec.auth.iamEndpoint is not set, the operator has no default, and none can \
                    be told from the CBR endpoint."
            .to_owned());
    };
    allowed.check(without_version(&named)).map_err(|refused| refused.to_string())
}

/// The URL of IAM without the `/v3` that every `OS_AUTH_URL` has at its end.
pub fn without_version(url: &str) -> &str {
    let bare = url.strip_suffix('/').unwrap_or(url);
    bare.strip_suffix("/v3").unwrap_or(url)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cbr::{Cloud, DEFAULT_ENDPOINT_PATTERNS, DEFAULT_IAM_PATTERNS};

    fn list(patterns: &[&str]) -> AllowList {
        AllowList(patterns.iter().map(|text| text.parse().unwrap()).collect())
    }

    #[test]
    fn the_nearest_one_counts_and_it_must_be_allowed() {
        let cbr =
            list(&DEFAULT_ENDPOINT_PATTERNS).check("https://cbr.eu-de.otc.t-systems.com").unwrap();
        let other = list(&["https://backup.example"]).check("https://backup.example").unwrap();
        let nl = "https://iam.eu-nl.otc.t-systems.com";
        let v3 = "https://iam.eu-de.otc.t-systems.com/v3/";
        for (own, at, default, expected) in [
            (None, &cbr, None, Some("https://iam.eu-de.otc.t-systems.com")),
            (None, &cbr, Some(nl), Some(nl)),
            (Some(v3), &cbr, Some(nl), Some("https://iam.eu-de.otc.t-systems.com")),
            (Some("https://iam.evil.example"), &cbr, None, None),
            (Some("https://iam.eu-de.otc.t-systems.com/v2"), &cbr, None, None),
            (None, &other, None, None),
            (None, &other, Some(nl), Some(nl)),
        ] {
            let auth = Auth { iam_endpoint: own.map(str::to_owned), ..Auth::default() };
            let found = iam_endpoint(&auth, at, default, &list(&DEFAULT_IAM_PATTERNS));
            assert_eq!(found.ok().map(|it| it.to_string()).as_deref(), expected, "{own:?}");
        }
    }

    /// Switzerland has a realm of its own, and its IAM another name.
    #[test]
    fn a_cloud_with_another_name_for_its_iam_is_asked_there() {
        let clouds = [Cloud::OtcSwiss];
        let cbr = AllowList::of_cbr(&clouds, &[]);
        let cbr = cbr.check("https://cbr.eu-ch2.sc.otc.t-systems.com").unwrap();
        let found = |iam: &AllowList| iam_endpoint(&Auth::default(), &cbr, None, iam);
        assert_eq!(
            found(&AllowList::of_iam(&clouds, &[])).unwrap().as_str(),
            "https://iam-pub.eu-ch2.sc.otc.t-systems.com"
        );
        assert!(found(&AllowList::of_iam(&[], &[])).is_err());
    }
}
