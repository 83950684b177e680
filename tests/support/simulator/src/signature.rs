//! `SDK-HMAC-SHA256`, written from the vendors' documentation alone: it shares nothing with the
//! signer of a client that it judges.

use aws_lc_rs::{digest, hmac};
use http::HeaderMap;

/// The algorithm as `Authorization` and the string to sign name it.
pub const ALGORITHM: &str = "SDK-HMAC-SHA256";

/// What a signature is made of: method, path with query as in the request line, signed names in
/// lower case and in order, values of the headers, hash of the body.
pub fn canonical_request(
    method: &str,
    request_uri: &str,
    headers: &HeaderMap,
    signed_names: &[String],
    body: &[u8],
) -> String {
    let (path, query) = request_uri.split_once('?').unwrap_or((request_uri, ""));
    let mut canonical = format!(
        "{}\n{}\n{}\n",
        method.to_uppercase(),
        canonical_path(path),
        canonical_query(query)
    );
    for name in signed_names {
        canonical.push_str(&format!("{name}:{}\n", value(headers, name)));
    }
    canonical.push_str(&format!("\n{}\n{}", signed_names.join(";"), sha256(body)));
    canonical
}

/// What is signed of a canonical request.
pub fn string_to_sign(date: &str, canonical_request: &str) -> String {
    format!("{ALGORITHM}\n{date}\n{}", sha256(canonical_request.as_bytes()))
}

/// The signature of a canonical request, in lower-case hex; `date` is the value of `X-Sdk-Date`.
pub fn signature(secret: &str, date: &str, canonical_request: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    hex(hmac::sign(&key, string_to_sign(date, canonical_request).as_bytes()).as_ref())
}

/// The value of `Authorization`.
pub fn authorization(access: &str, signed_names: &[String], signature: &str) -> String {
    let names = signed_names.join(";");
    format!("{ALGORITHM} Access={access}, SignedHeaders={names}, Signature={signature}")
}

/// `Authorization` taken apart.
pub(crate) struct Authorization<'a> {
    pub(crate) access: &'a str,
    pub(crate) signed_names: Vec<String>,
    pub(crate) signature: &'a str,
}

impl<'a> Authorization<'a> {
    /// `None` for any other form than the documented one.
    pub(crate) fn parse(value: &'a str) -> Option<Self> {
        let rest = value.strip_prefix(ALGORITHM)?.strip_prefix(' ')?;
        let mut parts = rest.split(", ");
        let access = parts.next()?.strip_prefix("Access=")?;
        let names = parts.next()?.strip_prefix("SignedHeaders=")?;
        let signature = parts.next()?.strip_prefix("Signature=")?;
        if parts.next().is_some() || access.is_empty() {
            return None;
        }
        let signed_names = names.split(';').map(str::to_owned).collect();
        Some(Self { access, signed_names, signature })
    }

    /// Whether the names are in lower case, in order, and each is there once.
    pub(crate) fn names_are_canonical(&self) -> bool {
        let lower = self.signed_names.iter().all(|name| *name == name.to_lowercase());
        let pairs = self.signed_names.iter().zip(self.signed_names.iter().skip(1));
        lower && pairs.into_iter().all(|(before, after)| before < after)
    }
}

/// Several values of one name are joined by a comma; one that is not there is empty.
fn value(headers: &HeaderMap, name: &str) -> String {
    let values = headers.get_all(name).iter();
    let text = values.map(|value| String::from_utf8_lossy(value.as_bytes()).trim().to_owned());
    text.collect::<Vec<_>>().join(",")
}

fn canonical_path(path: &str) -> String {
    let segments: Vec<_> = path.split('/').map(|segment| encode(&decode(segment))).collect();
    let path = segments.join("/");
    if path.ends_with('/') { path } else { format!("{path}/") }
}

fn canonical_query(query: &str) -> String {
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    let mut pairs: Vec<_> = pairs
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(name, value)| (decode(name), decode(value)))
        .collect();
    pairs.sort();
    let pairs = pairs.iter().map(|(name, value)| format!("{}={}", encode(name), encode(value)));
    pairs.collect::<Vec<_>>().join("&")
}

/// A percent sign that begins no escape stands for itself.
fn decode(text: &str) -> Vec<u8> {
    let (mut decoded, mut rest) = (Vec::new(), text.as_bytes());
    while let Some((&first, after)) = rest.split_first() {
        let digits = after.get(..2).filter(|digits| digits.iter().all(u8::is_ascii_hexdigit));
        let byte = digits
            .filter(|_| first == b'%')
            .and_then(|digits| std::str::from_utf8(digits).ok())
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        decoded.push(byte.unwrap_or(first));
        rest = after.get(if byte.is_some() { 2 } else { 0 }..).unwrap_or_default();
    }
    decoded
}

fn encode(bytes: &[u8]) -> String {
    let mut encoded = String::new();
    for &byte in bytes {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            encoded.push(byte.into());
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}

/// In lower-case hex.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    hex(digest::digest(&digest::SHA256, bytes).as_ref())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
