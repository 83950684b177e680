//! Reads values as they come: services send numbers for strings, strings for numbers, and `null`
//! for anything.

use serde_json::Value;

use super::credential::Credential;
use super::text::{VALUE_CHARS, one_line};

/// A string or a number as text, untouched; nothing for an empty string and for everything else.
pub(super) fn scalar(value: Option<&Value>) -> Option<String> {
    match value? {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::String(_) | Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => {
            None
        }
    }
}

/// The same, as one bounded line without the token.
pub(super) fn line(value: Option<&Value>, credential: &Credential) -> Option<String> {
    one_line(&scalar(value)?, VALUE_CHARS, credential)
}
