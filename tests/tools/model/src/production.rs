//! Asks the production code. It is pure, so that what was asked once is remembered.

use std::cell::{Ref, RefCell};
use std::time::Duration;

use backup_replication_operator::cbr::{Backup, BackupStatus, RecordId, RecordStatus, Records, ReplicationRecord};
use backup_replication_operator::protocol::{
    self, Acceptance, Action, CallAnswer, CallResult, CredentialReading, FreshAttempt, Lookup, LookupMemory, Policy,
    Recorded, TargetReading, Viewer, ViewerMemory, describe_result, is_finished, locked_target, record,
};
use backup_replication_operator::resource::{
    AttemptId, Auth, BackupReplication, BackupReplicationSpec, BackupReplicationStatus, DECISION_ANNOTATION,
    OnUnknownOutcome, Origin, Phase, RejectionKind, SecretKeyRef,
};

use crate::map::Map;
use crate::memory::{AT, quantised, quantised_viewer};
use crate::scenario::Scenario;
use crate::state::{Age, AttemptNo, Claim, Decision, End, Record, Resource, Word};
use crate::tables::{AttemptRef, StatusRef, Tables, attempt_id, now, record_id, stored, timeless, timeless_attempt};

pub(crate) const POLICY: Policy = Policy {
    window: Duration::from_secs(10),
    limit: Duration::from_secs(60),
    settling_time: Duration::from_secs(600),
    tracking_limit: Duration::from_secs(30 * 24 * 60 * 60),
    lookup_patience: Duration::from_secs(60),
    first_call_after: Duration::from_secs(10),
};

/// What a round sees beside the object.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Sight {
    pub(crate) age: Age,
    pub(crate) never_called: bool,
    pub(crate) look: Looked,
    pub(crate) target_in_use: bool,
    pub(crate) own: LookupMemory,
    pub(crate) viewer: ViewerMemory,
    pub(crate) fresh: AttemptNo,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Looked {
    Records { ours: Vec<(AttemptNo, Record)>, another: bool },
    NoList,
    NoLookUp,
    Refused,
    Failed,
}

/// What a round comes to, and what its look leaves to remember.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rounded {
    pub(crate) round: Round,
    pub(crate) own: LookupMemory,
    pub(crate) viewer: ViewerMemory,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Round {
    Settle { status: StatusRef, again: bool },
    Claim { status: StatusRef, attempt: AttemptRef },
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Written {
    Write(StatusRef),
    AlreadyThere,
    Superseded,
}

/// What production says of an object alone.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Facts {
    /// There is nothing to do for it until it changes.
    pub(crate) finished: bool,
    /// It is never called for again.
    pub(crate) accepted: bool,
    /// A call is out, its outcome unknown, or its record not shown yet.
    pub(crate) uses_target: bool,
}

#[derive(Default)]
pub(crate) struct Production {
    tables: RefCell<Tables>,
    calls_again: bool,
    followed_for_too_long: bool,
    rounds: RefCell<Map<(Resource, Sight), Rounded>>,
    ends: RefCell<Map<(Resource, AttemptRef, End), Written>>,
    facts: RefCell<Map<Resource, Facts>>,
    timeless: RefCell<Map<StatusRef, StatusRef>>,
}

impl Production {
    pub(crate) fn new(scenario: &Scenario) -> Self {
        let Scenario { calls_again, followed_for_too_long, .. } = *scenario;
        Self { calls_again, followed_for_too_long, ..Self::default() }
    }

    /// The status that the CRD gives to a new object.
    pub(crate) fn fresh_status(&self) -> StatusRef {
        self.tables.borrow_mut().keep_status(BackupReplicationStatus {
            observed_generation: Some(-1),
            phase: Some(Phase::Pending),
            ..BackupReplicationStatus::default()
        })
    }

