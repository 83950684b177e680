//! The runs of eight characters of a secret, each as one `u64`, so that a run is found by one look
//! into a sorted list.

use secrecy::{ExposeSecret, SecretBox};

use super::reading::{Place, Read};

/// Characters in a row that count as an echo. Fewer are met by chance; more would leave usable
/// parts.
pub(super) const RUN: usize = 8;
/// A shorter secret stands in any text by chance: taken out everywhere it would leave no text, and
/// the marks would tell what it is. It is found as a word of its own alone.
const SHORTEST: usize = 4;

/// The runs of one secret. As secret as the secret.
pub(super) struct RunSet {
    length: usize,
    sorted: SecretBox<Vec<u64>>,
    /// One bit for each byte that is in the secret at all.
    present: SecretBox<[u64; 4]>,
}

impl RunSet {
    /// `room` is at least the number of bytes.
    pub(super) fn of(bytes: impl Iterator<Item = u8> + Clone, room: usize) -> Self {
        let folded = bytes.map(folded);
        let length = folded.clone().take(RUN).count();
        let sorted = SecretBox::init_with_mut(|sorted: &mut Vec<u64>| {
            // A list that grew would leave an uncleared copy behind.
            sorted.reserve_exact(room);
            sorted.extend(windows(folded.clone(), length));
            sorted.sort_unstable();
            sorted.dedup();
        });
        let present = SecretBox::init_with_mut(|present: &mut [u64; 4]| {
            for byte in folded {
                if let Some(bits) = present.get_mut(usize::from(byte / 64)) {
                    *bits |= 1 << (byte % 64);
                }
            }
        });
        Self { length, sorted, present }
    }

    pub(super) fn is_of_one_word(&self) -> bool {
        self.length < SHORTEST
    }

    pub(super) fn finder(&self) -> Finder<'_> {
        Finder { set: self, starts: [0; RUN], run: 0, seen: 0 }
    }

    fn has_byte(&self, byte: u8) -> bool {
        self.present
            .expose_secret()
            .get(usize::from(byte / 64))
            .is_some_and(|bits| (bits >> (byte % 64)) & 1 == 1)
    }

    /// Whether the run is one of the secret's, forwards or backwards.
    fn has_run(&self, run: u64) -> bool {
        let backwards = run.swap_bytes() >> (8 * (RUN - self.length));
        let sorted = self.sorted.expose_secret();
        sorted.binary_search(&run).is_ok() || sorted.binary_search(&backwards).is_ok()
    }
}

/// In either letter case, and in either of base64's alphabets, it is the same.
fn folded(byte: u8) -> u8 {
    match byte {
        b'-' => b'+',
        b'_' => b'/',
        other => other.to_ascii_lowercase(),
    }
}

fn windows(bytes: impl Iterator<Item = u8>, length: usize) -> impl Iterator<Item = u64> {
    let runs = bytes.scan(0, move |run, byte| {
        *run = shifted(*run, byte, length);
        Some(*run)
    });
    runs.skip(length.saturating_sub(1))
}

fn shifted(run: u64, byte: u8, length: usize) -> u64 {
    let kept = if length >= RUN { u64::MAX } else { (1 << (8 * length)) - 1 };
    ((run << 8) | u64::from(byte)) & kept
}

/// Looks through one reading.
pub(super) struct Finder<'a> {
    set: &'a RunSet,
    starts: [usize; RUN],
    run: u64,
    seen: usize,
}

impl Finder<'_> {
    /// Where a run stands that ends with this character.
    pub(super) fn next(&mut self, read: Read) -> Option<Place> {
        let length = self.set.length;
        let Some((byte, place)) = read
            .map(|(byte, place)| (folded(byte), place))
            .filter(|(byte, _)| self.set.has_byte(*byte))
        else {
            self.seen = 0;
            return None;
        };
        if let Some(start) = self.starts.get_mut(self.seen % length) {
            *start = place.from;
        }
        self.run = shifted(self.run, byte, length);
        self.seen += 1;
        if self.seen < length || !self.set.has_run(self.run) {
            return None;
        }
        self.starts.get(self.seen % length).map(|from| Place { from: *from, to: place.to })
    }
}
