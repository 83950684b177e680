//! Each rule and each assumption, broken on purpose, leads to a broken promise.

use crate::scenario::{Admission, Broken, Records, Scenario, View};
use crate::{ALONE, LISTED, breaks, explored};

const TWICE: &str = "two accepted calls for resource";
const TWO: &str = "two accepted calls for one target";
const LOST: &str = "an acceptance that a process has seen is not in the status";

#[test]
fn noticed_a_fence_that_is_ignored() {
    breaks(Scenario::new("the fence ignored", LISTED), &[Broken::FenceIgnored], TWICE);
}

#[test]
fn noticed_a_fence_that_opens_with_the_answer() {
    // Either rule makes up for the other: who waits for the hold finds the window closed, whenever
    // it opened.
    let both = &[Broken::FenceOpenedByAnswer, Broken::DecidedAtOnce];
    breaks(Scenario::new("the fence opened late", Records::NoLookUp), both, TWICE);
}

#[test]
fn noticed_a_version_that_is_not_tested() {
    let how = "the API server refuses a write of the operator";
    breaks(Scenario::new("no version", LISTED), &[Broken::VersionNotTested], how);
}

#[test]
fn noticed_a_version_that_is_not_tested_without_guards() {
    breaks(
        Scenario::new("no version, no guards", LISTED),
        &[Broken::VersionNotTestedNoGuards],
        LOST,
    );
}

#[test]
fn noticed_a_stale_claim_taken_as_not_sent() {
    breaks(Scenario::new("stale is not sent", LISTED), &[Broken::StaleTakenAsNotSent], TWICE);
}

#[test]
fn noticed_an_age_that_is_ignored() {
    breaks(Scenario::new("age ignored", LISTED), &[Broken::AgeIgnored], TWICE);
}

#[test]
fn noticed_an_end_that_is_written_once() {
    breaks(Scenario::new("the end written once", LISTED), &[Broken::EndWrittenOnce], LOST);
}

#[test]
fn noticed_a_cloud_that_never_lists_ours() {
    breaks(Scenario::new("ours never listed", LISTED), &[Broken::OursNeverListed], TWICE);
}

#[test]
fn noticed_records_that_show_too_late() {
    breaks(Scenario::new("records too late", LISTED), &[Broken::RecordsTooLate], TWICE);
}

#[test]
fn noticed_a_call_that_outlives_its_limit() {
    breaks(Scenario::new("a call outlives its limit", LISTED), &[Broken::CallOutlivesLimit], TWICE);
}

#[test]
fn noticed_a_human_who_lies() {
    breaks(Scenario::new("a human lies", Records::NoLookUp), &[Broken::HumanLies], TWICE);
}

#[test]
fn noticed_a_service_that_shows_one_record_and_not_another() {
    let two = Scenario {
        resources: 2,
        processes: 1,
        own_backups: true,
        faults: 1,
        ..Scenario::new("some never listed", ALONE)
    };
    breaks(two, &[Broken::SomeNeverListed], TWICE);
}

#[test]
fn noticed_a_record_that_vanishes_unseen() {
    let vanishing =
        Scenario { records_vanish: true, ..Scenario::new("records vanish unseen", LISTED) };
    breaks(vanishing, &[Broken::RecordsVanishEarly], TWICE);
}

#[test]
fn noticed_a_target_that_nobody_holds() {
    let two = Scenario {
        resources: 2,
        processes: 1,
        ..Scenario::new("the held target forgotten", LISTED)
    };
    breaks(two, &[Broken::HeldTargetForgotten], TWO);
}

#[test]
fn noticed_an_odd_answer_that_is_believed() {
    let two = Scenario {
        resources: 2,
        processes: 1,
        faults: 1,
        ..Scenario::new("an odd answer believed", LISTED)
    };
    breaks(
        Scenario { odd_answers: true, shows_at_once: true, ..two },
        &[Broken::OddAnswerBelieved],
        TWO,
    );
}

#[test]
fn noticed_a_young_object_that_is_called_for_at_once() {
    let restored = Scenario::new("a young object called for", Records::Missing);
    let restored = Scenario {
        processes: 1,
        faults: 0,
        recreations: 1,
        restores: true,
        one_for_the_name: true,
        ..restored
    };
    breaks(restored, &[Broken::YoungCalledAtOnce], TWO);
}

#[test]
fn noticed_a_status_that_is_restored_too_late() {
    let restored = Scenario::new("restored too late", Records::Missing);
    let restored = Scenario {
        processes: 1,
        faults: 0,
        recreations: 1,
        restores: true,
        one_for_the_name: true,
        ..restored
    };
    breaks(restored, &[Broken::RestoredTooLate], TWO);
}

