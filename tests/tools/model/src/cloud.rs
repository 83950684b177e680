//! What the cloud answers: to a look-up, and to a call.

use std::time::Duration;

use backup_replication_operator::cbr::{
    self, Backup, BackupStatus, BegunBy, CloudError, LogStatus, OperationLog, OperationLogId,
    RecordId, RecordStatus, Records, ReplicateOutcome, ReplicationRecord, TerminalReason,
    UnknownWhy, same_spelling,
};
use backup_replication_operator::protocol::{
    Acceptance, CallAnswer, CallResult, LogReading, Lookup,
};
use backup_replication_operator::resource::{Attempt, RejectionKind};

use jiff::{SignedDuration, Timestamp};

use crate::scenario::Spelling;
use crate::state::{AttemptNo, End, Other, Record};
use crate::tables::{now, record_id, stored};

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Looked {
    Records {
        ours: Vec<Listed>,
        /// That of another region, from the start.
        another: bool,
        others: Vec<Other>,
    },
    NoList,
    NoLookUp,
    NoSuchBackup,
    Unauthorized,
    Failed,
}

/// An accepted call in the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Listed {
    pub(crate) no: AttemptNo,
    pub(crate) record: Record,
    /// Of an earlier object of the name.
    pub(crate) earlier: bool,
}

impl Looked {
    /// Whether it lists a replication of the resource's own destination that may be under way or
    /// done, and is not declined.
    pub(crate) fn is_adoptable(&self, spelling: Spelling, declined: &[String]) -> bool {
        let is_declined = |id: &str| declined.iter().any(|declined| same_spelling(declined, id));
        let live = |listed: &Listed| matches!(listed.record, Record::Replicating | Record::Success);
        match self {
            Self::Records { ours, another: _, others } => {
                let ours =
                    ours.iter().any(|listed| live(listed) && !is_declined(&record_id(listed.no)));
                let policys = others.contains(&Other::Policy) && !is_declined(POLICY_RECORD);
                (spelling != Spelling::OtherVault && ours) || policys
            }
            Self::NoList
            | Self::NoLookUp
            | Self::NoSuchBackup
            | Self::Unauthorized
            | Self::Failed => false,
        }
    }
}

const POLICY_RECORD: &str = "policy";

pub(crate) fn look(looked: &Looked, spelling: Spelling) -> Lookup {
    let backup = |replication_records| {
        let status = Some(BackupStatus::Available);
        Lookup::Backup(Box::new(Backup {
            names_itself: true,
            status,
            image_type: None,
            kind: None,
            replication_records,
        }))
    };
    match looked {
        Looked::Records { ours, another, others } => {
            let ours = ours.iter().filter_map(|listed| of_ours(listed, spelling));
            let another =
                another.then(|| listed("another", "eu-de", "v", Record::Success)).flatten();
            let others = others.iter().filter_map(|other| match other {
                Other::Policy => listed(POLICY_RECORD, "eu-nl", "v", Record::Success)
                    .map(|record| ReplicationRecord { begun_by: BegunBy::Policy, ..record }),
                Other::OtherVault => listed("other-vault", "eu-nl", "w", Record::Success),
            });
            backup(Records::Reported {
                records: ours.chain(another).chain(others).collect(),
                unreadable: 0,
            })
        }
        Looked::NoList => backup(Records::NotReported),
        Looked::NoLookUp => Lookup::NotAvailable("no look-up".to_owned()),
        Looked::NoSuchBackup => Lookup::NoSuchBackup("no such backup".to_owned()),
        Looked::Unauthorized => Lookup::Unauthorized("401".to_owned()),
        Looked::Failed => Lookup::Failed("503".to_owned()),
    }
}

/// The cloud's clock: a claim is an hour later than the one before it, as the times of this
/// model do not differ.
pub(crate) fn cloud_offset(no: AttemptNo) -> SignedDuration {
    SignedDuration::from_hours(i64::from(no))
}

