//! Asks the production code. It is pure, so that what was asked once is remembered.

use std::cell::{Ref, RefCell};
use std::time::Duration;

use backup_replication_operator::cbr::{
    BackupId, BackupList, BackupStatus, ImageType, ListedBackup,
};
use backup_replication_operator::protocol::{
    self, Action, CallTarget, CredentialReading, FreshAttempt, ListReading, LookupMemory, Policy,
    Recorded, RefusedClaim, TargetReading, Viewer, ViewerMemory, describe_result, is_finished,
    locked_target, record,
};
use backup_replication_operator::resource::{
    AttemptId, BackupReplication, BackupReplicationSpec, BackupReplicationStatus,
    DECISION_ANNOTATION, OnUnknownOutcome, Origin, Outcome, Phase,
};

use serde_json::json;

use crate::cloud::{Looked, cloud_offset, ending, logs, look};
use crate::map::Map;
use crate::memory::{AT, quantised, quantised_viewer};
use crate::scenario::{Admission, Broken, Scenario};
use crate::state::{Age, AttemptNo, BackupNo, Claim, CredentialNo, Decision, End, Resource, Word};
use crate::tables::{
    AttemptRef, StatusRef, Tables, attempt_id, now, record_id, stored, timeless, timeless_attempt,
};

pub(crate) const POLICY: Policy = Policy {
    window: Duration::from_secs(10),
    limit: Duration::from_secs(60),
    settling_time: Duration::from_secs(600),
    tracking_limit: Duration::from_secs(30 * 24 * 60 * 60),
    lookup_patience: Duration::from_secs(60),
    first_call_after: Duration::from_secs(10),
    rejection_retry: Duration::from_secs(600),
};

/// What a round sees beside the object.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Sight {
    pub(crate) age: Age,
    pub(crate) never_called: bool,
    pub(crate) look: Looked,
    /// The calls that the operation logs show.
    pub(crate) logged: Vec<AttemptNo>,
    pub(crate) credential: CredentialNo,
    /// The last claim was not kept, lately.
    pub(crate) refused: bool,
    pub(crate) target_in_use: bool,
    pub(crate) own: LookupMemory,
    pub(crate) viewer: ViewerMemory,
    pub(crate) fresh: AttemptNo,
    /// The newest backup in the list.
    pub(crate) newest: BackupNo,
}

/// What a round comes to, and what its look-up leaves to remember.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rounded {
    pub(crate) round: Round,
    pub(crate) looked: bool,
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
    /// The credential that a stored status names as shown the record of an accepted call.
    pub(crate) shown_to: Option<CredentialNo>,
    /// A call is in flight, its outcome unknown, or its record not shown yet.
    pub(crate) uses_target: bool,
}

pub(crate) struct Production {
    tables: RefCell<Tables>,
    scenario: Scenario,
    rounds: RefCell<Map<(usize, Resource, Sight), Rounded>>,
    ends: RefCell<Map<(usize, Resource, AttemptRef, End), Written>>,
    facts: RefCell<Map<(usize, Resource), Facts>>,
    timeless: RefCell<Map<StatusRef, StatusRef>>,
}

