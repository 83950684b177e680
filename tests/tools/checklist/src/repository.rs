//! Where this repository is.

use std::path::{Path, PathBuf};

/// A file or folder of this repository.
pub fn repository(path: &str) -> PathBuf {
    let this_crate = Path::new(env!("CARGO_MANIFEST_DIR"));
    this_crate.ancestors().nth(3).unwrap_or(this_crate).join(path)
}
