//! What the administrator set, as far as the controller needs it.

use std::num::NonZeroU32;
use std::time::Duration;

use crate::cbr::AllowList;
use crate::protocol::Policy;

/// What the administrator set, as far as the controller needs it.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Namespaces to watch; all where empty.
    pub namespaces: Vec<String>,
    /// Endpoints that may be called.
    pub allowed_endpoints: AllowList,
    /// The endpoint of resources that name none.
    pub default_endpoint: Option<String>,
    /// IAM endpoints that passwords and service accounts' tokens may be sent to.
    pub allowed_iam_endpoints: AllowList,
    /// The IAM endpoint of resources that name none.
    pub default_iam_endpoint: Option<String>,
    /// Time limits of the protocol.
    pub policy: Policy,
    /// Resources worked on at a time.
    pub concurrency: u16,
    /// Requests a minute to the cloud at most, for each credential at each endpoint.
    pub requests_per_minute: NonZeroU32,
    /// Requests to the cloud under way at a time, of all credentials together.
    pub most_requests: usize,
    /// After how long a watch begins again.
    pub watch_timeout: Duration,
    /// A label demanded on Secrets.
    pub required_label: Option<RequiredLabel>,
    /// Names this process in the attempts that it claims; unique for each start.
    pub identity: String,
}

/// A label that the administrator demands on every Secret that may be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequiredLabel {
    /// The label's key.
    pub key: String,
    /// Its value.
    pub value: String,
}
