//! `SHA256SUMS`, as `sha256sum --check` reads it.

use std::path::Path;

use anyhow::{Context, Result};
use aws_lc_rs::digest;

use crate::Release;

/// The file's name.
pub const NAME: &str = "SHA256SUMS";

/// Writes it for all that lies in the folder.
///
/// # Errors
/// Where a file cannot be read.
pub fn make(release: &Release) -> Result<Vec<String>> {
    let mut text = String::new();
    // Signatures are made later, of this file.
    let files = release.files()?.into_iter().filter(|(name, _)| !name.starts_with(NAME));
    for (name, path) in files {
        text.push_str(&format!("{}  {name}\n", sha256(&path)?));
    }
    release.write(NAME, &text)
}

/// Of a file, in hex.
///
/// # Errors
/// Where it cannot be read.
pub fn sha256(path: &Path) -> Result<String> {
    let bytes = std::fs::read(path).with_context(|| path.display().to_string())?;
    let digest = digest::digest(&digest::SHA256, &bytes);
    Ok(digest.as_ref().iter().map(|byte| format!("{byte:02x}")).collect())
}
