//! One mutant, and where its change applies.

use std::path::Path;

use anyhow::{Context, Result, ensure};

/// A change of the sources that breaks a promise.
#[derive(Clone, Copy, Debug)]
pub struct Mutant {
    /// Names it on the command line.
    pub name: &'static str,
    /// What no longer holds with it.
    pub promise: &'static str,
    /// The file that it changes, from the root of the repository.
    pub file: &'static str,
    /// What stands there, exactly once.
    pub old: &'static str,
    /// What stands there instead.
    pub new: &'static str,
    /// The arguments of `cargo test` for what must go red. No package is named: with the features
    /// of a part of the workspace cargo would compile all dependencies again.
    pub caught_by: &'static str,
}

impl Mutant {
    /// The file's text with the change in it. Spaces and line breaks do not count where the old
    /// text is looked for, so that a formatter does not break a mutant.
    ///
    /// # Errors
    /// The file cannot be read, or what is to be changed does not stand in it exactly once.
    pub fn apply(&self, root: &Path) -> Result<String> {
        let text =
            std::fs::read_to_string(root.join(self.file)).with_context(|| self.file.to_owned())?;
        let mut written = String::new();
        let mut places = Vec::new();
        for (at, letter) in text.char_indices().filter(|(_, letter)| !letter.is_whitespace()) {
            written.push(letter);
            places.extend(std::iter::repeat_n(at, letter.len_utf8()));
        }
        let old: String = self.old.split_whitespace().collect();
        let found: Vec<usize> = written.match_indices(&old).map(|(at, _)| at).collect();
        ensure!(
            found.len() == 1,
            "{}: its old text stands {} times in {}: correct the mutant",
            self.name,
            found.len(),
            self.file
        );
        let start = places[found[0]];
        let last = places[found[0] + old.len() - 1];
        let end = last + text[last..].chars().next().map_or(0, char::len_utf8);
        Ok(format!("{}{}{}", &text[..start], self.new, &text[end..]))
    }

    /// Whether the generated CRD changes with it.
    pub(crate) fn changes_the_crd(&self) -> bool {
        self.file.starts_with("src/resource/")
    }
}
