//! Writes down how a call ended, and does not rest before it is there: the write alone is repeated,
//! from memory.

use std::time::Duration;

use jiff::Timestamp;
use kube::ResourceExt;

use crate::controller::api::ApiError;
use crate::controller::context::Context;
use crate::controller::key::ResourceKey;
use crate::controller::prepared;
use crate::controller::reconcile::call::FinishedCall;
use crate::controller::reconcile::status_writer::{Purpose, StatusWriter};
use crate::protocol::{CallResult, CredentialReading, Recorded, describe_result, record};
use crate::resource::{Attempt, BackupReplication};

/// Conflicts that are met without a wait.
const AT_ONCE: u32 = 3;
const FIRST_WAIT: Duration = Duration::from_millis(100);
const LONGEST_WAIT: Duration = Duration::from_secs(10);
const LONGEST_WAIT_REFUSED: Duration = Duration::from_secs(60);

/// Records the end of a call. Returns when the resource is to be looked at next.
pub(crate) async fn record_result(
    context: &Context,
    key: &ResourceKey,
    ended: FinishedCall,
    credential: CredentialReading,
) -> Option<Duration> {
    let FinishedCall { object, attempt, ending } = ended;
    let recorder = Recorder {
        context,
        key,
        writer: StatusWriter::new(context, key),
        attempt: &attempt,
        ending: &ending,
        credential,
        uid: object.uid(),
    };
    let mut wait = FIRST_WAIT;
    let mut conflicts = 0;
    let mut latest = Some(object);
    loop {
        let tried = match latest.take() {
            Some(object) => recorder.write_into(object).await,
            // Objects may be large, and many may be in this state at once.
            None => tokio::select! {
                _one = context.retries.acquire() => recorder.read_and_write().await,
                () = context.give_up.cancelled() => {
                    recorder.give_up("the process is shutting down");
                    return None;
                }
            },
        };
        match tried {
            Ok(again) => return again,
            Err(ApiError::Gone) => {
                recorder.give_up("the resource is gone");
                return None;
            }
            // Somebody else wrote meanwhile: on to their version, at once, unless they never stop.
            Err(ApiError::Conflict) if conflicts < AT_ONCE => conflicts += 1,
            Err(
                error @ (ApiError::Conflict
                | ApiError::Unauthorized(_)
                | ApiError::Forbidden(_)
                | ApiError::Refused(_)
                | ApiError::NoAnswer(_)
                | ApiError::Unguardable(_)
                | ApiError::NotKept { .. }
                | ApiError::Unserialisable(_)),
            ) => {
                tracing::warn!(%error, "The call's end is not written yet; trying again");
                context.metrics.rounds.record_retried();
                // What the object holds is in the way, and seldom goes.
                let longest = match error {
                    ApiError::Refused(_) => LONGEST_WAIT_REFUSED,
                    ApiError::Conflict
                    | ApiError::Gone
                    | ApiError::Unauthorized(_)
                    | ApiError::Forbidden(_)
                    | ApiError::NoAnswer(_)
                    | ApiError::Unguardable(_)
                    | ApiError::NotKept { .. }
                    | ApiError::Unserialisable(_) => LONGEST_WAIT,
                };
                tokio::select! {
                    () = tokio::time::sleep(wait) => {}
                    () = context.give_up.cancelled() => {
                        recorder.give_up("the process is shutting down");
                        return None;
                    }
                }
                wait = (wait * 2).min(longest);
            }
        }
    }
}

struct Recorder<'a> {
    context: &'a Context,
    key: &'a ResourceKey,
    writer: StatusWriter<'a>,
    attempt: &'a Attempt,
    ending: &'a CallResult,
    credential: CredentialReading,
    uid: Option<String>,
}

impl Recorder<'_> {
    async fn read_and_write(&self) -> Result<Option<Duration>, ApiError> {
        let now = self.writer.read().await?;
        self.write_into(now.object).await
    }

    async fn write_into(&self, object: BackupReplication) -> Result<Option<Duration>, ApiError> {
        if object.uid() != self.uid {
            return Err(ApiError::Gone);
        }
        let now = Timestamp::now();
        let status = object.status.clone().unwrap_or_default();
        match record(&status, self.attempt, self.ending, now) {
            Recorded::Write(status) => {
                let target = prepared::prepare(&object, &self.context.settings).reading();
                let policy = &self.context.settings.policy;
                let (status, again) = describe_result(
                    &object,
                    *status,
                    self.attempt,
                    target,
                    self.credential.clone(),
                    policy,
                    now,
                );
                let written = self.writer.write(&object, &status, Purpose::Record).await?;
                // All that there is to do until then has been decided with it.
                let last_rounds = &self.context.last_rounds;
                last_rounds.conclude(self.key, &written.object, written.fingerprint, again);
                Ok(again)
            }
            Recorded::AlreadyThere => Ok(Some(Duration::ZERO)),
            Recorded::Superseded => {
                tracing::warn!("The call's end came after the attempt was settled otherwise");
                Ok(Some(Duration::ZERO))
            }
        }
    }

    /// Nothing more can be done but to say it loudly enough to be found.
    fn give_up(&self, why: &str) {
        match self.ending {
            CallResult::Accepted(acceptance, _) => {
                tracing::error!(
                    replication_record_id = acceptance.replication_record_id,
                    "An accepted call cannot be recorded: {why}. Keep this line: the replication \
                     exists"
                );
            }
            CallResult::NotSent(_) | CallResult::Rejected { .. } | CallResult::Unknown(_) => {
                tracing::warn!("The call's end cannot be recorded: {why}");
            }
        }
    }
}
