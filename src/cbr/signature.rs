//! The signature of a request by an access key: `SDK-HMAC-SHA256`, the form with `Access=` (Huawei
//! Cloud's "API Request Signing Guide", Open Telekom Cloud's "Making an API Request"). Pure: the
//! time is a value, and the bytes are those that are sent.

use aws_lc_rs::{digest, hmac};

/// The algorithm's name, as the header and the string to sign have it.
const ALGORITHM: &str = "SDK-HMAC-SHA256";

/// What is signed of a request.
pub(super) struct Signed<'a> {
    /// In upper case.
    pub(super) method: &'a str,
    /// From the root, before it is percent-encoded.
    pub(super) path: &'a str,
    /// Names and values, before they are percent-encoded.
    pub(super) query: &'a [(String, String)],
    /// Names in lower case, and the values as they are sent. `x-sdk-date` is among them.
    pub(super) headers: &'a [(&'static str, String)],
    /// Exactly the bytes that leave.
    pub(super) body: &'a [u8],
}

/// The value of `Authorization`. `date` is the value of `x-sdk-date`.
pub(super) fn authorization(
    request: &Signed<'_>,
    date: &str,
    access: &str,
    secret: &[u8],
) -> String {
    let hash = hex(digest::digest(&digest::SHA256, canonical(request).as_bytes()).as_ref());
    let to_sign = format!("{ALGORITHM}\n{date}\n{hash}");
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret);
    let signature = hex(hmac::sign(&key, to_sign.as_bytes()).as_ref());
    let names = names(request);
    format!("{ALGORITHM} Access={access}, SignedHeaders={names}, Signature={signature}")
}

/// The signature in a value of `Authorization`.
pub(super) fn of_authorization(value: &str) -> Option<&str> {
    value.rsplit_once("Signature=").map(|(_, signature)| signature)
}

/// The canonical request. A gateway that refuses a signature repeats it in its error.
fn canonical(request: &Signed<'_>) -> String {
    let Signed { method, path, query, headers: _, body } = request;
    let mut path: String = path.split('/').map(encoded).collect::<Vec<_>>().join("/");
    if !path.ends_with('/') {
        path.push('/');
    }
    let mut query = query.to_vec();
    query.sort();
    let query: Vec<String> =
        query.iter().map(|(name, value)| format!("{}={}", encoded(name), encoded(value))).collect();
    let headers: String = sorted(request)
        .iter()
        .map(|(name, value)| format!("{name}:{}\n", value.trim_matches(' ')))
        .collect();
    let hash = hex(digest::digest(&digest::SHA256, body).as_ref());
    format!("{method}\n{path}\n{}\n{headers}\n{}\n{hash}", query.join("&"), names(request))
}

fn sorted<'a>(request: &'a Signed<'_>) -> Vec<&'a (&'static str, String)> {
    let mut headers: Vec<_> = request.headers.iter().collect();
    headers.sort_by_key(|(name, _)| *name);
    headers
}

fn names(request: &Signed<'_>) -> String {
    sorted(request).iter().map(|(name, _)| *name).collect::<Vec<_>>().join(";")
}

/// Each byte but letters, digits and `-_.~` as `%` and two digits in upper case.
fn encoded(text: &str) -> String {
    text.bytes().fold(String::with_capacity(text.len()), |mut all, byte| {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                all.push(char::from(byte));
            }
            _ => all.push_str(&format!("%{byte:02X}")),
        }
        all
    })
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;
    use serde_json::Value;
    use std::collections::BTreeMap;

    /// Made with the vendor's own signer.
    const VECTORS: &str = include_str!("../../tests/support/simulator/tests/signing-vectors.json");

    #[derive(Deserialize)]
    struct File {
        vectors: Vec<Vector>,
    }

    #[derive(Deserialize)]
    struct Vector {
        name: String,
        method: String,
        path: String,
        query: Vec<(String, Value)>,
        headers_to_send: BTreeMap<String, String>,
        body_utf8: String,
        ak: String,
        sk: String,
        canonical_request: String,
        authorization: String,
        kind: String,
    }

    #[test]
    fn it_signs_as_the_vendors_own_signer_does() {
        let File { vectors } = serde_json::from_str(VECTORS).unwrap();
        assert!(vectors.len() > 20);
        for vector in vectors.iter().filter(|vector| vector.kind == "must agree") {
            // A value may be a list, and need not be text.
            let text = |value: &Value| value.as_str().map_or(value.to_string(), str::to_owned);
            let values = |value: &Value| match value.as_array() {
                Some(all) => all.iter().map(text).collect(),
                None => vec![text(value)],
            };
            let query: Vec<(String, String)> = vector
                .query
                .iter()
                .flat_map(|(name, value)| values(value).into_iter().map(|it| (name.clone(), it)))
                .collect();
            let headers: Vec<(&'static str, String)> = vector
                .headers_to_send
                .iter()
                .map(|(name, value)| (&*name.to_lowercase().leak(), value.clone()))
                .collect();
            let request = Signed {
                method: &vector.method,
                path: &vector.path,
                query: &query,
                headers: &headers,
                body: vector.body_utf8.as_bytes(),
            };
            let (_, date) = headers.iter().find(|(name, _)| *name == "x-sdk-date").unwrap();
            assert_eq!(canonical(&request), vector.canonical_request, "{}", vector.name);
            let (access, secret) = (&vector.ak, vector.sk.as_bytes());
            let signed = authorization(&request, date, access, secret);
            assert_eq!(signed, vector.authorization, "{}", vector.name);
        }
    }
}
