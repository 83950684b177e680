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
    /// The arguments of `cargo test` for what must go red. No package is named: with the features of a part of the workspace cargo
    /// would compile all dependencies anew.
    pub caught_by: &'static str,
}

impl Mutant {
    /// The file's text with the change in it.
    ///
    /// # Errors
    /// The file cannot be read, or what is to be changed does not stand in it exactly once.
    pub fn apply(&self, root: &Path) -> Result<String> {
        let text = std::fs::read_to_string(root.join(self.file)).with_context(|| self.file.to_owned())?;
        let places = text.matches(self.old).count();
        ensure!(places == 1, "{}: its old text stands {places} times in {}: mend the mutant", self.name, self.file);
        Ok(text.replacen(self.old, self.new, 1))
    }

    /// Whether the generated CRD changes with it.
    pub(crate) fn changes_the_crd(&self) -> bool {
        self.file.starts_with("src/resource/")
    }
}