/// What the operation logs show: these calls, and beside them one of a policy, one of another's that
/// is older, and one to another region.
pub(crate) fn logs(ours: &[AttemptNo], backup_id: &str) -> LogReading {
    let entry = |id: &str, at: Timestamp| OperationLog {
        id: OperationLogId::parse(id).expect("a valid id"),
        status: LogStatus::Success,
        began_at: Some(at),
        begun_by: BegunBy::Call,
        source_backup_id: Some(backup_id.into()),
        destination_region: Some("eu-nl".into()),
        destination_project_id: Some("dp".into()),
        destination_backup_id: None,
        progress: None,
        fail_code: None,
        fail_reason: None,
    };
    let soon = SignedDuration::from_secs(1);
    let claimed = |no| now() + cloud_offset(no);
    let calls = ours.iter().map(|no| entry(&format!("l{no}"), claimed(*no) + soon));
    let others = (1..=9).flat_map(|no| {
        let at = claimed(no);
        [
            OperationLog { begun_by: BegunBy::Policy, ..entry(&format!("policy{no}"), at + soon) },
            entry(&format!("older{no}"), at - SignedDuration::from_secs(60)),
            OperationLog {
                destination_region: Some("eu-de".into()),
                ..entry(&format!("elsewhere{no}"), at + soon)
            },
        ]
    });
    LogReading::Entries(calls.chain(others).collect())
}

fn of_ours(ours: &Listed, spelling: Spelling) -> Option<ReplicationRecord> {
    const DAY: Duration = Duration::from_secs(24 * 60 * 60);
    let id = record_id(ours.no);
    let record = match spelling {
        Spelling::AsWritten => listed(&id, "eu-nl", "v", ours.record),
        Spelling::Folded => listed(&id.to_uppercase(), "EU-NL", "V", ours.record),
        Spelling::OtherVault => listed(&id, "eu-nl", "alias-of-v", ours.record),
    }?;
    Some(if ours.earlier {
        ReplicationRecord { created_at: Some(stored() - DAY), ..record }
    } else {
        record
    })
}

fn listed(id: &str, region: &str, vault: &str, record: Record) -> Option<ReplicationRecord> {
    let status = match record {
        Record::NotYet | Record::Gone => return None,
        Record::Replicating => RecordStatus::Replicating,
        Record::Success => RecordStatus::Success,
        Record::Fail => RecordStatus::Fail,
    };
    Some(ReplicationRecord {
        id: RecordId::parse(id).expect("a valid id"),
        status,
        created_at: Some(stored()),
        source_region: None,
        source_project_id: None,
        source_backup_id: None,
        destination_region: Some(region.into()),
        destination_project_id: None,
        destination_vault_id: Some(vault.into()),
        destination_backup_id: None,
        progress: None,
        fail_code: None,
        fail_reason: None,
        begun_by: BegunBy::Call,
    })
}

pub(crate) fn ending(end: End, no: AttemptNo, attempt: &Attempt) -> CallResult {
    let answer = |http_status, message: &str| CallAnswer {
        http_status,
        message: message.to_owned(),
        ..CallAnswer::default()
    };
    let rejected = |kind| CallResult::Rejected {
        kind,
        answer: answer(Some(400), "Rejected."),
        retry_after: None,
    };
    match end {
        End::Accepted => {
            let replication_record_id = Some(record_id(no));
            CallResult::Accepted(
                Acceptance { replication_record_id, ..Acceptance::default() },
                answer(Some(202), "Accepted."),
            )
        }
        End::AcceptedWithoutId => {
            CallResult::Accepted(Acceptance::default(), answer(Some(202), "Accepted."))
        }
        End::NotSent => CallResult::NotSent(answer(None, "The window was over.")),
        End::Rejected => rejected(RejectionKind::Temporary),
        End::RejectedForGood => rejected(RejectionKind::Terminal),
        End::RejectedForNow => CallResult::Rejected {
            kind: RejectionKind::Terminal,
            answer: CallAnswer {
                code: Some("BackupService.6120".to_owned()),
                ..answer(Some(400), "There is no such vault.")
            },
            retry_after: None,
        },
        End::AlreadyReplicated => rejected(RejectionKind::AlreadyReplicated),
        End::Unknown => CallResult::Unknown(answer(None, "The connection was lost.")),
        End::Unreadable2xx => {
            CallResult::Unknown(answer(Some(200), "A success that cannot be read."))
        }
        End::Undocumented => CallResult::of(undocumented(418, None), attempt, None),
        End::Codeless => {
            let refusal = cbr::Refusal::Terminal(TerminalReason::Destination);
            CallResult::of(undocumented(404, Some(refusal)), attempt, None)
        }
    }
}

fn undocumented(http_status: u16, refusal_if_unseen: Option<cbr::Refusal>) -> ReplicateOutcome {
    ReplicateOutcome::Unknown(cbr::Unknown {
        why: UnknownWhy::Undocumented,
        http_status: Some(http_status),
        error: Some(CloudError {
            http_status,
            code: None,
            message: None,
            request_id: None,
            clock: None,
        }),
        text: "an answer that nobody has documented".to_owned(),
        refusal_if_unseen,
    })
}
