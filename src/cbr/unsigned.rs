//! What is known of a request before it is authorized.

use url::Url;

use super::ids::ProjectId;

/// A request that is about to leave.
pub(super) struct Unsigned<'a> {
    pub(super) method: &'static str,
    pub(super) url: &'a Url,
    /// The project that owns what the request is about.
    pub(super) project_id: &'a ProjectId,
    pub(super) content_type: Option<&'static str>,
    /// Exactly the bytes that leave.
    pub(super) body: &'a [u8],
}
