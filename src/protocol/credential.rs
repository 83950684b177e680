//! What reading the credential gave, and what each problem with it is called.

use crate::resource::{CredentialSource, Reason, TrackingIssue};

/// What reading the credential gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CredentialReading {
    /// A credential that can be used.
    Usable {
        /// Changes with the value: of a Secret, its `metadata.resourceVersion`.
        version: String,
        /// Names the credential value for other processes, without giving anything of it away: the
        /// same text means the same value.
        viewer: String,
    },
    /// There is none that could be used.
    Problem(CredentialProblem),
}

/// Whether a credential comes from other content than before. Of a token that IAM issued, a version
/// is its source's, a dot, and the token's own: a renewed token comes from the same content.
pub(crate) fn comes_from_another(before: &str, now: &str) -> bool {
    let source = |version: &str| version.split('.').next().map(str::to_owned);
    source(before) != source(now)
}

/// Why there is no credential that could be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CredentialProblem {
    /// No such Secret or service account.
    NotFound,
    /// The Secret lacks what is needed, in words that follow its name.
    Missing(String),
    /// What is there cannot be used, for the reason given.
    Unusable(String),
    /// The operator may not read it, for the reason given.
    NotPermitted(String),
    /// IAM's endpoint may not be called, for the reason given.
    IamEndpointRefused(String),
    /// IAM refuses to issue a token, in words that stay the same.
    LoginRefused(String),
    /// IAM issues no token at the moment, in words that stay the same.
    LoginFailed(String),
}

impl CredentialProblem {
    /// The reason of `Ready` before a call.
    pub(crate) fn reason(&self) -> Reason {
        match self {
            Self::NotFound => Reason::CredentialNotFound,
            Self::Missing(_) => Reason::CredentialMissing,
            Self::Unusable(_) => Reason::CredentialUnusable,
            Self::NotPermitted(_) => Reason::CredentialNotPermitted,
            Self::IamEndpointRefused(_) => Reason::EndpointRefused,
            Self::LoginRefused(_) => Reason::LoginRefused,
            Self::LoginFailed(_) => Reason::LoginFailed,
        }
    }

    /// What keeps a copy from being followed.
    pub(crate) fn tracking_issue(&self) -> TrackingIssue {
        match self {
            Self::NotFound => TrackingIssue::CredentialNotFound,
            Self::Missing(_) => TrackingIssue::CredentialMissing,
            Self::Unusable(_) => TrackingIssue::CredentialUnusable,
            Self::NotPermitted(_) => TrackingIssue::CredentialNotPermitted,
            Self::IamEndpointRefused(_) => TrackingIssue::EndpointRefused,
            Self::LoginRefused(_) => TrackingIssue::LoginRefused,
            Self::LoginFailed(_) => TrackingIssue::LoginFailed,
        }
    }

    /// What is wrong, in words that name the source.
    pub fn sentence(&self, source: &CredentialSource) -> String {
        match self {
            Self::NotFound => format!("{source} does not exist"),
            Self::Missing(what) => format!("{source} {what}"),
            Self::Unusable(why) => format!("{source} cannot {}: {why}", source.purpose()),
            Self::NotPermitted(why) => format!("the operator may not {}: {why}", source.act()),
            Self::IamEndpointRefused(why) => format!("IAM cannot be asked for a token: {why}"),
            Self::LoginRefused(why) => format!("there is no token for {source}: {why}"),
            Self::LoginFailed(why) => format!("there is no token for {source} yet: {why}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_renewed_token_comes_from_the_same_source() {
        for (before, now, another) in [
            ("17", "17", false),
            ("17", "18", true),
            ("17.1800000000000", "17.1800000360000", false),
            ("17.1800000000000", "18.1800000360000", true),
            (".1800000000000", ".1800000360000", false),
            ("17.1800000000000", ".1800000360000", true),
        ] {
            assert_eq!(comes_from_another(before, now), another, "{before} and {now}");
        }
    }
}
