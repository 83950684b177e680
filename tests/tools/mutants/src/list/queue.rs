//! Whose turn it is, and what a list shows.

use crate::mutant::Mutant;

const TURNS: &str = "src/controller/queue/turns.rs";
const OF_QUEUE: &str = "--lib controller::queue";

pub(super) const MUTANTS: &[Mutant] = &[
    Mutant {
        name: "two-rounds-at-a-time",
        promise: "a resource never has two rounds at a time",
        file: TURNS,
        old: "*changed = true;\n                return false;",
        new: "*changed = true;",
        caught_by: OF_QUEUE,
    },
    Mutant {
        name: "change-in-a-round-forgotten",
        promise: "what changes while it is worked on is worked on again",
        file: TURNS,
        old: "place == Some(TurnState::Runs { changed: true })",
        new: "place.is_none()",
        caught_by: OF_QUEUE,
    },
    Mutant {
        name: "copies-first",
        promise: "a call does not wait behind the copies of others that are followed",
        file: TURNS,
        old: "if self.calls.is_empty() || self.went_before >= CALLS_BEFORE_A_COPY {",
        new: "if !self.copies.is_empty() {",
        caught_by: OF_QUEUE,
    },
    Mutant {
        name: "copies-starve",
        promise: "calls without end leave a turn to the copies that are followed",
        file: TURNS,
        old: "self.calls.is_empty() || self.went_before >= CALLS_BEFORE_A_COPY",
        new: "self.calls.is_empty()",
        caught_by: OF_QUEUE,
    },
    Mutant {
        name: "event-takes-a-time-away",
        promise: "no event puts off what is due",
        file: TURNS,
        old: "&& *before <= at\n",
        new: "&& *before > at\n",
        caught_by: OF_QUEUE,
    },
    Mutant {
        name: "begins-in-the-drain",
        promise: "nothing begins when no more changes come",
        file: TURNS,
        old: "self.waiting.clear();",
        new: "",
        caught_by: OF_QUEUE,
    },
    Mutant {
        name: "half-a-list-counts",
        promise: "a list counts when it is whole",
        file: "src/controller/watch/store.rs",
        old: "self.list.insert(entry.key.clone(), entry.clone());",
        new: "entries.insert(entry.key.clone(), entry.clone());",
        caught_by: "--lib controller::watch::store",
    },
    Mutant {
        name: "one-unreadable-hides-all",
        promise: "an object that cannot be read does not hide the others",
        file: "src/controller/watch/page.rs",
        old: "quickly.or_else(|_| read(body, reduce))",
        new: "quickly",
        caught_by: "--lib controller::watch::page",
    },
];
