//! Patterns of allowed endpoints, as `https://cbr.{region}.otc.t-systems.com`.

use std::fmt;
use std::str::FromStr;

use url::{Host, Url};

use super::origin::{self, Malformed, Scheme};

/// One or many endpoints: `scheme://host[:port]`, where in place of a label of the host `{region}`
/// stands for the name of a region, and `*` for exactly one label, whatever it is. The scheme and
/// the port (443 and 80 where none is given) must be equal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EndpointPattern {
    scheme: Scheme,
    host: HostPattern,
    port: u16,
    text: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum HostPattern {
    /// A DNS name.
    Labels(Vec<LabelPattern>),
    Address(String),
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum LabelPattern {
    Exactly(String),
    /// `*`
    Any,
    /// `{region}`
    Region,
}

impl LabelPattern {
    fn matches(&self, label: &str) -> bool {
        match self {
            Self::Exactly(wanted) => wanted == label,
            Self::Any => is_label(label),
            Self::Region => is_region(label),
        }
    }
}

/// A text that is no pattern.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "an allowed endpoint is written https://host or https://host:port (http:// only for tests), \
     where {{region}} in place of a label of the host stands for the name of a region, as in \
     https://cbr.{{region}}.example.com, and a * for any one label: {0}"
)]
pub struct InvalidPattern(&'static str);

const ANY: &str = "*";
const REGION: &str = "{region}";
/// A label to stand in for these two while the URL parser checks the rest; as a label it is always
/// valid.
const STAND_IN: &str = "any";

impl FromStr for EndpointPattern {
    type Err = InvalidPattern;

    fn from_str(text: &str) -> Result<Self, InvalidPattern> {
        let (scheme, authority) = origin::split(text).map_err(|malformed| {
            InvalidPattern(match malformed {
                Malformed::NotAUrl => "this is not of that form",
                Malformed::Credentials => "credentials do not belong into it",
                Malformed::Path => "it has a path, a query or a fragment",
            })
        })?;
        let labels: Vec<&str> = authority.split('.').collect();
        let (last, port) = match labels.last().and_then(|last| last.split_once(':')) {
            Some((last, port)) if !authority.contains('[') => (Some(last), Some(port)),
            Some(_) | None => (labels.last().copied(), None),
        };
        let names: Vec<&str> = labels.iter().rev().skip(1).rev().copied().chain(last).collect();
        let is_placeholder = |label: &str| [ANY, REGION].contains(&label);
        if names.iter().any(|label| label.contains(['*', '{', '}']) && !is_placeholder(label)) {
            return Err(InvalidPattern(
                "a * or a {region} stands for a whole label, not for a part of one",
            ));
        }
        let plain: Vec<&str> = names
            .iter()
            .map(|label| if is_placeholder(label) { STAND_IN } else { label })
            .collect();
        let port = port.map(|port| format!(":{port}")).unwrap_or_default();
        let url = Url::parse(&format!("{scheme}://{}{port}", plain.join(".")))
            .map_err(|_| InvalidPattern("the host or the port is not valid"))?;
        let scheme =
            Scheme::of(&url).ok_or(InvalidPattern("the scheme is neither https nor http"))?;
        let port = url.port_or_known_default().ok_or(InvalidPattern("the port is not valid"))?;
        let host = match url.host() {
            Some(Host::Domain(domain)) => HostPattern::Labels(
                domain
                    .split('.')
                    .zip(&names)
                    .map(|(label, name)| match *name {
                        ANY => LabelPattern::Any,
                        REGION => LabelPattern::Region,
                        _ => LabelPattern::Exactly(label.to_owned()),
                    })
                    .collect(),
            ),
            Some(address @ (Host::Ipv4(_) | Host::Ipv6(_))) => {
                HostPattern::Address(address.to_string())
            }
            None => return Err(InvalidPattern("the host is missing")),
        };
        if let HostPattern::Labels(labels) = &host
            && labels
                .iter()
                .any(|label| matches!(label, LabelPattern::Exactly(label) if !is_label(label)))
        {
            return Err(InvalidPattern("the host has an empty or an invalid label"));
        }
        Ok(Self { scheme, host, port, text: text.to_owned() })
    }
}

impl EndpointPattern {
    /// `url` is an origin whose host has been checked.
    pub(super) fn matches(&self, url: &Url) -> bool {
        if Scheme::of(url) != Some(self.scheme) || url.port_or_known_default() != Some(self.port) {
            return false;
        }
        match (&self.host, url.host()) {
            (HostPattern::Labels(pattern), Some(Host::Domain(domain))) => {
                let labels: Vec<&str> = domain.split('.').collect();
                labels.len() == pattern.len()
                    && pattern.iter().zip(labels).all(|(wanted, label)| wanted.matches(label))
            }
            (HostPattern::Address(wanted), Some(address @ (Host::Ipv4(_) | Host::Ipv6(_)))) => {
                *wanted == address.to_string()
            }
            (HostPattern::Labels(_), Some(Host::Ipv4(_) | Host::Ipv6(_)))
            | (HostPattern::Address(_), Some(Host::Domain(_)))
            | (_, None) => false,
        }
    }

    /// Whether it allows endpoints without TLS.
    pub(super) fn is_http(&self) -> bool {
        self.scheme == Scheme::Http
    }
}

/// A label of a DNS name in lower case, as the URL parser leaves it.
pub(super) fn is_label(label: &str) -> bool {
    (1..=63).contains(&label.len())
        && label.bytes().all(|byte| {
            byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'_')
        })
}

