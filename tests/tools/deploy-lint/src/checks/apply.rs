//! The API server's own judgement.

use std::process::Command;

use anyhow::{Result, ensure};
use checklist::commands::{output_without_warning, refused as is_refused};

use super::Bench;
use crate::manifests::{self, Group, Manifest};

/// Nothing is stored. The fields may be somebody else's already: the CRD's are.
fn command(bench: &Bench, manifest: &Manifest) -> Result<Command> {
    let mut command = bench.cluster.kubectl();
    command.args(["apply", "--server-side", "--force-conflicts", "--dry-run=server"]);
    command.arg("--filename").arg(bench.file(manifest)?);
    Ok(command)
}

pub(super) fn taken(bench: &Bench, group: &Group) -> Result<()> {
    for manifest in &group.manifests {
        let said = output_without_warning(&mut command(bench, manifest)?)?;
        let taken = said
            .lines()
            .filter(|line| line.ends_with(" serverside-applied (server dry run)"))
            .count();
        ensure!(taken == manifest.documents.len(), "{}: {said}", manifest.name);
    }
    Ok(())
}

pub(super) fn refused(bench: &Bench) -> Result<()> {
    is_refused(&mut command(bench, &manifests::refused()?)?).map(drop)
}
