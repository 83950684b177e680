//! What holds whatever fails, in clouds of each kind.

use crate::scenario::{Records, Scenario};
use crate::{ALONE, LISTED, holds};

#[test]
fn records_within_the_settling_time() {
    let records = Scenario::new("records; edits, and looks that fail", LISTED);
    holds(Scenario { deepens: false, edits: true, looks_fail: true, ..records });
}

#[test]
fn records_that_are_the_only_ones() {
    holds(Scenario::new("records, nothing else listed", ALONE));
}

#[test]
fn an_empty_list() {
    holds(Scenario::new("an empty list", Records::Empty));
}

#[test]
fn no_list() {
    holds(Scenario { faults: 1, ..Scenario::new("no list", Records::Missing) });
}

#[test]
fn no_look_up() {
    holds(Scenario::new("no look-up", Records::NoLookUp));
}

#[test]
fn duplicates_refused() {
    holds(Scenario {
        faults: 1,
        refuses_duplicates: true,
        ..Scenario::new("duplicates refused, records", LISTED)
    });
}

#[test]
fn duplicates_refused_without_look_up() {
    let refused = Scenario::new("duplicates refused, no look-up", Records::NoLookUp);
    holds(Scenario { faults: 1, refuses_duplicates: true, ..refused });
}

#[test]
fn calling_again_where_duplicates_are_refused() {
    let calls_again = Scenario::new("CallAgain, duplicates refused", Records::NoLookUp);
    holds(Scenario { refuses_duplicates: true, calls_again: true, ..calls_again });
}

#[test]
fn recreated_with_and_without_status() {
    holds(Scenario { faults: 1, recreations: 1, ..Scenario::new("recreated", LISTED) });
}

#[test]
fn recreated_without_look_up() {
    holds(Scenario {
        faults: 1,
        recreations: 1,
        ..Scenario::new("recreated, no look-up", Records::NoLookUp)
    });
}

#[test]
fn store_restored() {
    holds(Scenario { faults: 1, rollback: true, ..Scenario::new("store restored", LISTED) });
}

#[test]
fn store_restored_without_look_up() {
    let restored = Scenario::new("store restored, no look-up", Records::NoLookUp);
    holds(Scenario { faults: 1, deepens: false, rollback: true, ..restored });
}

#[test]
fn two_resources_for_one_backup() {
    holds(Scenario {
        faults: 0,
        deepens: false,
        resources: 2,
        ..Scenario::new("two resources", LISTED)
    });
}

#[test]
fn two_resources_for_a_backup_each() {
    let two = Scenario::new("two resources, a backup each", ALONE);
    holds(Scenario { faults: 0, deepens: false, resources: 2, own_backups: true, ..two });
}

#[test]
fn two_backups_and_one_process() {
    let two = Scenario::new("a backup each, one process", ALONE);
    holds(Scenario { faults: 1, resources: 2, processes: 1, own_backups: true, ..two });
}

#[test]
fn replications_that_fail_and_records_that_vanish() {
    let followed = Scenario::new("replications fail, records vanish; looks fail", ALONE);
    holds(Scenario {
        processes: 1,
        takes_time: true,
        records_vanish: true,
        looks_fail: true,
        ..followed
    });
}

#[test]
fn followed_for_too_long() {
    let followed = Scenario::new("followed for too long", LISTED);
    holds(Scenario {
        faults: 1,
        followed_for_too_long: true,
        takes_time: true,
        looks_fail: true,
        ..followed
    });
}

#[test]
fn two_resources_and_one_process() {
    let two = Scenario::new("two resources, one process", LISTED);
    holds(Scenario { resources: 2, processes: 1, ..two });
}

#[test]
fn a_backup_that_is_chosen() {
    holds(Scenario { selects: true, edits: true, ..Scenario::new("a selector", LISTED) });
}

#[test]
fn a_backup_that_is_chosen_without_look_up() {
    let chosen = Scenario::new("a selector, no look-up", Records::NoLookUp);
    holds(Scenario { selects: true, faults: 1, ..chosen });
}

/// A process decides on the version before the newest: what it looks at is new, and what it writes
/// is refused.
#[test]
fn a_cache_that_lags() {
    holds(Scenario { lags: true, faults: 1, ..Scenario::new("a cache lags, records", LISTED) });
}

#[test]
fn a_cache_that_lags_without_look_up() {
    let lags = Scenario::new("a cache lags, no look-up", Records::NoLookUp);
    holds(Scenario { lags: true, faults: 1, calls_again: true, refuses_duplicates: true, ..lags });
}

#[test]
fn a_cache_that_lags_behind_a_recreation() {
    let lags = Scenario::new("a cache lags, recreated", LISTED);
    holds(Scenario { lags: true, faults: 1, recreations: 1, ..lags });
}

#[test]
fn a_cache_that_lags_behind_a_siblings_call() {
    let two = Scenario { resources: 2, processes: 1, ..Scenario::new("a cache lags, two", LISTED) };
    holds(Scenario { lags: true, faults: 1, ..two });
}
