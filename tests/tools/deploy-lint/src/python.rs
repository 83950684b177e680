//! Programs from PyPI, in a venv in cargo's target folder.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};
use checklist::commands::output;

const REQUIREMENTS: &str = include_str!("../requirements.txt");

/// The folder with the programs. It is made the first time, and when what is required has changed.
pub(crate) fn programs() -> Result<PathBuf> {
    let venv = control_plane::assets::target_folder()?.join("deploy-lint-python");
    let requirements = venv.join("requirements.txt");
    let installed = venv.join("installed.txt");
    if fs::read_to_string(&installed).is_ok_and(|text| text == REQUIREMENTS) {
        return Ok(venv.join("bin"));
    }
    output(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&venv))
        .context("python3 must have its module venv (Debian's package python3-venv)")?;
    fs::write(&requirements, REQUIREMENTS)?;
    let mut pip = Command::new(venv.join("bin/pip"));
    output(
        pip.args([
            "install",
            "--quiet",
            "--disable-pip-version-check",
            "--no-deps",
            "--requirement",
        ])
        .arg(&requirements),
    )?;
    // Only now is it whole.
    fs::rename(&requirements, &installed)
        .with_context(|| format!("could not write {}", installed.display()))?;
    Ok(venv.join("bin"))
}
