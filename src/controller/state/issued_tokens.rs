//! Tokens that IAM issued: in memory alone, one for each credential value and project, shared by
//! all resources that have it. One request at a time gets it; it is renewed early, used to its end
//! if renewal fails, and replaced when the cloud no longer takes it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;

use crate::cbr::{CredentialId, Issued, NotIssued, Token};
use crate::protocol::{CredentialProblem, TokenLife};

/// What a token is for, and on whose behalf.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct TokenKey {
    /// Of the password or the service account.
    pub(crate) identity: CredentialId,
    pub(crate) iam: String,
    pub(crate) project_id: String,
}

/// A token that may be sent.
pub(crate) struct Held {
    pub(crate) token: Token,
    /// Tells one token from the next of the same key, also after a restart.
    pub(crate) issue: String,
    /// Whether nobody was given this token before.
    pub(crate) is_new: bool,
}

/// All tokens.
#[derive(Default)]
pub(crate) struct IssuedTokens {
    slots: Mutex<HashMap<TokenKey, Arc<Slot>>>,
    gates: Mutex<HashMap<(CredentialId, String), Arc<LoginGate>>>,
}

/// One for each password or account at one IAM, whatever the projects are: IAM counts wrong
/// passwords for each user.
#[derive(Default)]
struct LoginGate {
    /// Held by the one who logs in.
    login: tokio::sync::Mutex<()>,
    /// That the password is wrong.
    refused: Mutex<Option<Failed>>,
}

struct Slot {
    state: Mutex<SlotState>,
    gate: Arc<LoginGate>,
}

#[derive(Default)]
struct SlotState {
    current: Option<Current>,
    failed: Option<Failed>,
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

#[derive(Clone)]
struct Failed {
    problem: CredentialProblem,
    tries: u32,
    /// No further login before this, on the caller's clock.
    until: Duration,
}

/// What nobody has wanted for so long is forgotten.
const FORGOTTEN_AFTER: Duration = Duration::from_secs(2 * 60 * 60);
/// A login that failed for the moment is tried again after this, doubling to [`LONGEST_WAIT`].
const FIRST_WAIT: Duration = Duration::from_secs(5);
const LONGEST_WAIT: Duration = Duration::from_secs(5 * 60);
/// A refused login is tried again after this, doubling to [`LONGEST_PROBE`]: IAM locks users after
/// a handful of wrong passwords. A password that was changed is another key.
const FIRST_PROBE: Duration = Duration::from_secs(30 * 60);
const LONGEST_PROBE: Duration = Duration::from_secs(6 * 60 * 60);
/// A refusal that is older than this is forgotten.
const REFUSAL_COUNTS: Duration = Duration::from_secs(60 * 60);
/// A token that has just come is not replaced for having ended: that is a clock's fault.
const FIRST_RENEWAL: Duration = Duration::from_secs(60);
/// From the second refused token in a row on, the next one is not asked for before this, doubling.
const FIRST_REPLACEMENT: Duration = Duration::from_secs(60);

impl IssuedTokens {
    /// The token of this key, with `login` to get one where it takes one. `needed_for`: for how
    /// long it must still be valid. `clock` reads both clocks.
    ///
    /// # Errors
    /// Why there is none.
    pub(crate) async fn get(
        &self,
        key: &TokenKey,
        needed_for: Duration,
        clock: impl Fn() -> (Timestamp, Duration),
        login: impl AsyncFnOnce() -> Result<Issued, LoginFailure>,
    ) -> Result<Held, CredentialProblem> {
        let slot = self.slot(key, clock().1);
        let (now, at) = clock();
        let _one = match slot.usable(needed_for, now, at) {
            Usable::Yes(held) => return Ok(held),
            // Others go on with the old one meanwhile.
            Usable::ButRenew(held) => match slot.gate.login.try_lock() {
                Ok(one) => one,
                Err(_) => return Ok(held),
            },
            Usable::No => slot.gate.login.lock().await,
        };
        let (now, at) = clock();
        // Somebody else may have got one, or failed, while this one waited.
        if let Usable::Yes(held) = slot.usable(needed_for, now, at) {
            return Ok(held);
        }
        let is_new = slot.may_log_in(at) && {
            let issued = login().await;
            let (now, at) = clock();
            slot.note(issued, now, at)
        };
        let (now, at) = clock();
        match slot.usable(needed_for, now, at) {
            Usable::Yes(held) | Usable::ButRenew(held) => Ok(Held { is_new, ..held }),
            Usable::No => Err(slot.problem()),
        }
    }

    /// Whether there is a token that needs no login.
    pub(crate) fn is_at_hand(
        &self,
        key: &TokenKey,
        needed_for: Duration,
        clock: impl Fn() -> (Timestamp, Duration),
    ) -> bool {
        let (now, at) = clock();
        match self.slot(key, at).usable(needed_for, now, at) {
            Usable::Yes(_) => true,
            Usable::ButRenew(_) | Usable::No => false,
        }
    }

