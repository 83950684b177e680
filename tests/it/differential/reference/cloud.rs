//! The cloud as it is meant: records, and what POSTs and look-ups lead to. It shares nothing
//! with the simulator, and nothing with how the operator reads answers.

use std::collections::VecDeque;
use std::time::Duration;

use anyhow::Result;
use backup_replication_operator::cbr::{
    Backup, BackupStatus, BegunBy, CloudValue, RecordId, RecordStatus, Records, ReplicationRecord,
};
use backup_replication_operator::protocol::{Acceptance, CallAnswer, CallResult, Lookup};
use backup_replication_operator::resource::{AttemptId, RejectionKind};
use jiff::Timestamp;
use simulator::example;

use crate::differential::history::{Cloud, Instead, Odd, Post, Refusal, Spelling, View};

/// Added to a record's age when a resource is made again, and that of another's record.
pub(crate) const AGED: Duration = Duration::from_secs(60 * 60);

/// How a call ends for the one who made it.
#[allow(clippy::large_enum_variant, reason = "a few at a time, in a test")]
pub(crate) enum Ending {
    Told(CallResult),
    /// It is killed before it is told.
    Killed,
}

#[derive(Clone)]
pub(crate) struct Record {
    pub(crate) id: String,
    /// Whose call it was, unless it was another's.
    pub(crate) attempt: Option<AttemptId>,
    vault: String,
    created: Timestamp,
    failed: Option<bool>,
    revealed: bool,
}

#[derive(Clone)]
pub(crate) struct PureCloud {
    setting: Cloud,
    pub(crate) records: Vec<Record>,
    pub(crate) to_come: VecDeque<Post>,
    /// Odd answers, each for one look-up.
    pub(crate) odd: VecDeque<Odd>,
    /// Look-ups with this token are refused.
    token_refused: bool,
    /// Whether the second token is in the Secret.
    pub(crate) second_token: bool,
    pub(crate) posts: u64,
    pub(crate) accepted: u64,
    pub(crate) looks: u64,
    /// A list has shown one of the records while another did not show, which the operator takes for
    /// granted not to happen.
    pub(crate) hid_one_of_several: bool,
}

impl PureCloud {
    pub(crate) fn new(setting: Cloud, to_come: &[Post]) -> Self {
        Self {
            setting,
            records: Vec::new(),
            to_come: to_come.iter().copied().collect(),
            odd: VecDeque::new(),
            token_refused: false,
            second_token: false,
            posts: 0,
            accepted: 0,
            looks: 0,
            hid_one_of_several: false,
        }
    }

    pub(crate) fn rotate(&mut self) {
        self.second_token = !self.second_token;
        self.token_refused = false;
    }

    pub(crate) fn say(&mut self, odd: Odd) {
        match odd {
            Odd::Page | Odd::NoSuchBackup => self.odd.push_back(odd),
            Odd::Token => self.token_refused = true,
        }
    }

    pub(crate) fn reveal(&mut self) {
        self.records.iter_mut().for_each(|record| record.revealed = true);
    }

    /// The newest replication on its way ends. Which one.
    pub(crate) fn end(&mut self, failed: bool) -> Option<usize> {
        let at = self.records.iter().rposition(|record| record.failed.is_none())?;
        self.records.get_mut(at)?.failed = Some(failed);
        Some(at)
    }

    pub(crate) fn age(&mut self) -> Result<()> {
        for record in &mut self.records {
            record.created = record.created.checked_sub(AGED)?;
        }
        Ok(())
    }

    pub(crate) fn add_anothers(&mut self, vault: &str, now: Timestamp) -> Result<()> {
        self.add(None, vault, now.checked_sub(AGED)?);
        Ok(())
    }

    fn add(&mut self, attempt: Option<AttemptId>, vault: &str, created: Timestamp) -> String {
        let id = format!("abcdef00-0000-4000-8000-{:012}", self.records.len());
        let vault = vault.to_owned();
        self.records.push(Record {
            id: id.clone(),
            attempt,
            vault,
            created,
            failed: None,
            revealed: false,
        });
        id
    }

