//! A value that the cloud gave: compared as it came, shown without the secret.
//!
//! A decision must not rest on a text that redaction has changed, since the same would then read as
//! another; and what leaves for a status, an Event or a log must not be the raw text. So there are
//! two texts, and only one way to each.

use std::fmt;

use serde_json::Value;

use super::json::scalar;
use super::redaction::Redact;
use super::text::{VALUE_CHARS, one_line};

/// Longest raw value that is kept, in bytes. None of ours is longer, so a longer one is none of
/// ours.
const RAW_BYTES: usize = 1024;

/// A name or an id as the cloud gave it. It is neither printed nor stored as it came: see
/// [`CloudValue::shown`].
#[derive(Clone, PartialEq, Eq)]
pub struct CloudValue {
    /// `None` where it is too long to be kept, and then like nothing.
    raw: Option<String>,
    shown: String,
}

impl CloudValue {
    /// A string or a number; nothing where nothing readable is in it.
    pub(super) fn read(value: Option<&Value>, secret: &impl Redact) -> Option<Self> {
        Self::of(&scalar(value)?, secret)
    }

    fn of(text: &str, secret: &impl Redact) -> Option<Self> {
        let shown = one_line(text, VALUE_CHARS, secret)?;
        let raw = text.trim();
        Some(Self { raw: (raw.len() <= RAW_BYTES).then(|| raw.to_owned()), shown })
    }

    /// Whether it names the same as `ours`, however the cloud spells it.
    pub fn is(&self, ours: &str) -> bool {
        self.raw.as_deref().is_some_and(|raw| same_spelling(raw, ours))
    }

    /// One line of at most 256 characters, without the secret.
    pub fn shown(&self) -> &str {
        &self.shown
    }
}

/// Whether two ids name the same: clouds write one and the same id in either letter case, with
/// hyphens and without.
pub fn same_spelling(a: &str, b: &str) -> bool {
    spelled(a).eq(spelled(b))
}

/// An id in the one spelling that stands for all of its spellings.
pub fn spelling(id: &str) -> String {
    spelled(id).collect()
}

fn spelled(id: &str) -> impl Iterator<Item = char> {
    id.chars().filter(|character| *character != '-').map(|character| character.to_ascii_lowercase())
}

impl fmt::Debug for CloudValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.shown, f)
    }
}

/// Where there is no secret, as in a test: nothing is redacted.
struct NoSecret;

impl Redact for NoSecret {
    fn redact(&self, text: &str) -> String {
        text.to_owned()
    }
}

impl From<&str> for CloudValue {
    fn from(text: &str) -> Self {
        Self::of(text, &NoSecret)
            .unwrap_or_else(|| Self { raw: Some(text.to_owned()), shown: String::new() })
    }
}

impl From<String> for CloudValue {
    fn from(text: String) -> Self {
        Self::from(text.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cbr::Token;
    use proptest::prelude::*;
    use serde_json::json;

    fn token() -> Token {
        Token::from_bytes(b"svc-ap-southeast-1-replication-key").unwrap()
    }

    fn read(value: Value) -> Option<CloudValue> {
        CloudValue::read(Some(&value), &token())
    }

    #[test]
    fn what_the_token_contains_is_compared_as_it_came_and_shown_redacted() {
        let region = read(json!("ap-southeast-1")).unwrap();
        assert!(
            region.is("ap-southeast-1") && !region.is("[redacted]") && !region.is("ap-southeast-2")
        );
        assert_eq!(
            (region.shown(), format!("{region:?}")),
            ("[redacted]", "\"[redacted]\"".to_owned())
        );
        assert_ne!(
            region,
            read(json!("southeast-1")).unwrap(),
            "two that read the same when shown"
        );
    }

    #[test]
    fn spelling_is_not_evidence() {
        for (theirs, ours, same) in [
            ("EU-DE", "eu-de", true),
            ("0DAAC4C5-6707-4851-97BA-169E36266B66", "0daac4c56707485197ba169e36266b66", true),
            (" eu-de\n", "eu-de", true),
            ("eu-de", "eu-nl", false),
            ("eu_de", "eu-de", false),
            ("eu-de1", "eu-de", false),
            ("é", "É", false),
        ] {
            assert_eq!(CloudValue::from(theirs).is(ours), same, "{theirs:?} {ours:?}");
            assert_eq!(read(json!(theirs)).unwrap().is(ours), same, "{theirs:?} {ours:?}");
        }
    }

    #[test]
    fn what_is_no_value_is_absent_and_a_long_one_is_like_nothing() {
        for nothing in [
            json!(null),
            json!(""),
            json!(" \n"),
            json!("\u{200b}"),
            json!(true),
            json!([]),
            json!({}),
        ] {
            assert_eq!(read(nothing.clone()), None, "{nothing}");
        }
        assert!(read(json!(17)).unwrap().is("17"));
        let long = "x".repeat(100_000);
        let value = read(json!(long)).unwrap();
        assert!(!value.is(&long) && value.shown().chars().count() == VALUE_CHARS);
    }

    proptest! {
        #[test]
        fn spelling_is_an_equivalence(id in "[A-Za-z0-9_-]{1,40}", other in "[A-Za-z0-9_-]{1,40}") {
            prop_assert!(same_spelling(&id, &id.to_uppercase()) && same_spelling(&id.replace('-', ""), &id));
            prop_assert_eq!(same_spelling(&id, &other), same_spelling(&other, &id));
        }

        #[test]
        fn no_form_shows_the_secret(before in any::<String>(), after in any::<String>()) {
            let value = read(json!(format!("{before}southeast-1-repl{after}"))).unwrap();
            let forms = format!("{} {value:?}", value.shown());
            prop_assert!(!forms.contains("southeast"), "{forms}");
        }
    }
}
