//! Asks crdify, which compares the schemas.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};
use control_plane::assets::{Module, Program, Set};

static CRDIFY: Module = Module {
    go_mod: include_str!("go/go.mod"),
    go_sum: include_str!("go/go.sum"),
    main: "sigs.k8s.io/crdify",
    programs: &[Program { name: "crdify", package: "sigs.k8s.io/crdify" }],
    version_packages: &[],
};

static SET: Set = Set {
    name: "crdify",
    programs: "crdify",
    takes: "about a minute",
    modules: &[&CRDIFY],
    sources: &[],
    main_go: None,
};

const CONFIGURATION: &str = "tests/it/crd_compatibility/crdify.yaml";

/// What of the old CRD the new one breaks, in crdify's words.
pub(crate) fn broken(old: &Path, new: &Path) -> Result<Vec<String>> {
    let mut command = Command::new(SET.find()?.join("crdify"));
    command.arg("--config").arg(repository::path(CONFIGURATION));
    command.args([old, new].map(|path| format!("file://{}", path.display())));
    let output = command.output().context("could not run crdify")?;
    let (said, errors) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    match output.status.code() {
        Some(0) => Ok(Vec::new()),
        // With what it finds well, too.
        Some(1) if said.contains("ERROR") => Ok(said
            .lines()
            .filter(|line| !line.is_empty() && !line.ends_with('✓'))
            .map(str::to_owned)
            .collect()),
        _ => bail!("crdify: {}\n{said}{errors}", output.status),
    }
}
