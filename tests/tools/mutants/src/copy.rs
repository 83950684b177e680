//! A copy of the repository. Files that are the same are left as they are, so that cargo builds
//! only what changed.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// What a build needs of the repository.
const COPIED: [&str; 8] =
    ["Cargo.toml", "Cargo.lock", "README.md", "crds", "deploy", "docs", "src", "tests"];

/// Makes `to` a copy of the repository at `from`.
pub(crate) fn copy(from: &Path, to: &Path) -> Result<()> {
    let mut files = BTreeSet::new();
    for name in COPIED {
        list(from, Path::new(name), &mut files)?;
    }
    let mut stale = BTreeSet::new();
    for name in COPIED.iter().filter(|name| to.join(name).exists()) {
        list(to, Path::new(name), &mut stale)?;
    }
    for file in stale.difference(&files) {
        fs::remove_file(to.join(file))?;
    }
    for file in &files {
        write(&to.join(file), &fs::read(from.join(file))?)?;
    }
    Ok(())
}

/// Writes the file if that changes it.
pub(crate) fn write(file: &Path, text: &[u8]) -> Result<()> {
    if fs::read(file).is_ok_and(|before| before == text) {
        return Ok(());
    }
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(file, text).with_context(|| file.display().to_string())
}

fn list(root: &Path, path: &Path, files: &mut BTreeSet<PathBuf>) -> Result<()> {
    let full = root.join(path);
    if full.is_file() {
        files.insert(path.to_owned());
        return Ok(());
    }
    for entry in fs::read_dir(&full).with_context(|| full.display().to_string())? {
        list(root, &path.join(entry?.file_name()), files)?;
    }
    Ok(())
}
