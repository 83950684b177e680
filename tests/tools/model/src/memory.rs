//! What a process remembers of its look-ups: production values, with instants as coarse as the
//! protocol tells them apart. Between any two steps so much time may pass that the next look-up is
//! due.

use std::time::Duration;

use backup_replication_operator::protocol::{LookupMemory, ViewerMemory};

use crate::state::Age;

/// Now, on the clock of everything that is remembered.
pub(crate) const AT: Duration = Duration::from_secs(10 * 60 * 60);
/// So long ago that all waits that rest on it are over, except for that of a restored object.
const HELD_AGO: Duration = AT.saturating_sub(Duration::from_secs(75));
/// So long ago that all waits that rest on it are over.
const LONG_AGO: Duration = AT.saturating_sub(Duration::from_secs(60 * 60));

/// Of a resource that is first seen now, or has been known for long.
pub(crate) fn first_seen(young: bool) -> LookupMemory {
    quantised(LookupMemory::new(if young { AT } else { LONG_AGO }))
}

/// A look-up at a record that is followed is always due; those that fail have failed for long.
pub(crate) fn quantised(own: LookupMemory) -> LookupMemory {
    let LookupMemory {
        known_since,
        last: _,
        failing_since,
        not_shown_since,
        no_backup_since,
        logs_last: _,
        log_missing_since,
        logs_throttled_since,
    } = own;
    LookupMemory {
        known_since,
        last: Some(LONG_AGO),
        failing_since: failing_since.map(|_| LONG_AGO),
        not_shown_since,
        no_backup_since,
        logs_last: None,
        log_missing_since,
        logs_throttled_since: logs_throttled_since.map(|_| LONG_AGO),
    }
}

pub(crate) fn quantised_viewer(viewer: ViewerMemory) -> ViewerMemory {
    let ViewerMemory { records_shown, no_lookup_since, no_logs_since, refused } = viewer;
    ViewerMemory { records_shown, no_lookup_since, no_logs_since, refused }
}

/// Without what no round asks for any more.
pub(crate) fn worth_keeping(own: LookupMemory, known_for_long: bool) -> LookupMemory {
    if known_for_long { LookupMemory { known_since: LONG_AGO, ..own } } else { own }
}

/// As much older as the time that passed. `restored`: whether the wait of a restored object
/// matters.
pub(crate) fn older(own: LookupMemory, until: Age, restored: bool) -> LookupMemory {
    let LookupMemory {
        known_since,
        last,
        failing_since,
        not_shown_since,
        no_backup_since,
        logs_last,
        log_missing_since,
        logs_throttled_since,
    } = own;
    let settled = until == Age::PastSettling;
    let known = if settled || !restored { LONG_AGO } else { HELD_AGO };
    LookupMemory {
        known_since: known_since.min(known),
        last,
        failing_since,
        not_shown_since: not_shown_since.map(|since| if settled { LONG_AGO } else { since }),
        no_backup_since: no_backup_since.map(|_| LONG_AGO),
        logs_last,
        log_missing_since: log_missing_since.map(|since| if settled { LONG_AGO } else { since }),
        logs_throttled_since: logs_throttled_since.map(|_| LONG_AGO),
    }
}

/// The same for a viewer.
pub(crate) fn older_viewer(viewer: ViewerMemory) -> ViewerMemory {
    let ViewerMemory { records_shown, no_lookup_since, no_logs_since, refused } = viewer;
    ViewerMemory {
        records_shown,
        no_lookup_since: no_lookup_since.map(|_| LONG_AGO),
        no_logs_since: no_logs_since.map(|_| LONG_AGO),
        refused,
    }
}