    pub(crate) fn status(&self, name: StatusRef) -> Ref<'_, BackupReplicationStatus> {
        Ref::map(self.tables.borrow(), |tables| tables.status(name))
    }

    pub(crate) fn attempts_in(&self, name: StatusRef) -> Ref<'_, [AttemptNo]> {
        Ref::map(self.tables.borrow(), |tables| tables.named_in(name))
    }

    pub(crate) fn stored(&self, name: StatusRef) -> StatusRef {
        if let Some(known) = self.timeless.borrow().get(&name) {
            return *known;
        }
        let status = timeless(self.status(name).clone());
        let stored = self.tables.borrow_mut().keep_status(status);
        self.timeless.borrow_mut().insert(name, stored);
        stored
    }

    pub(crate) fn facts(&self, resource: &Resource) -> Facts {
        if let Some(known) = self.facts.borrow().get(resource) {
            return *known;
        }
        let object = self.object(resource);
        let asked = if resource.young { stored() } else { now() };
        let facts = Facts {
            finished: is_finished(&object),
            accepted: object.status.as_ref().is_some_and(|status| {
                let adopted = status.origin == Some(Origin::Adopted);
                status.is_accepted() && !adopted
            }),
            uses_target: locked_target(&object).is_some_and(|held| held.is_held(asked, POLICY.settling_time)),
        };
        self.facts.borrow_mut().insert(resource.clone(), facts);
        facts
    }

    pub(crate) fn round(&self, resource: &Resource, sight: Sight) -> Rounded {
        let key = (resource.clone(), sight);
        if let Some(known) = self.rounds.borrow().get(&key) {
            return *known;
        }
        let round = self.decide(&key.0, &key.1);
        self.rounds.borrow_mut().insert(key, round);
        round
    }

    fn decide(&self, resource: &Resource, sight: &Sight) -> Rounded {
        let day = Duration::from_secs(24 * 60 * 60);
        let tracking_limit = if self.followed_for_too_long { day } else { POLICY.tracking_limit };
        let policy = Policy { tracking_limit, ..POLICY };
        let object = self.object(resource);
        let fresh = FreshAttempt { id: AttemptId::new(attempt_id(sight.fresh)), claimant: "operator".to_owned() };
        let facts = protocol::Facts {
            resource: &object,
            unchanged_for: duration(sight.age),
            never_called: sight.never_called,
            target: target(),
            refused_claim: None,
            metadata_bytes: 0,
            fresh: &fresh,
        };
        let in_use = || sight.target_in_use.then(|| "another".to_owned());
        let (mut own, mut viewer) = (sight.own, sight.viewer);
        let mut round = protocol::Round::new(facts, &own, AT, &policy);
        loop {
            let round = match round.next(now(), in_use()) {
                Action::ReadCredential(_) => {
                    let known = Viewer { memory: viewer, throttled_until: None };
                    round.credential_read(usable(), &known, &own, AT);
                    continue;
                }
                Action::Lookup { .. } => {
                    round.looked_up(look(&sight.look), &mut own, &mut viewer, AT);
                    continue;
                }
                Action::Update { status, requeue_after: again } => {
                    let status = self.tables.borrow_mut().keep_status(*status);
                    Round::Settle { status, again: again.is_some() }
                }
                Action::Claim { status, attempt } => {
                    let mut tables = self.tables.borrow_mut();
                    let status = tables.keep_status(*status);
                    Round::Claim { status, attempt: tables.keep_attempt(timeless_attempt(*attempt)) }
                }
            };
            return Rounded { round, own: quantised(own), viewer: quantised_viewer(viewer) };
        }
    }

    pub(crate) fn record(&self, resource: &Resource, claim: &Claim, end: End) -> Written {
        let key = (resource.clone(), claim.attempt, end);
        if let Some(known) = self.ends.borrow().get(&key) {
            return *known;
        }
        let object = self.object(resource);
        let status = object.status.clone().unwrap_or_default();
        let attempt = self.tables.borrow().attempt(claim.attempt).clone();
        let written = match record(&status, &attempt, &ending(end, claim.no), now()) {
            Recorded::Write(status) => {
                let (status, _) = describe_result(&object, *status, &attempt, target(), usable(), &POLICY, now());
                Written::Write(self.tables.borrow_mut().keep_status(status))
            }
            Recorded::AlreadyThere => Written::AlreadyThere,
            Recorded::Superseded => Written::Superseded,
        };
        self.ends.borrow_mut().insert(key, written);
        written
    }

    fn object(&self, resource: &Resource) -> BackupReplication {
        let spec = BackupReplicationSpec {
            endpoint: None,
            project_id: "p".to_owned(),
            backup_id: "b".to_owned(),
            destination_project_id: "dp".to_owned(),
            destination_region: "eu-nl".to_owned(),
            destination_vault_id: "v".to_owned(),
            name: None,
            description: None,
            enable_acceleration: None,
            auth: Auth { token_secret_ref: Some(SecretKeyRef { name: "cbr-token".to_owned(), key: None }) },
            ready_when: None,
            on_unknown_outcome: self.calls_again.then_some(OnUnknownOutcome::CallAgain),
            suspend: None,
        };
        let mut object = BackupReplication::new("db", spec);
        object.metadata.namespace = Some("backups".to_owned());
        object.metadata.uid = Some(format!("u{}", resource.uid));
        object.metadata.generation = Some(resource.generation.into());
        object.metadata.annotations =
            resource.decision.map(|decision| [(DECISION_ANNOTATION.to_owned(), annotation(decision))].into());
        object.status = Some(self.status(resource.status).clone());
        object
    }
}

