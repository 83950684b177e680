//! A look at the backup, in the terms of the decision.

use std::time::{Duration, Instant};

use jiff::Timestamp;

use crate::cbr::{LookUpError, Token};
use crate::controller::context::Context;
use crate::controller::prepared::PreparedCall;
use crate::protocol::{Lookup, cap_retry_after};

/// Where the cloud asks to wait and does not say how long.
const UNSAID_WAIT: Duration = Duration::from_secs(30);

/// Looks the backup up. A look never fails: what it could not see is told, too.
pub(crate) async fn look(context: &Context, callable: &PreparedCall, token: &Token) -> Lookup {
    let PreparedCall { endpoint, target, body: _ } = callable;
    let limit = context.settings.policy.limit;
    let started = Instant::now();
    let look = match context.cbr.backup(endpoint, target, token, limit).await {
        Ok(backup) => Lookup::Backup(Box::new(backup)),
        Err(error) => read(error),
    };
    context.metrics.cloud.looked_up(&look, started.elapsed());
    tracing::debug!(?look, "Looked the backup up");
    look
}

fn read(error: LookUpError) -> Lookup {
    let text = error.to_string();
    match error {
        LookUpError::NotAvailable(_) => Lookup::NotAvailable(text),
        LookUpError::NoSuchBackup(_) => Lookup::NoSuchBackup(text),
        LookUpError::Unauthorized(error) if error.http_status == 401 => Lookup::Unauthorized(text),
        LookUpError::Throttled { error: _, retry_after } => {
            let now = Timestamp::now();
            let wait = cap_retry_after(retry_after.unwrap_or(UNSAID_WAIT));
            Lookup::Throttled { until: now.checked_add(wait).unwrap_or(now) }
        }
        // A refusal that nobody has described: the call itself will say more.
        LookUpError::Unreadable { text: _, error: Some(error) } if (300..500).contains(&error.http_status) => {
            Lookup::NotAvailable(text)
        }
        LookUpError::Unauthorized(_) | LookUpError::Unavailable { .. } | LookUpError::Unreadable { .. } => {
            Lookup::Failed(text)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cbr::CloudError;

    #[test]
    fn a_look_is_put_off_by_an_hour_at_most() {
        const HOUR: Duration = Duration::from_secs(60 * 60);
        let day = Some(24 * HOUR);
        let error = CloudError { http_status: 429, code: None, message: None, request_id: None };
        let before = Timestamp::now();
        let Lookup::Throttled { until } = read(LookUpError::Throttled { error, retry_after: day }) else {
            panic!("not told as a wait");
        };
        assert!(until >= before + HOUR && until <= Timestamp::now() + HOUR);
    }
}
