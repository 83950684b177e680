//! Finds a secret in text from outside: whole, cut short, split over lines, in another letter case,
//! backwards, escaped as JSON, HTML or a URL would (up to four times over), and in base64 or hex.
//!
//! What is looked for is one thing, a run of eight characters of the secret. What is looked through
//! are readings of the text: as it stands, without its escapes, and each of these decoded. So a
//! secret costs the same memory in whatever disguise it is looked for, and each reading is one pass
//! over the text, however long the secret is.

mod encodings;
mod escapes;
mod reading;
mod run_set;

use encodings::{BASE64, HEX, decoded};
use escapes::unescaped;
use reading::{Place, Read, ReadText};
use run_set::RunSet;

/// What stands where an echo stood.
const MARK: &str = "[redacted]";
/// How many times over escapes are undone.
const LAYERS: usize = 4;

/// A secret that finds itself in a text.
pub(super) trait Redact {
    /// The text with `[redacted]` in place of every echo of the secret.
    fn redact(&self, text: &str) -> String;
}

/// The runs of one secret. As secret as the secret.
pub(super) struct Runs {
    /// Of the secret as it is.
    whole: RunSet,
    /// Of its visible ASCII, which is what is left of a text without white space; `None` where that
    /// is the whole.
    visible: Option<RunSet>,
}

impl Runs {
    /// A secret that is shorter than a run is looked for as a whole; one of under four characters
    /// only as a word of its own.
    pub(super) fn of(secret: &str) -> Self {
        let visible = secret.bytes().filter(u8::is_ascii_graphic);
        let differs = visible.clone().count() != secret.len();
        Self {
            whole: RunSet::of(secret.bytes(), secret.len()),
            visible: differs.then(|| RunSet::of(visible, secret.len())),
        }
    }

    /// The text with every echo replaced.
    pub(super) fn redact(&self, text: &str) -> String {
        let mut echoes = Echoes { text, marked: vec![false; text.len()] };
        let mut reading = ReadText::of(text);
        self.look_through(&reading, &mut echoes);
        for _ in 0..LAYERS {
            let deeper = unescaped(&reading);
            if deeper.bytes.len() == reading.bytes.len() {
                break;
            }
            reading = deeper;
            self.look_through(&reading, &mut echoes);
        }
        echoes.replaced()
    }

    fn look_through(&self, reading: &ReadText, echoes: &mut Echoes<'_>) {
        self.find(reading.plain(), None, echoes);
        for encoding in [BASE64, HEX] {
            for phase in 0..encoding.phases {
                self.find(decoded(reading, encoding, phase), encoding.padding, echoes);
            }
        }
    }

    fn find(
        &self,
        reads: impl Iterator<Item = Read>,
        padding: Option<u8>,
        echoes: &mut Echoes<'_>,
    ) {
        let sets = [Some(&self.whole), self.visible.as_ref()];
        let mut finders = sets.map(|set| set.map(|set| (set.finder(), set.is_of_one_word(), 0)));
        for read in reads {
            for (finder, is_of_one_word, done) in finders.iter_mut().flatten() {
                if let Some(place) = finder.next(read)
                    && (!*is_of_one_word || echoes.is_word(place))
                {
                    // What an overlapping run has marked already is not marked again, which keeps
                    // this linear.
                    echoes.mark(Place { from: place.from.max(*done), to: place.to }, padding);
                    *done = place.to;
                }
            }
        }
    }
}

/// What was found in a text.
struct Echoes<'a> {
    text: &'a str,
    marked: Vec<bool>,
}

impl Echoes<'_> {
    fn mark(&mut self, place: Place, padding: Option<u8>) {
        if let Some(range) = self.marked.get_mut(place.from..place.to) {
            range.fill(true);
        }
        let after = self.text.as_bytes().get(place.to..).unwrap_or_default().iter().take(2);
        let padded = place.to + after.take_while(|byte| Some(**byte) == padding).count();
        if let Some(range) = self.marked.get_mut(place.to..padded) {
            range.fill(true);
        }
    }

    /// Whether neither a letter nor a digit stands beside it.
    fn is_word(&self, place: Place) -> bool {
        let before = self.text.get(..place.from).and_then(|text| text.chars().next_back());
        let after = self.text.get(place.to..).and_then(|text| text.chars().next());
        !before.is_some_and(char::is_alphanumeric) && !after.is_some_and(char::is_alphanumeric)
    }

    fn replaced(&self) -> String {
        let mut clean = String::with_capacity(self.text.len());
        let mut inside = false;
        for (at, character) in self.text.char_indices() {
            let echo = self.marked.get(at) == Some(&true);
            if echo && !inside {
                clean.push_str(MARK);
            } else if !echo {
                clean.push(character);
            }
            inside = echo;
        }
        clean
    }
}

#[cfg(test)]
#[path = "redaction/tests.rs"]
mod tests;
