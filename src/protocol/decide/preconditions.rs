//! All that must be at hand before the claim, because nothing waits after it.

use std::time::Duration;

use jiff::Timestamp;

use crate::protocol::backoff;
use crate::protocol::decide::step::{Need, Wait};
use crate::protocol::decide::tracking::just_accepted;
use crate::protocol::decision;
use crate::protocol::describe::situation::Situation;
use crate::protocol::evidence::{Evidence, evidence};
use crate::protocol::facts::claim::Call;
use crate::protocol::facts::settle::{adopt, decline};
use crate::protocol::lookup::Lookup;
use crate::protocol::observation::{CredentialReading, Observation, TargetReading};
use crate::resource::{Attempt, BackupReplicationStatus, Outcome};

/// Whether the call can be claimed now.
pub(crate) enum Ready<'a> {
    Wait(Wait),
    See(Need),
    Call(Call<'a>),
}

/// The next time to look at what does not come by an event.
const OTHERS_CALL: Duration = Duration::from_secs(5);

/// How long looks must have been refused before that is believed of a service that has answered them.
const BAD_MOMENT: Duration = Duration::from_secs(5);

/// Checks everything, cheapest first; adopts a live replication of the same backup to the same place.
pub(crate) fn before_call<'a>(status: &mut BackupReplicationStatus, seen: &'a Observation<'_>) -> Ready<'a> {
    let wait = |situation, again| Ready::Wait(Wait::new(situation, again));
    // The API server lets an attempt follow only one that is settled there already: that is written first.
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
        TargetReading::Callable { endpoint } => endpoint,
        TargetReading::NoEndpoint => return wait(Situation::NoEndpoint, None),
        TargetReading::EndpointRefused(why) => return wait(Situation::EndpointRefused(why.clone()), None),
        TargetReading::Invalid(why) => return wait(Situation::SpecInvalid(why.clone()), None),
    };
    let Some(reference) = seen.resource.spec.auth.token_secret_ref.clone() else {
        let why = "spec.auth names no credential".to_owned();
        return wait(Situation::SpecInvalid(why), None);
    };
    let Some(credential) = &seen.credential else {
        return Ready::See(Need::Credential(reference));
    };
    let poll = Some(backoff::poll_delay(waiting_since(status, seen), seen.now));
    let secret_version = match credential {
        CredentialReading::Usable { version } => version,
        CredentialReading::SecretNotFound => return wait(Situation::SecretNotFound(reference), poll),
        CredentialReading::TokenMissing => return wait(Situation::TokenMissing(reference), poll),
        CredentialReading::TokenUnusable(why) => return wait(Situation::TokenUnusable(reference, why.clone()), poll),
        CredentialReading::NotPermitted(why) => {
            return wait(Situation::SecretNotPermitted(reference, why.clone()), poll);
        }
    };
    if let Some(until) = seen.throttled_until.filter(|until| *until > seen.now) {
        return wait(Situation::ThrottledByOthers(until), Some(backoff::remaining(until, seen.now)));
    }
    let Some(look) = &seen.look else {
        return Ready::See(Need::Lookup { max_age: Duration::ZERO });
    };
    let found = match look {
        Lookup::Backup(backup) => Some(evidence(backup, seen)),
        // Where looks have been answered otherwise, one such answer may be a gateway's bad moment, and what is there overlooked.
        Lookup::NotAvailable(why) | Lookup::Unauthorized(why)
            if seen.look_up_known && seen.looked.failing_for < BAD_MOMENT =>
        {
            let again = backoff::look_delay(seen.looked.failing_for);
            return wait(Situation::LooksFail(why.clone(), seen.looked.failing_for), Some(again));
        }
        // The one call is made all the same; it will say what is wrong with the token, if that is what it is.
        Lookup::NotAvailable(_) | Lookup::NoSuchBackup(_) | Lookup::Unauthorized(_) => None,
        Lookup::Throttled { until } | Lookup::Deferred { until } => {
            return wait(Situation::ThrottledByOthers(*until), Some(backoff::remaining(*until, seen.now)));
        }
        Lookup::Failed(why) => {
            let again = backoff::look_delay(seen.looked.failing_for);
            return wait(Situation::LooksFail(why.clone(), seen.looked.failing_for), Some(again));
        }
    };
    if let Some(found) = &found {
        // A human who wants a call of the resource's own has seen what could be adopted.
        if let Some(record) = found.live(&status.declined_records).filter(|_| !decision::calls_anew(status)) {
            adopt(status, record, seen.now);
            return Ready::Wait(just_accepted(status));
        }
        if found.source_not_ready {
            return wait(Situation::SourceNotReady, poll);
        }
    }
    if let Some(other) = &seen.same_target_in_use {
        return wait(Situation::SameTargetInUse(other.clone()), Some(OTHERS_CALL));
    }
    let records_before = found.as_ref().map(Evidence::before);
    if decision::calls_anew(status) {
        // The attempt may have to be repeated, and what is there now is not wanted then either.
        decline(status, records_before.clone().unwrap_or_default());
    }
    Ready::Call(Call { endpoint, secret_version, records_before })
}

/// The attempt in force, if what settles it is not in the stored status yet.
fn settled_in_this_round(status: &BackupReplicationStatus, seen: &Observation<'_>) -> Option<Attempt> {
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
