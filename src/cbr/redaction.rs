//! Finds a secret in text from outside: whole, cut short, split over lines, or escaped as JSON, HTML or a URL would.
//!
//! Every run of eight characters of the secret is one `u64`, so a run is found by one look into a sorted list, and a
//! text is searched in one pass, however long the secret is.

use secrecy::{ExposeSecret, SecretBox};

/// Characters in a row that count as an echo. Fewer are met by chance; more would leave usable parts.
const RUN: usize = 8;
/// What stands where an echo stood.
const MARK: &str = "[redacted]";

/// A secret that finds itself in a text.
pub(super) trait Redact {
    /// The text with `[redacted]` in place of every echo of the secret.
    fn redact(&self, text: &str) -> String;
}

/// The runs of one secret, sorted. As secret as the secret.
pub(super) struct Runs {
    length: usize,
    sorted: SecretBox<Vec<u64>>,
}

impl Runs {
    /// `secret` is not empty. One that is shorter than a run is looked for as a whole.
    pub(super) fn of(secret: &str) -> Self {
        let length = secret.bytes().filter(u8::is_ascii_graphic).count().min(RUN);
        let sorted = SecretBox::init_with_mut(|sorted: &mut Vec<u64>| {
            // Room for both passes at once: a list that grew would leave an uncleared copy behind.
            sorted.reserve_exact(2 * secret.len());
            sorted.extend(windows(secret.bytes(), length));
            sorted.extend(windows(secret.bytes().filter(u8::is_ascii_graphic), length));
            sorted.sort_unstable();
            sorted.dedup();
        });
        Self { length, sorted }
    }

    /// The text with every echo replaced.
    pub(super) fn redact(&self, text: &str) -> String {
        let mut echoed = vec![false; text.len()];
        let plain = text.bytes().enumerate().map(|(at, byte)| Unit { from: at, to: at + 1, byte });
        self.mark(plain, &mut echoed);
        self.mark(Decoded { text: text.as_bytes(), at: 0 }, &mut echoed);

        let mut clean = String::with_capacity(text.len());
        let mut inside = false;
        for ((_, character), echo) in text.char_indices().map(|found| (found, echoed.get(found.0) == Some(&true))) {
            if echo && !inside {
                clean.push_str(MARK);
            } else if !echo {
                clean.push(character);
            }
            inside = echo;
        }
        clean
    }

    fn mark(&self, units: impl Iterator<Item = Unit>, echoed: &mut [bool]) {
        let mut starts = [0_usize; RUN];
        let mut run = 0_u64;
        let mut done = 0;
        for (index, unit) in units.enumerate() {
            if let Some(start) = starts.get_mut(index % self.length.max(1)) {
                *start = unit.from;
            }
            run = shifted(run, unit.byte, self.length);
            if index + 1 < self.length || self.sorted.expose_secret().binary_search(&run).is_err() {
                continue;
            }
            let from = starts.get((index + 1) % self.length.max(1)).copied().unwrap_or(unit.from);
            // What an overlapping run has marked already is not marked again, which keeps this linear.
            if let Some(range) = echoed.get_mut(from.max(done)..unit.to) {
                range.fill(true);
            }
            done = unit.to;
        }
    }
}

fn windows(bytes: impl Iterator<Item = u8>, length: usize) -> impl Iterator<Item = u64> {
    bytes
        .scan(0, move |run, byte| {
            *run = shifted(*run, byte, length);
            Some(*run)
        })
        .skip(length.saturating_sub(1))
}

fn shifted(run: u64, byte: u8, length: usize) -> u64 {
    let kept = if length >= RUN { u64::MAX } else { (1 << (8 * length)) - 1 };
    ((run << 8) | u64::from(byte)) & kept
}

/// One character of the text, and the bytes it was written with.
struct Unit {
    from: usize,
    to: usize,
    byte: u8,
}

/// The text as it reads without white space, line breaks and escapes.
struct Decoded<'a> {
    text: &'a [u8],
    at: usize,
}

impl Iterator for Decoded<'_> {
    type Item = Unit;

    fn next(&mut self) -> Option<Unit> {
        loop {
            let rest = self.text.get(self.at..)?;
            let first = *rest.first()?;
            let (byte, length) = match first {
                b'\\' => backslash(rest),
                b'%' => percent(rest),
                b'&' => entity(rest),
                other => (Some(other), 1),
            };
            let from = self.at;
            self.at += length;
            if let Some(byte) = byte.filter(u8::is_ascii_graphic) {
                return Some(Unit { from, to: self.at, byte });
            }
        }
    }
}

/// `\/`, `\"`, `\u002b`, and the same escaped again (`\\/`), as JSON within JSON has it.
fn backslash(rest: &[u8]) -> (Option<u8>, usize) {
    let slashes = rest.iter().take_while(|byte| **byte == b'\\').count();
    match rest.get(slashes).copied() {
        Some(mark @ (b'/' | b'"' | b'\'')) => (Some(mark), slashes + 1),
        Some(b'n' | b'r' | b't') => (None, slashes + 1),
        Some(b'u') => match number(rest.get(slashes + 1..slashes + 5), 16) {
            Some(byte) => (Some(byte), slashes + 5),
            None => (Some(b'\\'), slashes),
        },
        Some(_) | None => (Some(b'\\'), slashes),
    }
}

