//! Never twice, never lost: the production `decide`, `record` and `Fence`, explored to a bound with two operator processes
//! against a store, a cloud, humans and every fault in between.
//!
//! `cargo test --test model -- --nocapture` prints the states explored. `MODEL_FAULTS=1` goes deeper by one fault in each
//! scenario that ends with it: minutes and gigabytes. The package is compiled with optimisation, so a debug build will do.

mod environment;
mod explorer;
mod guards;
mod label;
mod map;
mod memory;
mod operator;
mod production;
mod scenario;
mod state;
mod tables;
mod world;

use scenario::{Broken, Records, Scenario};
use world::World;

const LISTED: Records = Records::Shown { another: true };
const ALONE: Records = Records::Shown { another: false };

fn explored(scenario: Scenario) -> explorer::Explored {
    let deeper = std::env::var("MODEL_FAULTS").ok().and_then(|faults| faults.parse::<u8>().ok()).unwrap_or(0);
    let faults = scenario.faults + if scenario.deepens { deeper } else { 0 };
    let world = World::new(Scenario { faults, ..scenario });
    let begun = std::time::Instant::now();
    let explored = explorer::explore(&world);
    println!(
        "{}: {} states, {} steps, up to {faults} faults, {:?}",
        world.scenario.name,
        explored.states,
        explored.steps,
        begun.elapsed()
    );
    explored
}

fn holds(scenario: Scenario) {
    if let Some(violation) = explored(scenario).violation {
        panic!("{violation:.3000}");
    }
}

fn breaks(scenario: Scenario, by: &'static [Broken], how: &str) {
    let scenario = Scenario { broken: by, ..scenario };
    let violation = explored(scenario).violation.unwrap_or_else(|| panic!("{by:?} is not noticed"));
    assert!(violation.contains(how), "{by:?} is noticed otherwise: {violation}");
}

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
    holds(Scenario { faults: 1, refuses_duplicates: true, ..Scenario::new("duplicates refused, records", LISTED) });
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
    holds(Scenario { faults: 1, recreations: 1, ..Scenario::new("recreated, no look-up", Records::NoLookUp) });
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
    holds(Scenario { faults: 0, deepens: false, resources: 2, ..Scenario::new("two resources", LISTED) });
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
    holds(Scenario { processes: 1, takes_time: true, records_vanish: true, looks_fail: true, ..followed });
}

#[test]
fn followed_for_too_long() {
    let followed = Scenario::new("followed for too long", LISTED);
    holds(Scenario { faults: 1, followed_for_too_long: true, takes_time: true, looks_fail: true, ..followed });
}

#[test]
fn two_resources_and_one_process() {
    let two = Scenario::new("two resources, one process", LISTED);
    holds(Scenario { resources: 2, processes: 1, ..two });
}

const TWICE: &str = "two accepted calls for resource";
const LOST: &str = "an acceptance that a process has seen is not in the status";

#[test]
fn noticed_a_fence_that_is_ignored() {
    breaks(Scenario::new("the fence ignored", LISTED), &[Broken::FenceIgnored], TWICE);
}

#[test]
fn noticed_a_fence_that_opens_with_the_answer() {
    // Either rule makes up for the other: who waits for the hold finds the window closed, whenever it opened.
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
    breaks(Scenario::new("no version, no guards", LISTED), &[Broken::VersionNotTestedNoGuards], LOST);
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
    let vanishing = Scenario { records_vanish: true, ..Scenario::new("records vanish unseen", LISTED) };
    breaks(vanishing, &[Broken::RecordsVanishEarly], TWICE);
}

#[test]
fn noticed_a_target_that_nobody_holds() {
    let two = Scenario { resources: 2, processes: 1, ..Scenario::new("the held target forgotten", LISTED) };
    breaks(two, &[Broken::HeldTargetForgotten], "two accepted calls for one target");
}

#[test]
fn noticed_duplicates_that_are_accepted_under_call_again() {
    let accepting =
        Scenario { calls_again: true, ..Scenario::new("CallAgain, duplicates accepted", Records::NoLookUp) };
    let violation = explored(accepting).violation.expect("CallAgain rests on the cloud's refusal of duplicates");
    assert!(violation.contains(TWICE), "noticed otherwise: {violation}");
}
