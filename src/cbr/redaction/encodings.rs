//! Decodes what may be base64 or hex. Where a piece of it begins is not known, so it is tried from
//! each place of a group.

use super::reading::{Place, Read, ReadText};

/// A way to write bytes as characters of so many bits.
#[derive(Clone, Copy)]
pub(super) struct Encoding {
    bits: u32,
    value: fn(u8) -> Option<u32>,
    /// After how many characters the groups begin to repeat.
    pub(super) phases: usize,
    /// What fills up the last group.
    pub(super) padding: Option<u8>,
}

/// In the standard and in the URL-safe alphabet.
pub(super) const BASE64: Encoding =
    Encoding { bits: 6, value: base64_value, phases: 4, padding: Some(b'=') };
/// In either letter case.
pub(super) const HEX: Encoding = Encoding { bits: 4, value: hex_value, phases: 2, padding: None };

fn base64_value(byte: u8) -> Option<u32> {
    let value = match byte {
        b'A'..=b'Z' => byte - b'A',
        b'a'..=b'z' => byte - b'a' + 26,
        b'0'..=b'9' => byte - b'0' + 52,
        b'+' | b'-' => 62,
        b'/' | b'_' => 63,
        _ => return None,
    };
    Some(value.into())
}

fn hex_value(byte: u8) -> Option<u32> {
    char::from(byte).to_digit(16)
}

/// The bytes that the characters stand for, where each uninterrupted piece begins with its
/// character no. `phase`.
pub(super) fn decoded(
    reading: &ReadText,
    encoding: Encoding,
    phase: usize,
) -> impl Iterator<Item = Read> {
    let mut piece = Piece::default();
    let decode = move |read: Read| {
        let (byte, place) = read?;
        let Some(value) = (encoding.value)(byte) else {
            piece = Piece::default();
            return Some(None);
        };
        piece.characters += 1;
        if piece.characters <= phase {
            return None;
        }
        let before = piece.last.replace(place);
        piece.bits = (piece.bits << encoding.bits) | value;
        piece.filled += encoding.bits;
        // Characters have less than eight bits, so a byte that is full began in the character
        // before.
        let from = before.filter(|_| piece.filled >= 8)?.from;
        piece.filled -= 8;
        let byte = u8::try_from((piece.bits >> piece.filled) & 0xff).ok()?;
        piece.bits &= (1 << piece.filled) - 1;
        Some(Some((byte, Place { from, to: place.to })))
    };
    reading.plain().filter_map(decode)
}

/// How far a piece is decoded.
#[derive(Default)]
struct Piece {
    characters: usize,
    last: Option<Place>,
    bits: u32,
    filled: u32,
}
