//! All that must be at hand before the claim, because nothing waits after it.

use std::time::Duration;

use jiff::Timestamp;

use crate::protocol::backoff;
use crate::protocol::credential::CredentialReading;
use crate::protocol::decide::choosing::choose_backup;
use crate::protocol::decide::step::{Need, Wait};
use crate::protocol::decide::tracking::{just_accepted, note_further_records};
use crate::protocol::decision;
use crate::protocol::describe::situation::Situation;
use crate::protocol::evidence::{Evidence, evidence};
use crate::protocol::facts::claim::Call;
use crate::protocol::facts::progress::whole_seconds;
use crate::protocol::facts::settle::{adopt, decline};
use crate::protocol::lookup::Lookup;
use crate::protocol::observation::{Observation, RefusedClaim, TargetReading};
use crate::protocol::policy::Policy;
use crate::resource::{Attempt, BackupReplicationStatus, Outcome};

/// Whether the call can be claimed now.
pub(crate) enum Ready<'a> {
    Wait(Wait),
    See(Need),
    Call(Call<'a>),
}

/// The next time to look at what does not come by an event.
const OTHERS_CALL: Duration = Duration::from_secs(5);

/// Any user who may write the object can fill it, and the API server takes some 1.5 MiB. What the
/// operator writes in all is less than the rest, so that an operator that can claim can record.
pub(crate) const METADATA_BYTES: usize = 256 * 1024;

/// Checks everything, cheapest first; adopts a live replication of the same backup to the same
/// place.
pub(crate) fn before_call<'a>(
    status: &mut BackupReplicationStatus,
    seen: &'a Observation<'_>,
    policy: &Policy,
) -> Ready<'a> {
    let wait = |situation, again| Ready::Wait(Wait::new(situation, again));
    // The API server lets an attempt follow only one that is settled there already: that is written
    // first.
    if let Some(attempt) = settled_in_this_round(status, seen) {
        return wait(Situation::WaitingToRetry(attempt), Some(Duration::ZERO));
    }
    if seen.resource.metadata.deletion_timestamp.is_some() {
        return wait(Situation::BeingDeleted, None);
    }
    if seen.resource.spec.suspended() {
        return wait(Situation::Suspended, None);
    }
    let endpoint = match &seen.target {
        TargetReading::Callable { endpoint } => Some(endpoint),
        // Its backup is chosen below, as soon as it can be.
        TargetReading::BackupToChoose { endpoint: _ } => None,
        TargetReading::NoEndpoint => return wait(Situation::NoEndpoint, None),
        TargetReading::EndpointRefused(why) => {
            return wait(Situation::EndpointRefused(why.clone()), None);
        }
        TargetReading::Invalid(why) => return wait(Situation::SpecInvalid(why.clone()), None),
    };
    let Some(source) = seen.resource.spec.auth.source() else {
        let why = "spec.auth does not name exactly one credential".to_owned();
        return wait(Situation::SpecInvalid(why), None);
    };
    let Some(credential) = &seen.credential else {
        return Ready::See(Need::Credential);
    };
    let poll = Some(backoff::poll_delay(waiting_since(status, seen), seen.now));
    let secret_version = match credential {
        CredentialReading::Usable { version, viewer: _ } => version,
        CredentialReading::Problem(problem) => {
            return wait(Situation::NoCredential(source, problem.clone()), poll);
        }
    };
    if let Some(until) = seen.throttled_until.filter(|until| *until > seen.now) {
        return throttled(until, seen);
    }
    if let Some(RefusedClaim { why, until, wait: left }) =
        seen.refused_claim.as_ref().filter(|refused| !refused.wait.is_zero())
    {
        return wait(Situation::ClaimRefused(why.clone(), *until), Some(*left));
    }
    if seen.metadata_bytes > METADATA_BYTES {
        return wait(Situation::ObjectTooLarge(seen.metadata_bytes), None);
    }
    let Some(endpoint) = endpoint else {
        // A tool that restores the object may restore an earlier choice in a second write, and no
        // list shows that.
        if let Some(left) = too_young(status, None, seen, policy) {
            return wait(Situation::TooYoung(seen.is_restored()), Some(left));
        }
        let waited = seen.now.duration_since(waiting_since(status, seen));
        let waited = Duration::try_from(waited).unwrap_or_default();
        return match choose_backup(status, source, waited, seen) {
            Ok(wait) => Ready::Wait(wait),
            Err(need) => Ready::See(need),
        };
    };
    let Some(lookup) = &seen.lookup else {
        return Ready::See(Need::Lookup { max_age: Duration::ZERO });
    };
    let failing_for = seen.history.failing_for;
    let found = match lookup {
        Lookup::Backup(backup) => Some(evidence(backup, seen)),
        // One such answer may be a gateway's bad moment, and what is there overlooked: it is
        // believed when it has been the same for a while.
        Lookup::NotAvailable(why) => match doubt(why, seen.history.no_lookup_for, policy) {
            Some(doubted) => return Ready::Wait(doubted),
            None => None,
        },
        Lookup::NoSuchBackup(why) => match doubt(why, seen.history.no_backup_for, policy) {
            Some(doubted) => return Ready::Wait(doubted),
            None => None,
        },
        // The call would be refused, too, so nothing is lost by waiting for the credential.
        Lookup::Unauthorized(why) => {
            // As soon as another credential would be found in the Secret.
            let again = poll.map(|poll| poll.min(backoff::lookup_delay(failing_for)));
            return wait(Situation::CredentialRejected(source, why.clone()), again);
        }
        Lookup::Throttled { until } => return throttled(*until, seen),
        Lookup::Deferred { until } => {
            return wait(Situation::TurnToCome, Some(backoff::remaining(*until, seen.now)));
        }
        Lookup::Failed(why) => {
            return wait(
                Situation::LooksFail(why.clone(), failing_for),
                Some(backoff::lookup_delay(failing_for)),
            );
        }
    };
    let other_vault = found.as_ref().and_then(|found| found.other_vault(&seen.resource.spec));
    if let Some(found) = &found {
        // A human who wants a call of the resource's own has seen what could be adopted.
        if let Some(record) =
            found.live(&status.declined_records).filter(|_| !decision::calls_anew(status))
        {
            adopt(status, record, seen.decision(), seen.now);
            note_further_records(status, found);
            return Ready::Wait(just_accepted(status));
        }
        if found.source_not_ready {
            return wait(Situation::SourceNotReady, poll);
        }
    }
    if let Some(left) = too_young(status, found.as_ref(), seen, policy) {
        return wait(Situation::TooYoung(seen.is_restored()), Some(left));
    }
    if let Some(other) = &seen.same_target_in_use {
        return wait(Situation::SameTargetInUse(other.clone()), Some(OTHERS_CALL));
    }
    let records_before = found.as_ref().map(Evidence::before);
    if decision::calls_anew(status) {
        // The attempt may have to be repeated, and what is there now is not wanted then either.
        decline(status, records_before.clone().unwrap_or_default());
    }
    let cloud_time = seen.cloud_offset.and_then(|offset| seen.now.checked_add(offset).ok());
    let cloud_time = cloud_time.and_then(whole_seconds);
    Ready::Call(Call { endpoint, secret_version, records_before, cloud_time, other_vault })
}

