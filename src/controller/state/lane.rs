//! One lane at the gate: the order in it, its pace, and whether anybody answers at its end.

use std::collections::HashMap;
use std::num::NonZeroU32;
use std::time::Duration;

use jiff::Timestamp;

use crate::cbr::{BackupId, CredentialId};
use crate::controller::key::ResourceKey;
use crate::controller::state::operation::CloudOperation;
use crate::protocol::{Circuit, Pace};

/// Which requests share a lane: those of one user to one part of an API. Quotas are counted for each
/// user, whatever the project.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct LaneKey {
    pub(crate) endpoint: String,
    pub(crate) credential: CredentialId,
    pub(crate) operation: CloudOperation,
}

/// Who stands in the order of a lane.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Ticket {
    /// Before a call, or for one whose outcome is unknown.
    Call(ResourceKey),
    /// To follow the copies of a backup. Those come after the others.
    Follow(BackupId),
}

/// A ticket is given out for no longer than this in advance. Who would have to wait for longer
/// comes again.
pub(super) const HORIZON: Duration = Duration::from_secs(2 * 60);
/// A ticket that nobody came for is void after this.
const TICKET_KEPT: Duration = Duration::from_secs(60);
/// What a lane has learned is kept for so long after its last use.
const KEPT: Duration = Duration::from_secs(60 * 60);
/// A look-up before a call is granted together with the call: nothing waits after the claim.
const WITH_CALL: u32 = 2;

/// What is known of a lane.
pub(super) struct LaneState {
    pub(super) pace: Pace,
    pub(super) circuit: Circuit,
    /// Whose request was the last one without an answer.
    pub(super) silent: Option<Ticket>,
    /// Another than that one was turned away since.
    pub(super) others_were_shut: bool,
    /// By the wall clock, for people.
    pub(super) held_until: Timestamp,
    pub(super) tickets: HashMap<Ticket, Duration>,
    /// When the next ticket to follow a copy is due.
    pub(super) next_to_follow: Duration,
    pub(super) in_flight: usize,
    pub(super) used: Duration,
}

impl LaneState {
    /// One that nothing is known of. `per_minute`: its fastest pace; `at`: now.
    pub(super) fn new(per_minute: NonZeroU32, at: Duration) -> Self {
        Self {
            pace: Pace::new(per_minute),
            circuit: Circuit::default(),
            silent: None,
            others_were_shut: false,
            held_until: Timestamp::MIN,
            tickets: HashMap::new(),
            next_to_follow: Duration::ZERO,
            in_flight: 0,
            used: at,
        }
    }

    /// When this ticket's turn is; a new one is put at the end.
    pub(super) fn turn(&mut self, ticket: &Ticket, at: Duration) -> Duration {
        let Self { pace, tickets, next_to_follow, .. } = self;
        if let Some(begins) = tickets.get(ticket).filter(|begins| at < **begins + TICKET_KEPT) {
            return match ticket {
                Ticket::Call(_) => *begins,
                // What came for calls meanwhile goes first.
                Ticket::Follow(_) => (*begins).max(pace.next(at)),
            };
        }
        tickets.retain(|_, begins| at < *begins + TICKET_KEPT);
        match ticket {
            Ticket::Call(_) if pace.next(at) > at + HORIZON => pace.next(at),
            Ticket::Call(_) => pace.grant(WITH_CALL, at),
            Ticket::Follow(_) => {
                let begins = pace.next(at).max(*next_to_follow);
                if begins <= at + HORIZON {
                    *next_to_follow = begins + pace.gap();
                }
                begins
            }
        }
    }

    /// This one is turned away.
    pub(super) fn note_shut(&mut self, ticket: &Ticket) {
        self.others_were_shut |= self.silent.as_ref() != Some(ticket);
    }

    /// Whether this one must leave it to others to find out whether anybody answers: what hangs may
    /// be a matter of this one alone. Once, as the others may be gone.
    pub(super) fn is_for_others(&mut self, ticket: &Ticket) -> bool {
        self.silent.as_ref() == Some(ticket) && std::mem::take(&mut self.others_were_shut)
    }

    /// A request of this one stayed without an answer. Where that happens to one backup alone, it
    /// says nothing of the endpoint, and what comes to that resource is its own back-off.
    pub(super) fn note_silence(&mut self, ticket: &Ticket, sent: Duration, at: Duration) {
        let again = self.silent.as_ref() == Some(ticket);
        if !again || self.circuit.is_open() {
            self.circuit.note_silence(sent, at);
        }
        self.silent = Some(ticket.clone());
    }

    pub(super) fn note_answer(&mut self) {
        self.circuit.note_answer();
        self.silent = None;
    }

    /// Whether it knows more than a new one would.
    pub(super) fn is_worth_keeping(&self, at: Duration) -> bool {
        let Self {
            pace,
            circuit,
            silent: _,
            others_were_shut: _,
            held_until: _,
            tickets,
            next_to_follow: _,
            in_flight,
            used,
        } = self;
        let knows = !pace.knows_nothing(at) || *circuit != Circuit::default();
        let is_waited_for = tickets.values().any(|begins| at < *begins + TICKET_KEPT);
        *in_flight > 0 || (knows && at.saturating_sub(*used) < KEPT) || is_waited_for
    }
}
