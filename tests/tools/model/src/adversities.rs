//! What holds where the cloud, the API server or people behave oddly.

use crate::scenario::{Admission, Records, Scenario, Spelling, View};
use crate::state::Other;
use crate::{ALONE, LISTED, holds};

/// One process, which may die, and one fault.
fn one(name: &'static str, records: Records) -> Scenario {
    Scenario { processes: 1, faults: 1, ..Scenario::new(name, records) }
}

#[test]
fn a_cloud_that_folds_case() {
    let folded = Scenario { spelling: Spelling::Folded, ..one("ids in capital letters", ALONE) };
    holds(Scenario { takes_time: true, processes: 2, ..folded });
}

#[test]
fn a_cloud_that_folds_case_and_a_resource_made_again() {
    let folded = Scenario {
        spelling: Spelling::Folded,
        ..one("ids in capital letters, made again", LISTED)
    };
    holds(Scenario { recreations: 1, shows_at_once: true, crashes: false, ..folded });
}

#[test]
fn a_cloud_that_names_the_vault_otherwise() {
    let alias =
        Scenario { spelling: Spelling::OtherVault, ..one("the vault by another name", LISTED) };
    holds(Scenario { faults: 2, ..alias });
}

#[test]
fn credentials_with_views_of_their_own() {
    let two = Scenario {
        resources: 2,
        own_backups: true,
        ..one("rotated to a token that is shown nothing", ALONE)
    };
    holds(Scenario { second_view: Some(View::Empty), deepens: false, ..two });
}

#[test]
fn odd_answers_before_and_after() {
    let odd = Scenario { odd_answers: true, ..one("odd answers", ALONE) };
    holds(Scenario { takes_time: true, faults: 2, ..odd });
}

#[test]
fn odd_answers_to_a_resource_made_again() {
    let odd = Scenario { odd_answers: true, ..one("odd answers, made again", LISTED) };
    holds(Scenario { recreations: 1, shows_at_once: true, crashes: false, deepens: false, ..odd });
}

#[test]
fn odd_answers_to_another_resource_of_the_backup() {
    let two =
        Scenario { resources: 2, odd_answers: true, ..one("odd answers, two resources", LISTED) };
    holds(Scenario { shows_at_once: true, deepens: false, ..two });
}

#[test]
fn undocumented_answers() {
    holds(Scenario { undocumented: true, faults: 2, ..one("undocumented answers", LISTED) });
}

#[test]
fn undocumented_answers_and_no_look_up() {
    holds(Scenario {
        undocumented: true,
        faults: 2,
        ..one("undocumented answers, no look-up", Records::NoLookUp)
    });
}

#[test]
fn records_of_others() {
    let others =
        Scenario { others: &[Other::Policy, Other::OtherVault], ..one("records of others", ALONE) };
    holds(Scenario { faults: 2, ..others });
}

#[test]
fn decisions_at_any_time() {
    let decided = Scenario {
        decides_any_time: true,
        shows_at_once: true,
        ..one("decisions at any time", ALONE)
    };
    holds(Scenario { takes_time: true, odd_answers: true, faults: 2, ..decided });
}

#[test]
fn decisions_that_stay_on_what_is_made_again() {
    let decided =
        Scenario { lets_go: true, shows_at_once: true, ..one("decisions that stay", LISTED) };
    holds(Scenario {
        decisions_stay: true,
        recreations: 2,
        takes_time: true,
        crashes: false,
        faults: 0,
        ..decided
    });
}

#[test]
fn doubles_are_reported() {
    let doubles =
        Scenario { decides_any_time: true, doubles: true, ..one("doubles are told", LISTED) };
    holds(Scenario { takes_time: true, crashes: false, faults: 2, deepens: false, ..doubles });
}

#[test]
fn a_status_restored_after_its_object() {
    for (name, records) in
        [("restored, no list", Records::Missing), ("restored, an empty list", Records::Empty)]
    {
        holds(Scenario {
            recreations: 1,
            restores: true,
            one_for_the_name: true,
            ..one(name, records)
        });
    }
}

#[test]
fn two_endpoints_of_one_service() {
    let two = Scenario { resources: 2, two_endpoints: true, ..one("two endpoints", LISTED) };
    holds(two);
}

#[test]
fn a_policy_that_alters_claims() {
    holds(Scenario {
        admission: Some(Admission::Alters),
        faults: 2,
        ..one("a policy alters claims", LISTED)
    });
}

#[test]
fn a_policy_that_drops_claims() {
    holds(Scenario {
        admission: Some(Admission::Drops),
        faults: 2,
        ..one("a policy drops claims", LISTED)
    });
}

/// The earlier choice comes back with the status: no look-up of another backup shows its call.
#[test]
fn a_choice_restored_after_its_object() {
    holds(Scenario {
        selects: true,
        recreations: 1,
        restores: true,
        one_for_the_name: true,
        ..one("a choice restored", LISTED)
    });
}
