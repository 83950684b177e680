//! Tokens of identity providers (JWT), as IAM checks them.

use std::fmt;

use anyhow::{Context, Result, ensure};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents, UnparsedPublicKey,
};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

use crate::world::IdentityProvider;

/// Why a token is not taken.
#[derive(Clone, Copy, Debug)]
pub(super) enum Unfit {
    Malformed,
    Signature,
    Issuer,
    Audience,
    Expired,
    TooEarly,
}

impl fmt::Display for Unfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Malformed => "it is no JWT with iss, aud, sub and exp",
            Self::Signature => "no key of the provider has signed it",
            Self::Issuer => "it has another issuer",
            Self::Audience => "it is for another audience",
            Self::Expired => "it has expired",
            Self::TooEarly => "it is not valid yet",
        })
    }
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    kid: Option<String>,
}

#[derive(Deserialize)]
struct Claims {
    iss: String,
    aud: Audience,
    sub: String,
    exp: i64,
    nbf: Option<i64>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Many(Vec<String>),
}

impl Audience {
    fn names(&self, audience: &str) -> bool {
        match self {
            Self::One(only) => only == audience,
            Self::Many(all) => all.iter().any(|one| one == audience),
        }
    }
}

/// The subject of a token that the provider's keys, if it has some, and its claims speak for.
pub(super) fn subject(
    token: &str,
    provider: &IdentityProvider,
    now: Timestamp,
) -> Result<String, Unfit> {
    let parts: Vec<&str> = token.split('.').collect();
    let [header, payload, signature] = parts.as_slice() else { return Err(Unfit::Malformed) };
    let json = |part: &str| base64url(part).ok_or(Unfit::Malformed);
    let Header { alg, kid } =
        serde_json::from_slice(&json(header)?).map_err(|_| Unfit::Malformed)?;
    let Claims { iss, aud, sub, exp, nbf } =
        serde_json::from_slice(&json(payload)?).map_err(|_| Unfit::Malformed)?;
    let signature = base64url(signature).filter(|bytes| !bytes.is_empty());
    let signature = signature.ok_or(Unfit::Malformed)?;
    if let Some(jwks) = &provider.jwks {
        let signed = format!("{header}.{payload}");
        let mut keys =
            keys(jwks).filter(|key| kid.is_none() || key["kid"].as_str() == kid.as_deref());
        if !keys.any(|key| verifies(key, &alg, signed.as_bytes(), &signature)) {
            return Err(Unfit::Signature);
        }
    }
    if iss != provider.issuer {
        return Err(Unfit::Issuer);
    }
    if !aud.names(&provider.audience) {
        return Err(Unfit::Audience);
    }
    if exp <= now.as_second() {
        return Err(Unfit::Expired);
    }
    if nbf.is_some_and(|nbf| nbf > now.as_second()) {
        return Err(Unfit::TooEarly);
    }
    Ok(sub)
}

/// Refuses what has no key in it that could ever verify a token.
pub(crate) fn check_jwks(jwks: &Value) -> Result<()> {
    jwks["keys"].as_array().context("a JWKS is an object with an array named keys")?;
    let usable = |key: &Value| match key["kty"].as_str() {
        Some("RSA") => part(key, "n").and(part(key, "e")).is_some(),
        Some("EC") => key["crv"] == "P-256" && part(key, "x").and(part(key, "y")).is_some(),
        Some(_) | None => false,
    };
    ensure!(keys(jwks).any(usable), "the JWKS has neither an RSA key nor one of the curve P-256");
    Ok(())
}

fn keys(jwks: &Value) -> impl Iterator<Item = &Value> {
    jwks["keys"].as_array().into_iter().flatten()
}

fn part(key: &Value, name: &str) -> Option<Vec<u8>> {
    base64url(key[name].as_str()?).filter(|bytes| !bytes.is_empty())
}

fn verifies(key: &Value, alg: &str, message: &[u8], signature: &[u8]) -> bool {
    let verified = match (alg, key["kty"].as_str()) {
        ("RS256", Some("RSA")) => part(key, "n").zip(part(key, "e")).map(|(n, e)| {
            let key = RsaPublicKeyComponents { n, e };
            key.verify(&RSA_PKCS1_2048_8192_SHA256, message, signature).is_ok()
        }),
        ("ES256", Some("EC")) => part(key, "x").zip(part(key, "y")).map(|(x, y)| {
            let point = [&[4], x.as_slice(), y.as_slice()].concat();
            let key = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point);
            key.verify(message, signature).is_ok()
        }),
        _ => None,
    };
    verified.unwrap_or_default()
}

/// The alphabet of URLs, without padding.
fn base64url(text: &str) -> Option<Vec<u8>> {
    let (mut bytes, mut buffer, mut bits) = (Vec::new(), 0_u32, 0);
    for letter in text.bytes() {
        let value = match letter {
            b'A'..=b'Z' => letter - b'A',
            b'a'..=b'z' => letter - b'a' + 26,
            b'0'..=b'9' => letter - b'0' + 52,
            b'-' => 62,
            b'_' => 63,
            _ => return None,
        };
        buffer = (buffer << 6) | u32::from(value);
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            bytes.push(u8::try_from(buffer >> bits & 0xff).ok()?);
        }
    }
    // A single letter that is left over stands for no byte.
    (bits < 6).then_some(bytes)
}
