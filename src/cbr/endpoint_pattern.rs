//! Patterns of allowed endpoints, as `https://cbr.*.otc.t-systems.com`.

use std::fmt;
use std::str::FromStr;

use url::{Host, Url};

use super::origin::{self, Malformed, Scheme};

/// One or many endpoints: `scheme://host[:port]`, where a `*` in place of a label of the host stands for exactly one
/// label. The scheme and the port (443 and 80 where none is given) must be equal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EndpointPattern {
    scheme: Scheme,
    host: HostPattern,
    port: u16,
    text: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum HostPattern {
    /// A DNS name; `None` stands for any one label.
    Labels(Vec<Option<String>>),
    Address(String),
}

/// A text that is no pattern.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "an allowed endpoint is written https://host or https://host:port (http:// only for tests), where a * stands for one whole label of the host, as in https://cbr.*.example.com: {0}"
)]
pub struct InvalidPattern(&'static str);

/// A label to stand in for `*` while the URL parser checks the rest; as a label it is always valid.
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
        if names.iter().any(|label| label.contains('*') && *label != "*") {
            return Err(InvalidPattern("a * stands for a whole label, not for a part of one"));
        }
        let plain: Vec<&str> = names.iter().map(|label| if *label == "*" { STAND_IN } else { label }).collect();
        let port = port.map(|port| format!(":{port}")).unwrap_or_default();
        let url = Url::parse(&format!("{scheme}://{}{port}", plain.join(".")))
            .map_err(|_| InvalidPattern("the host or the port is not valid"))?;
        let scheme = Scheme::of(&url).ok_or(InvalidPattern("the scheme is neither https nor http"))?;
        let port = url.port_or_known_default().ok_or(InvalidPattern("the port is not valid"))?;
        let host = match url.host() {
            Some(Host::Domain(domain)) => HostPattern::Labels(
                domain.split('.').zip(&names).map(|(label, name)| (*name != "*").then(|| label.to_owned())).collect(),
            ),
            Some(address @ (Host::Ipv4(_) | Host::Ipv6(_))) => HostPattern::Address(address.to_string()),
            None => return Err(InvalidPattern("the host is missing")),
        };
        if let HostPattern::Labels(labels) = &host
            && labels.iter().flatten().any(|label| !is_label(label))
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
                    && pattern.iter().zip(labels).all(|(wanted, label)| match wanted {
                        Some(wanted) => wanted == label,
                        None => is_label(label),
                    })
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
        && label.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'_'))
}

impl fmt::Display for EndpointPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}
