//! The token of one key: whether it can be used, and what becomes of it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;

use super::Held;
use super::login::{Consequence, FailedLogin, LONGEST_PROBE, LoginFailure, LoginGate, doubled};
use crate::cbr::{CredentialId, Issued, Token};
use crate::protocol::{CredentialProblem, TokenLife};

/// What nobody has wanted for so long is forgotten.
pub(super) const FORGOTTEN_AFTER: Duration = Duration::from_secs(2 * 60 * 60);
/// A refusal that is older than this is forgotten.
pub(super) const REFUSAL_COUNTS: Duration = Duration::from_secs(60 * 60);
/// A token that has just come is not replaced for having ended: that is a clock's fault.
pub(super) const FIRST_RENEWAL: Duration = Duration::from_secs(60);
/// From the second refused token in a row on, the next one is not asked for before this, doubling.
pub(super) const FIRST_REPLACEMENT: Duration = Duration::from_secs(60);

pub(super) struct Slot {
    state: Mutex<SlotState>,
    pub(super) gate: Arc<LoginGate>,
}

#[derive(Default)]
struct SlotState {
    current: Option<Current>,
    failed: Option<FailedLogin>,
    /// How many tokens the cloud has refused, each within an hour of the one before.
    refused: u32,
    /// When it refused the last one, on the caller's clock.
    last_refused: Option<Duration>,
    /// When it was last wanted, on the caller's clock.
    wanted: Duration,
}

#[derive(Clone)]
struct Current {
    token: Token,
    life: TokenLife,
    /// When it came, on the caller's clock.
    came: Duration,
    /// Since when the cloud refuses it, on the caller's clock.
    refused_at: Option<Duration>,
}

pub(super) enum Usable {
    Yes(Held),
    ButRenew(Held),
    No,
}

impl Slot {
    pub(super) fn new(gate: Arc<LoginGate>) -> Self {
        Self { state: Mutex::default(), gate }
    }

    /// Somebody wants the token.
    pub(super) fn note_wanted(&self, at: Duration) {
        self.state().wanted = at;
    }

    pub(super) fn is_forgotten(&self, at: Duration) -> bool {
        at.saturating_sub(self.state().wanted) >= FORGOTTEN_AFTER
    }

    fn state(&self) -> MutexGuard<'_, SlotState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn usable(&self, needed_for: Duration, now: Timestamp, at: Duration) -> Usable {
        let state = self.state();
        let Some(current) = &state.current else { return Usable::No };
        let held =
            || Held { token: current.token.clone(), issue: current.life.issue(), is_new: false };
        if let Some(since) = current.refused_at {
            let wait = doubled(FIRST_REPLACEMENT, state.refused.saturating_sub(2), LONGEST_PROBE);
            let waits = state.refused > 1 && at.saturating_sub(since) < wait;
            return if waits { Usable::Yes(held()) } else { Usable::No };
        }
        match current.life.left(now) {
            Some(left) if left <= needed_for => Usable::No,
            Some(_) | None if current.life.is_to_be_renewed(now) => {
                let fails = state.failed.as_ref().is_some_and(|failed| !failed.has_rested(at));
                if fails { Usable::Yes(held()) } else { Usable::ButRenew(held()) }
            }
            Some(_) | None => Usable::Yes(held()),
        }
    }

    pub(super) fn may_log_in(&self, at: Duration) -> bool {
        let state = self.state();
        let has_rested = |failed: &Option<FailedLogin>| {
            failed.as_ref().is_none_or(|failed| failed.has_rested(at))
        };
        let is_due = state.current.as_ref().is_none_or(|current| {
            current.refused_at.is_some() || at.saturating_sub(current.came) >= FIRST_RENEWAL
        });
        is_due && has_rested(&state.failed) && has_rested(&self.gate.refused())
    }

    pub(super) fn problem(&self) -> CredentialProblem {
        let refused = self.gate.refused().as_ref().map(|failed| failed.problem.clone());
        let failed = || self.state().failed.as_ref().map(|failed| failed.problem.clone());
        refused.or_else(failed).unwrap_or_else(|| {
            CredentialProblem::LoginFailed(
                "the token that IAM issued ends too soon, or the clock of this machine is ahead"
                    .to_owned(),
            )
        })
    }

    /// Whether a token was issued.
    pub(super) fn note(
        &self,
        issued: Result<Issued, LoginFailure>,
        now: Timestamp,
        at: Duration,
    ) -> bool {
        let mut state = self.state();
        let mut refused = self.gate.refused();
        let consequence = match issued {
            Ok(Issued { token, expires_at }) => {
                let life = TokenLife { issued_at: now, expires_at };
                state.current = Some(Current { token, life, came: at, refused_at: None });
                (state.failed, *refused) = (None, None);
                return true;
            }
            Err(failure) => Consequence::of(failure),
        };
        if consequence.ends_the_token {
            state.current = None;
        }
        if consequence.is_of_the_user {
            *refused = Some(consequence.after(refused.as_ref(), at));
        } else {
            state.failed = Some(consequence.after(state.failed.as_ref(), at));
        }
        false
    }

    /// The cloud has taken this token. Once it has worked for a while, those that were refused before
    /// it say nothing of the next one.
    pub(super) fn note_accepted(&self, token: CredentialId, at: Duration) {
        let mut state = self.state();
        let has_worked = state.current.as_ref().is_some_and(|it| {
            it.token.id() == token
                && it.refused_at.is_none()
                && at.saturating_sub(it.came) >= FIRST_REPLACEMENT
        });
        if has_worked {
            (state.refused, state.last_refused) = (0, None);
        }
    }

    /// The cloud has refused this token.
    pub(super) fn note_refused(&self, token: CredentialId, at: Duration) {
        let SlotState { current, failed: _, refused, last_refused, wanted: _ } = &mut *self.state();
        if let Some(current) =
            current.as_mut().filter(|it| it.token.id() == token && it.refused_at.is_none())
        {
            let counts = last_refused.is_some_and(|last| at.saturating_sub(last) < REFUSAL_COUNTS);
            *refused = if counts { refused.saturating_add(1) } else { 1 };
            *last_refused = Some(at);
            current.refused_at = Some(at);
        }
    }
}
