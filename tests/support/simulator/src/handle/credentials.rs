//! Who may call: tokens, users, keys, identity providers; and the clock that they live by.

use anyhow::Result;
use jiff::{SignedDuration, Timestamp};

use crate::log::Attempts;
use crate::simulator::Simulator;
use crate::world::{AccessKey, Agency, IdentityProvider, Token, User};

/// Tokens.
impl Simulator {
    pub fn add_token(&self, token: Token) {
        self.with(|state| state.service.tokens.add(token));
    }

    /// Makes a token expire now: 401 `APIGW.0307`, or as the behaviour says.
    pub fn expire_token(&self, value: &str) -> Result<()> {
        self.with(|state| state.service.expire_token(value))
    }

    /// Makes a token unknown: 401 `APIGW.0301`.
    pub fn revoke_token(&self, value: &str) -> Result<()> {
        self.with(|state| state.service.tokens.revoke(value))
    }

    /// Makes all tokens that IAM issued for a user or an agency expire now. Fails where there is
    /// none.
    pub fn expire_tokens_of(&self, user: &str) -> Result<()> {
        self.with(|state| state.service.expire_tokens_of(user))
    }

    /// Makes all tokens that IAM issued for a user or an agency unknown. Fails where there is none.
    pub fn revoke_tokens_of(&self, user: &str) -> Result<()> {
        self.with(|state| state.service.tokens.revoke_all_of(user))
    }
}

/// IAM.
impl Simulator {
    /// Adds a user, or replaces the one of its domain and name.
    pub fn add_user(&self, user: User) {
        self.with(|state| state.service.users.add(user));
    }

    /// Gives a user another password: the tokens that it has are unknown from now on, and a lock
    /// ends.
    pub fn set_password(&self, user: &str, password: &str) -> Result<()> {
        self.with(|state| state.service.set_password(user, password))
    }

    /// Ends the lock of a user, if there is one.
    pub fn unlock_user(&self, user: &str) -> Result<()> {
        self.with(|state| state.service.users.unlock(user))
    }

    /// Adds an access key, or replaces the one of its name, with its failures.
    pub fn add_access_key(&self, key: AccessKey) {
        self.with(|state| state.service.access_keys.add(key));
    }

    /// Makes an access key unknown, as one that is disabled is, too.
    pub fn remove_access_key(&self, access: &str) -> Result<()> {
        self.with(|state| state.service.access_keys.remove(access))
    }

    /// Ends the lock of an access key, if there is one.
    pub fn unlock_access_key(&self, access: &str) -> Result<()> {
        self.with(|state| state.service.access_keys.unlock(access))
    }

    /// Adds an identity provider, or replaces the one of its id. Fails for a JWKS without a key
    /// that could be used.
    pub fn add_identity_provider(&self, provider: IdentityProvider) -> Result<()> {
        self.with(|state| state.service.add_identity_provider(provider))
    }

    pub fn add_agency(&self, agency: Agency) {
        self.with(|state| state.service.agencies.push(agency));
    }
}

/// The clock of the service: for tokens, keys, signatures, locks and the `Date` of answers.
impl Simulator {
    pub fn clock(&self) -> Timestamp {
        self.with(|state| state.service.clock.now())
    }

    /// Makes it show this time now; it goes on from there.
    pub fn set_clock(&self, at: Timestamp) {
        self.with(|state| state.service.clock.set(at));
    }

    /// Moves it forward, or back if negative.
    pub fn advance_clock(&self, by: SignedDuration) {
        self.with(|state| state.service.clock.advance(by));
    }

    /// Makes it right again.
    pub fn reset_clock(&self) {
        self.set_clock(Timestamp::now());
    }
}

/// Who asked, whatever was answered.
impl Simulator {
    /// How often a token was asked for by a user with a password, or by an agency.
    pub fn logins(&self, name: &str) -> Attempts {
        self.log(|log| log.logins(name))
    }

    /// How often a token of this identity provider was to be exchanged.
    pub fn exchanges(&self, provider: &str) -> Attempts {
        self.log(|log| log.exchanges(provider))
    }

    /// How often a temporary key was asked for.
    pub fn temporary_keys(&self) -> Attempts {
        self.log(|log| log.temporary_keys())
    }

    /// How often this access key signed.
    pub fn signed(&self, access: &str) -> Attempts {
        self.log(|log| log.signed(access))
    }
}
