//! Where a token may be sent. Every URL of this room is built from an [`Endpoint`], and an
//! [`Endpoint`] comes from the administrator's [`AllowList`] alone.

use std::fmt;

use jiff::Timestamp;
use url::{Host, Url};

use super::backup_list::ListQuery;
use super::endpoint_pattern::{EndpointPattern, is_label};
use super::ids::ProjectId;
use super::operation_logs;
use super::origin::{self, Malformed, Scheme};
use super::request::Target;

/// The origin of a CBR service or of IAM, normalised: lower case, no default port, no `/` at the
/// end.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Endpoint {
    url: Url,
    text: String,
}

impl Endpoint {
    /// `https://host` or `https://host:port`.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// `…/v3/{project_id}/backups?…`: one page of the list
    pub(super) fn backups_url(
        &self,
        project_id: &ProjectId,
        query: &ListQuery,
        limit: usize,
        offset: usize,
    ) -> Url {
        let ListQuery { resource_id, vault_id } = query;
        let mut url = self.url_of(&["v3", project_id.as_str(), "backups"]);
        let filters = [
            ("resource_id", resource_id.as_ref().map(|id| id.as_str())),
            ("vault_id", vault_id.as_ref().map(|id| id.as_str())),
            ("image_type", Some("backup")),
        ];
        let mut pairs = url.query_pairs_mut();
        for (name, value) in filters.into_iter().filter_map(|(name, value)| Some((name, value?))) {
            pairs.append_pair(name, value);
        }
        pairs.append_pair("limit", &limit.to_string());
        pairs.append_pair("offset", &offset.to_string());
        drop(pairs);
        url
    }

    /// `…/v3/{project_id}/backups/{backup_id}`
    pub(super) fn backup_url(&self, target: &Target) -> Url {
        self.url_of(&["v3", target.project_id.as_str(), "backups", target.backup_id.as_str()])
    }

    /// `…/v3/{project_id}/backups/{backup_id}/replicate`
    pub(super) fn replicate_url(&self, target: &Target) -> Url {
        self.url_of(&[
            "v3",
            target.project_id.as_str(),
            "backups",
            target.backup_id.as_str(),
            "replicate",
        ])
    }

    /// `…/v3/{project_id}/operation-logs`, those of replications since then, from this one on
    pub(super) fn operation_logs_url(
        &self,
        project_id: &ProjectId,
        since: Timestamp,
        offset: usize,
    ) -> Url {
        let mut url = self.url_of(&["v3", project_id.as_str(), "operation-logs"]);
        url.query_pairs_mut()
            .append_pair("operation_type", operation_logs::REPLICATION)
            .append_pair("start_time", &since.strftime("%Y-%m-%dT%H:%M:%SZ").to_string())
            .append_pair("limit", &operation_logs::PAGE.to_string())
            .append_pair("offset", &offset.to_string());
        url
    }

    /// `…/v3/{project_id}/replication-capabilities`
    pub(super) fn capabilities_url(&self, project_id: &ProjectId) -> Url {
        self.url_of(&["v3", project_id.as_str(), "replication-capabilities"])
    }

    /// `…/v3/{project_id}/backups`, the newest ones that could be replicated
    pub(super) fn newest_backups_url(&self, project_id: &ProjectId) -> Url {
        let mut url = self.url_of(&["v3", project_id.as_str(), "backups"]);
        url.set_query(Some(
            "image_type=backup&limit=100&offset=0&sort=created_at%3Adesc&status=available",
        ));
        url
    }

    /// `…/`
    pub(super) fn root_url(&self) -> Url {
        self.url.clone()
    }

    /// `…/v3/auth/tokens`, without the list of all services in its answer
    pub(super) fn tokens_url(&self) -> Url {
        let mut url = self.url_of(&["v3", "auth", "tokens"]);
        url.set_query(Some("nocatalog=true"));
        url
    }

    /// `…/v3.0/OS-AUTH/id-token/tokens`
    pub(super) fn id_token_url(&self) -> Url {
        self.url_of(&["v3.0", "OS-AUTH", "id-token", "tokens"])
    }

    fn url_of(&self, segments: &[&str]) -> Url {
        let mut url = self.url.clone();
        // An http(s) URL always has segments; and whatever is no plain character is percent-encoded
        // here.
        if let Ok(mut path) = url.path_segments_mut() {
            path.clear().extend(segments);
        }
        url
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// The endpoints that the administrator allows. An empty list allows none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AllowList(pub Vec<EndpointPattern>);

/// Why an endpoint is not used. No message repeats credentials that stood in the text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EndpointRefused {
    /// Nothing like `https://host`.
    #[error(
        "the endpoint is not a URL of the form https://host or https://host:port (ASCII letters, \
         digits, '-', '_' and '.' in the host)"
    )]
    NotAUrl,
    /// A user name or a password stands in it.
    #[error(
        "the endpoint must not contain credentials or an '@'; the token belongs into the Secret"
    )]
    HasCredentials,
    /// More than an origin.
    #[error(
        "the endpoint must not have a path, a query or a fragment: only https://host or \
         https://host:port"
    )]
    HasPath,
    /// Some other scheme, or http where no http endpoint is allowed.
    #[error("the endpoint must begin with https://, so that the token is not sent in clear")]
    NotHttps,
    /// A good endpoint, but none that the administrator allows.
    #[error("{endpoint} is not on the operator's allow-list ({allowed})")]
    NotAllowed {
        /// The origin that was asked for, normalised.
        endpoint: String,
        /// The patterns that are allowed, for a reader.
        allowed: String,
    },
}

impl AllowList {
    /// The endpoint that the text names, if it is one, and an allowed one.
    ///
    /// # Errors
    /// See [`EndpointRefused`]: each says what is accepted.
    pub fn check(&self, text: &str) -> Result<Endpoint, EndpointRefused> {
        let (scheme, authority) = origin::split(text).map_err(|malformed| match malformed {
            Malformed::NotAUrl => EndpointRefused::NotAUrl,
            Malformed::Credentials => EndpointRefused::HasCredentials,
            Malformed::Path => EndpointRefused::HasPath,
        })?;
        let url =
            Url::parse(&format!("{scheme}://{authority}")).map_err(|_| EndpointRefused::NotAUrl)?;
        let scheme = Scheme::of(&url).ok_or(EndpointRefused::NotHttps)?;
        let host_is_clear = match url.host() {
            Some(Host::Domain(domain)) => domain.len() <= 253 && domain.split('.').all(is_label),
            Some(Host::Ipv4(_) | Host::Ipv6(_)) => true,
            None => false,
        };
        if !host_is_clear {
            return Err(EndpointRefused::NotAUrl);
        }
        let text = url.origin().ascii_serialization();
        if self.0.iter().any(|pattern| pattern.matches(&url)) {
            return Ok(Endpoint { url, text });
        }
        match scheme {
            Scheme::Http if !self.0.iter().any(EndpointPattern::is_http) => {
                Err(EndpointRefused::NotHttps)
            }
            Scheme::Http | Scheme::Https => {
                Err(EndpointRefused::NotAllowed { endpoint: text, allowed: self.to_string() })
            }
        }
    }
}

impl fmt::Display for AllowList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("none");
        }
        let patterns: Vec<String> = self.0.iter().map(EndpointPattern::to_string).collect();
        f.write_str(&patterns.join(", "))
    }
}

#[cfg(test)]
#[path = "endpoint_tests.rs"]
mod tests;
