//! Response bodies, those included that break off.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};

use super::wire::Fuse;
use crate::script::answer::Cut;

/// How much nonsense goes out at a time, in bytes.
const FILLER_CHUNK: &[u8] = &[b'x'; 16 * 1024];

/// The size of a chunk, in bytes: small enough to cut words and characters in two.
const PIECE: usize = 7;

/// Bytes, then filler, then perhaps a break.
#[derive(Debug)]
pub(crate) struct AnswerBody {
    bytes: Bytes,
    filler: u64,
    /// The length to announce; `None` to send chunks.
    announced: Option<u64>,
    /// How much of the bytes goes out at a time.
    at_a_time: usize,
    cut: Option<Cut>,
    /// What was sent before a break has had its turn to be written out.
    flushed: bool,
    fuse: Fuse,
}

impl AnswerBody {
    pub(crate) fn empty() -> Self {
        Self::whole(Bytes::new())
    }

    pub(crate) fn whole(bytes: Bytes) -> Self {
        let announced = Some(bytes.len() as u64);
        Self {
            bytes,
            filler: 0,
            announced,
            at_a_time: usize::MAX,
            cut: None,
            flushed: false,
            fuse: Fuse::default(),
        }
    }

    /// In small pieces, without their length in advance.
    pub(crate) fn chunked(bytes: Bytes) -> Self {
        Self { announced: None, at_a_time: PIECE, ..Self::whole(bytes) }
    }

    pub(crate) fn filler(bytes: u64, chunked: bool) -> Self {
        Self { filler: bytes, announced: (!chunked).then_some(bytes), ..Self::empty() }
    }

    /// The same body, announced whole, that breaks off after so many bytes.
    pub(crate) fn cut_off(mut self, after_bytes: u64, then: Cut) -> Self {
        self.bytes.truncate(usize::try_from(after_bytes).unwrap_or(usize::MAX));
        self.filler = self.filler.min(after_bytes.saturating_sub(self.bytes.len() as u64));
        self.cut = Some(then);
        self
    }

    /// The same body, on the connection that a break will end.
    pub(crate) fn on(self, fuse: &Fuse) -> Self {
        Self { fuse: fuse.clone(), ..self }
    }
}

/// A body that breaks off because the script says so.
#[derive(Debug)]
pub(crate) struct BrokenOff;

impl fmt::Display for BrokenOff {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the answer breaks off here, as scripted")
    }
}

impl std::error::Error for BrokenOff {}

impl Body for AnswerBody {
    type Data = Bytes;
    type Error = BrokenOff;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        if !self.bytes.is_empty() {
            let size = self.bytes.len().min(self.at_a_time);
            return Poll::Ready(Some(Ok(Frame::data(self.bytes.split_to(size)))));
        }
        if self.filler > 0 {
            let size = self.filler.min(FILLER_CHUNK.len() as u64);
            self.filler -= size;
            let chunk = Bytes::from_static(FILLER_CHUNK).split_to(size as usize);
            return Poll::Ready(Some(Ok(Frame::data(chunk))));
        }
        let Some(cut) = self.cut else { return Poll::Ready(None) };
        // The connection writes out what it has when a body is not ready, and drops it when a body
        // fails.
        if !self.flushed {
            self.flushed = true;
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        match cut {
            Cut::Hang => Poll::Pending,
            Cut::Close => Poll::Ready(Some(Err(BrokenOff))),
            Cut::Reset => {
                self.fuse.reset_on_drop();
                Poll::Ready(Some(Err(BrokenOff)))
            }
        }
    }

    fn size_hint(&self) -> SizeHint {
        self.announced.map_or_else(SizeHint::default, SizeHint::with_exact)
    }
}
