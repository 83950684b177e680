//! Conditions as kstatus reads them: `Ready` and `Replicated` always, `Reconciling` and
//! `Stalled` only while True.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, Time};

/// The condition types that this operator owns. Others in the list are left alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConditionType {
    /// True when what `readyWhen` names has come.
    Ready,
    /// True while the operator works on it, or waits for something that needs no decision.
    Reconciling,
    /// True when a human must act.
    Stalled,
    /// Whether the copy exists in the destination region.
    Replicated,
}

impl ConditionType {
    const OWNED: [Self; 4] = [Self::Ready, Self::Reconciling, Self::Stalled, Self::Replicated];

    /// The type as it stands in the list.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ready => "Ready",
            Self::Reconciling => "Reconciling",
            Self::Stalled => "Stalled",
            Self::Replicated => "Replicated",
        }
    }
}

/// A closed list of reasons makes them greppable, countable and documentable: each has its
/// paragraph in `docs/status.md`.
macro_rules! reasons {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {
        /// Why a condition is as it is.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Reason { $($(#[$doc])* $name),* }

        impl Reason {
            /// Every reason, in the order of the documentation.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// The reason that stands in a condition; `None` where it is not one of ours.
            pub fn parse(text: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|reason| reason.as_str() == text)
            }

            /// The reason as it stands in a condition.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => stringify!($name)),* }
            }
        }
    };
}

reasons! {
    /// The resource is being deleted, and something else holds it.
    BeingDeleted,
    /// `suspend: true` holds the call back.
    Suspended,
    /// Neither the resource nor the operator names an endpoint.
    EndpointMissing,
    /// The endpoint is not one that the administrator allows.
    EndpointRefused,
    /// A field cannot be sent to the API (an older CRD let it through).
    SpecInvalid,
    /// The Secret or service account does not exist.
    CredentialNotFound,
    /// The Secret lacks a key, or it is empty.
    CredentialMissing,
    /// What the Secret holds cannot be used.
    CredentialUnusable,
    /// The operator may not read the Secret, or create a token of the service account.
    CredentialNotPermitted,
    /// The cloud refused the credential.
    CredentialRejected,
    /// IAM refuses to issue a token.
    LoginRefused,
    /// IAM issues no token at the moment.
    LoginFailed,
    /// The cloud asked for fewer calls.
    Throttled,
    /// The cloud cannot take the call now.
    TemporarilyRejected,
    /// No connection to the endpoint; nothing was sent.
    NotSent,
    /// A call is claimed, and may be in flight.
    Submitting,
    /// It is unknown whether the call was accepted.
    OutcomeUnknown,
    /// The cloud rejected the call.
    Rejected,
    /// The cloud says that a replica exists or is being made.
    AlreadyReplicated,
    /// The look-up before the call failed.
    LookUpFailed,
    /// No backup matches the selector yet.
    NoMatchingBackup,
    /// The newest backup that matches the selector was chosen.
    BackupChosen,
    /// The backup is still being made.
    SourceNotReady,
    /// The resource is too new for its first call: its status may still be restored.
    TooYoung,
    /// The API server does not keep what must be written before a call.
    ClaimRefused,
    /// The object is so large that the outcome of a call might find no room in it.
    ObjectTooLarge,
    /// Another resource's call for the same backup and region is not settled yet.
    SameTargetInUse,
    /// The cloud accepted the call.
    Accepted,
    /// The cloud is copying.
    Replicating,
    /// The copy exists.
    Replicated,
    /// The cloud accepted the call, and the replication failed.
    ReplicationFailed,
    /// The cloud accepted the call, and did not carry it out.
    ReplicationSkipped,
    /// More than one call was accepted.
    AdditionalRecords,
    /// Whether the copy exists is not reported.
    NotReported,
    /// The record that was followed is not there any more.
    RecordGone,
    /// The source backup is not there any more, and its records with it.
    BackupGone,
    /// The record was followed for as long as the operator may.
    TrackingLimitReached,
    /// No call was accepted yet.
    NotAccepted,
}

/// A condition's status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Is {
    /// Holds.
    True,
    /// Does not hold.
    False,
    /// Under way, or cannot be told.
    Unknown,
}

impl Is {
    fn as_str(self) -> &'static str {
        match self {
            Self::True => "True",
            Self::False => "False",
            Self::Unknown => "Unknown",
        }
    }
}

/// One condition as it is to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Which one.
    pub kind: ConditionType,
    /// Its status.
    pub is: Is,
    /// Why.
    pub reason: Reason,
    /// The same in words, with what happens next.
    pub message: String,
}

/// The list with our conditions set to `wanted`, those of ours that are not wanted removed, and
/// those of others kept. `lastTransitionTime` moves only where a status changes.
pub fn apply(
    present: &[Condition],
    wanted: &[Change],
    generation: Option<i64>,
    now: Time,
) -> Vec<Condition> {
    let ours = wanted.iter().map(|change| {
        let Change { kind, is, reason, message } = change;
        let before = present.iter().find(|c| c.type_ == kind.as_str());
        Condition {
            type_: kind.as_str().to_owned(),
            status: is.as_str().to_owned(),
            reason: reason.as_str().to_owned(),
            message: message.clone(),
            observed_generation: generation,
            last_transition_time: before
                .filter(|c| c.status == is.as_str())
                .map_or_else(|| now.clone(), |c| c.last_transition_time.clone()),
        }
    });
    let others = present
        .iter()
        .filter(|c| ConditionType::OWNED.iter().all(|t| t.as_str() != c.type_))
        .cloned();
    ours.chain(others).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Time {
        Time(k8s_openapi::jiff::Timestamp::from_second(second).unwrap())
    }

    fn ready(is: Is, reason: Reason) -> Change {
        Change { kind: ConditionType::Ready, is, reason, message: String::new() }
    }

    #[test]
    fn transition_time_moves_only_with_the_status() {
        let first = apply(&[], &[ready(Is::False, Reason::CredentialNotFound)], Some(1), at(1));
        let same = apply(&first, &[ready(Is::False, Reason::CredentialMissing)], Some(1), at(2));
        assert_eq!(same[0].last_transition_time, at(1));
        assert_eq!(same[0].reason, "CredentialMissing");
        let turned = apply(&same, &[ready(Is::True, Reason::Accepted)], Some(1), at(3));
        assert_eq!(turned[0].last_transition_time, at(3));
    }

    #[test]
    fn conditions_of_others_stay_and_ours_go_when_not_wanted() {
        let mut list = apply(
            &[],
            &[Change { kind: ConditionType::Stalled, ..ready(Is::True, Reason::Rejected) }],
            None,
            at(1),
        );
        list.push(Condition { type_: "example.org/Audited".into(), ..list[0].clone() });
        let after = apply(&list, &[ready(Is::True, Reason::Accepted)], None, at(2));
        let types: Vec<_> = after.iter().map(|c| c.type_.as_str()).collect();
        assert_eq!(types, ["Ready", "example.org/Audited"]);
    }
}