/// The wait for an endpoint that asked for rest. The time is told where it is worth a reader's
/// while: what changes from one short wait to the next would be written each time.
fn throttled<'a>(until: Timestamp, seen: &Observation<'_>) -> Ready<'a> {
    const WORTH_TELLING: Duration = Duration::from_secs(60);
    let left = backoff::remaining(until, seen.now);
    let told = Some(until).filter(|_| left >= WORTH_TELLING);
    Ready::Wait(Wait::new(Situation::ThrottledByOthers(told), Some(left)))
}

/// The wait until an odd answer has been the same for long enough to be believed.
fn doubt(why: &str, same_for: Duration, policy: &Policy) -> Option<Wait> {
    let left = policy.lookup_patience.saturating_sub(same_for);
    let again = backoff::lookup_delay(same_for).min(left);
    let situation = Situation::LookupDoubted(why.to_owned(), policy.lookup_patience);
    (!left.is_zero()).then(|| Wait::new(situation, Some(again)))
}

/// What is left of the wait of a young object. Tools that restore an object restore its status in a
/// second write: where no look-up can prove that nothing was called for before, the first call
/// waits for it.
fn too_young(
    status: &BackupReplicationStatus,
    found: Option<&Evidence<'_>>,
    seen: &Observation<'_>,
    policy: &Policy,
) -> Option<Duration> {
    // A human who wants a call knows what was called for before.
    let is_first = status.attempts.is_empty() && !decision::calls_anew(status);
    if !is_first || found.is_some_and(Evidence::proves_nothing_before) {
        return None;
    }
    let left = policy.first_call_after(seen.is_restored()).saturating_sub(seen.history.known_for);
    Some(left).filter(|left| !left.is_zero())
}

/// The attempt in force, if what settles it is not in the stored status yet.
fn settled_in_this_round(
    status: &BackupReplicationStatus,
    seen: &Observation<'_>,
) -> Option<Attempt> {
    let stored = seen.resource.status.as_ref()?.attempts.first()?;
    let settled_there = stored.outcome.is_some_and(Outcome::allows_next_attempt);
    status.attempts.first().filter(|_| !settled_there).cloned()
}

/// Since when the resource has been waiting for its user.
fn waiting_since(status: &BackupReplicationStatus, seen: &Observation<'_>) -> Timestamp {
    status
        .attempts
        .first()
        .and_then(|attempt| attempt.ended_at.as_ref())
        .or(seen.resource.metadata.creation_timestamp.as_ref())
        .map_or(seen.now, |at| at.0)
}
