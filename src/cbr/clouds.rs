//! The clouds with this API, by name: where each has its CBR and its IAM, and so where a token, or
//! the password for one, may be sent.

use std::fmt;
use std::str::FromStr;

use super::endpoint::{AllowList, Endpoint};
use super::endpoint_pattern::EndpointPattern;

/// A cloud that is known by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cloud {
    /// Open Telekom Cloud.
    Otc,
    /// Open Telekom Cloud Switzerland: a realm of its own.
    OtcSwiss,
    /// Huawei Cloud.
    Huawei,
    /// Huawei Cloud Europe.
    HuaweiEu,
    /// Flexible Engine of Orange Business.
    FlexibleEngine,
    /// Cloud.ru Advanced.
    CloudRu,
    /// Core42, formerly G42.
    Core42,
}

/// What is known of a cloud.
#[derive(Clone, Copy, Debug)]
pub struct Hosts {
    /// As `--cloud` has it.
    pub name: &'static str,
    /// As people have it.
    pub title: &'static str,
    /// Patterns of its CBR endpoints.
    pub cbr: &'static [&'static str],
    /// Patterns of its IAM endpoints.
    pub iam: &'static [&'static str],
    /// What stands in place of `cbr` in the host of IAM that belongs to a CBR endpoint.
    pub iam_label: &'static str,
    /// Whether its documentation names the CBR host. Where it does not, the host follows the
    /// pattern of the cloud's other services.
    pub documented: bool,
}

impl Cloud {
    /// Every one.
    pub const ALL: [Self; 7] = [
        Self::Otc,
        Self::OtcSwiss,
        Self::Huawei,
        Self::HuaweiEu,
        Self::FlexibleEngine,
        Self::CloudRu,
        Self::Core42,
    ];

    /// What is known of it.
    pub fn hosts(self) -> Hosts {
        let usual = Hosts {
            name: "otc",
            title: "Open Telekom Cloud",
            cbr: &["https://cbr.{region}.otc.t-systems.com"],
            iam: &["https://iam.{region}.otc.t-systems.com"],
            iam_label: "iam",
            documented: true,
        };
        match self {
            Self::Otc => usual,
            Self::OtcSwiss => Hosts {
                name: "otc-swiss",
                title: "Open Telekom Cloud Switzerland",
                cbr: &["https://cbr.eu-ch2.sc.otc.t-systems.com"],
                iam: &["https://iam-pub.eu-ch2.sc.otc.t-systems.com"],
                iam_label: "iam-pub",
                documented: false,
            },
            Self::Huawei => Hosts {
                name: "huawei",
                title: "Huawei Cloud",
                cbr: &["https://cbr.{region}.myhuaweicloud.com"],
                iam: &["https://iam.{region}.myhuaweicloud.com", "https://iam.myhuaweicloud.com"],
                ..usual
            },
            Self::HuaweiEu => Hosts {
                name: "huawei-eu",
                title: "Huawei Cloud Europe",
                cbr: &["https://cbr.eu-west-101.myhuaweicloud.eu"],
                iam: &["https://iam.eu-west-101.myhuaweicloud.eu", "https://iam.myhuaweicloud.eu"],
                ..usual
            },
            Self::FlexibleEngine => Hosts {
                name: "flexible-engine",
                title: "Flexible Engine",
                cbr: &["https://cbr.eu-west-0.prod-cloud-ocb.orange-business.com"],
                iam: &["https://iam.eu-west-0.prod-cloud-ocb.orange-business.com"],
                ..usual
            },
            Self::CloudRu => Hosts {
                name: "cloud-ru",
                title: "Cloud.ru Advanced",
                cbr: &[
                    "https://cbr.ru-moscow-1.hc.sbercloud.ru",
                    "https://cbr.ru-moscow-1.hc.cloud.ru",
                ],
                iam: &[
                    "https://iam.ru-moscow-1.hc.sbercloud.ru",
                    "https://iam.ru-moscow-1.hc.cloud.ru",
                ],
                ..usual
            },
            Self::Core42 => Hosts {
                name: "core42",
                title: "Core42 (G42)",
                cbr: &["https://cbr.ae-ad-1.g42cloud.com"],
                iam: &["https://iam.ae-ad-1.g42cloud.com"],
                documented: false,
                ..usual
            },
        }
    }
}

impl fmt::Display for Cloud {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.hosts().name)
    }
}

/// A name that is no cloud's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "must be one of {}; another cloud is allowed by its endpoints (--allowed-endpoint, \
     --allowed-iam-endpoint)",
    Cloud::ALL.map(|cloud| cloud.to_string()).join(", ")
)]
pub struct UnknownCloud;

impl FromStr for Cloud {
    type Err = UnknownCloud;

    fn from_str(name: &str) -> Result<Self, UnknownCloud> {
        Self::ALL.into_iter().find(|cloud| cloud.hosts().name == name).ok_or(UnknownCloud)
    }
}

/// The CBR endpoints that are allowed where neither a cloud nor an endpoint is named: those of the
/// two public clouds whose API this is, each for every region, over https.
pub const DEFAULT_ENDPOINT_PATTERNS: [&str; 2] =
    ["https://cbr.{region}.otc.t-systems.com", "https://cbr.{region}.myhuaweicloud.com"];

/// The IAM of the same clouds, in every region.
pub const DEFAULT_IAM_PATTERNS: [&str; 2] =
    ["https://iam.{region}.otc.t-systems.com", "https://iam.{region}.myhuaweicloud.com"];

/// The clouds and the further endpoints that an administrator names. What is named in both ways is
/// allowed; only where nothing is, the default is.
impl AllowList {
    /// Of CBR.
    pub fn of_cbr(clouds: &[Cloud], more: &[EndpointPattern]) -> Self {
        let named = clouds.iter().flat_map(|cloud| cloud.hosts().cbr);
        Self::of(named, more, &DEFAULT_ENDPOINT_PATTERNS)
    }

    /// Of IAM.
    pub fn of_iam(clouds: &[Cloud], more: &[EndpointPattern]) -> Self {
        let named = clouds.iter().flat_map(|cloud| cloud.hosts().iam);
        Self::of(named, more, &DEFAULT_IAM_PATTERNS)
    }

    fn of<'a>(
        named: impl Iterator<Item = &'a &'static str>,
        more: &[EndpointPattern],
        default: &[&'static str],
    ) -> Self {
        // A test reads every text of ours. One that is no pattern would allow nothing.
        let read = |text: &&str| text.parse().ok();
        let mut allowed: Vec<EndpointPattern> = named.filter_map(read).collect();
        allowed.extend_from_slice(more);
        if allowed.is_empty() {
            allowed = default.iter().filter_map(read).collect();
        }
        Self(allowed)
    }
}

/// The IAM that belongs to a CBR endpoint, by its name: `iam.` in place of `cbr.`, or what its
/// cloud has there. It is still to be checked.
pub fn iam_beside(cbr: &Endpoint) -> Option<String> {
    let (scheme, rest) = cbr.as_str().split_once("://cbr.")?;
    let its_cloud = Cloud::ALL
        .into_iter()
        .find(|cloud| AllowList::of_cbr(&[*cloud], &[]).check(cbr.as_str()).is_ok());
    let label = its_cloud.map_or("iam", |cloud| cloud.hosts().iam_label);
    Some(format!("{scheme}://{label}.{rest}"))
}

#[cfg(test)]
#[path = "clouds_tests.rs"]
mod tests;
