//! The image, for both kinds of processors.

use std::process::Command;

use anyhow::{Context, Result, bail};
use checklist::commands::output;
use serde_json::Value;

use crate::{Release, ready};

/// Builds and pushes it, and keeps its digest for chart and install.yaml.
///
/// # Errors
/// Where it is wanted by name and cannot be made.
pub fn push(release: &mut Release, is_wanted: bool) -> Result<Vec<String>> {
    let has_buildx = || Command::new("docker").args(["buildx", "version"]).output();
    let why_not = if release.image_digest.is_some() {
        "its digest is given"
    } else if release.registry.is_none() {
        "there is no --registry"
    } else if !has_buildx().is_ok_and(|output| output.status.success()) {
        "there is no docker with buildx"
    } else {
        return built(release);
    };
    if is_wanted {
        bail!("{why_not}");
    }
    Ok(vec![format!("no image: {why_not}")])
}

fn built(release: &mut Release) -> Result<Vec<String>> {
    let metadata = repository::path("target").join("image-metadata.json");
    let tag = format!("{}:{}", release.repository(), release.version);
    let mut docker = Command::new("docker");
    docker
        .current_dir(repository::root())
        .args(["buildx", "build", "--platform", "linux/amd64,linux/arm64"])
        .args(["--file", "deploy/Dockerfile", "--tag", &tag])
        .args(["--build-arg", &format!("REVISION={}", ready::revision()?)])
        .args(["--provenance=mode=max", "--sbom=true", "--push", "--metadata-file"])
        .arg(&metadata)
        .arg(".");
    output(&mut docker)?;
    let written: Value = serde_json::from_str(&std::fs::read_to_string(metadata)?)?;
    let digest = written["containerimage.digest"].as_str().context("docker named no digest")?;
    release.image_digest = Some(digest.to_owned());
    Ok(vec![release.image()])
}
