//! `kubectl brep`: it ends a wait for the right reason, offers no decision in passing, provokes no
//! lock, and lets no name into the log.

use crate::mutant::Mutant;

const STANDING: &str = "src/plugin/wait/standing.rs";
const TO_TYPE: &str = "src/plugin/explain/to_type.rs";
const JUDGE: &str = "src/plugin/check/judge.rs";
const CREDENTIAL: &str = "src/plugin/credential.rs";
const USER: &str = "src/cbr/iam/user.rs";
const OF_WAIT: &str = "--lib plugin::wait";
const OF_CHECK: &str = "--lib plugin::check";

pub(super) const MUTANTS: &[Mutant] = &[
    Mutant {
        name: "failed-copy-waited-for",
        promise: "a replication that failed is no success for any goal",
        file: STANDING,
        old: "Goal::Accepted | Goal::Replicated) => {\n            Standing::Refused",
        new: "Goal::Accepted | Goal::Replicated) => {\n            Standing::Reached",
        caught_by: OF_WAIT,
    },
    Mutant {
        name: "wait-goes-on-where-a-person-is-needed",
        promise: "a wait ends at once where a person is needed",
        file: STANDING,
        old: "Next::Human => Standing::NeedsPerson,",
        new: "Next::Human => Standing::UnderWay,",
        caught_by: OF_WAIT,
    },
    Mutant {
        name: "decision-offered-in-passing",
        promise: "what the operator settles automatically is not decided in passing",
        file: TO_TYPE,
        old: "decides || decision_of(cure.command).is_none()",
        new: "decides || !cure.command.is_empty()",
        caught_by: "--lib plugin::explain",
    },
    Mutant {
        name: "replica-in-another-vault-passes",
        promise: "a replica in another vault of the region is named before the call",
        file: JUDGE,
        old: "vault.is_some_and(|vault| vault.is(&spec.destination_vault_id))",
        new: "vault.is_some()",
        caught_by: OF_CHECK,
    },
    Mutant {
        name: "refused-login-tried-by-plugin",
        promise: "the plugin repeats no login that IAM refused, unless the user says so",
        file: CREDENTIAL,
        old: "is_refused(Reason::LoginRefused, TrackingIssue::LoginRefused).then(",
        new: "is_refused(Reason::LoginFailed, TrackingIssue::LoginFailed).then(",
        caught_by: "--lib plugin::credential",
    },
    Mutant {
        name: "user-name-in-the-log",
        promise: "the name of a user does not reach the log",
        file: USER,
        old: "without_word(&password.redact(text), name)",
        new: "password.redact(text)",
        caught_by: "--lib cbr::iam::user",
    },
];
