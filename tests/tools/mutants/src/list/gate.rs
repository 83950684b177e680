//! The one gate for requests to the cloud: nobody slows another.

use crate::mutant::Mutant;

const GATE: &str = "src/controller/state/gate.rs";
const OF_GATE: &str = "--lib controller::state::gate";

pub(super) const MUTANTS: &[Mutant] = &[
    Mutant {
        name: "wait-not-doubled",
        promise: "the wait after a 429 doubles while it repeats",
        file: "src/protocol/pace.rs",
        old: "self.doublings = self.doublings.saturating_add(1).min(MOST_DOUBLINGS);",
        new: "",
        caught_by: "--lib protocol::pace",
    },
    Mutant {
        name: "no-wait-asked-no-wait-made",
        promise: "a cloud that asks for no wait is given one",
        file: "src/protocol/pace.rs",
        old: "asked.max(own.mul_f64(1.0 + SPREAD * spread.clamp(0.0, 1.0)))",
        new: "asked",
        caught_by: "--lib protocol::pace",
    },
    Mutant {
        name: "event-brings-a-look-up",
        promise: "an event brings no look-up forward that is not due",
        file: "src/protocol/due.rs",
        old: "Some(due) if due.cause == cause => due.at.max(floor),",
        new: "Some(due) if due.cause != cause => due.at.max(floor),",
        caught_by: "--lib protocol::due",
    },
    Mutant {
        name: "no-floor-between-look-ups",
        promise: "whatever changes, no two look-ups for a resource come within a second",
        file: "src/protocol/due.rs",
        old: "let floor = last?.saturating_add(FLOOR);",
        new: "let floor = last?;",
        caught_by: "--lib protocol::due",
    },
    Mutant {
        name: "hold-of-one-alone",
        promise: "a 429 holds all requests of the credential",
        file: GATE,
        old: "if state.pace.held_until(at).is_some() {\n            return Entry::Held",
        new: "if state.in_flight > 0 && state.pace.held_until(at).is_some() {\n            return Entry::Held",
        caught_by: OF_GATE,
    },
    Mutant {
        name: "copies-before-calls",
        promise: "calls come before look-ups of copies",
        file: GATE,
        old: "Ticket::Follow(_) => (*begins).max(pace.next(at)),",
        new: "Ticket::Follow(_) => *begins,",
        caught_by: OF_GATE,
    },
    Mutant {
        name: "claim-in-a-throttle",
        promise: "nothing is claimed while the cloud has the credential wait",
        file: GATE,
        old: "self.call_granted &= !free;\n        free",
        new: "self.call_granted &= !free;\n        true",
        caught_by: OF_GATE,
    },
    Mutant {
        name: "lane-without-bound",
        promise: "a lane that hangs has no more than its places",
        file: GATE,
        old: "CircuitState::HalfOpen | CircuitState::Closed if state.in_flight < places => {}",
        new: "CircuitState::HalfOpen | CircuitState::Closed if state.in_flight <= places => {}",
        caught_by: OF_GATE,
    },
    Mutant {
        name: "index-keeps-the-settled",
        promise: "a target whose call is settled is free again",
        file: "src/controller/state/target_index.rs",
        old: "let resource = ObjectRef::from_obj(entry);\n        self.remove(&resource);",
        new: "let resource = ObjectRef::from_obj(entry);",
        caught_by: "--lib controller::state::target_index",
    },
    Mutant {
        name: "permit-held-for-the-cloud",
        promise: "who waits for the cloud holds nothing that others need",
        file: "src/controller/reconcile/observe.rs",
        old: "self.permit.leave(); let lookup =",
        new: "let lookup =",
        caught_by: "--test it gate::neighbours::ten_tenants",
    },
];
