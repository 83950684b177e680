//! Credentials: shown once where they are refused, never used beyond their end.

use crate::mutant::Mutant;

const TOKENS: &str = "src/controller/state/issued_tokens.rs";
const SLOT: &str = "src/controller/state/issued_tokens/slot.rs";
const LOGIN: &str = "src/controller/state/issued_tokens/login.rs";
const BREAKERS: &str = "src/controller/state/breakers.rs";
const OF_TOKENS: &str = "--lib controller::state::issued_tokens";
const OF_BREAKERS: &str = "--lib controller::state::breakers";

pub(super) const MUTANTS: &[Mutant] = &[
    Mutant {
        name: "refused-login-repeated",
        promise: "a refused login is not repeated soon: IAM locks users",
        file: LOGIN,
        old: "at >= self.until",
        new: "at >= self.until.min(at)",
        caught_by: OF_TOKENS,
    },
    Mutant {
        name: "each-logs-in",
        promise: "one request at a time gets a token",
        file: TOKENS,
        old: "if let Usable::Yes(held) = slot.usable(needed_for, now, at) {",
        new: "if let Usable::Yes(held) = Usable::No {",
        caught_by: OF_TOKENS,
    },
    Mutant {
        name: "token-ends-under-the-call",
        promise: "a claim is made only with a credential that outlives its call",
        file: SLOT,
        old: "Some(left) if left <= needed_for => Usable::No,",
        new: "Some(left) if left.is_zero() => Usable::No,",
        caught_by: OF_TOKENS,
    },
    Mutant {
        name: "dead-token-kept",
        promise: "a token that the cloud refuses is replaced",
        file: SLOT,
        old: "current.refused_at = Some(at);",
        new: "current.refused_at = None;",
        caught_by: OF_TOKENS,
    },
    Mutant {
        name: "call-tries-a-refused-value",
        promise: "a refused value is never tried by a call",
        file: BREAKERS,
        old: "Trust::Refused { .. } => None,",
        new: "Trust::Refused { .. } => Some(breaker.turn(credential, None)),",
        caught_by: OF_BREAKERS,
    },
    Mutant {
        name: "all-show-an-unproven-value",
        promise: "an access key that has not been accepted yet is shown by one request at a time",
        file: BREAKERS,
        old: "Trust::Unproven if credential.is_locked_by_refusals() => {}",
        new: "",
        caught_by: OF_BREAKERS,
    },
    Mutant {
        name: "refused-value-does-not-rest",
        promise: "a refused value rests before it is shown again",
        file: BREAKERS,
        old: "Ok(alone) if at() >= until =>",
        new: "Ok(alone) if at() <= until.max(at()) =>",
        caught_by: OF_BREAKERS,
    },
    Mutant {
        name: "federated-token-of-any-project",
        promise: "a token of another project is not used",
        file: "src/cbr/iam/issued.rs",
        old: "project.is_some() || login.must_name_the_project()",
        new: "login.must_name_the_project()",
        caught_by: "--lib cbr::iam",
    },
    Mutant {
        name: "named-endpoints-add-to-the-default",
        promise: "a list that an administrator narrowed allows nothing else",
        file: "src/cbr/clouds.rs",
        old: "        allowed.extend_from_slice(more);\n",
        new: "        allowed.extend_from_slice(more);\n        \
              allowed.extend(default.iter().filter_map(read));\n",
        caught_by: "--lib cbr::clouds",
    },
    Mutant {
        name: "iam-of-another-realm",
        promise: "a password goes to the IAM of the cloud that the backup is in",
        file: "src/cbr/clouds.rs",
        old: "iam_label: \"iam-pub\",",
        new: "iam_label: \"iam\",",
        caught_by: "--lib cbr::clouds",
    },
];
