//! The claim: the write that gives one process the right to one call.

use std::time::Duration;

use kube::ResourceExt;

use crate::cbr;
use crate::controller::api::ApiError;
use crate::controller::clocks;
use crate::controller::reconcile::status_writer::{Purpose, StatusWriter};
use crate::protocol::Fence;
use crate::resource::{Attempt, AttemptId, BackupReplication, BackupReplicationStatus};

/// How long to go on asking whether a claim without an answer was written, as a part of its window.
const ASK_AGAIN: Duration = Duration::from_millis(200);

/// The right to make one call, held by the process whose write put this attempt into the status.
///
/// It comes from [`Claim::stake`] alone, is neither cloned nor stored, and is consumed by the call.
#[derive(Debug)]
#[must_use = "a claim that is not called must be recorded as not sent"]
pub(crate) struct Claim {
    object: BackupReplication,
    attempt: Attempt,
    fence: Fence,
    limit: Duration,
}

impl Claim {
    /// Writes the attempt into the status of the very object that was decided on.
    ///
    /// When the answer is lost the object is read again: our attempt's id there means that the
    /// claim is ours.
    ///
    /// # Errors
    /// `Conflict` or `Gone` when somebody was faster; `NotKept` when the API server does not store
    /// the attempt as it was written; others when it stays open whether the claim was written. Then
    /// no call is made: a claim that turns up later is this process's own and known as never
    /// called.
    pub(crate) async fn stake(
        writer: &StatusWriter<'_>,
        decided_on: &BackupReplication,
        status: &BackupReplicationStatus,
        attempt: &Attempt,
    ) -> Result<Self, ApiError> {
        let window = Duration::from(attempt.window);
        // Before the claim is first sent, so that its way counts.
        let fence = Fence::new(clocks::now(), window);
        let written = match writer.write(decided_on, status, Purpose::Claim).await {
            Ok(returned) => returned.object,
            Err(unclear @ (ApiError::NoAnswer(_) | ApiError::Conflict | ApiError::Refused(_))) => {
                Self::find(writer, decided_on, status, attempt, fence, unclear).await?
            }
            Err(
                clear @ (ApiError::Gone
                | ApiError::Unauthorized(_)
                | ApiError::Forbidden(_)
                | ApiError::Unguardable(_)
                | ApiError::NotKept { .. }
                | ApiError::Unserialisable(_)),
            ) => return Err(clear),
        };
        let not_kept =
            |why: String| ApiError::NotKept { why, instead: own_attempt(&written, attempt) };
        let stored = Self::stored(&written, decided_on, attempt)
            .ok_or_else(|| not_kept(NOT_KEPT.to_owned()))?;
        if let Some(changed) = changed_terms(attempt, stored) {
            return Err(not_kept(changed));
        }
        // Others act on the limits that are stored; ours are kept, too.
        let (window, limit) = (attempt.window.min(stored.window), attempt.limit.min(stored.limit));
        let (attempt, fence) = (stored.clone(), fence.narrowed_to(window.into()));
        Ok(Self { object: written, attempt, fence, limit: limit.into() })
    }

    /// Looks whether a claim without a clear answer was written after all.
    async fn find(
        writer: &StatusWriter<'_>,
        decided_on: &BackupReplication,
        status: &BackupReplicationStatus,
        attempt: &Attempt,
        fence: Fence,
        unclear: ApiError,
    ) -> Result<BackupReplication, ApiError> {
        let is_there =
            |object: &BackupReplication| Self::stored(object, decided_on, attempt).is_some();
        loop {
            match writer.find(decided_on, status, Purpose::Claim, is_there).await {
                Ok(Some(found)) => return Ok(found.object),
                Ok(None) => return Err(unclear),
                Err(ApiError::NoAnswer(_)) if fence.is_open(clocks::now()) => {
                    tokio::time::sleep(ASK_AGAIN).await;
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// The attempt claimed here as this object has it in force, if it is the object decided on.
    fn stored<'a>(
        object: &'a BackupReplication,
        decided_on: &BackupReplication,
        attempt: &Attempt,
    ) -> Option<&'a Attempt> {
        let same_object = object.uid().is_some() && object.uid() == decided_on.uid();
        let first = object.status.as_ref()?.attempts.first()?;
        (same_object && first.id == attempt.id && first.outcome.is_none()).then_some(first)
    }

    /// The object with the claim in it.
    pub(super) fn object(&self) -> &BackupReplication {
        &self.object
    }

    /// Gives the claim up for its call: what is left is the object and the attempt to be recorded.
    pub(crate) fn spend(self) -> (OpenWindow, Duration, BackupReplication, Attempt) {
        let Self { object, attempt, fence, limit } = self;
        (OpenWindow(fence), limit, object, attempt)
    }
}

/// The attempt that something has made of ours: claimed by this process, under another id or other
/// terms.
fn own_attempt(returned: &BackupReplication, claimed: &Attempt) -> Option<AttemptId> {
    let first = returned.status.as_ref()?.attempts.first()?;
    let is_ours = first.outcome.is_none()
        && first.claimed_by == claimed.claimed_by
        && first.number == claimed.number;
    is_ours.then(|| first.id.clone())
}

const NOT_KEPT: &str =
    "it took the write, and the attempt is not in what it returned: something removes it";

/// What a proof of the call rests on. A policy of the API server may change the rest: others act on
/// what is stored, and so does this process.
fn changed_terms(claimed: &Attempt, stored: &Attempt) -> Option<String> {
    let terms = [
        ("number", claimed.number == stored.number),
        ("recordsBefore", claimed.records_before == stored.records_before),
        ("requestDigest", claimed.request_digest == stored.request_digest),
    ];
    let changed: Vec<_> = terms.iter().filter(|(_, same)| !same).map(|(name, _)| *name).collect();
    (!changed.is_empty()).then(|| {
        format!("it took the write, and something changed {} of the attempt", changed.join(", "))
    })
}

/// The claim's window, asked once more at the last instant before the call's body leaves.
#[derive(Debug)]
pub(crate) struct OpenWindow(Fence);

impl cbr::StartWindow for OpenWindow {
    fn is_open(&self) -> bool {
        self.0.is_open(clocks::now())
    }
}

#[cfg(test)]
#[path = "claim_tests.rs"]
mod tests;
