//! One round as a value: it is made from facts, says what it needs next or what to do, and is told
//! what was seen. The controller and the model drive the same one.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::protocol::credential::CredentialReading;
use crate::protocol::decide::{Action, decide};
use crate::protocol::list_reading::ListReading;
use crate::protocol::logged_calls::LoggedCalls;
use crate::protocol::lookup::{Lookup, LookupHistory, LookupMemory, ViewerMemory};
use crate::protocol::observation::{FreshAttempt, Observation, RefusedClaim, TargetReading};
use crate::protocol::policy::Policy;
use crate::protocol::witness::LogReading;
use crate::resource::BackupReplication;

/// What is known when a round begins. Each field is that of [`Observation`].
#[derive(Clone, Debug)]
pub struct Facts<'a> {
    /// The object that the round is about.
    pub resource: &'a BackupReplication,
    /// How long the attempt in force has been as it is.
    pub unchanged_for: Duration,
    /// Whether the attempt in force is this process's own, and never called.
    pub never_called: bool,
    /// Whether the spec names something that may be called.
    pub target: TargetReading,
    /// The last claim, if the API server did not keep it.
    pub refused_claim: Option<RefusedClaim>,
    /// How much room the object's metadata take.
    pub metadata_bytes: usize,
    /// For a claim in this round.
    pub fresh: &'a FreshAttempt,
}

/// What the process knows of the credential that was read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Viewer {
    /// What its look-ups have shown.
    pub memory: ViewerMemory,
    /// Until when the cloud asked it to wait.
    pub throttled_until: Option<Timestamp>,
}

/// One round.
#[derive(Clone, Debug)]
pub struct Round<'a> {
    seen: Observation<'a>,
    policy: &'a Policy,
}

impl<'a> Round<'a> {
    /// A round that has seen nothing yet but the object. `at`: now, on the clock of `own`.
    pub fn new(facts: Facts<'a>, own: &LookupMemory, at: Duration, policy: &'a Policy) -> Self {
        let Facts {
            resource,
            unchanged_for,
            never_called,
            target,
            refused_claim,
            metadata_bytes,
            fresh,
        } = facts;
        let seen = Observation {
            resource,
            now: Timestamp::UNIX_EPOCH,
            unchanged_for,
            never_called,
            target,
            credential: None,
            lookup: None,
            logs: None,
            others_calls: Vec::new(),
            cloud_offset: None,
            backups: None,
            history: own.history(&ViewerMemory::default(), at),
            records_known: false,
            credential_refused: false,
            same_target_in_use: None,
            throttled_until: None,
            refused_claim,
            metadata_bytes,
            fresh,
        };
        Self { seen, policy }
    }

    /// What to do, or what must be seen first. `same_target_in_use`: another resource whose call
    /// for the same target is not settled.
    pub fn next(&mut self, now: Timestamp, same_target_in_use: Option<String>) -> Action {
        self.seen.now = now;
        self.seen.same_target_in_use = same_target_in_use;
        decide(&self.seen, self.policy)
    }

    /// The credential was read. `viewer`: what is known of it, where it is usable.
    pub fn credential_read(
        &mut self,
        reading: CredentialReading,
        viewer: &Viewer,
        own: &LookupMemory,
        at: Duration,
    ) {
        let Viewer { memory, throttled_until } = viewer;
        self.seen.credential = Some(reading);
        self.seen.throttled_until = *throttled_until;
        self.seen.records_known = memory.records_shown;
        self.seen.credential_refused = memory.refused;
        self.seen.history = own.history(memory, at);
    }

    /// The backups were listed. What that leaves to remember goes into `own`.
    pub fn listed(
        &mut self,
        backups: ListReading,
        own: &mut LookupMemory,
        viewer: &ViewerMemory,
        at: Duration,
    ) {
        own.note_list(&backups, at);
        self.seen.history = own.history(viewer, at);
        self.seen.backups = Some(backups);
    }

    /// The backup was looked up. What that leaves to remember goes into `own` and `viewer`.
    pub fn looked_up(
        &mut self,
        lookup: Lookup,
        own: &mut LookupMemory,
        viewer: &mut ViewerMemory,
        at: Duration,
    ) {
        own.note(self.seen.resource, &lookup, at);
        viewer.note(self.seen.resource, &lookup, at);
        // When it was looked up before this is what the decision asks for.
        let ago = self.seen.history.ago;
        self.seen.history = LookupHistory { ago, ..own.history(viewer, at) };
        self.seen.records_known = viewer.records_shown;
        self.seen.lookup = Some(lookup);
    }

    /// The operation logs were read. `others_calls`: of other resources for the same target. What that leaves to remember goes into `own` and `viewer`.
    pub fn logs_read(
        &mut self,
        reading: LogReading,
        others_calls: Vec<LoggedCalls>,
        own: &mut LookupMemory,
        viewer: &mut ViewerMemory,
        at: Duration,
    ) {
        own.note_logs(self.seen.resource, &reading, at);
        viewer.note_logs(&reading, at);
        let LookupHistory { ago, .. } = self.seen.history;
        self.seen.history = LookupHistory { ago, ..own.history(viewer, at) };
        self.seen.logs = Some(reading);
        self.seen.others_calls = others_calls;
    }

    /// What must be added to this machine's time to have the cloud's.
    pub fn cloud_offset(&mut self, offset: Option<SignedDuration>) {
        self.seen.cloud_offset = offset;
    }
}
