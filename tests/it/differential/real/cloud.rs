//! The simulated cloud told what comes of POSTs and look-ups.

use anyhow::Result;
use jiff::Timestamp;
use serde_json::json;
use simulator::{
    Answer, ErrorShape, Fault, LookUp, Record, Records, Script, Spelling as Spelt, Steps, Target,
    Timestamps, View as Shown, example,
};

use super::{Real, SECOND_TOKEN};
use crate::differential::history::{Instead, Odd, Post, Refusal, Spelling, View};
use crate::differential::reference::AGED;

/// Calls in which the operator is killed, by the holds that they wait at.
#[derive(Default)]
pub(super) struct Holds {
    made: usize,
    /// Those at which no call has arrived yet.
    pub(super) waiting: Vec<simulator::Hold>,
}

impl Real<'_> {
    fn token(second: bool) -> &'static str {
        if second { SECOND_TOKEN } else { example::TOKEN }
    }

    /// Shows a token what the history says.
    pub(super) fn show_as_said(&self, second: bool) {
        let (records, look_up) = match self.view(second) {
            View::Present => (Records::Present, LookUp::Available),
            View::Late => (Records::Late { milliseconds: None }, LookUp::Available),
            View::Empty => (Records::Empty, LookUp::Available),
            View::Null => (Records::Null, LookUp::Available),
            View::Absent => (Records::Absent, LookUp::Available),
            View::NoLookUp => (Records::Present, LookUp::NotFound),
        };
        let spelling = match self.history.cloud.spelling {
            Spelling::AsAsked => Spelt::AsAsked,
            Spelling::Lower => Spelt::Lower,
            Spelling::Upper => Spelt::Upper,
            Spelling::WithoutHyphens => Spelt::WithoutHyphens,
        };
        let view = Shown { records, look_up, spelling, ..Shown::default() };
        self.scene.simulator.set_token_view(Self::token(second), Some(view));
    }

    /// What a later POST comes to.
    pub(super) fn say(&mut self, post: Post) -> Result<()> {
        let fault = match post {
            Post::Accepted => Fault::before_commit().ordinary(),
            Post::Nameless => {
                Fault::after_commit().answer(Answer::status(200).json(json!({"replication": {}})))
            }
            Post::Lost(instead) => end(Fault::after_commit(), instead),
            Post::NeverArrived(instead) => end(Fault::before_commit(), instead),
            Post::Refused(refusal) => Fault::before_commit().answer(refused(refusal)),
            Post::Killed { accepted } => {
                self.holds.made += 1;
                let hold = self.scene.simulator.hold(&format!("call-{}", self.holds.made));
                let steps = if accepted { Fault::after_commit() } else { Fault::before_commit() };
                let fault = steps.hold(&hold).reset();
                self.holds.waiting.push(hold);
                fault
            }
        };
        self.scene.simulator.script(Script::once(fault).replicate())
    }

    pub(super) fn say_odd(&self, odd: Odd) -> Result<()> {
        let simulator = &self.scene.simulator;
        let once =
            |answer| simulator.script(Script::once(Fault::before_commit().answer(answer)).show());
        match odd {
            Odd::Page => {
                once(Answer::status(404).page("<html>Not Found, ref. {request_id}</html>"))
            }
            Odd::NoSuchBackup => {
                let words = "The backup does not exist.";
                once(Answer::status(404).error(ErrorShape::Cbr, "BackupService.6200", words))
            }
            Odd::Token => {
                let view = Shown { look_up: LookUp::Refused, ..Shown::default() };
                simulator.set_token_view(Self::token(self.second_token), Some(view));
                Ok(())
            }
        }
    }

    /// All records, oldest first.
    pub(super) fn records(&self) -> Vec<Record> {
        self.scene.simulator.records(example::BACKUP)
    }

    /// A replication of another's.
    pub(super) fn add_anothers(&mut self, vault: &str) -> Result<()> {
        self.scene.simulator.add_replication(Target {
            project_id: example::PROJECT.into(),
            backup_id: example::BACKUP.into(),
            destination_project_id: example::DESTINATION_PROJECT.into(),
            destination_region: example::DESTINATION_REGION.into(),
            destination_vault_id: vault.into(),
            name: None,
            description: None,
        })?;
        let records = self.records();
        self.aged.resize(records.len(), 0);
        self.aged.last_mut().into_iter().for_each(|aged| *aged += 1);
        self.list_as_aged(&records)
    }

    /// An hour passes by the cloud's clock.
    pub(super) fn age(&mut self) -> Result<()> {
        let records = self.records();
        self.aged.resize(records.len(), 0);
        self.aged.iter_mut().for_each(|aged| *aged += 1);
        self.list_as_aged(&records)
    }

    fn list_as_aged(&self, records: &[Record]) -> Result<()> {
        for (record, aged) in records.iter().zip(&self.aged) {
            let created: Timestamp = record.created_at.checked_sub(AGED * *aged)?;
            let created = json!(Timestamps::default().format(created));
            let fields = [("created_at".to_owned(), created)].into_iter().collect();
            self.scene.simulator.alter_record(&record.id, fields)?;
        }
        Ok(())
    }
}

fn end(steps: Steps, instead: Instead) -> Fault {
    match instead {
        Instead::Reset => steps.reset(),
        Instead::BadGateway => steps.answer(Answer::status(502).page("<html>Bad Gateway</html>")),
        Instead::Teapot => {
            steps.answer(Answer::status(418).page("<html>Blocked, ref. {request_id}</html>"))
        }
        Instead::SeeOther => {
            steps.answer(Answer::redirect(303, "https://portal.example.com/maintenance"))
        }
        Instead::Success => steps.answer(Answer::status(200).json(json!({}))),
    }
}

fn refused(refusal: Refusal) -> Answer {
    let cbr = |code| Answer::status(400).error(ErrorShape::Cbr, code, "So says the service.");
    match refusal {
        Refusal::Vault => cbr("BackupService.6120"),
        Refusal::Busy => cbr("BackupService.6112"),
        Refusal::Replicated => cbr("BackupService.1009"),
        Refusal::Token => {
            Answer::status(401).error(ErrorShape::Gateway, "APIGW.0301", "decrypt token fail")
        }
    }
}
