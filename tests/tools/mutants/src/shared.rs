//! Dependencies that the checkout has compiled already are linked into the mutants' own target
//! folder, not compiled or stored a second time. What comes from the workspace itself stays apart:
//! cargo writes it again, and a link is written through.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use serde_json::Value;

/// Links what the debug build of `from` has of dependencies into that of `to`, if there is none
/// yet.
pub(crate) fn link_dependencies(from: &Path, to: &Path, own: &BTreeSet<String>) -> Result<()> {
    let (from, to) = (from.join("debug"), to.join("debug"));
    if to.exists() {
        return Ok(());
    }
    for folder in ["deps", "build", ".fingerprint"] {
        let from = from.join(folder);
        for entry in fs::read_dir(&from).with_context(|| from.display().to_string())? {
            let name = entry?.file_name();
            if name.to_str().is_some_and(|name| !is_own(name, own)) {
                link(&from.join(&name), &to.join(folder).join(&name))?;
            }
        }
    }
    Ok(())
}

/// The names of all packages and targets of the workspace, as `cargo metadata` tells them.
pub(crate) fn own_names(metadata: &Value) -> BTreeSet<String> {
    let packages = metadata["packages"].as_array().into_iter().flatten();
    let names = packages.flat_map(|package| {
        let targets = package["targets"].as_array().into_iter().flatten();
        targets.chain([package]).filter_map(|named| named["name"].as_str())
    });
    names.map(|name| name.replace('-', "_")).collect()
}

/// `name-0123456789abcdef…` or `libname-0123456789abcdef…`, of one of these names.
fn is_own(file: &str, own: &BTreeSet<String>) -> bool {
    let Some((name, _)) = file.rsplit_once('-') else {
        return true;
    };
    let name = name.replace('-', "_");
    own.contains(&name) || name.strip_prefix("lib").is_some_and(|name| own.contains(name))
}

fn link(from: &Path, to: &Path) -> Result<()> {
    if from.is_dir() {
        fs::create_dir_all(to)?;
        for entry in fs::read_dir(from)? {
            let name = entry?.file_name();
            link(&from.join(&name), &to.join(&name))?;
        }
        return Ok(());
    }
    if let Some(folder) = to.parent() {
        fs::create_dir_all(folder)?;
    }
    // A build that runs at the same time removes files.
    match fs::hard_link(from, to) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).with_context(|| to.display().to_string())
        }
        Ok(()) | Err(_) => Ok(()),
    }
}
