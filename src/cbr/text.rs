//! Text from the cloud made fit for a status, an event or a log line: one line, bounded, without
//! the secret.

use super::redaction::Redact;

/// Longest message that is kept, in characters.
pub(super) const MESSAGE_CHARS: usize = 512;
/// Longest single value that is kept, in characters: the longest documented one is 255.
pub(super) const VALUE_CHARS: usize = 256;
/// What is looked at to make a message. Far more than is kept, since white space and echoes go.
const LOOKED_AT_BYTES: usize = 16 * 1024;

/// At most `chars` characters of `raw`, or nothing where nothing readable is in it.
pub(super) fn one_line(raw: &str, chars: usize, secret: &impl Redact) -> Option<String> {
    let looked_at = raw.get(..raw.floor_char_boundary(LOOKED_AT_BYTES)).unwrap_or(raw);
    let redacted = secret.redact(looked_at);
    let visible: String = redacted
        .chars()
        .filter(|character| !is_invisible(*character))
        .map(|character| if character.is_control() { ' ' } else { character })
        .collect();
    let line = visible.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.is_empty() {
        return None;
    }
    if line.chars().count() <= chars {
        return Some(line);
    }
    Some(line.chars().take(chars.saturating_sub(1)).chain(['…']).collect())
}

/// Characters that have no width or turn the direction of the text: they could make a message read
/// as another.
fn is_invisible(character: char) -> bool {
    matches!(character,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cbr::Token;
    use proptest::prelude::*;

    fn token() -> Token {
        Token::from_bytes(b"MIIabcdefghijklmnop").unwrap()
    }

    #[test]
    fn it_becomes_one_clean_line() {
        let line = |raw: &str| one_line(raw, 20, &token());
        assert_eq!(line(" a\r\n\tb\0c ").unwrap(), "a b c");
        assert_eq!(line("a\u{202e}b\u{200b}").unwrap(), "ab");
        assert_eq!(line("MIIa\u{200b}bcdefgh").unwrap(), "[redacted]");
        assert_eq!(line(" \u{feff}\n"), None);
        assert_eq!(line(&"é".repeat(21)).unwrap(), format!("{}…", "é".repeat(19)));
        assert_eq!(line(&"é".repeat(20)).unwrap(), "é".repeat(20));
    }

    proptest! {
        #[test]
        fn any_text_stays_within_its_bounds(raw in any::<String>(), chars in 1_usize..40) {
            if let Some(line) = one_line(&raw.repeat(200), chars, &token()) {
                prop_assert!((1..=chars).contains(&line.chars().count()));
                prop_assert!(!line.chars().any(char::is_control));
            }
        }
    }
}