/// A name as these clouds give to their regions: `eu-de`, `eu-ch2`, `cn-north-4`, `eu-west-101`.
/// Two letters come first, which tells it from the clouds' services (`obs`, `oss-…`, `s3-…`) that
/// have their customers' names before their own: `cbr.obs.otc.t-systems.com` is a bucket called
/// `cbr`, which anybody may own.
fn is_region(label: &str) -> bool {
    let mut parts = label.split('-');
    let (Some(area), Some(place)) = (parts.next(), parts.next()) else { return false };
    let (number, rest) = (parts.next(), parts.next());
    let letters =
        |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_lowercase());
    let digits = |text: &str| text.len() <= 3 && text.bytes().all(|byte| byte.is_ascii_digit());
    let place_number = place.trim_start_matches(|byte: char| byte.is_ascii_lowercase());
    let place_name = place.strip_suffix(place_number).unwrap_or_default();
    area.len() == 2
        && letters(area)
        && letters(place_name)
        && digits(place_number)
        && number.is_none_or(|number| !number.is_empty() && digits(number))
        && rest.is_none()
        && is_label(label)
}

impl fmt::Display for EndpointPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_region_looks_like_one() {
        for region in [
            "eu-de",
            "eu-nl",
            "eu-ch2",
            "eu-west-0",
            "eu-west-101",
            "cn-north-4",
            "cn-southwest-2",
            "cn-east-201",
            "ap-southeast-1",
            "af-south-1",
            "la-north-2",
            "na-mexico-1",
            "sa-brazil-1",
            "me-east-1",
            "tr-west-1",
            "ru-moscow-1",
            "ae-ad-1",
            "my-kualalumpur-1",
        ] {
            assert!(is_region(region), "{region}");
        }
        for other in [
            "",
            "-",
            "obs",
            "oss",
            "s3",
            "iam",
            "cbr",
            "region",
            "eude",
            "eu-",
            "-de",
            "eu--1",
            "eu-de-",
            "eu-de-1-1",
            "eu-1",
            "eu-de-a",
            "eu-de-1a",
            "eu-de1234",
            "eu-west-1000",
            "obs-eu-de",
            "obs-website",
            "oss-cn-north-1",
            "s3-eu-de",
            "s3-website",
            "iam-eu-de",
            "eu_de",
            "eu-d_e",
            "EU-DE",
            "eu-de.x",
            "xn--eu-de",
            "eu-dé",
            "vpcep-obs",
            "e-de",
            "eu-de-1\n",
        ] {
            assert!(!is_region(other), "{other:?}");
        }
    }
}
