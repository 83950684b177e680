//! Whether the controller's task still moves. All its rounds run in one task: a bug that blocks one
//! of them blocks all.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

const BEAT: Duration = Duration::from_secs(1);

/// The last sign of life of one task. Clones share it.
#[derive(Clone, Debug)]
pub struct Heartbeat(Arc<Mutex<Instant>>);

impl Default for Heartbeat {
    fn default() -> Self {
        Self(Arc::new(Mutex::new(Instant::now())))
    }
}

impl Heartbeat {
    /// How long ago that was.
    pub fn silence(&self) -> Duration {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).elapsed()
    }

    /// Runs the work to its end, and beats as long as the task that does it moves.
    pub(super) async fn beside<T>(&self, work: impl Future<Output = T>) -> T {
        self.beside_every(BEAT, work).await
    }

    async fn beside_every<T>(&self, beat: Duration, work: impl Future<Output = T>) -> T {
        let beats = async {
            loop {
                *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
                tokio::time::sleep(beat).await;
            }
        };
        tokio::select! {
            done = work => done,
            () = beats => std::future::pending().await,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    /// Until it is so; the test's own time limit is nobody's pass mark.
    fn until(what: &str, so: impl Fn() -> bool) {
        let started = Instant::now();
        while !so() {
            assert!(started.elapsed() < Duration::from_secs(60), "{what}");
            std::thread::yield_now();
        }
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_task_that_is_blocked_falls_silent_and_one_that_waits_does_not() {
        const LONG: Duration = Duration::from_millis(200);
        let heartbeat = Heartbeat::default();
        let (block, blocked) = mpsc::channel::<()>();
        let (wake, woken) = tokio::sync::oneshot::channel::<()>();
        let (begin, begins) = tokio::sync::oneshot::channel::<()>();
        let beating = heartbeat.clone();
        let task = tokio::spawn(async move {
            let work = async move {
                let _begun = begins.await;
                let _unblocked = blocked.recv();
                let _woken = woken.await;
            };
            beating.beside_every(Duration::from_millis(1), work).await;
        });
        begin.send(()).unwrap();
        until("it is silent while blocked", || heartbeat.silence() > LONG);
        block.send(()).unwrap();
        until("it beats again", || heartbeat.silence() < LONG);
        wake.send(()).unwrap();
        task.await.unwrap();
    }
}
