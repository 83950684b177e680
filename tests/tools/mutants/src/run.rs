//! Makes the mutants one by one, and tells which are noticed.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Instant;

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

use crate::copy::{copy, write};
use crate::list::MUTANTS;
use crate::mutant::Mutant;
use crate::shared::{link_dependencies, own_names};

const CRD: &str = "crds/backupreplications.cbr.replication.dev.yaml";

/// Makes the mutants of these names, or all, and prints what notices each. Returns whether all were
/// noticed.
///
/// # Errors
/// A name is none, a mutant does not apply or does not compile, or a test is red without any
/// mutant.
pub fn run(names: &[String]) -> Result<bool> {
    if let Some(unknown) =
        names.iter().find(|name| !MUTANTS.iter().any(|mutant| mutant.name == **name))
    {
        let known: Vec<_> = MUTANTS.iter().map(|mutant| mutant.name).collect();
        bail!("there is no mutant {unknown}; there are: {}", known.join(", "));
    }
    let wanted =
        |mutant: &&Mutant| names.is_empty() || names.iter().any(|name| name == mutant.name);
    let mutants: Vec<&Mutant> = MUTANTS.iter().filter(wanted).collect();
    let bench = Bench::new(&repository::root())?;

    let commands: BTreeSet<&str> = mutants.iter().map(|mutant| mutant.caught_by).collect();
    for command in commands {
        let (red, output) = bench.test(command)?;
        ensure!(!red, "cargo test {command} is red without any mutant:\n{output}");
        let passes = |line: &str| line.starts_with("test ") && line.ends_with("... ok");
        ensure!(output.lines().any(passes), "cargo test {command} runs nothing");
        println!("green without a mutant: {command}");
    }
    println!("\n| mutant | promise | caught by | seconds |\n|---|---|---|---|");
    let mut survivors = Vec::new();
    for mutant in mutants {
        let begun = Instant::now();
        let caught = bench.is_caught(mutant).with_context(|| mutant.name)?;
        let by = if caught { format!("`{}`", mutant.caught_by) } else { "**nothing**".to_owned() };
        println!("| {} | {} | {by} | {} |", mutant.name, mutant.promise, begun.elapsed().as_secs());
        if !caught {
            survivors.push(mutant.name);
        }
    }
    if !survivors.is_empty() {
        println!("\nnot noticed: {}", survivors.join(", "));
    }
    Ok(survivors.is_empty())
}

/// A copy of the sources with a target folder of its own.
struct Bench {
    source: PathBuf,
    target: PathBuf,
}

impl Bench {
    fn new(root: &Path) -> Result<Self> {
        let root = root.canonicalize()?;
        let mut metadata = cargo(&root);
        let metadata = metadata.args(["metadata", "--no-deps", "--format-version=1"]).output()?;
        let metadata: Value = serde_json::from_slice(&metadata.stdout).context("cargo metadata")?;
        let shared =
            metadata["target_directory"].as_str().map(PathBuf::from).context("no target folder")?;
        // Kept between runs, where `cargo clean` finds it.
        let folder = shared.join("mutants");
        let bench = Self { source: folder.join("source"), target: folder.join("target") };
        copy(&root, &bench.source)?;
        link_dependencies(&shared, &bench.target, &own_names(&metadata))?;
        share_programs(&shared, &bench.target)?;
        Ok(bench)
    }

    /// Whether the mutant's tests go red. The copy is as it was afterwards.
    fn is_caught(&self, mutant: &Mutant) -> Result<bool> {
        let files = [mutant.file, CRD].map(|file| self.source.join(file));
        let before = files.iter().map(fs::read).collect::<std::io::Result<Vec<_>>>()?;
        write(&self.source.join(mutant.file), mutant.apply(&self.source)?.as_bytes())?;
        let caught = self.with_its_crd(mutant).and_then(|()| self.test(mutant.caught_by));
        for (file, text) in files.iter().zip(before) {
            write(file, &text)?;
        }
        Ok(caught?.0)
    }

    fn with_its_crd(&self, mutant: &Mutant) -> Result<()> {
        if !mutant.changes_the_crd() {
            return Ok(());
        }
        let crd = self.cargo(&["run", "--quiet", "--locked", "--", "crd"]).output()?;
        ensure!(crd.status.success(), "no CRD: {}", text(&crd));
        write(&self.source.join(CRD), &crd.stdout)
    }

    /// Whether these tests are red, with what they print. That they do not compile is an error: it
    /// shows nothing.
    fn test(&self, command: &str) -> Result<(bool, String)> {
        let arguments: Vec<&str> =
            ["test", "--locked"].into_iter().chain(command.split(' ')).collect();
        let filter =
            arguments.iter().position(|argument| *argument == "--").unwrap_or(arguments.len());
        let built = self.cargo(&arguments[..filter]).arg("--no-run").output()?;
        ensure!(built.status.success(), "it does not compile: {}", text(&built));
        let output = self.cargo(&arguments).output()?;
        let printed = text(&output);
        ensure!(
            output.status.success() || printed.contains("test result: FAILED"),
            "cargo test failed otherwise: {printed}"
        );
        Ok((!output.status.success(), printed))
    }

    fn cargo(&self, arguments: &[&str]) -> Command {
        let mut command = cargo(&self.source);
        command.args(arguments).env("CARGO_TARGET_DIR", &self.target);
        command
    }
}

fn cargo(folder: &Path) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(folder);
    command
}

/// The API server that the tests run is built once for both.
fn share_programs(shared: &Path, target: &Path) -> Result<()> {
    const PROGRAMS: &str = "control-plane";
    let (from, to) = (shared.join(PROGRAMS), target.join(PROGRAMS));
    if from.is_dir() && !to.exists() {
        std::os::unix::fs::symlink(from, to)?;
    }
    Ok(())
}

fn text(output: &Output) -> String {
    format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}
