//! Copies of a module's source.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

/// Copies a file or a folder with all that is in it. The copies can be written to, as the files of
/// Go's cache cannot.
pub(super) fn copy(from: &Path, to: &Path) -> Result<()> {
    if !from.is_dir() {
        let bytes = fs::read(from).with_context(|| format!("could not read {}", from.display()))?;
        return fs::write(to, bytes).with_context(|| format!("could not write {}", to.display()));
    }
    fs::create_dir_all(to).with_context(|| format!("could not make {}", to.display()))?;
    for entry in fs::read_dir(from).with_context(|| format!("could not read {}", from.display()))? {
        let entry = entry?;
        copy(&entry.path(), &to.join(entry.file_name()))?;
    }
    Ok(())
}
