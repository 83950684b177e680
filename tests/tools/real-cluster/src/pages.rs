//! What the pages have their readers type, and a terminal to type it in.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::{fs, os::unix::fs::symlink};

use anyhow::{Context, Result, ensure};
use checklist::commands::output;
use uuid::Uuid;

use crate::cluster::Cluster;

/// What readers have of a clone, as far as pages speak of it.
const CLONED: [&str; 4] = ["README.md", "crds", "deploy", "docs"];

/// The one block of a page that has this in it.
pub(crate) fn block(page: &str, has: &str) -> Result<String> {
    let text = fs::read_to_string(repository::path(page))
        .with_context(|| format!("could not read {page}"))?;
    // Outside and inside take turns; the first line of what is inside names the language.
    let blocks = text.split("```").skip(1).step_by(2);
    let bodies = blocks.filter_map(|block| Some(block.split_once('\n')?.1));
    let mut found = bodies.filter(|body| body.contains(has));
    let body = found.next().with_context(|| format!("{page} has no block with {has:?}"))?;
    ensure!(found.next().is_none(), "{page} has two blocks with {has:?}");
    Ok(body.to_owned())
}

/// Bash, in a folder that has the repository's manifests, with kubectl and helm.
pub(crate) struct Terminal {
    folder: PathBuf,
    kubeconfig: PathBuf,
}

impl Terminal {
    pub(crate) fn open(cluster: &Cluster) -> Result<Self> {
        let folder = cluster.folder.join(format!("terminal-{}", Uuid::new_v4()));
        let programs = folder.join("bin");
        fs::create_dir_all(&programs).context("could not make a folder")?;
        let copied = CLONED.map(repository::path);
        output(Command::new("cp").arg("-r").args(copied).arg(&folder))?;
        for (name, program) in
            [("kubectl", cluster.kubectl_program()), ("helm", cluster.helm_program())]
        {
            symlink(program, programs.join(name))
                .with_context(|| format!("could not link {name}"))?;
        }
        Ok(Self { folder, kubeconfig: cluster.kubeconfig().to_owned() })
    }

    /// A file or folder of the clone.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// Types this, and what it asks for, and returns what it printed.
    pub(crate) fn types(&self, commands: &str, answers: &str) -> Result<String> {
        self.types_with(commands, answers, "")
    }

    /// The same for one with an editor: these rules of sed.
    pub(crate) fn types_with(&self, commands: &str, answers: &str, edits: &str) -> Result<String> {
        let rules = self.path("edits.sed");
        fs::write(&rules, edits).context("could not write the edits")?;
        let mut bash = Command::new("bash");
        bash.args(["-eu", "-o", "pipefail", "-c", commands])
            .current_dir(&self.folder)
            .env_clear()
            .env("PATH", format!("{}:/usr/bin:/bin", self.path("bin").display()))
            .env("HOME", &self.folder)
            .env("KUBECONFIG", &self.kubeconfig)
            .env("EDITOR", format!("sed -i -f {}", rules.display()));
        answered(&mut bash, answers).with_context(|| format!("typed:\n{}", commands.trim_end()))
    }

    /// Writes a file of the reader's own.
    pub(crate) fn write(&self, name: impl AsRef<Path>, text: &str) -> Result<()> {
        fs::write(self.folder.join(name), text).context("could not write a file")
    }
}

/// Runs it with this on its standard input.
fn answered(command: &mut Command, answers: &str) -> Result<String> {
    let mut process = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .context("could not run bash")?;
    if let Some(mut input) = process.stdin.take() {
        input.write_all(answers.as_bytes()).context("nothing asks")?;
    }
    let output = process.wait_with_output().context("bash is gone")?;
    let (said, complained) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    ensure!(output.status.success(), "{}\n{complained}\n{said}", output.status);
    Ok(said.into_owned())
}
