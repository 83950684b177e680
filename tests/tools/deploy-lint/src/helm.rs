//! A helm, and the chart.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;
use checklist::commands::{output, output_without_warning};
use control_plane::TemporaryFolder;

pub(crate) const NAME: &str = "backup-replication-operator";
pub(crate) const NAMESPACE: &str = "backup-replication";

/// The API server's version that charts are rendered for where there is none to ask. One that is
/// built from its module has no good default.
pub(crate) const KUBERNETES: &str = "--kube-version=1.36";

/// The chart's folder.
pub(crate) fn chart() -> PathBuf {
    repository::path("deploy/helm/backup-replication-operator")
}

/// The files of values to try; `None` are the defaults.
pub(crate) fn values() -> Result<Vec<Option<PathBuf>>> {
    let mut files = vec![None];
    for folder in [repository::path("tests/it/chart/values"), chart().join("platforms")] {
        for entry in std::fs::read_dir(folder)? {
            files.push(Some(entry?.path()));
        }
    }
    files.sort();
    Ok(files)
}

/// As it is shown.
pub(crate) fn name_of(values: Option<&Path>) -> String {
    values
        .and_then(Path::file_stem)
        .map_or_else(|| "defaults".to_owned(), |name| name.display().to_string())
}

pub(crate) struct Helm {
    pub(crate) program: PathBuf,
    /// It keeps its own files there: no plugin and no repository of the user's.
    home: TemporaryFolder,
}

impl Helm {
    pub(crate) fn new(program: PathBuf) -> Result<Self> {
        Ok(Self { program, home: TemporaryFolder::create()? })
    }

    pub(crate) fn command(&self) -> Command {
        self.command_of(&self.program)
    }

    /// A program that runs helm.
    pub(crate) fn command_of(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command
            .env_clear()
            .env("PATH", env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.home.path());
        command
    }

    pub(crate) fn version(&self) -> Result<String> {
        output(self.command().args(["version", "--short"]))
    }

    /// What `helm template` renders, as text.
    pub(crate) fn template(&self, values: Option<&Path>) -> Result<String> {
        let mut command = self.command();
        command.arg("template").arg(NAME).arg(chart()).args([KUBERNETES, "--namespace", NAMESPACE]);
        output_without_warning(with(&mut command, values))
    }
}

/// Adds a file of values.
pub(crate) fn with<'a>(command: &'a mut Command, values: Option<&Path>) -> &'a mut Command {
    match values {
        Some(file) => command.arg("--values").arg(file),
        None => command,
    }
}
