//! One breaker for each credential value: a value that the cloud has refused is not shown to it
//! again by each resource. IAM's gateway locks an access key for five minutes, for all who use it,
//! after five refused signatures in a row.
//!
//! An access key that has not been accepted yet is shown by one request at a time. (A token locks
//! nobody, so tokens wait for nothing.) A refused value is shown by none, until a wait is over, and
//! then by a single look-up. Another value has a breaker of its own.
//!
//! The endpoints of one cloud share what is refused of an access key: they lock the same key. An
//! endpoint that has taken a value is still shown it when another one refuses it: a user who points
//! a value to an endpoint that takes nothing stops nobody else.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::OwnedMutexGuard;
use url::{Host, Url};

use crate::cbr::{Credential, CredentialId};
use crate::controller::state::operation::CloudOperation;
use crate::protocol::CredentialVerdict;

/// A value, where it is shown. Another cloud may refuse what this one takes.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct BreakerKey {
    pub(crate) endpoint: String,
    pub(crate) credential: CredentialId,
    pub(crate) operation: CloudOperation,
}

impl BreakerKey {
    /// Whether it is the same value at another endpoint of the same cloud.
    fn is_of_the_same_cloud(&self, other: &Self) -> bool {
        self.credential == other.credential
            && self.endpoint != other.endpoint
            && cloud(&self.endpoint).is_some_and(|own| Some(own) == cloud(&other.endpoint))
    }
}

/// What the endpoints of one cloud have in common: of `https://cbr.eu-de.otc.t-systems.com`, what
/// follows service and region. `None` for what has no such name.
fn cloud(endpoint: &str) -> Option<String> {
    let url = Url::parse(endpoint).ok()?;
    let Host::Domain(name) = url.host()? else { return None };
    let mut labels = name.splitn(3, '.');
    let cloud = labels.nth(2)?;
    cloud.contains('.').then(|| cloud.to_owned())
}

/// How long a refused value rests: a lock of five minutes is over by then.
const ACCESS_KEY_RESTS: Duration = Duration::from_secs(6 * 60);
/// Nothing is locked by a token.
const TOKEN_RESTS: Duration = Duration::from_secs(30);
const LONGEST_REST: Duration = Duration::from_secs(60 * 60);
/// So many endpoints of one cloud may refuse an access key before the others are not shown it.
const REFUSALS_OF_A_CLOUD: usize = 2;
/// What has not been used for so long is forgotten.
const FORGOTTEN_AFTER: Duration = Duration::from_secs(2 * 60 * 60);

/// All breakers.
#[derive(Default)]
pub(crate) struct Breakers(Mutex<HashMap<BreakerKey, Arc<Breaker>>>);

struct Breaker {
    state: Mutex<BreakerState>,
    /// For look-ups.
    one: Arc<tokio::sync::Mutex<()>>,
    /// For calls: look-ups that queue up must not keep them out.
    one_call: Arc<tokio::sync::Mutex<()>>,
}

#[derive(Clone, Debug)]
struct BreakerState {
    trust: Trust,
    /// Why the last look-up showed nothing, and when.
    failed: Option<(String, Duration)>,
    used: Duration,
}

/// What is known of a value.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Trust {
    /// Nothing yet.
    Unproven,
    /// The cloud took it the last time.
    Proven,
    /// The cloud refused it, in these words; `tries` times in a row.
    Refused { why: String, until: Duration, tries: u32 },
}

/// Whether a value may be shown now.
pub(crate) enum Pass {
    Go(Turn),
    /// It was refused a while ago, in these words.
    Refused(String),
    /// The one who went first met this, and so would everybody who waited.
    Failed(String),
}

/// The right to show a value once. While it is held for an unproven value, nobody else shows it.
pub(crate) struct Turn {
    breaker: Arc<Breaker>,
    rests: Duration,
    _alone: Option<OwnedMutexGuard<()>>,
}

impl Breakers {
    /// For a look-up: it waits for its turn, and may try a refused value again once it has rested.
    pub(crate) async fn for_lookup(
        &self,
        key: &BreakerKey,
        credential: &Credential,
        at: impl Fn() -> Duration,
    ) -> Pass {
        let came = at();
        let breaker = self.breaker(key, came);
        let turn = |alone| breaker.turn(credential, alone);
        let trust = breaker.state().trust.clone();
        match trust {
            Trust::Proven => return Pass::Go(turn(None)),
            Trust::Unproven if credential.is_locked_by_refusals() => {}
            Trust::Unproven => return Pass::Go(turn(None)),
            Trust::Refused { why, until, tries: _ } => {
                return match breaker.one.clone().try_lock_owned() {
                    Ok(alone) if at() >= until => Pass::Go(turn(Some(alone))),
                    Ok(_) | Err(_) => Pass::Refused(why),
                };
            }
        }
        let alone = breaker.one.clone().lock_owned().await;
        if let Some(why) = self.refused_by_its_cloud(key, at()) {
            return Pass::Refused(why);
        }
        // The one before may have found out.
        let BreakerState { trust, failed, used: _ } = breaker.state().clone();
        match trust {
            Trust::Proven => Pass::Go(turn(None)),
            Trust::Unproven => match failed.filter(|(_, when)| *when > came) {
                Some((why, _)) => Pass::Failed(why),
                None => Pass::Go(turn(Some(alone))),
            },
            Trust::Refused { why, until: _, tries: _ } => Pass::Refused(why),
        }
    }

