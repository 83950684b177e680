//! A request as it came from the client.

use bytes::Bytes;
use http::Method;

/// A request as it came from the client, without its headers: they may hold a credential.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    pub method: Method,
    /// With the query, if there is one.
    pub path: String,
    pub body: Bytes,
}
