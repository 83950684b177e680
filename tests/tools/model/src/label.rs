//! The names of the steps, for the path to a violation.

use std::fmt;

use crate::state::{Age, AttemptNo, Decision, End, Other, Record};

/// What happened. Processes have no names of their own: their order may change from state to state.
#[derive(Clone, Copy)]
pub(crate) enum Label {
    Round { process: usize, resource: usize, unusual: Unusual },
    StatusWritten { process: usize, resource: usize },
    StatusWriteDelayed { process: usize, resource: usize },
    LateWriteArrives,
    LateWriteIsLost,
    ClaimAnswered { process: usize, resource: usize },
    ClaimWrittenAnswerLost { process: usize, resource: usize },
    ClaimDelayed { process: usize, resource: usize },
    ClaimReadAgain { process: usize, resource: usize },
    CallStarts { process: usize, resource: usize },
    ConnectionLost { process: usize, resource: usize },
    EndRecorded { process: usize, resource: usize },
    EndWrittenAnswerLost { process: usize, resource: usize },
    EndWriteDelayed { process: usize, resource: usize },
    EndGivenUp { process: usize, resource: usize },
    Crash { process: usize, writes_arrive_late: bool },
    CloudDecides { attempt: AttemptNo, accepts: bool, answer: Option<End> },
    CallIsLost { attempt: AttemptNo },
    CallIsLogged { attempt: AttemptNo },
    RecordIs { attempt: AttemptNo, record: Record },
    TimePasses { until: Age },
    HumanDecides { resource: usize, decision: Decision },
    EditedByOthers { resource: usize },
    SpecEdited { resource: usize },
    Deleted { resource: usize },
    Created { resource: usize, with_status: bool },
    DecisionTakenBack { resource: usize },
    StatusRestored { resource: usize },
    RestoreRefused { resource: usize },
    OtherAppears { other: Other },
    BackupMade,
    SecretRotated,
    PolicyLifted,
    StoreBackedUp,
    StoreRestored,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unusual {
    No,
    LookFails,
    LookRefused,
    OddAnswer,
    SiblingNotSeen,
    CacheLags,
}

impl fmt::Display for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (by, resource, what) = match *self {
            Self::Round { process, resource, unusual: Unusual::No } => {
                (process, resource, "decides")
            }
            Self::Round { process, resource, unusual: Unusual::LookFails } => {
                (process, resource, "decides; its look failed")
            }
            Self::Round { process, resource, unusual: Unusual::LookRefused } => {
                (process, resource, "decides; it has no right to look")
            }
            Self::Round { process, resource, unusual: Unusual::OddAnswer } => {
                (process, resource, "decides; its look-up had an odd answer")
            }
            Self::Round { process, resource, unusual: Unusual::SiblingNotSeen } => {
                (process, resource, "decides without seeing the other resource's call")
            }
            Self::Round { process, resource, unusual: Unusual::CacheLags } => {
                (process, resource, "decides on the version before the newest")
            }
            Self::StatusWritten { process, resource } => {
                (process, resource, "sends its status write")
            }
            Self::StatusWriteDelayed { process, resource } => {
                (process, resource, "has no answer to a delayed status write")
            }
            Self::ClaimAnswered { process, resource } => {
                (process, resource, "sends its claim and has the answer")
            }
            Self::ClaimWrittenAnswerLost { process, resource } => {
                (process, resource, "sends its claim; the answer is lost")
            }
            Self::ClaimDelayed { process, resource } => {
                (process, resource, "has no answer to a delayed claim")
            }
            Self::ClaimReadAgain { process, resource } => {
                (process, resource, "reads again whether the claim is there")
            }
            Self::CallStarts { process, resource } => {
                (process, resource, "asks the fence, and calls if it is open")
            }
            Self::ConnectionLost { process, resource } => {
                (process, resource, "loses the call's connection")
            }
            Self::EndRecorded { process, resource } => {
                (process, resource, "records the call's end")
            }
            Self::EndWrittenAnswerLost { process, resource } => {
                (process, resource, "records the end; the answer is lost")
            }
            Self::EndWriteDelayed { process, resource } => {
                (process, resource, "has no answer to the end's delayed write")
            }
            Self::EndGivenUp { process, resource } => {
                (process, resource, "gives up recording the end")
            }
            Self::Crash { process, writes_arrive_late } => {
                return write!(
                    f,
                    "process {process} dies; its writes may arrive: {writes_arrive_late}"
                );
            }
            Self::LateWriteArrives => return f.write_str("a late write arrives"),
            Self::LateWriteIsLost => return f.write_str("a late write is lost"),
            Self::CloudDecides { attempt, accepts, answer } => {
                let word = if accepts { "accepts" } else { "does not accept" };
                return write!(
                    f,
                    "the cloud {word} attempt {attempt}; the caller knows {answer:?}"
                );
            }
            Self::CallIsLost { attempt } => {
                return write!(f, "the call of attempt {attempt} is lost on its way");
            }
            Self::CallIsLogged { attempt } => {
                return write!(f, "the operation logs show attempt {attempt}");
            }
            Self::RecordIs { attempt, record } => {
                return write!(f, "the record of attempt {attempt}: {record:?}");
            }
            Self::TimePasses { until } => return write!(f, "time passes: {until:?}"),
            Self::HumanDecides { resource, decision } => {
                return write!(f, "a human decides for resource {resource}: {decision:?}");
            }
            Self::EditedByOthers { resource } => {
                return write!(f, "others edit resource {resource}");
            }
            Self::SpecEdited { resource } => {
                return write!(f, "the spec of resource {resource} is edited");
            }
            Self::Deleted { resource } => return write!(f, "resource {resource} is deleted"),
            Self::Created { resource, with_status } => {
                return write!(
                    f,
                    "resource {resource} is created again, with its status: {with_status}"
                );
            }
            Self::DecisionTakenBack { resource } => {
                return write!(f, "the decision for resource {resource} is taken back");
            }
            Self::StatusRestored { resource } => {
                return write!(f, "the status of resource {resource} is restored");
            }
            Self::RestoreRefused { resource } => {
                return write!(f, "the restored status of resource {resource} is refused");
            }
            Self::OtherAppears { other } => {
                return write!(f, "a record of another appears: {other:?}");
            }
            Self::BackupMade => return f.write_str("a backup is made that a selector matches"),
            Self::SecretRotated => return f.write_str("the Secret is rotated"),
            Self::PolicyLifted => return f.write_str("the admission policy is lifted"),
            Self::StoreBackedUp => return f.write_str("the store is backed up"),
            Self::StoreRestored => return f.write_str("the store is restored"),
        };
        write!(f, "process {by}, resource {resource}: {what}")
    }
}
