//! Small turns that all commands share.

use jiff::Timestamp;

use crate::resource::DECISION_ANNOTATION;

/// To the second, in UTC.
pub(super) fn short(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// Whether an object could have this name, as far as it could become another path.
pub(super) fn is_object_name(text: &str) -> bool {
    let allowed = |byte: u8| {
        byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'.')
    };
    text.len() <= 253
        && text.starts_with(|first: char| first.is_ascii_alphanumeric())
        && text.bytes().all(allowed)
}

/// Text of others as one line: whatever could steer a terminal becomes a space.
pub(super) fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_control() || is_invisible(c) { ' ' } else { c }).collect()
}

/// Whether it changes the order of what stands beside it, or takes no room: the reader does not see
/// what is written.
fn is_invisible(letter: char) -> bool {
    matches!(
        letter,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}'
    )
}

/// The operator's message names the commands in full. For a reader of the plugin they stand
/// elsewhere.
pub(super) fn without_commands(message: &str) -> String {
    let mut words: Vec<&str> = Vec::new();
    let mut in_command = false;
    for word in message.split(' ') {
        if word == "annotate" && words.last() == Some(&"kubectl") {
            words.pop();
            in_command = true;
        } else if in_command && word.starts_with(DECISION_ANNOTATION) {
            words.push("(see below)");
            in_command = false;
        } else if !in_command {
            words.push(word);
        }
    }
    words.join(" ")
}

/// Names become parts of a path at the API server.
pub(super) fn object_name(text: &str) -> Result<String, String> {
    if is_object_name(text) {
        Ok(text.to_owned())
    } else {
        Err("must be a name: lower-case letters, digits, '-' and '.', beginning with a letter or a \
            digit".to_owned())
    }
}
