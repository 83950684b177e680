//! How many control planes of their own tests may have at a time: each takes some hundred
//! megabytes, and seconds to start.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

const AT_A_TIME: usize = 2;

static TAKEN: Mutex<usize> = Mutex::new(0);
static FREED: Condvar = Condvar::new();

/// Free for another one when dropped.
#[derive(Debug)]
pub(crate) struct Place(());

impl Place {
    /// Takes one; waits for it where all are taken.
    pub(crate) fn take() -> Self {
        let all_taken = |taken: &mut usize| *taken >= AT_A_TIME;
        *FREED.wait_while(taken(), all_taken).unwrap_or_else(PoisonError::into_inner) += 1;
        Self(())
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = taken();
        *taken = taken.saturating_sub(1);
        FREED.notify_one();
    }
}

fn taken() -> MutexGuard<'static, usize> {
    TAKEN.lock().unwrap_or_else(PoisonError::into_inner)
}