    /// The cloud has refused this token: the next round gets another one.
    pub(crate) fn refused(&self, key: &TokenKey, token: CredentialId, at: Duration) {
        let slot = self.slot(key, at);
        let mut state = slot.state();
        let SlotState { current, failed: _, refused, last_refused, wanted: _ } = &mut *state;
        if let Some(current) =
            current.as_mut().filter(|it| it.token.id() == token && it.refused_at.is_none())
        {
            let counts = last_refused.is_some_and(|last| at.saturating_sub(last) < REFUSAL_COUNTS);
            *refused = if counts { refused.saturating_add(1) } else { 1 };
            *last_refused = Some(at);
            current.refused_at = Some(at);
        }
    }

    fn slot(&self, key: &TokenKey, at: Duration) -> Arc<Slot> {
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        if !slots.contains_key(key) {
            slots.retain(|_, slot| {
                at.saturating_sub(slot.state().wanted) < FORGOTTEN_AFTER
                    || Arc::strong_count(slot) > 1
            });
        }
        let slot = slots.entry(key.clone()).or_insert_with(|| {
            let mut gates = self.gates.lock().unwrap_or_else(PoisonError::into_inner);
            gates.retain(|_, gate| Arc::strong_count(gate) > 1);
            let of_key = (key.identity, key.iam.clone());
            Arc::new(Slot {
                state: Mutex::default(),
                gate: gates.entry(of_key).or_default().clone(),
            })
        });
        slot.state().wanted = at;
        slot.clone()
    }
}

/// Why a login gave no token.
pub(crate) enum LoginFailure {
    /// IAM said so, or could not be reached. A user is locked after some wrong passwords.
    NotIssued { why: NotIssued, locks: bool },
    /// It did not come to that.
    Before(CredentialProblem),
}

enum Usable {
    Yes(Held),
    ButRenew(Held),
    No,
}

impl Slot {
    fn state(&self) -> MutexGuard<'_, SlotState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn usable(&self, needed_for: Duration, now: Timestamp, at: Duration) -> Usable {
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
                let fails = state.failed.as_ref().is_some_and(|failed| at < failed.until);
                if fails { Usable::Yes(held()) } else { Usable::ButRenew(held()) }
            }
            Some(_) | None => Usable::Yes(held()),
        }
    }

    fn may_log_in(&self, at: Duration) -> bool {
        let state = self.state();
        let has_waited =
            |failed: &Option<Failed>| failed.as_ref().is_none_or(|failed| at >= failed.until);
        let is_due = state.current.as_ref().is_none_or(|current| {
            current.refused_at.is_some() || at.saturating_sub(current.came) >= FIRST_RENEWAL
        });
        is_due && has_waited(&state.failed) && has_waited(&self.gate.refused())
    }

    fn problem(&self) -> CredentialProblem {
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
    fn note(&self, issued: Result<Issued, LoginFailure>, now: Timestamp, at: Duration) -> bool {
        let mut state = self.state();
        let mut refused = self.gate.refused();
        let failure = match issued {
            Ok(Issued { token, expires_at }) => {
                let life = TokenLife { issued_at: now, expires_at };
                state.current = Some(Current { token, life, came: at, refused_at: None });
                (state.failed, *refused) = (None, None);
                return true;
            }
            Err(failure) => failure,
        };
        let tries = |failed: &Option<Failed>| failed.as_ref().map_or(0, |failed| failed.tries);
        let failed = |problem, first, longest, tries: u32| {
            let until = at.saturating_add(doubled(first, tries, longest));
            Some(Failed { problem, tries: tries.saturating_add(1), until })
        };
        let before = tries(&state.failed);
        match failure {
            LoginFailure::NotIssued { why, locks: _ } if why.may_pass() => {
                let problem = CredentialProblem::LoginFailed(why.to_string());
                state.failed = failed(problem, FIRST_WAIT, LONGEST_WAIT, before);
            }
            // Of the user, whatever the project is.
            LoginFailure::NotIssued { why: why @ NotIssued::Unauthorized(_), locks: true } => {
                let problem = CredentialProblem::LoginRefused(why.to_string());
                *refused = failed(problem, FIRST_PROBE, LONGEST_PROBE, tries(&refused));
            }
            LoginFailure::NotIssued { why, locks } => {
                let problem = CredentialProblem::LoginRefused(why.to_string());
                let (first, longest) =
                    if locks { (FIRST_PROBE, LONGEST_PROBE) } else { (FIRST_WAIT, LONGEST_WAIT) };
                state.failed = failed(problem, first, longest, before);
            }
            // The Kubernetes side: the account, or the right to it, is gone, and so is what was
            // issued for it.
            LoginFailure::Before(problem) => {
                if matches!(
                    problem,
                    CredentialProblem::NotFound | CredentialProblem::NotPermitted(_)
                ) {
                    state.current = None;
                }
                state.failed = failed(problem, FIRST_WAIT, LONGEST_WAIT, before);
            }
        }
        false
    }
}

impl LoginGate {
    fn refused(&self) -> MutexGuard<'_, Option<Failed>> {
        self.refused.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn doubled(first: Duration, times: u32, longest: Duration) -> Duration {
    first.saturating_mul(2_u32.saturating_pow(times.min(16))).min(longest)
}

#[cfg(test)]
#[path = "issued_tokens_tests.rs"]
mod tests;
