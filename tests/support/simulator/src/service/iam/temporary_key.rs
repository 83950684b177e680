//! `POST /v3.0/OS-CREDENTIAL/securitytokens`: a key for some hours.

use http::StatusCode;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::asked::{Auth, Identity, invalid, read};
use super::{microseconds, random};
use crate::clock::later;
use crate::service::caller::token;
use crate::service::error::Refusal;
use crate::service::{Request, Service};
use crate::world::AccessKey;

/// How long a key lives where nothing else is asked for, and how long it may be asked for.
const SECONDS: i64 = 900;
const ALLOWED: std::ops::RangeInclusive<i64> = 900..=86_400;

/// How many times 32 characters a security token has.
const TOKEN_PIECES: usize = 32;

impl Service {
    /// A key that may do what the user of the token, or the agency, may do.
    pub(in crate::service) fn temporary_key(
        &mut self,
        request: &Request<'_>,
        now: Timestamp,
    ) -> Result<Value, Refusal> {
        let Auth { identity, scope: _ } = read(request.body)?;
        let Identity { methods, password: _, token: by_token, assume_role } = identity;
        let in_body = by_token.as_ref().and_then(|by| by.id.as_deref());
        let caller = match in_body.filter(|_| token(request.headers).is_none()) {
            Some(value) => self.by_token(value, now)?,
            None => self.caller_of_iam(request, now)?,
        };
        let methods: Vec<&str> = methods.iter().map(String::as_str).collect();
        let (owner, seconds) = match (methods.as_slice(), assume_role) {
            (["token"], _) => (caller.owner, by_token.and_then(|by| by.duration_seconds)),
            (["assume_role"], Some(role)) => (self.assume(&caller, &role)?, role.duration_seconds),
            _ => return Err(invalid()),
        };
        let seconds = seconds.unwrap_or(SECONDS);
        if !ALLOWED.contains(&seconds) {
            let message = "duration_seconds: 900 to 86400.";
            return Err(Refusal::iam(StatusCode::BAD_REQUEST, message));
        }
        let expires_at = later(now, SignedDuration::from_secs(seconds));
        let key = AccessKey {
            access: format!("HST{}", &random().to_uppercase()[..17]),
            secret: format!("{}{}", random(), &random()[..8]),
            security_token: Some((0..TOKEN_PIECES).map(|_| random()).collect()),
            expires_at: Some(expires_at),
            user: Some(owner.user.clone()).filter(|user| !user.is_empty()),
            projects: owner.projects.clone(),
        };
        let answer = json!({"credential": {
            "access": key.access,
            "secret": key.secret,
            "securitytoken": key.security_token,
            "expires_at": microseconds(expires_at),
        }});
        self.access_keys.issue(key, owner);
        Ok(answer)
    }
}