fn target() -> TargetReading {
    TargetReading::Callable { endpoint: "https://cbr.example".to_owned() }
}

fn usable() -> CredentialReading {
    CredentialReading::Usable { version: "s1".to_owned(), viewer: "cbr-token/token@s1".to_owned() }
}

/// The longest time that still counts as the age.
fn duration(age: Age) -> Duration {
    const MARGIN: Duration = Duration::from_secs(5);
    let hold = POLICY.window + POLICY.limit + MARGIN;
    let instant = Duration::from_nanos(1);
    match age {
        Age::Held => hold - instant,
        Age::PastHold => hold + POLICY.settling_time - instant,
        Age::PastSettling => hold + POLICY.settling_time,
    }
}

fn annotation(Decision { attempt, word }: Decision) -> String {
    let attempt = attempt_id(attempt);
    match word {
        Word::NotAccepted => format!("{attempt}:not-accepted"),
        Word::Accepted => format!("{attempt}:accepted"),
        Word::AcceptedAs(record) => format!("{attempt}:accepted:{}", record_id(record)),
        Word::CallAnew => format!("{attempt}:call-anew"),
    }
}

fn look(looked: &Looked) -> Lookup {
    let backup = |replication_records| {
        Lookup::Backup(Box::new(Backup {
            names_itself: true,
            status: Some(BackupStatus::Available),
            image_type: None,
            replication_records,
        }))
    };
    match looked {
        Looked::Records { ours, another } => {
            let ours = ours.iter().filter_map(|(no, record)| listed(&record_id(*no), "eu-nl", *record));
            let another = another.then(|| listed("another", "eu-de", Record::Success)).flatten();
            let records = ours.chain(another).collect();
            backup(Records::Reported { records, unreadable: 0 })
        }
        Looked::NoList => backup(Records::NotReported),
        Looked::NoLookUp => Lookup::NotAvailable("no look-up".to_owned()),
        Looked::Refused => Lookup::NotAvailable("no right to look up".to_owned()),
        Looked::Failed => Lookup::Failed("503".to_owned()),
    }
}

fn listed(id: &str, region: &str, record: Record) -> Option<ReplicationRecord> {
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
        destination_vault_id: Some("v".into()),
        destination_backup_id: None,
        progress: None,
        fail_code: None,
        fail_reason: None,
        auto_trigger: None,
    })
}

fn ending(end: End, no: AttemptNo) -> CallResult {
    let answer =
        |http_status, message: &str| CallAnswer { http_status, message: message.to_owned(), ..CallAnswer::default() };
    let rejected = |kind| CallResult::Rejected { kind, answer: answer(Some(400), "Rejected."), retry_after: None };
    match end {
        End::Accepted => {
            let replication_record_id = Some(record_id(no));
            CallResult::Accepted(
                Acceptance { replication_record_id, ..Acceptance::default() },
                answer(Some(202), "Accepted."),
            )
        }
        End::AcceptedWithoutId => CallResult::Accepted(Acceptance::default(), answer(Some(202), "Accepted.")),
        End::NotSent => CallResult::NotSent(answer(None, "The window was over.")),
        End::Rejected => rejected(RejectionKind::Temporary),
        End::RejectedForGood => rejected(RejectionKind::Terminal),
        End::AlreadyReplicated => rejected(RejectionKind::AlreadyReplicated),
        End::Unknown => CallResult::Unknown(answer(None, "The connection was lost.")),
        End::Unreadable2xx => CallResult::Unknown(answer(Some(200), "A success that cannot be read.")),
    }
}
