//! The one form in which an endpoint and a pattern for endpoints are written:
//! `scheme://host[:port]`.
//!
//! The form is checked on the text itself before a URL parser sees it, because the parser corrects
//! what it is given: it drops tabs, turns `\` into `/`, decodes `%2e`, folds look-alike letters.

/// Longest text, in bytes: a DNS name has at most 253 characters.
const MAX_BYTES: usize = 300;

/// What is wrong with the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Malformed {
    NotAUrl,
    Credentials,
    Path,
}

/// Scheme and authority, as they stand. One `/` at the end is dropped.
pub(super) fn split(text: &str) -> Result<(&str, &str), Malformed> {
    if text.contains('@') {
        return Err(Malformed::Credentials);
    }
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.:/*{}[]?#=&%+~,;!".contains(&byte);
    if text.len() > MAX_BYTES || !text.bytes().all(plain) {
        return Err(Malformed::NotAUrl);
    }
    let (scheme, rest) = text.split_once("://").ok_or(Malformed::NotAUrl)?;
    let authority = rest.strip_suffix('/').unwrap_or(rest);
    if authority.is_empty() || authority.starts_with(['/', '?', '#']) {
        return Err(Malformed::NotAUrl);
    }
    if authority.contains(['/', '?', '#']) {
        return Err(Malformed::Path);
    }
    let host_and_port = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.:*{}[]".contains(&byte);
    if authority.ends_with(':') || !authority.bytes().all(host_and_port) {
        return Err(Malformed::NotAUrl);
    }
    Ok((scheme, authority))
}

/// The two schemes that are spoken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scheme {
    Http,
    Https,
}

impl Scheme {
    /// Whether `url` has one of the two.
    pub(super) fn of(url: &url::Url) -> Option<Self> {
        match url.scheme() {
            "http" => Some(Self::Http),
            "https" => Some(Self::Https),
            _ => None,
        }
    }
}
