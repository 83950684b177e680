//! Undoes escapes: those of JSON and its relatives, of URLs, and of HTML.

use super::reading::ReadText;

/// The text as it reads without white space, line breaks and escapes. Shorter where there were any.
pub(super) fn unescaped(reading: &ReadText) -> ReadText {
    reading.rewritten(|rest| match rest.first() {
        Some(b'\\') => backslash(rest),
        Some(b'%') => percent(rest),
        Some(b'&') => entity(rest),
        other => (other.copied(), 1),
    })
}

/// `\/`, `\"`, `\u002b`, `\u{2b}`, `\x2b`, `\053`, and the same escaped again (`\\/`), as JSON
/// within JSON has it.
fn backslash(rest: &[u8]) -> (Option<u8>, usize) {
    let slashes = rest.iter().take_while(|byte| **byte == b'\\').count();
    let after = rest.get(slashes..).unwrap_or_default();
    let numbered = match after {
        [b'u', b'{', braced @ ..] => braced
            .iter()
            .take(9)
            .position(|byte| *byte == b'}')
            .and_then(|end| Some((number(braced.get(..end), 16)?, end + 3))),
        [b'u', ..] => number(after.get(1..5), 16).map(|byte| (byte, 5)),
        [b'U', ..] => number(after.get(1..9), 16).map(|byte| (byte, 9)),
        [b'x' | b'X', ..] => number(after.get(1..3), 16).map(|byte| (byte, 3)),
        [b'0'..=b'1', ..] => number(after.get(..3), 8).map(|byte| (byte, 3)),
        _ => None,
    };
    match (numbered, after.first()) {
        (Some((byte, length)), _) => (Some(byte), slashes + length),
        (None, Some(mark @ (b'/' | b'"' | b'\''))) => (Some(*mark), slashes + 1),
        (None, Some(b'n' | b'r' | b't')) => (None, slashes + 1),
        (None, Some(_) | None) => (Some(b'\\'), slashes),
    }
}

/// `%2B`.
fn percent(rest: &[u8]) -> (Option<u8>, usize) {
    match number(rest.get(1..3), 16) {
        Some(byte) => (Some(byte), 3),
        None => (Some(b'%'), 1),
    }
}

/// Longest entity that is looked for, with its marks: `&#x0000002B;`.
const ENTITY: usize = 14;

/// `&#43;`, `&#x2b;`, `&plus;`.
fn entity(rest: &[u8]) -> (Option<u8>, usize) {
    let found = rest.iter().take(ENTITY).position(|byte| *byte == b';').and_then(|end| {
        let name = rest.get(1..end)?;
        let byte = match name {
            [b'#', b'x' | b'X', hexadecimal @ ..] => number(Some(hexadecimal), 16),
            [b'#', decimal @ ..] => number(Some(decimal), 10),
            _ => NAMED.iter().find(|(known, _)| known.as_bytes() == name).map(|(_, byte)| *byte),
        };
        Some((Some(byte?), end + 1))
    });
    found.unwrap_or((Some(b'&'), 1))
}

/// HTML's names for the visible ASCII that is neither letter nor digit.
const NAMED: [(&str, u8); 44] = [
    ("amp", b'&'),
    ("AMP", b'&'),
    ("quot", b'"'),
    ("QUOT", b'"'),
    ("apos", b'\''),
    ("lt", b'<'),
    ("LT", b'<'),
    ("gt", b'>'),
    ("GT", b'>'),
    ("plus", b'+'),
    ("sol", b'/'),
    ("equals", b'='),
    ("lowbar", b'_'),
    ("UnderBar", b'_'),
    ("excl", b'!'),
    ("num", b'#'),
    ("dollar", b'$'),
    ("percnt", b'%'),
    ("lpar", b'('),
    ("rpar", b')'),
    ("ast", b'*'),
    ("midast", b'*'),
    ("comma", b','),
    ("period", b'.'),
    ("colon", b':'),
    ("semi", b';'),
    ("quest", b'?'),
    ("commat", b'@'),
    ("lsqb", b'['),
    ("lbrack", b'['),
    ("bsol", b'\\'),
    ("rsqb", b']'),
    ("rbrack", b']'),
    ("Hat", b'^'),
    ("grave", b'`'),
    ("lcub", b'{'),
    ("lbrace", b'{'),
    ("verbar", b'|'),
    ("vert", b'|'),
    ("VerticalLine", b'|'),
    ("rcub", b'}'),
    ("rbrace", b'}'),
    ("hyphen", b'-'),
    ("dash", b'-'),
];

/// A number of these digits that is a byte.
fn number(digits: Option<&[u8]>, radix: u32) -> Option<u8> {
    let digits = digits.filter(|digits| digits.iter().all(u8::is_ascii_hexdigit))?;
    u8::from_str_radix(std::str::from_utf8(digits).ok()?, radix).ok()
}
