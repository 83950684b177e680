//! What the model's world consists of. Statuses and attempts are production values, kept in tables
//! and named here by their place there (see `tables.rs`), so that a state is small and has one
//! form.

use std::rc::Rc;

use backup_replication_operator::protocol::{LookupMemory, ViewerMemory};

use crate::tables::{AttemptRef, StatusRef};

/// An attempt's number among all that are known anywhere. It makes its id, and the id of its call's
/// record.
pub(crate) type AttemptNo = u8;

/// A backup that a selector matches; 0 where the spec names its backup.
pub(crate) type BackupNo = u8;

/// Which credential.
pub(crate) type CredentialNo = u8;

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct State {
    pub(crate) resources: Vec<Resource>,
    /// For each resource: the version before the newest, where a cache may lag.
    pub(crate) before: Vec<Option<Rc<Resource>>>,
    /// In an order of their own: one operator process is like the other.
    pub(crate) processes: Vec<Rc<Process>>,
    /// Writes that nobody waits for any longer, and that may yet arrive.
    pub(crate) late_writes: Vec<Write>,
    /// Calls whose body left, and which the cloud has not decided on.
    pub(crate) calls: Vec<Call>,
    pub(crate) replicas: Vec<Replica>,
    /// Records of others for the same backup.
    pub(crate) others: Vec<Other>,
    /// The newest backup that a selector matches; 0: there is none yet.
    pub(crate) newest: BackupNo,
    /// The one that is in the Secret.
    pub(crate) credential: CredentialNo,
    /// Whether an admission policy works on what is written.
    pub(crate) admission: bool,
    pub(crate) backup: Backup,
    pub(crate) faults_left: u8,
    pub(crate) recreations_left: u8,
}

/// An earlier state of the store, to which it may be restored, once.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Backup {
    NotTaken,
    Taken(Vec<Resource>),
    Restored,
}

/// A resource's name, under which there is an object or none.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Resource {
    /// Counts the objects of this name.
    pub(crate) uid: u8,
    pub(crate) exists: bool,
    pub(crate) generation: u8,
    pub(crate) status: StatusRef,
    pub(crate) decision: Option<Decision>,
    /// It carries the marks of a restore.
    pub(crate) restored: bool,
    /// The status that a restore writes in its second write.
    pub(crate) to_restore: Option<StatusRef>,
    /// Accepted so lately that the record may not show.
    pub(crate) young: bool,
}

/// What the annotation says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Decision {
    pub(crate) attempt: AttemptNo,
    pub(crate) word: Word,
    /// The object that it was given to; one that is made again may carry it, too.
    pub(crate) given_to: u8,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Word {
    NotAccepted,
    Accepted,
    AcceptedAs(AttemptNo),
    Retry,
    /// Of the adopted record of this number: a call of the resource's own is wanted.
    LetGo,
}

/// A record that no resource called for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Other {
    /// Of a policy of the cloud, to the same place.
    Policy,
    /// To the same region, into another vault.
    OtherVault,
}

/// A guarded patch of the status.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Write {
    pub(crate) resource: u8,
    pub(crate) uid: u8,
    /// Whether its resourceVersion is still that of the object. Once it is not, it never is again.
    pub(crate) current: bool,
    pub(crate) status: StatusRef,
    /// A claim, which has more to keep than the guards ask for.
    pub(crate) claims: bool,
    /// The calls whose records the look-up showed that it rests on, where it must tell them.
    pub(crate) shows: Vec<AttemptNo>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Process {
    /// One for each resource: the controller works on a resource one round at a time.
    pub(crate) slots: Vec<Slot>,
    pub(crate) seen: Vec<Option<Seen>>,
    pub(crate) given_up: Vec<AttemptNo>,
    /// The resource and uid that have the target: their call is in flight, or may be too young to
    /// show.
    pub(crate) target: Option<(u8, u8)>,
    /// For each resource: what is remembered of its look-ups. Nothing where it is not known yet, or
    /// has been for long without anything to remember.
    pub(crate) lookups: Vec<Option<LookupMemory>>,
    /// What is remembered of each credential at each endpoint.
    pub(crate) viewers: Vec<ViewerMemory>,
    /// For each resource: whether the last claim was not kept, lately.
    pub(crate) refused: Vec<bool>,
}

/// What a process is doing for a resource.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Slot {
    Idle,
    /// It has decided on a status; the write is to be sent.
    Settling(Write),
    /// The claim's write is on its way.
    Staking(Write, Claim),
    /// The claim's write had no answer; the object is to be read again.
    Finding(Claim),
    /// The claim is held; the call is to be started.
    Claimed(Claim),
    /// The call's body has left; its answer is awaited.
    Calling(Claim),
    /// The call has ended, and that is to be written down.
    Recording(Claim, End),
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Claim {
    pub(crate) uid: u8,
    pub(crate) no: AttemptNo,
    pub(crate) attempt: AttemptRef,
    /// The backup that is called for.
    pub(crate) backup: BackupNo,
    /// Whether the window has passed since the fence was opened.
    pub(crate) late: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum End {
    Accepted,
    AcceptedWithoutId,
    NotSent,
    Rejected,
    RejectedForGood,
    /// With a documented code of what something outside the request may cure.
    RejectedForNow,
    AlreadyReplicated,
    Unknown,
    Unreadable2xx,
    /// An answer that nobody has documented as a refusal.
    Undocumented,
    /// One of those that count as refusals where nothing can be looked up.
    Codeless,
}

/// The attempt in force as it was when it was first seen so, and for how long that is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Seen {
    pub(crate) attempt: AttemptNo,
    /// As a number: production's outcomes have no order.
    pub(crate) outcome: Option<u8>,
    pub(crate) age: Age,
}

