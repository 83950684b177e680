//! Access keys: verifies signatures, and locks a key that is used wrongly too often.

use std::collections::HashMap;

use anyhow::{Context, Result};
use http::HeaderMap;
use jiff::{SignedDuration, Timestamp, civil::DateTime, tz::TimeZone};

use super::Request;
use super::caller::{Caller, Owner};
use crate::clock::later;
use crate::log::{Authority, Credential};
use crate::signature::{Authorization, canonical_request, signature};
use crate::world::AccessKey;

/// How far the time of a signature may be off, either way.
const TOLERANCE: SignedDuration = SignedDuration::from_mins(15);
/// One failure more than these in a row locks a key.
const FAILURES: u32 = 5;
/// For how long.
const LOCK: SignedDuration = SignedDuration::from_mins(5);

/// The keys by name.
#[derive(Default)]
pub(crate) struct AccessKeys(HashMap<String, Stored>);

struct Stored {
    key: AccessKey,
    /// The user with all its rights, where IAM made the key.
    owner: Option<Owner>,
    failures: u32,
    locked_until: Option<Timestamp>,
}

impl AccessKeys {
    /// Adds a key, or replaces the one of its name.
    pub(crate) fn add(&mut self, key: AccessKey) {
        self.insert(key, None);
    }

    pub(super) fn issue(&mut self, key: AccessKey, owner: Owner) {
        self.insert(key, Some(owner));
    }

    fn insert(&mut self, key: AccessKey, owner: Option<Owner>) {
        let name = key.access.clone();
        self.0.insert(name, Stored { key, owner, failures: 0, locked_until: None });
    }

    pub(crate) fn remove(&mut self, access: &str) -> Result<()> {
        self.0.remove(access).context("no such access key to remove").map(|_| ())
    }

    /// Ends a lock, if there is one.
    pub(crate) fn unlock(&mut self, access: &str) -> Result<()> {
        let stored = self.0.get_mut(access).context("no such access key to unlock")?;
        (stored.failures, stored.locked_until) = (0, None);
        Ok(())
    }

    /// Who signed the request; or what the gateway says of it, which never says which it was.
    pub(super) fn caller(
        &mut self,
        request: &Request<'_>,
        now: Timestamp,
    ) -> Result<Caller, String> {
        let refused = |why: &str| format!("Incorrect IAM authentication information: {why}");
        let authorization = text(request.headers, "authorization").unwrap_or_default();
        let authorization = Authorization::parse(authorization)
            .ok_or_else(|| refused("verify aksk signature fail: cannot parse Authorization"))?;
        let access = authorization.access;
        let stored = self
            .0
            .get_mut(access)
            .filter(|stored| stored.key.expires_at.is_none_or(|expires_at| now < expires_at));
        let stored = stored.ok_or_else(|| {
            refused(&format!("Get secretKey failed,ak:{access},err:ak not exist"))
        })?;
        if stored.is_locked(now) {
            return Err(refused("AK access failed to reach the limit,forbidden"));
        }
        match verify(&stored.key, &authorization, request, now) {
            Ok(()) => {
                stored.failures = 0;
                Ok(stored.caller())
            }
            Err(why) => {
                stored.failed(now);
                Err(refused(&why))
            }
        }
    }
}

impl Stored {
    fn is_locked(&mut self, now: Timestamp) -> bool {
        let locked = self.locked_until.is_some_and(|until| now < until);
        if !locked && self.locked_until.take().is_some() {
            self.failures = 0;
        }
        locked
    }

    /// Every refused signature of a key counts, whatever the reason: the documentation names none
    /// that does not.
    fn failed(&mut self, now: Timestamp) {
        self.failures += 1;
        if self.failures > FAILURES {
            self.locked_until = Some(later(now, LOCK));
        }
    }

    fn caller(&self) -> Caller {
        let AccessKey { access: _, secret: _, security_token, expires_at: _, user, projects } =
            &self.key;
        let credential = match security_token {
            Some(_) => Credential::TemporaryKey,
            None => Credential::AccessKey,
        };
        Caller {
            authority: Authority { credential, user: user.clone() },
            projects: projects.clone(),
            owner: self.owner.clone().unwrap_or_else(|| Owner::nobody(projects.clone())),
        }
    }
}

/// Checks the signature against the request as it was received.
fn verify(
    key: &AccessKey,
    authorization: &Authorization<'_>,
    request: &Request<'_>,
    now: Timestamp,
) -> Result<(), String> {
    let date = text(request.headers, "x-sdk-date").unwrap_or_default();
    let signed = authorization.signed_names.iter().any(|name| name == "x-sdk-date");
    let at = date_of(date).filter(|_| signed).ok_or_else(|| {
        "verify aksk signature fail: x-sdk-date is missing, not signed or not a date".to_owned()
    })?;
    if now.duration_since(at).abs() > TOLERANCE {
        return Err("calc ak sk signature fail:signature expired".to_owned());
    }
    if text(request.headers, "x-security-token") != key.security_token.as_deref() {
        return Err("verify aksk signature fail: security token is not that of the ak".to_owned());
    }
    let canonical = canonical_request(
        request.method.as_str(),
        request.uri,
        request.headers,
        &authorization.signed_names,
        request.body,
    );
    let expected = signature(&key.secret, date, &canonical);
    if !authorization.names_are_canonical() || authorization.signature != expected {
        let repeated = canonical.replace('\n', "|");
        return Err(format!("verify aksk signature fail, canonicalRequest:{repeated}"));
    }
    Ok(())
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

/// `20261126T081512Z`
fn date_of(text: &str) -> Option<Timestamp> {
    let date = DateTime::strptime("%Y%m%dT%H%M%SZ", text).ok()?;
    Some(date.to_zoned(TimeZone::UTC).ok()?.timestamp())
}
