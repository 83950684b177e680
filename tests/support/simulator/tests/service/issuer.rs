//! An issuer of tokens, such as an API server is for its service accounts.

use anyhow::{Context, Result, ensure};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair, RSA_PKCS1_SHA256, RsaKeyPair,
};
use jiff::Timestamp;
use serde_json::{Value, json};

pub(crate) const ISSUER: &str = "https://kubernetes.default.svc.cluster.local";
pub(crate) const AUDIENCE: &str = "iam";
pub(crate) const SUBJECT: &str = "system:serviceaccount:tenant-a:replicator";

/// Its keys.
pub(crate) struct Issuer {
    rsa: RsaKeyPair,
    ec: EcdsaKeyPair,
}

impl Issuer {
    pub(crate) fn new() -> Result<Self> {
        Ok(Self {
            rsa: RsaKeyPair::generate(KeySize::Rsa2048)?,
            ec: EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING)?,
        })
    }

    /// Its public keys: `rsa`, and `ec`.
    pub(crate) fn jwks(&self) -> Result<Value> {
        // In DER: a header, the modulus of 256 bytes, a header, the exponent of 3 bytes.
        let der = self.rsa.public_key().as_ref();
        ensure!(der.len() == 9 + 256 + 2 + 3, "another form of RSA key: {} bytes", der.len());
        let (n, e) = (&der[9..265], &der[267..]);
        let point = self.ec.public_key().as_ref();
        let (x, y) = point.get(1..).context("no point")?.split_at(32);
        let rsa =
            json!({"kty": "RSA", "kid": "rsa", "alg": "RS256", "n": encode(n), "e": encode(e)});
        let ec = json!({"kty": "EC", "kid": "ec", "crv": "P-256", "x": encode(x), "y": encode(y)});
        Ok(json!({"keys": [rsa, ec]}))
    }

    /// Signed with the key of this id, whatever the header says.
    pub(crate) fn sign(&self, key: &str, header: &Value, claims: &Value) -> Result<String> {
        let signed = format!(
            "{}.{}",
            encode(header.to_string().as_bytes()),
            encode(claims.to_string().as_bytes())
        );
        let random = SystemRandom::new();
        let signature = if key == "rsa" {
            let mut signature = vec![0; self.rsa.public_modulus_len()];
            self.rsa.sign(&RSA_PKCS1_SHA256, &random, signed.as_bytes(), &mut signature)?;
            signature
        } else {
            self.ec.sign(&random, signed.as_bytes())?.as_ref().to_vec()
        };
        Ok(format!("{signed}.{}", encode(&signature)))
    }

    /// As an API server with RSA keys signs it.
    pub(crate) fn token(&self, claims: &Value) -> Result<String> {
        self.sign("rsa", &json!({"alg": "RS256", "kid": "rsa"}), claims)
    }
}

/// Signed by nobody: for a provider without keys.
pub(crate) fn unsigned(claims: &Value) -> String {
    let header = json!({"alg": "RS256"}).to_string();
    let (header, claims) = (encode(header.as_bytes()), encode(claims.to_string().as_bytes()));
    format!("{header}.{claims}.{}", encode(b"no signature"))
}

/// The claims of a service account's token for an hour.
pub(crate) fn claims() -> Value {
    let now = Timestamp::now().as_second();
    json!({
        "iss": ISSUER, "aud": [AUDIENCE], "sub": SUBJECT, "exp": now + 3600, "iat": now,
        "nbf": now - 60, "kubernetes.io": {"namespace": "tenant-a"},
    })
}

/// The claims with some of them changed; `null` takes one away.
pub(crate) fn claims_with(changes: Value) -> Value {
    let mut claims = claims();
    for (key, value) in changes.as_object().into_iter().flatten() {
        claims[key] = value.clone();
    }
    if let Some(claims) = claims.as_object_mut() {
        claims.retain(|_, value| !value.is_null());
    }
    claims
}

/// In the alphabet of URLs, without padding.
pub(crate) fn encode(bytes: &[u8]) -> String {
    const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let byte = |at: usize| u32::from(chunk.get(at).copied().unwrap_or_default());
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for letter in 0..=chunk.len() {
            let index = bits >> (18 - 6 * letter) & 63;
            text.push(char::from(LETTERS[index as usize]));
        }
    }
    text
}
