//! Where `prometheus` and `promtool` are: installed, or unpacked from Debian's package into the
//! target folder.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use anyhow::{Context, Result, anyhow, bail, ensure};
use control_plane::assets::target_folder;

const MISSING: &str =
    "Prometheus is missing: it is in Debian's package `prometheus` (apt-get install prometheus)";

/// A program of the package.
///
/// # Errors
/// It is not installed, and Debian does not give it either; the error says so.
pub fn program(name: &str) -> Result<PathBuf> {
    static FOLDER: OnceLock<Result<Option<PathBuf>, String>> = OnceLock::new();
    let folder = FOLDER.get_or_init(|| find().map_err(|error| format!("{MISSING}. {error:#}")));
    let folder = folder.as_ref().map_err(|error| anyhow!("{error}"))?;
    Ok(folder.as_deref().map_or_else(|| PathBuf::from(name), |folder| folder.join(name)))
}

/// `None` where both are installed.
fn find() -> Result<Option<PathBuf>> {
    if runs("prometheus") && runs("promtool") {
        return Ok(None);
    }
    let kept = target_folder()?.join("tmp/prometheus");
    let programs = kept.join("usr/bin");
    if !programs.exists() {
        unpack(&kept)?;
    }
    Ok(Some(programs))
}

fn runs(name: &str) -> bool {
    let version =
        Command::new(name).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    version.is_ok_and(|status| status.success())
}

/// Needs no root; where lists of packages are there, that is.
fn unpack(kept: &Path) -> Result<()> {
    let parent = kept.parent().context("no folder to unpack into")?;
    std::fs::create_dir_all(parent)?;
    let folder = tempfile::tempdir_in(parent)?;
    let run = |program: &str, arguments: &[&str]| {
        let mut command = Command::new(program);
        let output = command
            .args(arguments)
            .current_dir(folder.path())
            .output()
            .context(program.to_owned())?;
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        ensure!(output.status.success(), "{program} {arguments:?}: {said}");
        Ok(())
    };
    if run("apt-get", &["download", "prometheus"]).is_err() {
        run("apt-get", &["update"])?;
        run("apt-get", &["download", "prometheus"])?;
    }
    let package =
        std::fs::read_dir(folder.path())?.filter_map(Result::ok).map(|entry| entry.path()).next();
    let Some(package) = package.as_deref().and_then(Path::to_str) else {
        bail!("apt-get left no package")
    };
    run("dpkg-deb", &["--extract", package, "unpacked"])?;
    // In one step, so that what is there is whole.
    std::fs::rename(folder.path().join("unpacked"), kept)
        .context("another one was faster; run it again")
}

/// `promtool` in the repository's folder, with what it says.
///
/// # Errors
/// It is not there, or is not content.
pub fn promtool(arguments: &[&str]) -> Result<String> {
    let mut command = Command::new(program("promtool")?);
    let output =
        command.args(arguments).current_dir(repository::root()).output().context("promtool")?;
    let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    ensure!(output.status.success(), "promtool {arguments:?}: {said}");
    Ok(said)
}
