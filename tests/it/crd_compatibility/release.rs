//! The CRDs of the releases: a file each, named by its version.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use semver::Version;

const FOLDER: &str = "tests/it/crd_compatibility/released";
const CRD: &str = "crds/backupreplications.cbr.replication.dev.yaml";

pub(crate) struct Release {
    pub(crate) version: Version,
    pub(crate) crd: PathBuf,
}

pub(crate) fn file(version: &Version) -> PathBuf {
    repository::path(FOLDER).join(format!("{version}.yaml"))
}

/// The newest.
pub(crate) fn last() -> Result<Release> {
    let mut versions = Vec::new();
    for entry in std::fs::read_dir(repository::path(FOLDER))? {
        let path = entry?.path();
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        versions.push(Version::parse(&name).with_context(|| path.display().to_string())?);
    }
    let version = versions.into_iter().max().context("nothing has been released")?;
    Ok(Release { crd: file(&version), version })
}

/// The version and the CRD of each tag such as `v0.1.0`. None, where there is no git repository.
pub(crate) fn tagged() -> Result<Vec<(Version, String)>> {
    if !repository::path(".git").exists() {
        return Ok(Vec::new());
    }
    let tags = git(&["tag", "--list", "v*"])?;
    let versions = tags.lines().filter_map(|tag| Version::parse(tag.strip_prefix('v')?).ok());
    versions
        .map(|version| Ok((version.clone(), git(&["show", &format!("v{version}:{CRD}")])?)))
        .collect()
}

fn git(arguments: &[&str]) -> Result<String> {
    // Somebody else's files, as in a container, are no danger here.
    let output = Command::new("git")
        .env("LC_ALL", "C")
        .args(["-c", "safe.directory=*", "-C"])
        .arg(repository::root())
        .args(arguments)
        .output()?;
    ensure!(
        output.status.success(),
        "git {arguments:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(String::from_utf8(output.stdout)?)
}
