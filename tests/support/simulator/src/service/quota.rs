//! The gateway's quota: so many requests of each caller in a window.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::{Duration, Instant};

use http::StatusCode;

use super::error::Refusal;
use super::{Request, Service};

/// What each caller has used of the window that is open. Callers by a digest of their credential.
#[derive(Default)]
pub(crate) struct Quotas(HashMap<u64, Used>);

struct Used {
    since: Instant,
    requests: u32,
}

impl Service {
    /// Counts a request about a backup, and refuses it where the quota is used up.
    pub(super) fn within_quota(
        &mut self,
        request: &Request<'_>,
        now: Instant,
    ) -> Result<(), Refusal> {
        let Some(quota) = self.behaviour.quota else { return Ok(()) };
        let mut hasher = DefaultHasher::new();
        request.headers.get("x-auth-token").hash(&mut hasher);
        let signature = request.headers.get("authorization").map(|value| value.as_bytes());
        // Of a signed request, what comes before the signature names the key.
        signature.map(|it| it.split(|byte| *byte == b',').next()).hash(&mut hasher);
        let fresh = || Used { since: now, requests: 0 };
        let used = self.quotas.0.entry(hasher.finish()).or_insert_with(fresh);
        if now.duration_since(used.since) >= Duration::from_millis(quota.milliseconds) {
            *used = fresh();
        }
        if used.requests >= quota.requests {
            let message = "The throttling threshold has been reached: policy user over ratelimit.";
            return Err(Refusal::gateway(StatusCode::TOO_MANY_REQUESTS, "APIGW.0308", message));
        }
        used.requests += 1;
        Ok(())
    }
}
