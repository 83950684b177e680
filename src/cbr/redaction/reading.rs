//! One way to read a text: its characters, and where in the text each of them is written.

/// Where something is written: a range of the text's bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) from: usize,
    pub(super) to: usize,
}

/// A character of a reading; `None` where what can be read so is interrupted.
pub(super) type Read = Option<(u8, Place)>;

/// Characters and their places. The two lists are equally long.
pub(super) struct ReadText {
    pub(super) bytes: Vec<u8>,
    places: Vec<Place>,
}

impl ReadText {
    /// The text as it stands.
    pub(super) fn of(text: &str) -> Self {
        let places = (0..text.len()).map(|at| Place { from: at, to: at + 1 }).collect();
        Self { bytes: text.as_bytes().to_vec(), places }
    }

    /// Where the characters from one index to another, which is excluded, are written.
    pub(super) fn place(&self, from: usize, to: usize) -> Option<Place> {
        let (first, last) = (self.places.get(from)?, self.places.get(to.checked_sub(1)?)?);
        Some(Place { from: first.from, to: last.to })
    }

    pub(super) fn plain(&self) -> impl Iterator<Item = Read> {
        self.bytes.iter().zip(&self.places).map(|(byte, place)| Some((*byte, *place)))
    }

    /// As it reads with `next` undoing one escape at the head of what it is given: which character
    /// it stands for, if any, and how long it is. Only visible ASCII is kept.
    pub(super) fn rewritten(&self, next: impl Fn(&[u8]) -> (Option<u8>, usize)) -> Self {
        let mut rewritten = Self { bytes: Vec::new(), places: Vec::new() };
        let mut at = 0;
        while let Some(rest) = self.bytes.get(at..).filter(|rest| !rest.is_empty()) {
            let (byte, length) = next(rest);
            let end = at + length.max(1);
            if let (Some(byte), Some(place)) =
                (byte.filter(u8::is_ascii_graphic), self.place(at, end))
            {
                rewritten.bytes.push(byte);
                rewritten.places.push(place);
            }
            at = end;
        }
        rewritten
    }
}
