//! Small resources for the tests of this room, from YAML through the real types.

pub(super) mod cloud;

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::protocol::credential::CredentialReading;
use crate::protocol::decide::{Action, decide};
use crate::protocol::facts::call_result::CallResult;
use crate::protocol::facts::record::{Recorded, record};
use crate::protocol::list_reading::ListReading;
use crate::protocol::logged_calls::LoggedCalls;
use crate::protocol::lookup::{Lookup, LookupHistory};
use crate::protocol::observation::{FreshAttempt, Observation, RefusedClaim, TargetReading};
use crate::protocol::policy::Policy;
use crate::protocol::witness::LogReading;
use crate::resource::{Attempt, AttemptId, BackupReplication, BackupReplicationStatus};

pub(super) const POLICY: Policy = Policy {
    window: Duration::from_secs(10),
    limit: Duration::from_secs(60),
    settling_time: Duration::from_secs(600),
    tracking_limit: Duration::from_secs(24 * 60 * 60),
    lookup_patience: Duration::from_secs(60),
    first_call_after: Duration::from_secs(10),
    rejection_retry: Duration::from_secs(600),
};

/// Known for long; and what the cloud says of look-ups, it has said for long.
pub(super) fn long_known() -> LookupHistory {
    const HOUR: Duration = Duration::from_secs(60 * 60);
    LookupHistory {
        known_for: HOUR,
        no_lookup_for: HOUR,
        no_backup_for: HOUR,
        ..LookupHistory::default()
    }
}

pub(super) fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + second).unwrap()
}

pub(super) fn resource() -> BackupReplication {
    serde_saphyr::from_str(
        "
        apiVersion: cbr.replication.dev/v1alpha1
        kind: BackupReplication
        metadata: {name: db, namespace: backups, uid: u-1, resourceVersion: '7', generation: 1}
        spec:
          projectId: p
          backupId: b
          destinationProjectId: dp
          destinationRegion: eu-nl
          destinationVaultId: v
          auth: {tokenSecretRef: {name: cbr-token}}
        status: {observedGeneration: -1, phase: Pending}
        ",
    )
    .unwrap()
}

/// A token of that version of the Secret.
pub(super) fn usable(version: &str) -> CredentialReading {
    CredentialReading::Usable {
        version: version.into(),
        viewer: format!("cbr-token/token@{version}"),
    }
}

/// What a round sees that has everything at hand for a call.
pub(super) struct Scene {
    pub(super) resource: BackupReplication,
    pub(super) now: Timestamp,
    pub(super) unchanged_for: Duration,
    pub(super) never_called: bool,
    pub(super) target: TargetReading,
    pub(super) credential: Option<CredentialReading>,
    pub(super) lookup: Option<Lookup>,
    pub(super) logs: Option<LogReading>,
    pub(super) others_calls: Vec<LoggedCalls>,
    pub(super) cloud_offset: Option<SignedDuration>,
    pub(super) backups: Option<ListReading>,
    pub(super) history: LookupHistory,
    pub(super) records_known: bool,
    pub(super) credential_refused: bool,
    pub(super) same_target_in_use: Option<String>,
    pub(super) throttled_until: Option<Timestamp>,
    pub(super) refused_claim: Option<RefusedClaim>,
    pub(super) metadata_bytes: usize,
    pub(super) fresh: FreshAttempt,
}

impl Scene {
    pub(super) fn new() -> Self {
        Self {
            resource: resource(),
            now: at(0),
            unchanged_for: Duration::ZERO,
            never_called: false,
            target: TargetReading::Callable { endpoint: "https://cbr.example".into() },
            credential: Some(usable("s1")),
            lookup: Some(Lookup::NotAvailable("no look-up".into())),
            logs: None,
            others_calls: Vec::new(),
            cloud_offset: None,
            backups: None,
            history: long_known(),
            records_known: false,
            credential_refused: false,
            same_target_in_use: None,
            throttled_until: None,
            refused_claim: None,
            metadata_bytes: 0,
            fresh: FreshAttempt { id: AttemptId::new("a-1"), claimant: "me".into() },
        }
    }

    pub(super) fn status(&mut self) -> &mut BackupReplicationStatus {
        self.resource.status.get_or_insert_default()
    }

    pub(super) fn decide(&self) -> Action {
        let seen = Observation {
            resource: &self.resource,
            now: self.now,
            unchanged_for: self.unchanged_for,
            never_called: self.never_called,
            target: self.target.clone(),
            credential: self.credential.clone(),
            lookup: self.lookup.clone(),
            logs: self.logs.clone(),
            others_calls: self.others_calls.clone(),
            cloud_offset: self.cloud_offset,
            backups: self.backups.clone(),
            history: self.history,
            records_known: self.records_known,
            credential_refused: self.credential_refused,
            same_target_in_use: self.same_target_in_use.clone(),
            throttled_until: self.throttled_until,
            refused_claim: self.refused_claim.clone(),
            metadata_bytes: self.metadata_bytes,
            fresh: &self.fresh,
        };
        decide(&seen, &POLICY)
    }

    /// Claims, and leaves the claim in the resource.
    pub(super) fn claim(&mut self, id: &str) -> Attempt {
        self.fresh.id = AttemptId::new(id);
        match self.decide() {
            Action::Claim { status, attempt } => {
                self.resource.status = Some(*status);
                *attempt
            }
            other @ (Action::ReadCredential
            | Action::ListBackups
            | Action::Lookup { .. }
            | Action::ReadLogs { .. }
            | Action::Update { .. }) => {
                panic!("no claim but {other:?}")
            }
        }
    }

    /// Records how the call of this attempt ended.
    pub(super) fn end(&mut self, attempt: &Attempt, ending: &CallResult) {
        let now = self.now;
        match record(self.status(), attempt, ending, now) {
            Recorded::Write(status) => self.resource.status = Some(*status),
            other @ (Recorded::AlreadyThere | Recorded::Superseded) => panic!("{other:?}"),
        }
    }

    /// The status that the decision wants, and when it wants to look again.
    pub(super) fn settled(&self) -> (BackupReplicationStatus, Option<Duration>) {
        match self.decide() {
            Action::Update { status, requeue_after } => (*status, requeue_after),
            other @ (Action::ReadCredential
            | Action::ListBackups
            | Action::Lookup { .. }
            | Action::ReadLogs { .. }
            | Action::Claim { .. }) => {
                panic!("not settled but {other:?}")
            }
        }
    }

    /// Settles, which must be followed by another round at once, and leaves that in the resource.
    pub(super) fn settle(&mut self) {
        let (status, again) = self.settled();
        assert_eq!(again, Some(Duration::ZERO));
        self.resource.status = Some(status);
        self.unchanged_for = Duration::ZERO;
    }

    pub(super) fn annotate(&mut self, value: &str) {
        self.resource
            .metadata
            .annotations
            .get_or_insert_default()
            .insert(crate::resource::DECISION_ANNOTATION.into(), value.into());
    }
}

pub(super) fn condition(status: &BackupReplicationStatus, kind: &str) -> Option<(String, String)> {
    status.conditions.iter().find(|c| c.type_ == kind).map(|c| (c.status.clone(), c.reason.clone()))
}