impl Production {
    pub(crate) fn new(scenario: &Scenario) -> Self {
        Self {
            tables: RefCell::default(),
            scenario: scenario.clone(),
            rounds: RefCell::default(),
            ends: RefCell::default(),
            facts: RefCell::default(),
            timeless: RefCell::default(),
        }
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

    /// The status as an admission policy leaves it.
    pub(crate) fn admitted(&self, name: StatusRef, admission: Admission) -> StatusRef {
        let mut status = self.status(name).clone();
        match admission {
            Admission::Alters => status
                .attempts
                .iter_mut()
                .for_each(|attempt| "masked".clone_into(&mut attempt.claimed_by)),
            Admission::Drops => status.attempts.clear(),
        }
        self.tables.borrow_mut().keep_status(status)
    }

    /// The attempt of this number as a status has it in force, without an outcome.
    pub(crate) fn stored_attempt(&self, name: StatusRef, no: AttemptNo) -> Option<AttemptRef> {
        let head = self.status(name).attempts.first().cloned();
        let head =
            head.filter(|head| head.outcome.is_none() && head.id.as_str() == attempt_id(no))?;
        Some(self.tables.borrow_mut().keep_attempt(timeless_attempt(head)))
    }

    /// Whether a look-up came before the claim.
    pub(crate) fn has_looked(&self, attempt: AttemptRef) -> bool {
        self.tables.borrow().attempt(attempt).records_before.is_some()
    }

    /// Whether two resources must not call at the same time.
    pub(crate) fn same_target(&self, one: usize, other: usize) -> bool {
        let target = |number| CallTarget::of(&BackupReplication::new("db", self.spec(number)));
        target(one) == target(other)
    }

    /// The backup that was chosen; 0 where none was.
    pub(crate) fn chosen(&self, name: StatusRef) -> BackupNo {
        let status = self.status(name);
        status.chosen_backup_id.as_deref().and_then(backup_number).unwrap_or(0)
    }

    /// Whether each attempt is for the backup that was chosen.
    pub(crate) fn calls_for_its_choice(&self, number: usize, resource: &Resource) -> bool {
        let object = self.object(number, resource);
        let digest = object.request_digest();
        let attempts = object.status.iter().flat_map(|status| &status.attempts);
        attempts.into_iter().all(|a| digest.is_some() && a.request_digest == digest)
    }

    pub(crate) fn facts(&self, number: usize, resource: &Resource) -> Facts {
        let key = (number, resource.clone());
        if let Some(known) = self.facts.borrow().get(&key) {
            return *known;
        }
        let object = self.object(number, resource);
        let asked = if resource.young { stored() } else { now() };
        let status = object.status.as_ref();
        let shown_to = status
            .filter(|status| status.attempts.iter().any(|a| a.outcome == Some(Outcome::Accepted)));
        let shown_to = shown_to.and_then(|status| status.record_shown_to.as_deref());
        let facts = Facts {
            finished: is_finished(&object),
            accepted: status.is_some_and(|status| {
                status.is_accepted() && status.origin != Some(Origin::Adopted)
            }),
            uses_target: locked_target(&object)
                .is_some_and(|held| held.is_held(asked, POLICY.settling_time)),
            shown_to: (0..2).find(|credential| shown_to == Some(&viewer_name(*credential))),
        };
        self.facts.borrow_mut().insert(key, facts);
        facts
    }

    pub(crate) fn round(&self, number: usize, resource: &Resource, sight: Sight) -> Rounded {
        let key = (number, resource.clone(), sight);
        if let Some(known) = self.rounds.borrow().get(&key) {
            return *known;
        }
        let round = self.decide(number, &key.1, &key.2);
        self.rounds.borrow_mut().insert(key, round);
        round
    }

    fn policy(&self) -> Policy {
        let day = Duration::from_secs(24 * 60 * 60);
        let waits = |broken, wait| if self.scenario.has(broken) { Duration::ZERO } else { wait };
        Policy {
            tracking_limit: if self.scenario.followed_for_too_long {
                day
            } else {
                POLICY.tracking_limit
            },
            lookup_patience: waits(Broken::OddAnswerBelieved, POLICY.lookup_patience),
            first_call_after: waits(Broken::YoungCalledAtOnce, POLICY.first_call_after),
            ..POLICY
        }
    }

    fn decide(&self, number: usize, resource: &Resource, sight: &Sight) -> Rounded {
        let policy = self.policy();
        let mut object = self.object(number, resource);
        let calls = object.status.as_ref().is_some_and(|status| !status.attempts.is_empty());
        if self.scenario.has(Broken::ChosenAgain) && !calls {
            object.status.iter_mut().for_each(|status| status.chosen_backup_id = None);
        }
        let fresh = FreshAttempt {
            id: AttemptId::new(attempt_id(sight.fresh)),
            claimant: "operator".to_owned(),
        };
        let facts = protocol::Facts {
            resource: &object,
            unchanged_for: duration(sight.age),
            never_called: sight.never_called,
            target: self.target(number, &object),
            refused_claim: sight.refused.then(|| RefusedClaim {
                why: "not kept".to_owned(),
                until: now(),
                wait: POLICY.window,
            }),
            metadata_bytes: 0,
            fresh: &fresh,
        };
        let in_use = || sight.target_in_use.then(|| "another".to_owned());
        let (mut own, mut viewer) = (sight.own, sight.viewer);
        let mut looked = false;
        let mut round = protocol::Round::new(facts, &own, AT, &policy);
        if self.scenario.logs {
            round.cloud_offset(Some(cloud_offset(sight.fresh)));
        }
        loop {
            let round = match round.next(now(), in_use()) {
                Action::ReadCredential => {
                    let known = Viewer { memory: viewer, throttled_until: None };
                    round.credential_read(usable(sight.credential), &known, &own, AT);
                    continue;
                }
                Action::ListBackups => {
                    round.listed(list(sight.newest), &mut own, &viewer, AT);
                    continue;
                }
                Action::Lookup { .. } => {
                    looked = true;
                    round.looked_up(
                        look(&sight.look, self.scenario.spelling),
                        &mut own,
                        &mut viewer,
                        AT,
                    );
                    continue;
                }
                Action::ReadLogs { .. } => {
                    let logs = logs(&sight.logged, object.backup_id().unwrap_or_default());
                    round.logs_read(logs, Vec::new(), &mut own, &mut viewer, AT);
                    continue;
                }
                Action::Update { status, requeue_after: again } => {
                    let status = self.tables.borrow_mut().keep_status(*status);
                    Round::Settle { status, again: again.is_some() }
                }
                Action::Claim { status, attempt } => {
                    let mut tables = self.tables.borrow_mut();
                    let status = tables.keep_status(*status);
                    Round::Claim {
                        status,
                        attempt: tables.keep_attempt(timeless_attempt(*attempt)),
                    }
                }
            };
            return Rounded {
                round,
                looked,
                own: quantised(own),
                viewer: quantised_viewer(viewer),
            };
        }
    }

    pub(crate) fn record(
        &self,
        number: usize,
        resource: &Resource,
        claim: &Claim,
        end: End,
    ) -> Written {
        let key = (number, resource.clone(), claim.attempt, end);
        if let Some(known) = self.ends.borrow().get(&key) {
            return *known;
        }
        let object = self.object(number, resource);
        let status = object.status.clone().unwrap_or_default();
        let attempt = self.tables.borrow().attempt(claim.attempt).clone();
        let written = match record(&status, &attempt, &ending(end, claim.no, &attempt), now()) {
            Recorded::Write(status) => {
                let (target, credential) = (self.target(number, &object), usable(0));
                let (status, _) =
                    describe_result(&object, *status, &attempt, target, credential, &POLICY, now());
                Written::Write(self.tables.borrow_mut().keep_status(status))
            }
            Recorded::AlreadyThere => Written::AlreadyThere,
            Recorded::Superseded => Written::Superseded,
        };
        self.ends.borrow_mut().insert(key, written);
        written
    }

    fn endpoint(&self, number: usize) -> String {
        if self.scenario.two_endpoints {
            format!("https://cbr-{number}.example")
        } else {
            "https://cbr.example".to_owned()
        }
    }

    fn target(&self, number: usize, object: &BackupReplication) -> TargetReading {
        let endpoint = self.endpoint(number);
        match object.backup_id() {
            Some(_) => TargetReading::Callable { endpoint },
            None => TargetReading::BackupToChoose { endpoint },
        }
    }

    fn spec(&self, number: usize) -> BackupReplicationSpec {
        let mut spec = json!({
            "endpoint": self.endpoint(number), "projectId": "p", "destinationProjectId": "dp",
            "destinationRegion": "eu-nl", "destinationVaultId": "v",
            "auth": {"tokenSecretRef": {"name": "cbr-token"}},
        });
        if self.scenario.selects {
            spec["backupSelector"] = json!({"resourceId": "s"});
        } else {
            let own = self.scenario.own_backups;
            spec["backupId"] = json!(if own { format!("b{number}") } else { "b".to_owned() });
        }
        if self.scenario.calls_again {
            spec["onUnknownOutcome"] = json!(OnUnknownOutcome::CallAgain);
        }
        serde_json::from_value(spec).expect("a spec as users write it")
    }

    fn object(&self, number: usize, resource: &Resource) -> BackupReplication {
        let mut object = BackupReplication::new("db", self.spec(number));
        object.metadata.namespace = Some("backups".to_owned());
        object.metadata.uid = Some(format!("u{}", resource.uid));
        object.metadata.generation = Some(resource.generation.into());
        object.metadata.annotations = resource
            .decision
            .map(|decision| [(DECISION_ANNOTATION.to_owned(), annotation(decision))].into());
        if resource.restored {
            object.metadata.labels =
                Some([("velero.io/restore-name".to_owned(), "r".to_owned())].into());
        }
        object.status = Some(self.status(resource.status).clone());
        object
    }
}

/// The list of backups that the selector matches, the newest last.
fn list(newest: BackupNo) -> ListReading {
    let entry = |number: BackupNo| ListedBackup {
        id: BackupId::parse(&format!("c{number}")).ok(),
        status: Some(BackupStatus::Available),
        image_type: Some(ImageType::Backup),
        created_at: stored().checked_add(Duration::from_secs(number.into())).ok(),
        resource_id: Some("s".into()),
        vault_id: None,
        project_id: None,
    };
    let backups = (1..=newest).map(entry).collect();
    ListReading::Shown(BackupList { backups, incomplete: None })
}

fn backup_number(id: &str) -> Option<BackupNo> {
    id.strip_prefix('c')?.parse().ok()
}

fn usable(credential: CredentialNo) -> CredentialReading {
    CredentialReading::Usable { version: format!("s{credential}"), viewer: viewer_name(credential) }
}

fn viewer_name(credential: CredentialNo) -> String {
    format!("cbr-token/token@s{credential}")
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

fn annotation(Decision { attempt, word, given_to: _ }: Decision) -> String {
    let named = attempt;
    let attempt = attempt_id(attempt);
    match word {
        Word::NotAccepted => format!("{attempt}:not-accepted"),
        Word::Accepted => format!("{attempt}:accepted"),
        Word::AcceptedAs(record) => format!("{attempt}:accepted:{}", record_id(record)),
        Word::Retry => format!("{attempt}:retry"),
        Word::LetGo => format!("{}:retry", record_id(named)),
    }
}
