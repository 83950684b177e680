//! Colours, on a terminal that has them.

use std::ffi::OsString;

const GREEN: &str = "32";
const YELLOW: &str = "33";
const RED: &str = "31";
const BOLD: &str = "1";

/// Whether there are colours: <https://no-color.org>.
pub(crate) fn are_wanted(is_terminal: bool, variable: impl Fn(&str) -> Option<OsString>) -> bool {
    let unwanted = variable("NO_COLOR").is_some_and(|value| !value.is_empty());
    let none = variable("TERM").is_some_and(|value| value == "dumb");
    is_terminal && !unwanted && !none
}

/// The line of a resource in this phase.
pub(crate) fn phase(text: &str, phase: &str) -> String {
    match phase {
        "Succeeded" => coloured(text, GREEN),
        "Failed" | "OutcomeUnknown" => coloured(text, RED),
        "Pending" | "Submitting" => coloured(text, YELLOW),
        _ => text.to_owned(),
    }
}

/// A heading.
pub(crate) fn heading(text: &str) -> String {
    coloured(text, BOLD)
}

fn coloured(text: &str, code: &str) -> String {
    format!("\x1b[{code}m{text}\x1b[0m")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_for_a_terminal_and_for_people_who_want_them() {
        let wanted = |is_terminal, set: Option<(&str, &str)>| {
            are_wanted(is_terminal, |name| {
                set.filter(|(set, _)| *set == name).map(|(_, value)| value.into())
            })
        };
        assert!(wanted(true, None) && wanted(true, Some(("NO_COLOR", ""))));
        assert!(!wanted(true, Some(("NO_COLOR", "1"))) && !wanted(true, Some(("TERM", "dumb"))));
        assert!(!wanted(false, None));
    }
}
