//! What the cloud said about a failure, from any of the shapes in which CBR, its gateway and IAM
//! say it.

use std::collections::VecDeque;
use std::fmt;

use serde_json::{Map, Value};

use super::answer::Answer;
use super::clock::ClockDifference;
use super::error_table::rows_of;
use super::json::scalar;
use super::redaction::Redact;
use super::text::{MESSAGE_CHARS, one_line};

/// Longest error code and longest request id that are kept, in characters.
const CODE_CHARS: usize = 64;
const REQUEST_ID_CHARS: usize = 128;
/// Objects and arrays within each other that are searched for the code.
const DEPTH: usize = 6;

const CODE_KEYS: [&str; 3] = ["error_code", "errorCode", "code"];
const MESSAGE_KEYS: [&str; 4] = ["error_msg", "errorMsg", "message", "error_message"];
const REQUEST_ID_KEYS: [&str; 2] = ["request_id", "requestId"];

/// An error answer, fit to be shown: every text is one bounded line without the secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CloudError {
    /// The HTTP status.
    pub http_status: u16,
    /// As `BackupService.6500`; at most 64 of `[A-Za-z0-9._-]`.
    pub code: Option<String>,
    /// At most 512 characters. For people: nothing may rest on it.
    pub message: Option<String>,
    /// What the cloud's support asks for; at most 128 printable characters.
    pub request_id: Option<String>,
    /// Where a credential is refused and this machine's clock is off, which may be why.
    pub clock: Option<ClockDifference>,
}

impl CloudError {
    pub(super) fn read(answer: &Answer, secret: &impl Redact) -> Self {
        let text = String::from_utf8_lossy(&answer.body);
        let body = serde_json::from_str::<Value>(&text)
            .ok()
            .filter(|body| body.is_object() || body.is_array());
        let (code, message, request_id) = match &body {
            Some(body) => {
                let (code, message) = code_and_message(body);
                (code, message, first(body, |object| any_of(object, &REQUEST_ID_KEYS)))
            }
            None => (None, Some(without_markup(&text)), None),
        };
        Self {
            http_status: answer.status,
            // A documented code decides, whatever the token contains; to show it shows nothing but
            // our own table.
            code: code.filter(|code| {
                is_code(code) && (!rows_of(code).is_empty() || secret.redact(code) == *code)
            }),
            message: message.and_then(|message| one_line(&message, MESSAGE_CHARS, secret)),
            request_id: answer
                .request_id
                .as_deref()
                .and_then(|header| one_line(header, REQUEST_ID_CHARS, secret))
                .or_else(|| request_id.and_then(|id| one_line(&id, REQUEST_ID_CHARS, secret))),
            clock: answer.clock.filter(|_| answer.status == 401),
        }
    }

    /// What stays the same from one such answer to the next: the status and the code.
    pub(super) fn summary(&self) -> String {
        let code = self.code.as_ref().map_or_else(String::new, |code| format!(", {code}"));
        let clock = self.clock.map_or_else(String::new, |clock| format!("; {clock}"));
        format!("HTTP {}{code}{clock}", self.http_status)
    }

    /// Whether the gateway says that the token is of another project, or of another region's.
    pub(crate) fn is_of_another_project(&self) -> bool {
        self.gateway_code().is_some_and(|code| matches!(code, "0310" | "0802"))
    }

    /// The code's number, where the code is CBR's own.
    pub(super) fn cbr_code(&self) -> Option<&str> {
        self.code.as_deref()?.strip_prefix("BackupService.")
    }

    /// The code's number, where the code is the API gateway's.
    pub(super) fn gateway_code(&self) -> Option<&str> {
        let code = self.code.as_deref()?;
        code.strip_prefix("APIG.").or_else(|| code.strip_prefix("APIGW."))
    }
}

impl fmt::Display for CloudError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HTTP {}", self.http_status)?;
        // IAM's code is the status once more.
        if let Some(code) = self.code.as_ref().filter(|code| **code != self.http_status.to_string())
        {
            write!(f, ", {code}")?;
        }
        if let Some(message) = &self.message {
            write!(f, ": {message}")?;
        }
        if let Some(clock) = self.clock {
            write!(f, "; {clock}")?;
        }
        if let Some(request_id) = &self.request_id {
            write!(f, " (request id {request_id})")?;
        }
        Ok(())
    }
}

/// The outermost code, with the message beside it; without any code, the outermost message.
fn code_and_message(body: &Value) -> (Option<String>, Option<String>) {
    let with_code = first(body, |object| {
        any_of(object, &CODE_KEYS).map(|code| (Some(code), any_of(object, &MESSAGE_KEYS)))
    });
    let (code, beside) = with_code.unwrap_or((None, None));
    let message = beside
        .or_else(|| first(body, |object| any_of(object, &MESSAGE_KEYS)))
        .or_else(|| first(body, |object| any_of(object, &["error"])));
    (code, message)
}

fn any_of(object: &Map<String, Value>, keys: &[&str]) -> Option<String> {
    keys.iter().find_map(|key| scalar(object.get(*key)))
}

/// What `find` finds in the outermost object that has it.
fn first<T>(body: &Value, find: impl Fn(&Map<String, Value>) -> Option<T>) -> Option<T> {
    let mut queue = VecDeque::from([(body, 0)]);
    while let Some((value, depth)) = queue.pop_front() {
        if let Value::Object(object) = value
            && let Some(found) = find(object)
        {
            return Some(found);
        }
        if depth < DEPTH {
            match value {
                Value::Object(object) => {
                    queue.extend(object.values().map(|inner| (inner, depth + 1)))
                }
                Value::Array(items) => queue.extend(items.iter().map(|inner| (inner, depth + 1))),
                Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
            }
        }
    }
    None
}

fn is_code(code: &str) -> bool {
    code.len() <= CODE_CHARS
        && code
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-'))
}

/// The title of an HTML page, or else the text between its tags; other text as it is.
fn without_markup(text: &str) -> String {
    let looks_like_html = text.trim_start().starts_with('<');
    if !looks_like_html {
        return text.to_owned();
    }
    let lower = text.to_ascii_lowercase();
    let title = lower
        .find("<title>")
        .map(|at| at + "<title>".len())
        .and_then(|from| lower.get(from..)?.find("</title>").map(|length| from..from + length))
        .and_then(|range| text.get(range))
        .filter(|title| !title.trim().is_empty());
    match title {
        Some(title) => title.to_owned(),
        None => text
            .split('<')
            .map(|part| part.split_once('>').map_or(part, |(_, shown)| shown))
            .collect::<Vec<_>>()
            .join(" "),
    }
}

#[cfg(test)]
#[path = "error_body_tests.rs"]
mod tests;
