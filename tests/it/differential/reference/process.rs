//! What a process remembers: as `src/controller/state/` has it, for one resource.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use backup_replication_operator::protocol::{LookupMemory, ViewerMemory};
use backup_replication_operator::resource::{Attempt, AttemptId, BackupReplication, Outcome};

#[derive(Clone, Default)]
pub(crate) struct Process {
    known: Option<Known>,
    /// By whether it is the second token.
    viewers: BTreeMap<bool, ViewerMemory>,
    /// Credentials that some status named as shown the record of an accepted call.
    stored_viewers: BTreeSet<String>,
}

#[derive(Clone)]
struct Known {
    uid: Option<String>,
    /// The attempt in force, its outcome, and since when it has been so.
    seen: Option<(AttemptId, Option<Outcome>, Duration)>,
    lookups: LookupMemory,
}

impl Process {
    fn known(&mut self, object: &BackupReplication, now: Duration) -> &mut Known {
        let uid = &object.metadata.uid;
        let known = self.known.take().filter(|known| known.uid == *uid);
        let fresh = || Known { uid: uid.clone(), seen: None, lookups: LookupMemory::new(now) };
        self.known.insert(known.unwrap_or_else(fresh))
    }

    /// How long the attempt in force has been as it is.
    pub(crate) fn unchanged_for(&mut self, object: &BackupReplication, now: Duration) -> Duration {
        let in_force = object.status.as_ref().and_then(|status| status.attempts.first());
        let Some(Attempt { id, outcome, .. }) = in_force else { return Duration::ZERO };
        let known = self.known(object, now);
        let since = known
            .seen
            .take()
            .filter(|(of, was, _)| of == id && was == outcome)
            .map_or(now, |(_, _, at)| at);
        known.seen = Some((id.clone(), *outcome, since));
        now.saturating_sub(since)
    }

    pub(crate) fn lookups(&mut self, object: &BackupReplication, now: Duration) -> LookupMemory {
        self.known(object, now).lookups
    }

    pub(crate) fn keep_lookups(
        &mut self,
        object: &BackupReplication,
        lookups: LookupMemory,
        now: Duration,
    ) {
        self.known(object, now).lookups = lookups;
    }

    /// What is known of the credential: its value, and its name in a status.
    pub(crate) fn viewer(&mut self, second_token: bool, name: &str) -> ViewerMemory {
        let memory = self.viewers.entry(second_token).or_default();
        memory.records_shown |= self.stored_viewers.contains(name);
        *memory
    }

    pub(crate) fn keep_viewer(&mut self, second_token: bool, memory: ViewerMemory) {
        self.viewers.insert(second_token, memory);
    }

    /// The watch tells of the object.
    pub(crate) fn told_of(&mut self, object: &BackupReplication, finished: bool) {
        let status = object.status.as_ref();
        let called =
            status.is_some_and(|s| s.attempts.iter().any(|a| a.outcome == Some(Outcome::Accepted)));
        if let Some(viewer) =
            status.and_then(|status| status.record_shown_to.clone()).filter(|_| called)
        {
            self.stored_viewers.insert(viewer);
        }
        if finished {
            self.known = None;
        }
    }

    /// What is remembered of odd answers, and passes with the next one that is not odd.
    pub(crate) fn unease(&self) -> Vec<bool> {
        let own = self.known.as_ref().map(|known| known.lookups);
        let own =
            own.into_iter().flat_map(|l| [l.failing_since, l.not_shown_since, l.no_backup_since]);
        own.chain(self.viewers.values().map(|viewer| viewer.no_lookup_since))
            .map(|since| since.is_some())
            .collect()
    }

    pub(crate) fn forget(&mut self) {
        self.known = None;
    }
}
