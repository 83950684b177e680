//! Never twice, never lost: the production `decide`, `record` and `Fence`, explored to a bound with
//! two operator processes against a store, a cloud, humans and every fault in between.
//!
//! `cargo test --test model -- --nocapture` prints the states explored. `MODEL_FAULTS=1` goes
//! deeper by one fault in each scenario that ends with it: minutes and gigabytes. The package is
//! compiled with optimisation, so a debug build will do.

mod adversities;
mod cloud;
mod environment;
mod explorer;
mod guards;
mod heals;
mod kept;
mod label;
mod map;
mod memory;
mod noticed;
mod operator;
mod people;
mod production;
mod promises;
mod scenario;
mod state;
mod tables;
mod world;

use scenario::{Broken, Records, Scenario};
use world::World;

const LISTED: Records = Records::Shown { another: true };
const ALONE: Records = Records::Shown { another: false };

fn explored(scenario: Scenario) -> explorer::Explored {
    let deeper = std::env::var("MODEL_FAULTS")
        .ok()
        .and_then(|faults| faults.parse::<u8>().ok())
        .unwrap_or(0);
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
