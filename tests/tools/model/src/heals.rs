//! What heals without anybody: refusals that something outside the request cures, and lost answers that
//! the operation logs know of.

use crate::scenario::{Records, Scenario};
use crate::{LISTED, holds};

#[test]
fn a_refusal_is_repeated_where_records_show() {
    holds(Scenario { faults: 1, heals: true, ..Scenario::new("refusals heal, records", LISTED) });
}

#[test]
fn a_refusal_is_repeated_without_look_up() {
    let heals = Scenario::new("refusals heal, no look-up", Records::NoLookUp);
    holds(Scenario { processes: 1, heals: true, ..heals });
}

#[test]
fn operation_logs_without_look_up() {
    let logs = Scenario::new("operation logs, no look-up", Records::NoLookUp);
    holds(Scenario { faults: 1, logs: true, ..logs });
}

#[test]
fn operation_logs_beside_an_empty_list_and_calling_again() {
    let logs = Scenario::new("operation logs, an empty list; CallAgain", Records::Empty);
    let refuses_duplicates = true;
    holds(Scenario { faults: 1, logs: true, calls_again: true, refuses_duplicates, ..logs });
}

#[test]
fn operation_logs_and_refusals_that_heal() {
    let both = Scenario::new("operation logs, refusals heal, no list", Records::Missing);
    holds(Scenario { faults: 1, logs: true, heals: true, ..both });
}