/// Two resources with a backup each, one process, and a Secret that is rotated to a token which is
/// shown an empty list.
fn rotated(name: &'static str) -> Scenario {
    let two = Scenario {
        resources: 2,
        processes: 1,
        own_backups: true,
        faults: 1,
        ..Scenario::new(name, ALONE)
    };
    Scenario { second_view: Some(View::Empty), crashes: false, ..two }
}

#[test]
fn noticed_what_one_credential_was_shown_counted_for_another() {
    breaks(rotated("viewers mixed up"), &[Broken::ViewersMixedUp], TWICE);
}

#[test]
fn noticed_a_codeless_answer_after_an_acceptance() {
    let codeless = Scenario {
        undocumented: true,
        faults: 1,
        ..Scenario::new("codeless, accepted", Records::NoLookUp)
    };
    breaks(codeless, &[Broken::CodelessAfterAcceptance], TWICE);
}

#[test]
fn noticed_a_claim_that_is_called_though_it_is_not_kept() {
    let dropped =
        Scenario { processes: 1, faults: 1, ..Scenario::new("a claim not kept", Records::Missing) };
    let dropped = Scenario { admission: Some(Admission::Drops), ..dropped };
    breaks(dropped, &[Broken::ClaimNotKeptCalled], LOST);
}

#[test]
fn noticed_a_decision_that_does_not_wait_for_the_call() {
    let decided =
        Scenario { processes: 1, shows_at_once: true, ..Scenario::new("decided at once", LISTED) };
    breaks(
        Scenario { decides_any_time: true, faults: 1, ..decided },
        &[Broken::DecidedAtOnce],
        TWICE,
    );
}

/// What `docs/once.md` says remains: it is there to be found.
fn remains(scenario: Scenario, how: &str) {
    let name = scenario.name;
    let violation =
        explored(scenario).violation.unwrap_or_else(|| panic!("{name}: nothing remains"));
    assert!(violation.contains(how), "{name}: noticed otherwise: {violation}");
}

#[test]
fn remaining_duplicates_that_are_accepted_under_call_again() {
    let accepting = Scenario::new("CallAgain, duplicates accepted", Records::NoLookUp);
    remains(Scenario { calls_again: true, ..accepting }, TWICE);
}

#[test]
fn remaining_a_resource_made_again_in_mid_call_after_a_crash() {
    let made_again = Scenario::new("made again after a crash", LISTED);
    let made_again = Scenario { processes: 1, faults: 1, recreations: 1, ..made_again };
    remains(Scenario { one_for_the_name: true, ..made_again }, TWO);
}

#[test]
fn remaining_a_resource_made_again_where_nothing_is_listed() {
    let made_again = Scenario::new("made again, an empty list", Records::Empty);
    let made_again = Scenario { processes: 1, faults: 0, recreations: 1, ..made_again };
    remains(Scenario { one_for_the_name: true, ..made_again }, TWO);
}

#[test]
fn remaining_a_look_up_that_is_hidden_for_longer_than_the_patience() {
    let odd = Scenario::new("odd answers for long", LISTED);
    let odd = Scenario { processes: 1, recreations: 1, crashes: false, odd_answers: true, ..odd };
    remains(Scenario { shows_at_once: true, one_for_the_name: true, ..odd }, TWO);
}

#[test]
fn remaining_a_store_that_forgets_what_it_confirmed() {
    let restored = Scenario::new("a store that forgets", Records::NoLookUp);
    let restored = Scenario { processes: 1, faults: 0, rollback: true, ..restored };
    remains(Scenario { one_for_the_name: true, ..restored }, TWICE);
}

#[test]
fn remaining_two_operators_and_two_resources_for_one_backup() {
    let two =
        Scenario { resources: 2, faults: 1, ..Scenario::new("two operators at once", LISTED) };
    remains(Scenario { one_for_the_name: true, ..two }, TWO);
}

#[test]
fn noticed_a_backup_that_is_chosen_again() {
    let how = "the API server refuses a write of the operator: chosenBackupId is written once";
    let selects = Scenario { selects: true, ..Scenario::new("chosen again", LISTED) };
    breaks(selects, &[Broken::ChosenAgain], how);
}

#[test]
fn noticed_two_that_choose_without_testing_the_version() {
    let how = "the API server refuses a write of the operator: chosenBackupId is written once";
    let selects = Scenario { selects: true, ..Scenario::new("no version, chosen", LISTED) };
    breaks(selects, &[Broken::VersionNotTested], how);
}

#[test]
fn noticed_a_choice_that_does_not_wait_for_a_restore() {
    let selects = Scenario {
        selects: true,
        processes: 1,
        faults: 0,
        recreations: 1,
        restores: true,
        one_for_the_name: true,
        ..Scenario::new("a young object chooses at once", LISTED)
    };
    breaks(selects, &[Broken::YoungCalledAtOnce], TWO);
}