    /// For a call: it never tries a refused value, and never waits, because what the decision to
    /// call rests on grows old meanwhile. `None`: not now.
    pub(crate) fn for_call(
        &self,
        key: &BreakerKey,
        credential: &Credential,
        at: Duration,
    ) -> Option<Turn> {
        let breaker = self.breaker(key, at);
        let trust = breaker.state().trust.clone();
        match trust {
            Trust::Proven => Some(breaker.turn(credential, None)),
            Trust::Unproven if !credential.is_locked_by_refusals() => {
                Some(breaker.turn(credential, None))
            }
            Trust::Unproven if self.refused_by_its_cloud(key, at).is_some() => None,
            Trust::Unproven => {
                let alone = breaker.one_call.clone().try_lock_owned().ok()?;
                Some(breaker.turn(credential, Some(alone)))
            }
            Trust::Refused { .. } => None,
        }
    }

    /// Why other endpoints of the cloud refuse the value, where enough of them do.
    fn refused_by_its_cloud(&self, key: &BreakerKey, at: Duration) -> Option<String> {
        let breakers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let of_others = breakers.iter().filter(|(other, _)| other.is_of_the_same_cloud(key));
        let refusals: Vec<String> = of_others
            .filter_map(|(_, breaker)| match breaker.state().trust.clone() {
                Trust::Refused { why, until, tries: _ } if at < until => Some(why),
                Trust::Refused { .. } | Trust::Unproven | Trust::Proven => None,
            })
            .collect();
        let enough = refusals.len() >= REFUSALS_OF_A_CLOUD;
        refusals.into_iter().next().filter(|_| enough)
    }

    fn breaker(&self, key: &BreakerKey, at: Duration) -> Arc<Breaker> {
        let mut breakers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !breakers.contains_key(key) {
            breakers.retain(|_, breaker| {
                at.saturating_sub(breaker.state().used) < FORGOTTEN_AFTER
                    || Arc::strong_count(breaker) > 1
            });
        }
        // One at a time, whichever endpoint of the cloud it is.
        let sibling = breakers
            .iter()
            .find(|(other, _)| other.is_of_the_same_cloud(key))
            .map(|(_, breaker)| (breaker.one.clone(), breaker.one_call.clone()));
        let breaker = breakers.entry(key.clone()).or_insert_with(|| {
            let (one, one_call) = sibling.unwrap_or_default();
            let state = BreakerState { trust: Trust::Unproven, failed: None, used: at };
            Arc::new(Breaker { state: Mutex::new(state), one, one_call })
        });
        breaker.state().used = at;
        breaker.clone()
    }
}

impl Breaker {
    fn turn(self: &Arc<Self>, credential: &Credential, alone: Option<OwnedMutexGuard<()>>) -> Turn {
        let rests = if credential.is_locked_by_refusals() { ACCESS_KEY_RESTS } else { TOKEN_RESTS };
        Turn { breaker: self.clone(), rests, _alone: alone }
    }

    fn state(&self) -> MutexGuard<'_, BreakerState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Turn {
    /// Ends the turn with what the answer says of the value.
    pub(crate) fn note(self, verdict: CredentialVerdict, at: Duration) {
        match verdict {
            CredentialVerdict::Accepted => self.know(Trust::Proven),
            CredentialVerdict::Refused(why) => self.refused(why, at),
            CredentialVerdict::NotLookedAt => self.leave_open(),
            CredentialVerdict::Unheard(why) => self.breaker.state().failed = Some((why, at)),
            CredentialVerdict::Untold => {}
        }
    }

    fn refused(self, why: String, at: Duration) {
        let mut state = self.breaker.state();
        let tries = match &state.trust {
            // It was under way when another one was refused.
            Trust::Refused { why: _, until, tries: _ } if at < *until => return,
            Trust::Refused { why: _, until: _, tries } => tries.saturating_add(1),
            Trust::Unproven | Trust::Proven => 0,
        };
        let rest = self.rests.saturating_mul(2_u32.saturating_pow(tries.min(16)));
        let until = at.saturating_add(rest.min(LONGEST_REST));
        state.trust = Trust::Refused { why, until, tries };
    }

    fn know(self, trust: Trust) {
        self.breaker.state().trust = trust;
    }

    /// Neither taken nor refused: what was refused may be shown again, by one at a time.
    fn leave_open(self) {
        let mut state = self.breaker.state();
        if let Trust::Refused { .. } = state.trust {
            state.trust = Trust::Unproven;
        }
    }
}

#[cfg(test)]
#[path = "breakers_tests.rs"]
mod tests;