    /// A POST arrives.
    pub(crate) fn post(&mut self, attempt: &AttemptId, vault: &str, now: Timestamp) -> Ending {
        self.posts += 1;
        let post = self.to_come.pop_front().unwrap_or(Post::Accepted);
        let accepts = match post {
            Post::Accepted | Post::Nameless | Post::Lost(_) | Post::Killed { accepted: true } => {
                true
            }
            Post::NeverArrived(_) | Post::Refused(_) | Post::Killed { accepted: false } => false,
        };
        let record = accepts.then(|| {
            self.accepted += 1;
            self.add(Some(attempt.clone()), vault, now)
        });
        let accepted = |replication_record_id| {
            let acceptance = Acceptance { replication_record_id, ..Acceptance::default() };
            CallResult::Accepted(acceptance, answer(Some(200)))
        };
        Ending::Told(match post {
            Post::Accepted => accepted(record),
            Post::Nameless => accepted(None),
            Post::Lost(instead) | Post::NeverArrived(instead) => {
                CallResult::Unknown(answer(match instead {
                    Instead::Reset => None,
                    Instead::BadGateway => Some(502),
                    Instead::Teapot => Some(418),
                    Instead::SeeOther => Some(303),
                    Instead::Success => Some(200),
                }))
            }
            Post::Refused(refusal) => {
                let (kind, status) = match refusal {
                    Refusal::Vault => (RejectionKind::Terminal, 400),
                    Refusal::Busy => (RejectionKind::Temporary, 400),
                    Refusal::Replicated => (RejectionKind::AlreadyReplicated, 400),
                    Refusal::Token => (RejectionKind::Unauthorized, 401),
                };
                let code = match refusal {
                    Refusal::Vault => Some("BackupService.6120".to_owned()),
                    Refusal::Busy | Refusal::Replicated | Refusal::Token => None,
                };
                let answer = CallAnswer { code, ..answer(Some(status)) };
                CallResult::Rejected { kind, answer, retry_after: None }
            }
            Post::Killed { accepted: _ } => return Ending::Killed,
        })
    }

    /// A look-up arrives.
    pub(crate) fn look(&mut self) -> Result<Lookup> {
        self.looks += 1;
        match self.odd.pop_front() {
            Some(Odd::Page) => return Ok(Lookup::NotAvailable("a page".to_owned())),
            Some(Odd::NoSuchBackup) => {
                return Ok(Lookup::NoSuchBackup("no such backup".to_owned()));
            }
            Some(Odd::Token) | None => {}
        }
        if self.token_refused {
            return Ok(Lookup::Unauthorized("the token is refused".to_owned()));
        }
        let view = if self.second_token { self.setting.second } else { self.setting.first };
        let shown: Vec<&Record> = match view {
            View::NoLookUp => return Ok(Lookup::NotAvailable("no look-up".to_owned())),
            View::Null | View::Absent => return Ok(backup(Records::NotReported)),
            View::Empty => Vec::new(),
            View::Present => self.records.iter().collect(),
            View::Late => self.records.iter().filter(|record| record.revealed).collect(),
        };
        self.hid_one_of_several |= !shown.is_empty() && shown.len() < self.records.len();
        let records = shown
            .into_iter()
            .map(|record| record.listed(self.setting.spelling))
            .collect::<Result<_>>()?;
        Ok(backup(Records::Reported { records, unreadable: 0 }))
    }
}

fn answer(http_status: Option<u16>) -> CallAnswer {
    CallAnswer { http_status, message: "So ended the call.".to_owned(), ..CallAnswer::default() }
}

fn backup(replication_records: Records) -> Lookup {
    let status = Some(BackupStatus::Available);
    Lookup::Backup(Box::new(Backup {
        names_itself: true,
        status,
        image_type: None,
        kind: None,
        replication_records,
    }))
}

impl Record {
    /// Whether it is, or may become, a copy.
    pub(crate) fn lives(&self) -> bool {
        self.failed != Some(true)
    }

    fn listed(&self, spelling: Spelling) -> Result<ReplicationRecord> {
        let id = |id: &str| match spelling {
            Spelling::AsAsked => id.to_owned(),
            Spelling::Lower => id.to_lowercase(),
            Spelling::Upper => id.to_uppercase(),
            Spelling::WithoutHyphens => id.replace('-', ""),
        };
        let region = match spelling {
            Spelling::Upper => example::DESTINATION_REGION.to_uppercase(),
            Spelling::AsAsked | Spelling::Lower | Spelling::WithoutHyphens => {
                example::DESTINATION_REGION.to_owned()
            }
        };
        let value = |name: &str| Some(CloudValue::from(id(name)));
        Ok(ReplicationRecord {
            id: RecordId::parse(&id(&self.id))?,
            status: match self.failed {
                None => RecordStatus::WaitingReplicate,
                Some(false) => RecordStatus::Success,
                Some(true) => RecordStatus::Fail,
            },
            created_at: Some(self.created),
            source_region: Some(CloudValue::from(example::REGION)),
            source_project_id: value(example::PROJECT),
            source_backup_id: value(example::BACKUP),
            destination_region: Some(CloudValue::from(region)),
            destination_project_id: value(example::DESTINATION_PROJECT),
            destination_vault_id: value(&self.vault),
            destination_backup_id: None,
            progress: None,
            fail_code: None,
            fail_reason: None,
            begun_by: BegunBy::Call,
        })
    }
}
