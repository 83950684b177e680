//! Tokens that IAM issued: in memory alone, one for each credential value and project, shared by
//! all resources that have it. One request at a time gets it; it is renewed early, used to its end
//! if renewal fails, and replaced when the cloud no longer takes it.

mod login;
mod slot;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;

pub(crate) use self::login::LoginFailure;
use self::login::LoginGate;
use self::slot::{Slot, Usable};
use crate::cbr::{CredentialId, Issued, Token};
use crate::controller::state::permits::RoundPermit;
use crate::protocol::CredentialProblem;

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

impl IssuedTokens {
    /// The token of this key, with `login` to get one where it takes one. `needed_for`: for how
    /// long it must still be valid. `clock` reads both clocks.
    ///
    /// # Errors
    /// Why there is none.
    pub(crate) async fn get(
        &self,
        key: &TokenKey,
        permit: &RoundPermit,
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
            Usable::No => permit.lock(&slot.gate.login).await,
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
        self.slot(key, at).note_refused(token, at);
    }

    /// The cloud has taken this token.
    pub(crate) fn accepted(&self, key: &TokenKey, token: CredentialId, at: Duration) {
        self.slot(key, at).note_accepted(token, at);
    }

    fn slot(&self, key: &TokenKey, at: Duration) -> Arc<Slot> {
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        if !slots.contains_key(key) {
            slots.retain(|_, slot| !slot.is_forgotten(at) || Arc::strong_count(slot) > 1);
        }
        let slot = slots.entry(key.clone()).or_insert_with(|| {
            let mut gates = self.gates.lock().unwrap_or_else(PoisonError::into_inner);
            gates.retain(|_, gate| Arc::strong_count(gate) > 1);
            let of_key = (key.identity, key.iam.clone());
            Arc::new(Slot::new(gates.entry(of_key).or_default().clone()))
        });
        slot.note_wanted(at);
        slot.clone()
    }
}

#[cfg(test)]
#[path = "issued_tokens_tests.rs"]
mod tests;