/// `%2B`.
fn percent(rest: &[u8]) -> (Option<u8>, usize) {
    match number(rest.get(1..3), 16) {
        Some(byte) => (Some(byte), 3),
        None => (Some(b'%'), 1),
    }
}

/// `&#43;`, `&#x2b;` and the five entities that every page knows.
fn entity(rest: &[u8]) -> (Option<u8>, usize) {
    let found = rest.iter().take(10).position(|byte| *byte == b';').and_then(|end| {
        let name = rest.get(1..end)?;
        let byte = match name {
            b"amp" => Some(b'&'),
            b"quot" => Some(b'"'),
            b"apos" => Some(b'\''),
            b"lt" => Some(b'<'),
            b"gt" => Some(b'>'),
            [b'#', b'x' | b'X', hexadecimal @ ..] => number(Some(hexadecimal), 16),
            [b'#', decimal @ ..] => number(Some(decimal), 10),
            _ => None,
        };
        Some((Some(byte?), end + 1))
    });
    found.unwrap_or((Some(b'&'), 1))
}

fn number(digits: Option<&[u8]>, radix: u32) -> Option<u8> {
    let digits = digits.filter(|digits| digits.iter().all(u8::is_ascii_hexdigit))?;
    u8::from_str_radix(std::str::from_utf8(digits).ok()?, radix).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SECRET: &str = "MIIEvgIBADANBgkqhkiG9w0BAQEFAASCBKgw+ggSkAgEAAoIBAQC7/VJTUt9Us8c";

    fn redact(text: &str) -> String {
        Runs::of(SECRET).redact(text)
    }

    #[test]
    fn echoes_go_and_the_words_around_them_stay() {
        assert_eq!(redact(&format!("token {SECRET} expired")), "token [redacted] expired");
        assert_eq!(redact("token gkqhkiG9… expired"), "token [redacted]… expired");
        assert_eq!(redact("nothing to hide: MIIEvgI"), "nothing to hide: MIIEvgI", "seven in a row are no echo");
        assert_eq!(redact("ünïcödé 日本語 \u{1f600}"), "ünïcödé 日本語 \u{1f600}");
        assert_eq!(redact(""), "");
    }

    #[test]
    fn echoes_that_are_split_or_escaped_go_too() {
        for (name, written) in [
            ("folded", "MIIE\nvgIB\r\n ADAN Bgkq"),
            ("by other characters", "MIIE\u{200b}vgIB\u{7f}ADAN"),
            ("JSON", r"C7\/VJTUt"),
            ("JSON in JSON", r"C7\\\/VJTUt"),
            ("JSON, by number", r"w\u002bggSkAg"),
            ("JSON line break", r"MIIE\nvgIB"),
            ("URL", "w%2BggSkAg"),
            ("HTML", "w&#43;ggSkAg"),
            ("HTML, hexadecimal", "C7&#x2F;VJTUt"),
        ] {
            assert_eq!(redact(&format!("<{written}>")), "<[redacted]>", "{name}");
        }
    }

    #[test]
    fn a_short_secret_is_found_whole() {
        let runs = Runs::of("pass1");
        assert_eq!(runs.redact("pass pass1 pa\nss1 ass1"), "pass [redacted] [redacted] ass1");
    }

    #[test]
    fn a_secret_and_a_text_of_64_kilobytes_are_handled() {
        let secret: String = (0_u32..65_536 / 8).map(|n| format!("{:08x}", n.wrapping_mul(2_654_435_761))).collect();
        let runs = Runs::of(&secret);
        assert_eq!(runs.redact(&secret), "[redacted]");
        let other = "no. ".repeat(16_384);
        assert_eq!(runs.redact(&other), other);
    }

    proptest! {
        #[test]
        fn no_run_of_the_secret_survives(
            secret in "[A-Za-z0-9+/=_-]{1,200}",
            before in any::<String>(),
            after in any::<String>(),
            cut in 0_usize..200,
            split in "[\n ]{0,1}",
        ) {
            let cut = cut.min(secret.len());
            let (head, tail) = secret.split_at(cut);
            let text = format!("{before}{head}{split}{tail}{after}");
            let clean = Runs::of(&secret).redact(&text);
            let run = secret.len().min(RUN);
            for window in secret.as_bytes().windows(run) {
                let window = std::str::from_utf8(window).unwrap();
                prop_assume!(!MARK.contains(window));
                prop_assert!(!clean.contains(window), "{window} in {clean}");
            }
        }

        #[test]
        fn any_text_is_survived(secret in "[ -~]*[!-~]", text in any::<String>()) {
            Runs::of(&secret).redact(&text);
        }
    }
}
