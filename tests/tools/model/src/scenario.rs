//! What may happen in one exploration, and which rule or assumption is broken on purpose.

use crate::state::{Other, Record};

/// What the cloud's look-up offers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Records {
    /// Within the settling time; beside them, that of another region is listed from the start or
    /// not.
    Shown { another: bool },
    /// A list that is always empty.
    Empty,
    /// A backup without a list.
    Missing,
    /// There is no look-up.
    NoLookUp,
}

/// How the cloud writes what its records of our calls name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Spelling {
    AsWritten,
    /// Ids and regions in capital letters.
    Folded,
    /// The vault by another name.
    OtherVault,
}

/// What a credential is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum View {
    All,
    /// A list that is always empty.
    Empty,
}

/// What an admission policy makes of a status that is written, until it is lifted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Admission {
    /// It masks who claimed.
    Alters,
    /// It removes the attempts.
    Drops,
}

/// A rule or an assumption that does not hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Broken {
    /// A call starts whether or not its window has passed.
    FenceIgnored,
    /// The window opens with the claim's answer instead of before its first byte.
    FenceOpenedByAnswer,
    /// A write tests the uid alone, and not the resourceVersion.
    VersionNotTested,
    /// The same, and the API server keeps no guards.
    VersionNotTestedNoGuards,
    /// What was claimed by a process that vanished is taken as not sent.
    StaleTakenAsNotSent,
    /// A claim counts as stale, and silence as settled, at first sight.
    AgeIgnored,
    /// An acceptance is given up at the first write without an answer.
    EndWrittenOnce,
    /// The cloud lists records of other calls, and never ours.
    OursNeverListed,
    /// Records take longer than the settling time.
    RecordsTooLate,
    /// A call may be accepted after its time limit.
    CallOutlivesLimit,
    /// The human says the contrary of what is.
    HumanLies,
    /// A service that has shown the record of one accepted call does not show that of another.
    SomeNeverListed,
    /// A record is removed before anyone has seen it.
    RecordsVanishEarly,
    /// A decision on an unknown outcome is carried out at first sight, though the call may be
    /// in flight.
    DecidedAtOnce,
    /// One odd answer to a look-up is believed.
    OddAnswerBelieved,
    /// Where nothing can be proven, an object that has just been made is called for at once.
    YoungCalledAtOnce,
    /// A status is restored later than the first call waits for it.
    RestoredTooLate,
    /// What one credential was shown counts for another.
    ViewersMixedUp,
    /// An answer that counts as a refusal where nothing can be looked up comes after an acceptance.
    CodelessAfterAcceptance,
    /// A claim that is not in what the API server returned is called nevertheless.
    ClaimNotKeptCalled,
    /// That a call was accepted lately stops nobody else from calling for its target.
    HeldTargetForgotten,
    /// A choice that is stored is made again.
    ChosenAgain,
}

