//! What decisions rest on, what brings a round, and two writers.

use crate::mutant::Mutant;

pub(super) const MUTANTS: &[Mutant] = &[
    Mutant {
        name: "uid-not-tested",
        promise: "no write reaches an object that was made again under the same name",
        file: "src/resource/guarded_patch.rs",
        old: "json!({\"op\": \"test\", \"path\": \"/metadata/uid\", \"value\": uid}),",
        new: "",
        caught_by: "--lib resource::guarded_patch",
    },
    Mutant {
        name: "version-not-tested",
        promise: "a write that rests on a stale version is refused",
        file: "src/resource/guarded_patch.rs",
        old: "json!({\"op\": \"test\", \"path\": \"/metadata/resourceVersion\", \"value\": \
              version}),",
        new: "json!({\"op\": \"test\", \"path\": \"/metadata/uid\", \"value\": version}),",
        caught_by: "--lib resource::guarded_patch",
    },
    Mutant {
        name: "own-write-forgotten",
        promise: "a round decides on what the process's own last write returned",
        file: "src/controller/watch/newest.rs",
        old: "// What the watch no longer has is gone: it was there when the round began.\n        \
              if delivered.is_some_and(",
        new: "if delivered.filter(|_| false).is_some_and(",
        caught_by: "--lib controller::watch::newest",
    },
    Mutant {
        name: "own-write-for-ever",
        promise: "an own write counts no longer than until the watch has caught up",
        file: "src/controller/watch/newest.rs",
        old: "(Ok(version), Ok(than)) => version > than,",
        new: "(Ok(version), Ok(than)) => version >= than,",
        caught_by: "--lib controller::watch::newest",
    },
    Mutant {
        name: "old-list-ignored",
        promise: "a list that began after an own write has the last word",
        file: "src/controller/watch/newest.rs",
        old: "of_others || (*number >= began && is_ahead())",
        new: "of_others || is_ahead()",
        caught_by: "--lib controller::watch::newest",
    },
    Mutant {
        name: "decision-not-kept",
        promise: "what is kept of an object has the decision that a person wrote",
        file: "src/protocol/essential.rs",
        old: "if key == DECISION_ANNOTATION { value } else { String::new() }",
        new: "if key == DECISION_ANNOTATION { String::new() } else { value }",
        caught_by: "--lib protocol::essential",
    },
    Mutant {
        name: "echo-brings-a-round",
        promise: "nothing that a process writes makes it work",
        file: "src/controller/state/last_round.rs",
        old: "came_to.filter(|came_to| came_to.fingerprint == fingerprint)",
        new: "came_to.filter(|came_to| came_to.fingerprint == fingerprint && false)",
        caught_by: "--lib controller::state::last_round",
    },
    Mutant {
        name: "words-written-at-once",
        promise: "two operators that write the same status come to rest",
        file: "src/protocol/contested.rs",
        old: "if !by_another || has_new_facts(before, after) {",
        new: "if !by_another || before.is_some() {",
        caught_by: "--lib protocol::contested",
    },
    Mutant {
        name: "facts-wait",
        promise: "what is known is written at once, however many write",
        file: "src/protocol/contested.rs",
        old: "if !by_another || has_new_facts(before, after) {",
        new: "if !by_another {",
        caught_by: "--lib protocol::contested",
    },
    Mutant {
        name: "refusal-guessed",
        promise: "a refused write is taken for a conflict only where the answer says so",
        file: "src/controller/api.rs",
        old: "&& status.message == PATCH_FAILED",
        new: "",
        caught_by: "--lib controller::api",
    },
];