/// Time in steps as coarse as the protocol has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Age {
    /// Within the hold: window, limit and margin.
    Held,
    /// After the hold, within the settling time.
    PastHold,
    PastSettling,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Call {
    pub(crate) resource: u8,
    pub(crate) uid: u8,
    pub(crate) no: AttemptNo,
    pub(crate) backup: BackupNo,
}

/// An accepted call.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Replica {
    pub(crate) resource: u8,
    pub(crate) uid: u8,
    pub(crate) no: AttemptNo,
    pub(crate) backup: BackupNo,
    pub(crate) record: Record,
    /// Whether the operation logs show it.
    pub(crate) logged: bool,
    /// Whether a process has recorded its acceptance, and the store has not been restored since.
    pub(crate) recorded: Option<End>,
    /// Whether a look-up of its resource has shown it since that was accepted.
    pub(crate) shown: bool,
}

/// What looks show of an accepted call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Record {
    NotYet,
    Replicating,
    Success,
    Fail,
    /// Not any more.
    Gone,
}

impl State {
    /// A process, to be changed in this state alone.
    pub(crate) fn process(&mut self, process: usize) -> &mut Process {
        Rc::make_mut(&mut self.processes[process])
    }

    /// What a cache that lags shows of what has just changed.
    pub(crate) fn note_versions(&mut self, from: &Self) {
        let pairs = from.resources.iter().zip(&self.resources);
        for (before, (old, new)) in self.before.iter_mut().zip(pairs) {
            // When its record may show is not in the object.
            let same = Resource { young: new.young, ..old.clone() };
            if same != *new && old.exists {
                *before = Some(Rc::new(same));
            }
        }
    }

    /// A look-up has shown these, and what it came to is written.
    pub(crate) fn note_shown(&mut self, resource: usize, uid: u8, shown: &[AttemptNo]) {
        let of_it = |replica: &&mut Replica| {
            (usize::from(replica.resource), replica.uid) == (resource, uid)
        };
        let shown =
            self.replicas.iter_mut().filter(of_it).filter(|replica| shown.contains(&replica.no));
        shown.for_each(|replica| replica.shown = true);
    }

    /// The object has a new resourceVersion: writes that rest on the former one are void.
    pub(crate) fn changed(&mut self, resource: usize) {
        let of_it = |write: &Write| usize::from(write.resource) == resource && write.current;
        for process in self
            .processes
            .iter_mut()
            .filter(|process| process.slots.iter().filter_map(Slot::write).any(of_it))
        {
            let own = Rc::make_mut(process).slots.iter_mut().filter_map(Slot::write_mut);
            own.filter(|write| of_it(write)).for_each(|write| write.current = false);
        }
        self.late_writes
            .iter_mut()
            .filter(|write| of_it(write))
            .for_each(|write| write.current = false);
    }
}

impl Process {
    /// A process that has just begun: it knows nothing, and lists everything.
    pub(crate) fn new(resources: usize) -> Self {
        Self {
            slots: vec![Slot::Idle; resources],
            seen: vec![None; resources],
            given_up: Vec::new(),
            target: None,
            lookups: vec![None; resources],
            viewers: vec![ViewerMemory::default(); 2 * resources],
            refused: vec![false; resources],
        }
    }
}

impl Slot {
    pub(crate) fn write(&self) -> Option<&Write> {
        match self {
            Self::Settling(write) | Self::Staking(write, _) => Some(write),
            Self::Idle
            | Self::Finding(_)
            | Self::Claimed(_)
            | Self::Calling(_)
            | Self::Recording(..) => None,
        }
    }

    fn write_mut(&mut self) -> Option<&mut Write> {
        match self {
            Self::Settling(write) | Self::Staking(write, _) => Some(write),
            Self::Idle
            | Self::Finding(_)
            | Self::Claimed(_)
            | Self::Calling(_)
            | Self::Recording(..) => None,
        }
    }

    pub(crate) fn claim(&self) -> Option<&Claim> {
        match self {
            Self::Staking(_, claim)
            | Self::Finding(claim)
            | Self::Claimed(claim)
            | Self::Calling(claim)
            | Self::Recording(claim, _) => Some(claim),
            Self::Idle | Self::Settling(_) => None,
        }
    }

    /// Whether a call may follow whose window can pass meanwhile.
    pub(crate) fn claim_mut(&mut self) -> Option<&mut Claim> {
        match self {
            Self::Staking(_, claim) | Self::Finding(claim) | Self::Claimed(claim) => Some(claim),
            Self::Idle | Self::Settling(_) | Self::Calling(_) | Self::Recording(..) => None,
        }
    }
}
