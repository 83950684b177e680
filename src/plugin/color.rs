//! Colours, where the reader sees them.

use std::io::IsTerminal;

use super::options::ColorWhen;

/// What a colour says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Color {
    /// It is done.
    Good,
    /// It is on its way.
    Moving,
    /// Something is in the way.
    Doubtful,
    /// A person has to act.
    Bad,
}

impl Color {
    /// The text in this colour.
    pub(super) fn paint(self, text: &str) -> String {
        let code = match self {
            Self::Good => 32,
            Self::Moving => 36,
            Self::Doubtful => 33,
            Self::Bad => 31,
        };
        format!("\u{1b}[{code}m{text}\u{1b}[0m")
    }
}

/// Whether to colour what goes to the standard output. <https://no-color.org>
pub(super) fn is_colored(when: ColorWhen) -> bool {
    match when {
        ColorWhen::Always => true,
        ColorWhen::Never => false,
        ColorWhen::Auto => {
            let is_set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
            !is_set("NO_COLOR") && is_drawn_on()
        }
    }
}

/// Whether the standard output is a terminal on which can be drawn.
pub(super) fn is_drawn_on() -> bool {
    std::io::stdout().is_terminal()
        && std::env::var_os("TERM").is_none_or(|terminal| terminal != "dumb")
}
