//! An attempt of unknown outcome: resolved by evidence, else by the resource's own policy, never by
//! hope.

use std::time::Duration;

use crate::protocol::backoff;
use crate::protocol::decide::step::{Sight, Step, Wait, sight, unseen};
use crate::protocol::decide::testimony::{Testimony, may_tell_later, testimony};
use crate::protocol::decide::tracking::{just_accepted, note_further_records};
use crate::protocol::decision::{Applied, settle_not_accepted};
use crate::protocol::describe::situation::Situation;
use crate::protocol::evidence::evidence;
use crate::protocol::facts::logged::accept_by_log;
use crate::protocol::facts::settle::{accept_by_record, settle};
use crate::protocol::lookup::Lookup;
use crate::protocol::observation::Observation;
use crate::protocol::policy::Policy;
use crate::resource::{Attempt, BackupReplicationStatus, OnUnknownOutcome, Outcome};

/// What the looks can still bring.
enum Prospect {
    /// The record is not there, and that will be proof once the settling time is over.
    Absence,
    /// Nothing proves anything yet; a later look may.
    Open,
    /// Looking does not help here.
    None,
}

/// `unknown_for`: how long this process has seen it so.
pub(crate) fn unknown(
    status: &mut BackupReplicationStatus,
    attempt: Attempt,
    unknown_for: Duration,
    seen: &Observation<'_>,
    policy: &Policy,
    applied: &Applied,
) -> Step {
    let not_these = status.declined_records.clone();
    let prospect = match sight(seen) {
        Sight::Need(need) => return Step::See(need),
        Sight::Blind | Sight::Seen(Lookup::NotAvailable(_) | Lookup::NoSuchBackup(_)) => {
            Prospect::None
        }
        Sight::Seen(
            Lookup::Unauthorized(_)
            | Lookup::Throttled { .. }
            | Lookup::Deferred { .. }
            | Lookup::Failed(_),
        ) => Prospect::Open,
        Sight::Seen(Lookup::Backup(backup)) => {
            let found = evidence(backup, seen);
            if let Some(record) = found.of_call(&attempt, &not_these) {
                accept_by_record(status, record, seen.now);
                note_further_records(status, &found);
                return Step::Wait(just_accepted(status));
            }
            let proven =
                seen.target.is_at(&attempt.endpoint) && found.proves_absence(&attempt, &not_these);
            if proven { Prospect::Absence } else { Prospect::Open }
        }
    };
    // For how long a look-up that shows nothing is still doubted: one odd answer is none.
    let doubted = |same_for: Duration| Some(policy.lookup_patience.saturating_sub(same_for));
    let doubted_for = match sight(seen) {
        Sight::Blind | Sight::Seen(Lookup::Backup(_)) => Some(Duration::ZERO),
        Sight::Seen(Lookup::NotAvailable(_)) => doubted(seen.history.no_lookup_for),
        Sight::Seen(Lookup::NoSuchBackup(_)) => doubted(seen.history.no_backup_for),
        Sight::Need(_)
        | Sight::Seen(
            Lookup::Unauthorized(_)
            | Lookup::Throttled { .. }
            | Lookup::Deferred { .. }
            | Lookup::Failed(_),
        ) => None,
    };
    let in_flight_for = policy.claim_lifetime(&attempt).saturating_sub(unknown_for);
    let heard_in = doubted_for.map(|doubted_for| doubted_for.max(in_flight_for));
    let settles_after = policy.settles_after(&attempt);
    let left = settles_after.saturating_sub(unknown_for);
    let calls_again = seen.resource.spec.on_unknown_outcome() == OnUnknownOutcome::CallAgain;
    let decided = matches!(applied, Applied::NotAcceptedLater(_));
    let at_last = (decided && heard_in == Some(Duration::ZERO)) || (calls_again && left.is_zero());
    // Where the records do not tell, the operation logs may.
    let untold = match (&prospect, sight(seen)) {
        (Prospect::Absence, _) => false,
        (
            Prospect::Open | Prospect::None,
            Sight::Seen(Lookup::Backup(_) | Lookup::NotAvailable(_) | Lookup::NoSuchBackup(_)),
        ) => true,
        (
            Prospect::Open | Prospect::None,
            Sight::Need(_)
            | Sight::Blind
            | Sight::Seen(
                Lookup::Unauthorized(_)
                | Lookup::Throttled { .. }
                | Lookup::Deferred { .. }
                | Lookup::Failed(_),
            ),
        ) => false,
    };
    if untold {
        match testimony(&attempt, unknown_for, at_last, seen) {
            Testimony::Need(need) => return Step::See(need),
            Testimony::Accepted(entry) => {
                accept_by_log(status, entry, seen.now);
                return Step::Wait(just_accepted(status));
            }
            Testimony::Later(wait) => {
                let situation = Situation::UnknownLookedUp(attempt, settles_after);
                return Step::Wait(Wait::new(situation, Some(wait)));
            }
            Testimony::Silent => {}
        }
    }
    let prospect = match prospect {
        Prospect::None if untold && may_tell_later(&attempt, seen) => Prospect::Open,
        same @ (Prospect::Absence | Prospect::Open | Prospect::None) => same,
    };
    let decided_later = match applied {
        Applied::NotAcceptedLater(value) if heard_in == Some(Duration::ZERO) => {
            settle_not_accepted(status, value, seen.now);
            return Step::MayCall;
        }
        Applied::NotAcceptedLater(_) => true,
        Applied::Nothing | Applied::Refused(_) | Applied::OfAnEarlierObject => false,
    };
    // A 2xx says too loudly "accepted" to be settled otherwise by anything but a human.
    let said_2xx = attempt.http_status.is_some_and(|s| (200..300).contains(&s));
    let again = |at_most: Duration| {
        let delay = backoff::lookup_delay(unknown_for).min(at_most);
        let heard_in = heard_in.filter(|heard_in| decided_later && !heard_in.is_zero());
        Some(heard_in.map_or(delay, |heard_in| delay.min(heard_in)))
    };
    let by = match prospect {
        Prospect::Absence => {
            Some("No look at the cloud's records showed it: taken as not accepted.")
        }
        Prospect::Open | Prospect::None if calls_again => {
            Some("Taken as not accepted: onUnknownOutcome is CallAgain.")
        }
        Prospect::Open | Prospect::None => None,
    };
    match by {
        Some(by) if !said_2xx && left.is_zero() => {
            if let Some(attempt) = status.attempts.first_mut() {
                settle(attempt, Outcome::NotAccepted, by, seen.now);
            }
            Step::MayCall
        }
        Some(_) if !said_2xx => Step::Wait(Wait::new(
            Situation::UnknownThenCalledAgain(attempt, settles_after),
            again(left),
        )),
        Some(_) | None => match prospect {
            Prospect::Absence | Prospect::Open if !left.is_zero() => Step::Wait(Wait::new(
                Situation::UnknownLookedUp(attempt, settles_after),
                again(left),
            )),
            // A token or a right that is missing now may be there later.
            Prospect::Absence | Prospect::Open | Prospect::None => Step::Wait(Wait::new(
                Situation::UnknownHeld(attempt, unseen(seen)),
                again(Duration::MAX),
            )),
        },
    }
}
