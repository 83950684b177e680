//! The lines that a process prints, as they come.

use std::io::{BufRead, BufReader, PipeReader, PipeWriter, pipe};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use anyhow::{Result, bail};

/// All lines so far. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct Lines(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    read: Mutex<Read>,
    more: Condvar,
}

#[derive(Debug, Default)]
struct Read {
    lines: Vec<String>,
    ended: bool,
}

impl Lines {
    /// A pipe for a process to write to, and what comes out of it.
    ///
    /// # Errors
    /// No pipe can be made.
    pub fn from_pipe() -> Result<(Self, PipeWriter)> {
        let (reader, writer) = pipe()?;
        let lines = Self::default();
        let into = lines.clone();
        thread::spawn(move || into.follow(reader));
        Ok((lines, writer))
    }

    fn follow(&self, reader: PipeReader) {
        for line in BufReader::new(reader).split(b'\n') {
            let Ok(line) = line else { break };
            self.lock().lines.push(String::from_utf8_lossy(&line).into_owned());
            self.0.more.notify_all();
        }
        self.lock().ended = true;
        self.0.more.notify_all();
    }

    /// Everything so far, in one text.
    pub fn text(&self) -> String {
        self.lock().lines.join("\n")
    }

    /// How many lines so far satisfy `wanted`.
    pub fn count(&self, wanted: impl Fn(&str) -> bool) -> usize {
        self.lock().lines.iter().filter(|line| wanted(line)).count()
    }

    /// The first line that is wanted; it may be there already.
    ///
    /// # Errors
    /// The process ends, or `patience` is over, without one.
    pub fn wait_for(&self, patience: Duration, wanted: impl Fn(&str) -> bool) -> Result<String> {
        self.wait_for_nth(1, patience, wanted)
    }

    /// The nth of the lines that are wanted, counted from 1; it may be there already.
    ///
    /// # Errors
    /// The process ends, or `patience` is over, without so many.
    pub fn wait_for_nth(
        &self,
        nth: usize,
        patience: Duration,
        wanted: impl Fn(&str) -> bool,
    ) -> Result<String> {
        let find = |read: &Read| {
            read.lines.iter().filter(|line| wanted(line)).nth(nth.saturating_sub(1)).cloned()
        };
        let (read, _) = self
            .0
            .more
            .wait_timeout_while(self.lock(), patience, |read| find(read).is_none() && !read.ended)
            .unwrap_or_else(PoisonError::into_inner);
        match find(&read) {
            Some(line) => Ok(line),
            None => bail!(
                "no such line after {patience:?}; ended: {}\n{}",
                read.ended,
                read.lines.join("\n")
            ),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Read> {
        self.0.read.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
