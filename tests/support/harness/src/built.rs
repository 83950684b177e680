//! Builds the operator's binary and the plugin's, with the cargo and in the profile that built the
//! program that asks.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use control_plane::{Exit, Supervised};
use serde_json::Value;

use crate::lines::Lines;

const NAME: &str = "backup-replication-operator";
const PLUGIN: &str = "kubectl-brep";

/// Where both lie.
#[derive(Debug)]
pub struct Binaries {
    /// The operator.
    pub operator: PathBuf,
    /// The plugin for kubectl.
    pub plugin: PathBuf,
}

/// A build may take as long as it likes. It is asked this often whether it has ended.
const INTERVAL: Duration = Duration::from_secs(60);

/// Both binaries, built if they are not up to date. What cargo has to say is shown. Blocks
/// meanwhile.
///
/// # Errors
/// They cannot be built; cargo has said why.
pub fn both() -> Result<Binaries> {
    let built = build(&[NAME, PLUGIN])?;
    Ok(Binaries { operator: built.of(NAME)?, plugin: built.of(PLUGIN)? })
}

/// The operator's alone.
///
/// # Errors
/// It cannot be built; cargo has said why.
pub fn operator() -> Result<PathBuf> {
    build(&[NAME])?.of(NAME)
}

/// What cargo said when it had built all.
struct Built(Lines);

impl Built {
    fn of(&self, name: &str) -> Result<PathBuf> {
        let line = self
            .0
            .wait_for(INTERVAL, |line| executable(line, name).is_some())
            .with_context(|| format!("cargo did not say where {name} is"))?;
        executable(&line, name).with_context(|| format!("cargo did not say where {name} is"))
    }
}

fn build(names: &[&str]) -> Result<Built> {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo"));
    let (messages, writer) = Lines::from_pipe()?;
    let mut command = Command::new(&cargo);
    command
        .current_dir(repository::root())
        .args(["build", "--message-format=json-render-diagnostics"])
        .args(names.iter().flat_map(|name| ["--bin", name]))
        .args(["--profile", &profile()?])
        .stdout(writer);
    let build = Supervised::spawn(command).context("cargo is needed to build the operator")?;
    let exit = loop {
        if let Some(exit) = build.exit_within(INTERVAL) {
            break exit;
        }
    };
    ensure!(exit == Exit::Code(0), "could not build the operator: cargo ended with {exit}");
    Ok(Built(messages))
}

/// From one line of cargo's messages.
fn executable(line: &str, name: &str) -> Option<PathBuf> {
    let message: Value = serde_json::from_str(line).ok()?;
    let is_it = message["reason"] == "compiler-artifact" && message["target"]["name"] == name;
    message["executable"].as_str().filter(|_| is_it).map(PathBuf::from)
}

/// The profile of the running program, from the folder it lies in.
fn profile() -> Result<String> {
    let program = env::current_exe().context("could not find the running program")?;
    let folder = program.parent().and_then(Path::file_name).and_then(|name| name.to_str());
    match folder {
        Some("debug") => Ok("dev".to_owned()),
        Some(folder) => Ok(folder.to_owned()),
        None => bail!("the program lies in no folder of cargo's: start it with cargo run"),
    }
}
