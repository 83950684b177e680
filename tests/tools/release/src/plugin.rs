//! `kubectl brep` as an archive for each platform.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use checklist::commands::output;

use crate::Release;

/// Rust's name of a platform, and what krew calls it.
pub struct Platform {
    /// Rust's.
    pub triple: &'static str,
    /// Operating system, in Go's words.
    pub os: &'static str,
    /// Kind of processor, in Go's words.
    pub arch: &'static str,
}

const fn platform(triple: &'static str, os: &'static str, arch: &'static str) -> Platform {
    Platform { triple, os, arch }
}

/// Every one that a release is to have.
pub const PLATFORMS: [Platform; 6] = [
    platform("x86_64-unknown-linux-gnu", "linux", "amd64"),
    platform("aarch64-unknown-linux-gnu", "linux", "arm64"),
    platform("x86_64-apple-darwin", "darwin", "amd64"),
    platform("aarch64-apple-darwin", "darwin", "arm64"),
    platform("x86_64-pc-windows-msvc", "windows", "amd64"),
    platform("aarch64-pc-windows-msvc", "windows", "arm64"),
];

impl Platform {
    /// The archive's name.
    pub fn archive(&self, version: &str) -> String {
        format!("kubectl-brep-{version}-{}-{}.tar.gz", self.os, self.arch)
    }

    /// The program's name in it.
    pub fn program(&self) -> &'static str {
        if self.os == "windows" { "kubectl-brep.exe" } else { "kubectl-brep" }
    }

    /// A static program runs on every Linux, whatever its C library.
    fn flags(&self) -> &'static str {
        if self.os == "linux" { "-C target-feature=+crt-static" } else { "" }
    }
}

/// Builds the plugin for the platforms that are named, or for each whose standard library is
/// installed.
///
/// # Errors
/// Where a build fails, or a platform is not known.
pub fn make(release: &Release, wanted: &[String]) -> Result<Vec<String>> {
    for triple in wanted {
        ensure!(
            PLATFORMS.iter().any(|platform| platform.triple == triple),
            "{triple} is no platform of a release"
        );
    }
    let mut made = Vec::new();
    for platform in &PLATFORMS {
        let is_wanted = wanted.iter().any(|triple| triple == platform.triple);
        if is_wanted || (wanted.is_empty() && is_installed(platform)?) {
            build(release, platform).with_context(|| platform.triple.to_owned())?;
            made.push(platform.archive(&release.version));
        } else if wanted.is_empty() {
            made.push(format!("nothing for {}: its standard library is missing", platform.triple));
        }
    }
    Ok(made)
}

fn is_installed(platform: &Platform) -> Result<bool> {
    let folder = output(Command::new("rustc").args([
        "--print",
        "target-libdir",
        "--target",
        platform.triple,
    ]))?;
    Ok(Path::new(folder.trim()).exists())
}

fn build(release: &Release, platform: &Platform) -> Result<()> {
    let target = repository::path("target");
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    // Of this package alone, as the image's Dockerfile has it: no feature comes from the tests.
    output(
        Command::new(cargo)
            .current_dir(repository::root())
            .args(["build", "--locked", "--release", "--target", platform.triple])
            .args(["--package", crate::NAME, "--bin", "kubectl-brep", "--target-dir"])
            .arg(&target)
            .env("RUSTFLAGS", platform.flags())
            .env("CARGO_PROFILE_RELEASE_STRIP", "symbols"),
    )?;
    let programs = target.join(platform.triple).join("release");
    output(
        Command::new("tar")
            .arg("-czf")
            .arg(release.folder.join(platform.archive(&release.version)))
            .arg("-C")
            .arg(programs)
            .arg(platform.program())
            .arg("-C")
            .arg(repository::root())
            .arg("LICENSE"),
    )?;
    Ok(())
}
