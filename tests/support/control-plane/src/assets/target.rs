//! Cargo's target folder.

use std::env;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// Where cargo puts this build. The running program says best, since it lies in there: an
/// environment variable may be relative to a folder that has been left, and a configuration file
/// can name any folder.
pub(super) fn folder() -> Result<PathBuf> {
    let program = env::current_exe().context("could not find the running program's own file")?;
    let by_tag = program
        .ancestors()
        .skip(1)
        .find(|folder| folder.join("CACHEDIR.TAG").is_file())
        .map(Path::to_path_buf);
    let by_variable =
        || env::var_os("CARGO_TARGET_DIR").map(PathBuf::from).filter(|path| path.is_absolute());
    Ok(by_tag.or_else(by_variable).unwrap_or_else(|| repository::path("target")))
}
