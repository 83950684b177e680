//! Refusals that heal, and the operation logs as a second witness.

use crate::mutant::Mutant;

pub(super) const MUTANTS: &[Mutant] = &[
    Mutant {
        name: "malformed-repeated",
        promise: "what is wrong with the request itself is never repeated unchanged",
        file: "src/cbr/error_class.rs",
        old: "Self::Source | Self::Request => false,",
        new: "Self::Source | Self::Request => true,",
        caught_by: "--lib protocol::decide::refused_tests",
    },
    Mutant {
        name: "codeless-repeated",
        promise: "an answer without a documented code is never repeated unchanged",
        file: "src/protocol/refusal.rs",
        old: "        return false;\n    };\n    let terminal",
        new: "        return attempt.rejection == Some(RejectionKind::Terminal);\n    };\n    let \
              terminal",
        caught_by: "--lib protocol::decide::refused_tests",
    },
    Mutant {
        name: "1009-heals",
        promise: "after a 1009 only a record or a decision leads on",
        file: "src/protocol/decide/history.rs",
        old: "Some(RejectionKind::AlreadyReplicated) => {",
        new: "Some(RejectionKind::AlreadyReplicated) if unchanged_for > Duration::from_secs(600) \
              => {\n                Step::MayCall\n            }\n            \
              Some(RejectionKind::AlreadyReplicated) => {",
        caught_by: "--lib protocol::decide",
    },
    Mutant {
        name: "hold-ignored",
        promise: "with onRejection: Hold nothing is repeated unchanged",
        file: "src/protocol/decide/refused.rs",
        old: "seen.resource.spec.on_rejection() == OnRejection::Retry\n        && ",
        new: "seen.resource.spec.on_rejection() != OnRejection::Hold || ",
        caught_by: "--lib protocol::decide::refused_tests",
    },
    Mutant {
        name: "retry-time-forgotten",
        promise: "a restart neither forgets the next try nor hurries it",
        file: "src/protocol/decide/refused.rs",
        old: "    if attempt.retry_at.is_some() {\n        return attempt;\n    }\n",
        new: "",
        caught_by: "--lib protocol::decide::refused_tests",
    },
    Mutant {
        name: "secret-without-pause",
        promise: "a Secret that changes without end leads to few calls",
        file: "src/protocol/decide/refused.rs",
        old: "Duration::ZERO } else { policy.rejection_retry / PAUSE }",
        new: "Duration::ZERO } else { Duration::ZERO.max(policy.rejection_retry / PAUSE / 1000) }",
        caught_by: "--lib protocol::decide::refused_tests",
    },
    Mutant {
        name: "retry-is-told",
        promise: "a try is silent: the resource stays stalled",
        file: "src/protocol/describe/situation.rs",
        old: "            Nature::Passing(_) => true,\n",
        new: "            Nature::Passing(_) => matches!(self, Self::LooksFail(..)),\n",
        caught_by: "--lib protocol::decide::refused_tests",
    },
    Mutant {
        name: "witness-of-policy",
        promise: "an entry of a policy shows no call",
        file: "src/protocol/witness.rs",
        old: "!entry.of_policy\n            && ",
        new: "",
        caught_by: "--lib protocol::witness",
    },
    Mutant {
        name: "witness-of-another-time",
        promise: "only an entry from the time of the call shows it",
        file: "src/protocol/witness.rs",
        old: "is_some_and(|at| (from..=to).contains(&at))",
        new: "is_some_and(|at| at <= to)",
        caught_by: "--lib protocol::witness",
    },
    Mutant {
        name: "witness-by-our-clock",
        promise: "the time of a claim is the cloud's own",
        file: "src/protocol/decide/preconditions.rs",
        old: "seen.cloud_offset.and_then(|offset| seen.now.checked_add(offset).ok())",
        new: "seen.cloud_offset.map(|_| seen.now)",
        caught_by: "--lib protocol::witness",
    },
    Mutant {
        name: "witness-elsewhere",
        promise: "an entry without a region shows no call",
        file: "src/protocol/witness.rs",
        old: "is(&entry.destination_region, called.destination_region, false)",
        new: "is(&entry.destination_region, called.destination_region, true)",
        caught_by: "--lib protocol::witness",
    },
    Mutant {
        name: "silence-proves",
        promise: "that the logs show nothing proves nothing, ever",
        file: "src/protocol/decide/unknown.rs",
        old: "            Testimony::Silent => {}",
        new: "            Testimony::Silent if left.is_zero() => {\n                if let \
              Some(attempt) = status.attempts.first_mut() {\n                    settle(attempt, \
              Outcome::NotAccepted, \"\", seen.now);\n                }\n                return \
              Step::MayCall;\n            }\n            Testimony::Silent => {}",
        caught_by: "--lib protocol::decide::testimony_tests",
    },
    Mutant {
        name: "witness-not-asked-at-last",
        promise: "before a lost answer leads to a call, the logs are read once more",
        file: "src/protocol/decide/testimony.rs",
        old: "if at_last {",
        new: "if at_last && due {",
        caught_by: "--lib protocol::decide::testimony_tests",
    },
    Mutant {
        name: "logged-target-free",
        promise: "a call that only the logs show still holds its target",
        file: "src/protocol/target.rs",
        old: "status.record_status.is_some() && status.operation_log_id.is_none()",
        new: "status.record_status.is_some()",
        caught_by: "--lib protocol::decide::testimony_tests",
    },
];
