//! What the API server answers to what it does not take.

use anyhow::Result;

/// The words of a refusal (a 4xx answer); `None` where the request was taken.
///
/// # Errors
/// It was neither taken nor refused.
pub fn refusal<T>(answer: kube::Result<T>) -> Result<Option<String>> {
    match answer {
        Ok(_) => Ok(None),
        Err(kube::Error::Api(status)) if (400..500).contains(&status.code) => {
            Ok(Some(status.message))
        }
        Err(other) => Err(other.into()),
    }
}
