//! Logins at IAM: one at a time for each password or account, and none soon after one that failed.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::cbr::NotIssued;
use crate::protocol::CredentialProblem;

/// A login that failed for the moment is tried again after this, doubling to [`LONGEST_WAIT`].
pub(super) const FIRST_WAIT: Duration = Duration::from_secs(5);
pub(super) const LONGEST_WAIT: Duration = Duration::from_secs(5 * 60);
/// A refused login is tried again after this, doubling to [`LONGEST_PROBE`]: IAM locks users after
/// a handful of wrong passwords. A password that was changed is another key.
pub(super) const FIRST_PROBE: Duration = Duration::from_secs(30 * 60);
pub(super) const LONGEST_PROBE: Duration = Duration::from_secs(6 * 60 * 60);

/// Why a login gave no token.
pub(crate) enum LoginFailure {
    /// IAM said so, or could not be reached. A user is locked after some wrong passwords.
    NotIssued { why: NotIssued, locks: bool },
    /// It did not come to that.
    Before(CredentialProblem),
}

/// One for each password or account at one IAM, whatever the projects are: IAM counts wrong
/// passwords for each user.
#[derive(Default)]
pub(super) struct LoginGate {
    /// Held by the one who logs in.
    pub(super) login: tokio::sync::Mutex<()>,
    /// That the password is wrong.
    refused: Mutex<Option<FailedLogin>>,
}

impl LoginGate {
    pub(super) fn refused(&self) -> MutexGuard<'_, Option<FailedLogin>> {
        self.refused.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The last login, where it failed.
#[derive(Clone)]
pub(super) struct FailedLogin {
    pub(super) problem: CredentialProblem,
    tries: u32,
    /// No further login before this, on the caller's clock.
    until: Duration,
}

impl FailedLogin {
    pub(super) fn has_rested(&self, at: Duration) -> bool {
        at >= self.until
    }
}

/// What a failed login means for those that come after it.
pub(super) struct Consequence {
    pub(super) problem: CredentialProblem,
    /// Of the user, whatever the project is.
    pub(super) is_of_the_user: bool,
    /// The account, or the right to it, is gone, and so is what was issued for it.
    pub(super) ends_the_token: bool,
    first: Duration,
    longest: Duration,
}

impl Consequence {
    pub(super) fn of(failure: LoginFailure) -> Self {
        let (problem, is_of_the_user, waits) = match failure {
            LoginFailure::NotIssued { why, locks } => {
                let words = why.to_string();
                if why.may_pass() {
                    (CredentialProblem::LoginFailed(words), false, (FIRST_WAIT, LONGEST_WAIT))
                } else {
                    let waits = if locks {
                        (FIRST_PROBE, LONGEST_PROBE)
                    } else {
                        (FIRST_WAIT, LONGEST_WAIT)
                    };
                    let of_the_user = locks && matches!(why, NotIssued::Unauthorized(_));
                    (CredentialProblem::LoginRefused(words), of_the_user, waits)
                }
            }
            LoginFailure::Before(problem) => (problem, false, (FIRST_WAIT, LONGEST_WAIT)),
        };
        let ends_the_token =
            matches!(problem, CredentialProblem::NotFound | CredentialProblem::NotPermitted(_));
        Self { problem, is_of_the_user, ends_the_token, first: waits.0, longest: waits.1 }
    }

    /// The same after the one before it, which makes the wait longer.
    pub(super) fn after(self, before: Option<&FailedLogin>, at: Duration) -> FailedLogin {
        let tries = before.map_or(0, |before| before.tries);
        let until = at.saturating_add(doubled(self.first, tries, self.longest));
        FailedLogin { problem: self.problem, tries: tries.saturating_add(1), until }
    }
}

pub(super) fn doubled(first: Duration, times: u32, longest: Duration) -> Duration {
    first.saturating_mul(2_u32.saturating_pow(times.min(16))).min(longest)
}
