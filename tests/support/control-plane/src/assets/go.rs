//! Runs the Go toolchain.

use std::fmt;
use std::fs::File;
use std::io::{self, BufRead, BufReader, ErrorKind, PipeReader};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use super::FOLDER_VARIABLE;
use super::progress::say;
use crate::supervised::{Exit, Supervised};

/// Pinned by go.sum, independent of the folder, and of whether it lies in a version-controlled one.
pub(super) const BUILD_FLAGS: [&str; 3] = ["-mod=readonly", "-trimpath", "-buildvcs=false"];

const PROGRESS_INTERVAL: Duration = Duration::from_secs(15);

/// A Go that is new enough.
pub(super) struct Go<'a> {
    version: String,
    /// Held by Go, too, so that nobody else builds as long as it may still write, when our process
    /// is killed.
    lock: &'a File,
}

#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct GoVersion {
    major: u32,
    minor: u32,
}

impl GoVersion {
    /// From `1.26`, `1.26.0` or `1.26rc1`.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (major, rest) = text.split_once('.')?;
        let minor = rest.split(|c: char| !c.is_ascii_digit()).next()?;
        Some(Self { major: major.parse().ok()?, minor: minor.parse().ok()? })
    }
}

impl fmt::Display for GoVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

impl fmt::Display for Go<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.version)
    }
}

impl<'a> Go<'a> {
    /// Finds `go` in `PATH`.
    ///
    /// Asked in the folder of the module that it is to build, an older one that may fetch a newer
    /// toolchain answers with that one.
    pub(super) fn find(
        module: &Path,
        minimum: GoVersion,
        programs: &str,
        lock: &'a File,
    ) -> Result<Self> {
        let what_to_do = format!(
            "install Go {minimum} or newer, or set {FOLDER_VARIABLE} to a folder that has \
             {programs}"
        );
        let output = match command(module).arg("version").output() {
            Ok(output) => output,
            Err(error) if error.kind() == ErrorKind::NotFound => {
                bail!(
                    "what is missing ({programs}) has to be built, but there is no `go` in PATH: \
                     {what_to_do}"
                )
            }
            Err(error) => {
                return Err(error)
                    .with_context(|| format!("could not run `go version`: {what_to_do}"));
            }
        };
        let text = String::from_utf8_lossy(&output.stdout);
        let version = text.split_whitespace().nth(2).unwrap_or_default().to_owned();
        let Some(number) = version.strip_prefix("go").and_then(GoVersion::parse) else {
            let errors = String::from_utf8_lossy(&output.stderr);
            bail!(
                "`go version` does not tell its version, but {text:?} and {errors:?}: {what_to_do}"
            );
        };
        if number < minimum {
            bail!(
                "what is missing ({programs}) has to be built, but the `go` in PATH is {version}: \
                 {what_to_do}"
            );
        }
        Ok(Self { version, lock })
    }

    /// Downloads what is missing of a package's modules, and builds it into `output`.
    pub(super) fn build(
        &self,
        module: &Path,
        package: &str,
        output: &Path,
        linker_flags: &str,
    ) -> Result<()> {
        let name = output.file_name().unwrap_or_default().display();

        let mut list = command(module);
        list.args(["list", "-mod=readonly", "-deps", package]);
        let total = self.run(list, &format!("getting the source of {name}"), |_| String::new())?;

        let mut build = command(module);
        build
            .args(["build", "-v"])
            .args(BUILD_FLAGS)
            .arg(format!("-ldflags={linker_flags}"))
            .arg("-o")
            .arg(output)
            .arg(package);
        // Packages in Go's cache are not counted, so the total may not be reached.
        self.run(build, &format!("building {name}"), |count| {
            format!(", {count} of up to {total} packages")
        })?;
        Ok(())
    }

    /// Where the source of a module lies that a build has downloaded.
    pub(super) fn folder_of(&self, module: &Path, of: &str) -> Result<PathBuf> {
        let output = command(module)
            .args(["list", "-mod=readonly", "-m", "-f", "{{.Dir}}", of])
            .output()
            .with_context(|| format!("could not run `go list` for {of}"))?;
        let folder = PathBuf::from(String::from_utf8_lossy(&output.stdout).trim_end());
        if !folder.is_absolute() {
            bail!(
                "Go does not tell where {of} lies: {}",
                String::from_utf8_lossy(&output.stderr).trim_end()
            );
        }
        Ok(folder)
    }

    /// Runs a command that prints a line per package, says how far it is, and returns how many
    /// there were.
    fn run(
        &self,
        mut command: Command,
        what: &str,
        progress: impl Fn(usize) -> String,
    ) -> Result<usize> {
        let start = Instant::now();
        let (reader, writer) = io::pipe().context("could not open a pipe")?;
        command
            .stdout(writer.try_clone().context("could not duplicate a pipe")?)
            .stderr(writer)
            .stdin(self.lock.try_clone().context("could not duplicate a file handle")?);
        let go = Supervised::spawn_with_stdin(command)?;
        let packages = AtomicUsize::new(0);
        let (exit, messages) = thread::scope(|scope| {
            let messages = scope.spawn(|| read(reader, &packages));
            let exit = loop {
                match go.exit_within(PROGRESS_INTERVAL) {
                    Some(exit) => break exit,
                    None => say(&format!(
                        "{what}: {} s{}",
                        start.elapsed().as_secs(),
                        progress(packages.load(Ordering::Relaxed))
                    )),
                }
            };
            (exit, messages.join())
        });
        if exit != Exit::Code(0) {
            let messages = messages.unwrap_or_default();
            let tail = &messages[messages.len().saturating_sub(20)..];
            bail!("{what} failed with {exit}; Go said:\n{}", tail.join("\n"));
        }
        Ok(packages.into_inner())
    }
}

fn command(module: &Path) -> Command {
    let mut command = Command::new("go");
    command
        .current_dir(module)
        .env("CGO_ENABLED", "0")
        .env("GOWORK", "off")
        // Go leaves its temporary files behind when it is killed; these go with the unfinished
        // build.
        .env("GOTMPDIR", module)
        // A module that needs a newer Go has it downloaded, also where Go is told to make do with
        // what is installed.
        .env("GOTOOLCHAIN", "auto");
    command
}

/// Counts the packages, and returns the other lines.
fn read(output: PipeReader, packages: &AtomicUsize) -> Vec<String> {
    let mut messages = Vec::new();
    for line in BufReader::new(output).lines().map_while(io::Result::ok) {
        if line.contains(' ') {
            messages.push(line);
        } else {
            packages.fetch_add(1, Ordering::Relaxed);
        }
    }
    messages
}
