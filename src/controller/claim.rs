//! The claim: the write that gives one process the right to one call.

use std::time::Duration;

use kube::{Api, ResourceExt};

use super::clocks;
use super::status::{ApiError, bounded, write_status};
use crate::cbr;
use crate::protocol::Fence;
use crate::resource::{Attempt, BackupReplication, BackupReplicationStatus};

/// How long to go on asking whether a claim without an answer was written, as a part of its window.
const ASK_AGAIN: Duration = Duration::from_millis(200);

/// The right to make one call, held by the process whose write put this attempt into the status.
///
/// It comes from [`Claim::stake`] alone, is neither cloned nor stored, and is consumed by the call.
#[derive(Debug)]
#[must_use = "a claim that is not called must be recorded as not sent"]
pub(super) struct Claim {
    object: BackupReplication,
    attempt: Attempt,
    fence: Fence,
}

impl Claim {
    /// Writes the attempt into the status of the very object that was decided on.
    ///
    /// When the answer is lost the object is read again: our attempt's id there means that the claim is ours.
    ///
    /// # Errors
    /// `Conflict` or `Gone` when somebody was faster; others when it stays open whether the claim was written.
    /// Then no call is made: a claim that turns up later is this process's own and known as never called.
    pub(super) async fn stake(
        api: &Api<BackupReplication>,
        decided_on: &BackupReplication,
        status: &BackupReplicationStatus,
        attempt: &Attempt,
    ) -> Result<Self, ApiError> {
        let window = Duration::from(attempt.window);
        // Before the claim is first sent, so that its way counts.
        let fence = Fence::new(clocks::now(), window);
        let written = match write_status(api, decided_on, status).await {
            Ok(returned) => returned,
            Err(unclear @ (ApiError::NoAnswer(_) | ApiError::Conflict | ApiError::Refused(_))) => {
                Self::find(api, decided_on, attempt, fence, unclear).await?
            }
            Err(
                clear @ (ApiError::Gone
                | ApiError::Unauthorized(_)
                | ApiError::Forbidden(_)
                | ApiError::Unguardable(_)
                | ApiError::Unserialisable(_)),
            ) => return Err(clear),
        };
        if !Self::is_ours(&written, decided_on, attempt) {
            return Err(ApiError::Conflict);
        }
        Ok(Self { object: written, attempt: attempt.clone(), fence })
    }

    /// Looks whether a claim without a clear answer was written after all.
    async fn find(
        api: &Api<BackupReplication>,
        decided_on: &BackupReplication,
        attempt: &Attempt,
        fence: Fence,
        unclear: ApiError,
    ) -> Result<BackupReplication, ApiError> {
        let name = decided_on.name_any();
        loop {
            match bounded(api.get(&name)).await {
                Ok(object) if Self::is_ours(&object, decided_on, attempt) => return Ok(object),
                Ok(_) => return Err(unclear),
                Err(ApiError::NoAnswer(_)) if fence.is_open(clocks::now()) => {
                    tokio::time::sleep(ASK_AGAIN).await;
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Whether the attempt in force in this object is the one claimed here, for the object decided on.
    fn is_ours(object: &BackupReplication, decided_on: &BackupReplication, attempt: &Attempt) -> bool {
        object.uid().is_some()
            && object.uid() == decided_on.uid()
            && object
                .status
                .as_ref()
                .and_then(|status| status.attempts.first())
                .is_some_and(|first| first.id == attempt.id && first.outcome.is_none())
    }

    /// Gives the claim up for its call: what is left is the object and the attempt to be recorded.
    pub(super) fn spend(self) -> (OpenWindow, BackupReplication, Attempt) {
        let Self { object, attempt, fence } = self;
        (OpenWindow(fence), object, attempt)
    }
}

/// The claim's window, asked once more at the last instant before the call's body leaves.
#[derive(Debug)]
pub(super) struct OpenWindow(Fence);

impl cbr::Fence for OpenWindow {
    fn is_open(&self) -> bool {
        self.0.is_open(clocks::now())
    }
}
