//! Questions on a terminal, with what can be chosen.

use std::io::{BufRead, IsTerminal, Write};

use super::failure::PluginFailure;
use super::words::plain;

/// One of several.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Offer {
    pub(super) value: String,
    pub(super) about: String,
}

impl Offer {
    pub(super) fn new(value: impl Into<String>, about: impl Into<String>) -> Self {
        Self { value: value.into(), about: about.into() }
    }
}

/// Somebody who answers.
pub(super) struct Prompt(());

impl Prompt {
    /// Where there is somebody, or where it is said that there is.
    pub(super) fn new(forced: bool) -> Option<Self> {
        (forced || std::io::stdin().is_terminal()).then_some(Self(()))
    }

    /// Asks until there is an answer, unless the value is known.
    pub(super) fn text(
        &self,
        value: &mut Option<String>,
        question: &str,
        choices: &[Offer],
    ) -> Result<(), PluginFailure> {
        while value.is_none() {
            for (number, Offer { value, about }) in choices.iter().enumerate() {
                eprintln!("  {}) {}  {}", number + 1, plain(value), plain(about));
            }
            let answer = self.line(question)?;
            let chosen = answer.parse::<usize>().ok().and_then(|number| number.checked_sub(1));
            *value = match chosen.and_then(|index| choices.get(index)) {
                Some(choice) => Some(choice.value.clone()),
                None => Some(answer).filter(|answer| !answer.is_empty()),
            };
        }
        Ok(())
    }

    /// Asks once.
    pub(super) fn optional(
        &self,
        value: &mut Option<String>,
        question: &str,
    ) -> Result<(), PluginFailure> {
        if value.is_none() {
            *value = Some(self.line(question)?).filter(|answer| !answer.is_empty());
        }
        Ok(())
    }

    fn line(&self, question: &str) -> Result<String, PluginFailure> {
        let Self(()) = self;
        let unanswered = || PluginFailure::new("nothing was printed: a question was not answered");
        // The question goes where the reader is, wherever the manifest goes.
        let mut stderr = std::io::stderr();
        write!(stderr, "{question}: ").and_then(|()| stderr.flush()).map_err(|_| unanswered())?;
        let mut answer = String::new();
        match std::io::stdin().lock().read_line(&mut answer) {
            Ok(read) if read > 0 => Ok(answer.trim().to_owned()),
            Ok(_) | Err(_) => Err(unanswered()),
        }
    }
}
