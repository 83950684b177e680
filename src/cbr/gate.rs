//! The last point at which a call can be stopped, and the proof of whether it was.
//!
//! The request's body stands behind a gate that opens at most once. The body's first poll asks the
//! caller's [`StartWindow`]; only then does the gate open. hyper's HTTP/1 dispatcher encodes the
//! head into a buffer, polls the body in the same loop, and writes to the connection after that
//! (`proto/h1/dispatch.rs`: `poll_write`, then `poll_flush`); a head longer than its buffer (400
//! KiB) would be written first, which the bound on a token's length rules out. So a gate that never
//! opened means that no byte of the request was written.
//!
//! Anyone who gives up waiting closes the gate first. One atomic exchange decides between the two, so
//! a body that is polled later, by a task that outlived the call, yields nothing.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};

/// The caller's proof that the call may still start. Asked once, at the last instant before the
/// request leaves.
pub trait StartWindow: Send + Sync + 'static {
    /// Whether the call may still start. Must not block.
    fn is_open(&self) -> bool;
}

const WAITING: u8 = 0;
const PASSED: u8 = 1;
const FENCED: u8 = 2;
const CLOSED: u8 = 3;

/// Whether the request has begun to leave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Passage {
    /// It has; how far it came is not known.
    Passed,
    /// The fence stopped it.
    Fenced,
    /// It never began, and cannot begin any more.
    Never,
}

/// The side of the one who waits. Dropping it closes the gate.
pub(super) struct BodyGate(Arc<AtomicU8>);

impl BodyGate {
    /// Closes the gate, unless the request has passed it.
    pub(super) fn close(&self) -> Passage {
        match self.0.compare_exchange(WAITING, CLOSED, Ordering::AcqRel, Ordering::Acquire) {
            Err(PASSED) => Passage::Passed,
            Err(FENCED) => Passage::Fenced,
            Ok(_) | Err(_) => Passage::Never,
        }
    }
}

impl Drop for BodyGate {
    fn drop(&mut self) {
        self.close();
    }
}

/// The request's body behind the gate. Cannot be cloned, so nothing below can send it again.
pub(super) struct FencedBody<F> {
    fence: F,
    gate: Arc<AtomicU8>,
    payload: Option<Bytes>,
}

/// Why the body did not come. Never seen by a user: [`BodyGate::close`] tells the same.
#[derive(Debug, thiserror::Error)]
#[error("the call may no longer start")]
pub(super) struct Stopped;

/// A gate, and the body behind it.
pub(super) fn fenced<F: StartWindow>(payload: Bytes, fence: F) -> (BodyGate, FencedBody<F>) {
    let gate = Arc::new(AtomicU8::new(WAITING));
    (BodyGate(gate.clone()), FencedBody { fence, gate, payload: Some(payload) })
}

impl<F: StartWindow + Unpin> Body for FencedBody<F> {
    type Data = Bytes;
    type Error = Stopped;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Stopped>>> {
        let this = self.get_mut();
        let Some(payload) = this.payload.take() else {
            return Poll::Ready(None);
        };
        let next = if this.fence.is_open() { PASSED } else { FENCED };
        let waited =
            this.gate.compare_exchange(WAITING, next, Ordering::AcqRel, Ordering::Acquire).is_ok();
        Poll::Ready(Some(if waited && next == PASSED {
            Ok(Frame::data(payload))
        } else {
            Err(Stopped)
        }))
    }

    fn is_end_stream(&self) -> bool {
        self.payload.is_none()
    }

    /// Exact, so that the request carries a `Content-Length`.
    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.payload.as_ref().map_or(0, |payload| payload.len() as u64))
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use std::task::Waker;

    pub(crate) struct Open;
    impl StartWindow for Open {
        fn is_open(&self) -> bool {
            true
        }
    }

    pub(crate) struct Shut;
    impl StartWindow for Shut {
        fn is_open(&self) -> bool {
            false
        }
    }

    /// Whether the body comes.
    fn poll<F: StartWindow + Unpin>(body: &mut FencedBody<F>) -> Option<bool> {
        match Pin::new(body).poll_frame(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(frame) => frame.map(|frame| frame.is_ok()),
            Poll::Pending => panic!("the body never waits"),
        }
    }

    #[test]
    fn an_open_fence_lets_the_body_pass_once() {
        let (gate, mut body) = fenced(Bytes::from_static(b"x"), Open);
        assert_eq!(body.size_hint().exact(), Some(1));
        assert_eq!(poll(&mut body), Some(true));
        assert_eq!(poll(&mut body), None);
        assert_eq!(gate.close(), Passage::Passed);
    }

    #[test]
    fn a_closed_fence_stops_it() {
        let (gate, mut body) = fenced(Bytes::from_static(b"x"), Shut);
        assert_eq!(poll(&mut body), Some(false));
        assert_eq!(gate.close(), Passage::Fenced);
    }

    #[test]
    fn once_given_up_nothing_passes_later() {
        let (gate, mut body) = fenced(Bytes::from_static(b"x"), Open);
        assert_eq!(gate.close(), Passage::Never);
        assert_eq!(poll(&mut body), Some(false));
        assert_eq!(gate.close(), Passage::Never);
    }

    #[test]
    fn giving_up_by_dropping_is_giving_up() {
        let (gate, mut body) = fenced(Bytes::from_static(b"x"), Open);
        drop(gate);
        assert_eq!(poll(&mut body), Some(false));
    }
}