#[derive(Clone, Debug)]
pub(crate) struct Scenario {
    pub(crate) name: &'static str,
    pub(crate) resources: u8,
    pub(crate) processes: usize,
    pub(crate) records: Records,
    /// Whether the cloud refuses a second replica (1009).
    pub(crate) refuses_duplicates: bool,
    /// `onUnknownOutcome: CallAgain` instead of `Hold`.
    pub(crate) calls_again: bool,
    /// Looks may fail, or be refused for want of a right.
    pub(crate) looks_fail: bool,
    /// A look-up may be answered oddly: no look-up, no such backup, a refused credential.
    pub(crate) odd_answers: bool,
    /// A call may be answered in ways that nobody has documented as refusals.
    pub(crate) undocumented: bool,
    /// A call may be refused for what something outside the request may cure: it is repeated.
    pub(crate) heals: bool,
    /// The operation logs show accepted calls, some time later; or nobody else's.
    pub(crate) logs: bool,
    /// A record shows as soon as its call is accepted.
    pub(crate) shows_at_once: bool,
    pub(crate) spelling: Spelling,
    /// The second credential, to which the Secret may be rotated, and back.
    pub(crate) second_view: Option<View>,
    /// Records that may appear at any time.
    pub(crate) others: &'static [Other],
    /// The resources name the service by two endpoints.
    pub(crate) two_endpoints: bool,
    pub(crate) admission: Option<Admission>,
    /// Humans say `not-accepted` without being asked, and take it back, at any time.
    pub(crate) decides_any_time: bool,
    /// Humans let adopted records go, for a call, and take that back.
    pub(crate) lets_go: bool,
    /// What is made again carries the decision that was given to its predecessor.
    pub(crate) decisions_stay: bool,
    /// What is made again is restored: the object first, and its status some steps later.
    pub(crate) restores: bool,
    /// No two calls may be accepted for a name, whatever is made again or restored.
    pub(crate) one_for_the_name: bool,
    /// Humans may say what is not, so that a second call may be accepted, which must be told.
    pub(crate) doubles: bool,
    /// A process may decide on the version before the newest, as its cache has it.
    pub(crate) lags: bool,
    /// Processes may die.
    pub(crate) crashes: bool,
    /// The spec has a selector, and backups are made while it waits and after the choice.
    pub(crate) selects: bool,
    /// Each resource calls for a backup of its own.
    pub(crate) own_backups: bool,
    /// A replication takes its time, and may fail. Else its first record shows that the copy is
    /// there.
    pub(crate) takes_time: bool,
    /// A record may be removed once its acceptance is in the status.
    pub(crate) records_vanish: bool,
    /// The time limit of following is always over.
    pub(crate) followed_for_too_long: bool,
    /// Others may edit the spec and whatever else is theirs.
    pub(crate) edits: bool,
    pub(crate) faults: u8,
    /// Whether it still ends, below 8 GB, with one fault more.
    pub(crate) deepens: bool,
    pub(crate) recreations: u8,
    /// The store may be restored to an earlier state, once.
    pub(crate) rollback: bool,
    pub(crate) broken: &'static [Broken],
}

impl Scenario {
    /// Two operator processes and one resource; nothing but the faults themselves happens to it.
    pub(crate) fn new(name: &'static str, records: Records) -> Self {
        Self {
            name,
            resources: 1,
            processes: 2,
            records,
            refuses_duplicates: false,
            calls_again: false,
            looks_fail: false,
            odd_answers: false,
            undocumented: false,
            heals: false,
            logs: false,
            shows_at_once: false,
            spelling: Spelling::AsWritten,
            second_view: None,
            others: &[],
            two_endpoints: false,
            admission: None,
            decides_any_time: false,
            lets_go: false,
            decisions_stay: false,
            restores: false,
            one_for_the_name: false,
            doubles: false,
            lags: false,
            crashes: true,
            selects: false,
            own_backups: false,
            takes_time: false,
            records_vanish: false,
            followed_for_too_long: false,
            edits: false,
            faults: 2,
            deepens: true,
            recreations: 0,
            rollback: false,
            broken: &[],
        }
    }

    pub(crate) fn has(&self, broken: Broken) -> bool {
        self.broken.contains(&broken)
    }

    /// Whether there is ever another call for the same target.
    pub(crate) fn targets_matter(&self) -> bool {
        (self.resources > 1 && !self.own_backups) || self.recreations > 0
    }

    /// Whether a list of records can be empty although records are known to be reported.
    pub(crate) fn records_known_matters(&self) -> bool {
        let may_be_empty = self.own_backups || self.records_vanish || self.second_view.is_some();
        self.records == Records::Shown { another: false } && may_be_empty
    }

    /// Whether a look-up can fail to prove that nothing is there.
    pub(crate) fn youth_matters(&self) -> bool {
        self.records != Records::Shown { another: true }
            || self.selects
            || self.odd_answers
            || self.second_view.is_some()
    }

    /// What a record says when it shows first.
    pub(crate) fn first_shown(&self) -> Record {
        if self.takes_time { Record::Replicating } else { Record::Success }
    }

    /// Whether no two calls for one target can be accepted, of any resource: one process ensures
    /// that, even if it dies.
    pub(crate) fn one_call_for_the_target(&self) -> bool {
        if self.one_for_the_name {
            return true;
        }
        // What is made again finds the record where it shows at once, or the process that called
        // knows.
        let found_again = self.recreations == 0 || (self.shows_at_once && !self.crashes);
        let legal_again = self.lets_go || self.rollback || self.takes_time || self.records_vanish;
        let shown = matches!(self.records, Records::Shown { .. });
        self.processes == 1 && self.targets_matter() && found_again && !legal_again && shown
    }

    /// Whether a write counts without its resourceVersion.
    pub(crate) fn version_tested(&self) -> bool {
        !self.has(Broken::VersionNotTested) && !self.has(Broken::VersionNotTestedNoGuards)
    }
}
