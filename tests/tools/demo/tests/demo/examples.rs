//! The API server takes every example of `docs/examples`, except the one against the limits.

use std::path::Path;

use anyhow::{Context, Result};
use control_plane::ControlPlane;
use harness::install_crd;

#[test]
fn every_example_but_the_refused_one_is_valid() -> Result<()> {
    let cluster = ControlPlane::start()?;
    install_crd(&cluster)?;
    let created = cluster.kubectl().args(["create", "namespace", "backups"]).output()?;
    assert!(created.status.success());

    let files = std::fs::read_dir(repository::path("docs/examples"))?
        .map(|entry| Ok(entry?.path()))
        .collect::<Result<Vec<_>>>()?;
    assert!(files.len() > 2, "{files:?}");
    for file in files {
        let name = file
            .file_name()
            .and_then(|name| name.to_str())
            .context("a file name that is no text")?;
        let (accepted, words) = dry_run(&cluster, &file)?;
        assert_eq!(accepted, name != "refused.yaml", "{name}: {words}");
    }
    Ok(())
}

/// Whether the API server would take it, unknown fields refused, and what it says.
fn dry_run(cluster: &ControlPlane, file: &Path) -> Result<(bool, String)> {
    let output = cluster
        .kubectl()
        .args(["apply", "--dry-run=server", "--validate=strict", "-f"])
        .arg(file)
        .output()?;
    Ok((output.status.success(), String::from_utf8_lossy(&output.stderr).into_owned()))
}
