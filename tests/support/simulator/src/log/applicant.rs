//! Who asks, as the request says itself: nothing of it has been checked.

use http::HeaderMap;
use serde_json::Value;

use crate::script::Operation;
use crate::signature::Authorization;

/// The name that a request gives, by which it is counted and scripts know it: the user who logs in,
/// the agency that is assumed, the identity provider whose token is exchanged.
pub(crate) fn applicant(
    operation: Option<Operation>,
    headers: &HeaderMap,
    body: &[u8],
) -> Option<String> {
    match operation? {
        Operation::IssueToken | Operation::TemporaryKey => {
            let body: Value = serde_json::from_slice(body).ok()?;
            let identity = body.pointer("/auth/identity")?;
            let names =
                ["/password/user/name", "/assume_role/agency_name", "/assume_role/xrole_name"];
            let name = names.into_iter().find_map(|name| identity.pointer(name))?;
            name.as_str().map(str::to_owned)
        }
        Operation::Exchange => headers.get("x-idp-id")?.to_str().ok().map(str::to_owned),
        Operation::Replicate
        | Operation::Show
        | Operation::ListLogs
        | Operation::List
        | Operation::ListProjects
        | Operation::Capabilities => None,
    }
}

/// The access key that a request says it is signed with.
pub(crate) fn access_key(headers: &HeaderMap) -> Option<String> {
    let value = headers.get("authorization")?.to_str().ok()?;
    Authorization::parse(value).map(|authorization| authorization.access.to_owned())
}
