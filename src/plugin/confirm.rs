//! Asking before something is written.

use std::io::{BufRead, IsTerminal, Write};

use super::failure::PluginFailure;

/// Whether somebody is there to be asked.
pub(super) fn has_reader() -> bool {
    std::io::stdin().is_terminal()
}

/// Asks on the terminal.
///
/// # Errors
/// Where the answer is not yes, or nobody is there to be asked.
pub(super) fn confirm(question: &str) -> Result<(), PluginFailure> {
    if !has_reader() {
        return Err(PluginFailure::new(
            "nothing was written: no terminal to ask on; add --yes to skip the question",
        ));
    }
    // The question goes where the reader is, wherever the output goes.
    let mut stderr = std::io::stderr();
    let asked = write!(stderr, "{question} [y/N] ").and_then(|()| stderr.flush());
    let mut answer = String::new();
    let answered = asked.and_then(|()| std::io::stdin().lock().read_line(&mut answer));
    let yes = matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes");
    if answered.is_ok() && yes { Ok(()) } else { Err(PluginFailure::new("nothing was written")) }
}
