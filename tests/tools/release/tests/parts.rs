//! The parts of a release that need no compiler and no registry.

use std::collections::BTreeSet;

use anyhow::{Context, Result, ensure};
use control_plane::TemporaryFolder;
use release::plugin::PLATFORMS;
use release::{Release, chart, image, install, krew, ready, sbom, sums};
use serde_json::Value;

const DIGEST: &str = "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";

fn release(folder: &TemporaryFolder) -> Release {
    Release {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        folder: folder.path().to_owned(),
        registry: None,
        plain_http: false,
        image_digest: None,
    }
}

fn read(folder: &TemporaryFolder, name: &str) -> Result<String> {
    std::fs::read_to_string(folder.path().join(name)).with_context(|| name.to_owned())
}

/// It names each archive that is there with its sum, and no other.
#[test]
fn krew_s_manifest_is_of_the_archives_that_are_there() -> Result<()> {
    let folder = TemporaryFolder::create()?;
    let release = release(&folder);
    ensure!(krew::make(&release).is_err(), "there is no archive");
    for platform in PLATFORMS.iter().filter(|platform| platform.os != "darwin") {
        let archive = platform.archive(&release.version);
        std::fs::write(folder.path().join(archive), platform.triple)?;
    }
    krew::make(&release)?;
    let manifest: Value = serde_saphyr::from_str(&read(&folder, "brep.yaml")?)?;
    assert_eq!(manifest["spec"]["version"], concat!("v", env!("CARGO_PKG_VERSION")));
    let platforms = manifest["spec"]["platforms"].as_array().context("no platforms")?;
    assert_eq!(platforms.len(), 4);
    for platform in platforms {
        let uri = platform["uri"].as_str().context("no uri")?;
        let (_, archive) = uri.rsplit_once('/').context("no name")?;
        let sum = sums::sha256(&folder.path().join(archive))?;
        assert_eq!(platform["sha256"], sum.as_str());
        let is_windows = platform["selector"]["matchLabels"]["os"] == "windows";
        assert_eq!(platform["bin"] == "kubectl-brep.exe", is_windows, "{platform}");
    }
    Ok(())
}

/// `sha256sum --check` reads it; and it has no line for the file of sums or for its signature.
#[test]
fn the_sums_are_of_every_file() -> Result<()> {
    let folder = TemporaryFolder::create()?;
    for name in ["a.tar.gz", "b", "SHA256SUMS", "SHA256SUMS.sigstore.json"] {
        std::fs::write(folder.path().join(name), "test")?;
    }
    sums::make(&release(&folder))?;
    let of_test = DIGEST.trim_start_matches("sha256:");
    assert_eq!(read(&folder, "SHA256SUMS")?, format!("{of_test}  a.tar.gz\n{of_test}  b\n"));
    Ok(())
}

/// All that is compiled in, with what the lock says of it; nothing that only tests need.
#[test]
fn the_sbom_has_every_crate_that_is_compiled_in() -> Result<()> {
    let folder = TemporaryFolder::create()?;
    let name = sbom::make(&release(&folder))?.remove(0);
    let bom: Value = serde_json::from_str(&read(&folder, &name)?)?;
    let components = bom["components"].as_array().context("no components")?;
    let names: BTreeSet<&str> = components.iter().filter_map(|one| one["name"].as_str()).collect();
    ensure!(components.len() > 100, "{} components", components.len());
    for name in ["kube", "reqwest", "rustls", "aws-lc-sys", "serde"] {
        ensure!(names.contains(name), "no {name}");
    }
    for name in ["proptest", "mlua", "simulator", "backup-replication-operator"] {
        ensure!(!names.contains(name), "{name} is in it");
    }
    for component in components {
        ensure!(component["hashes"][0]["content"].is_string(), "no sum: {component}");
        ensure!(component["licenses"][0]["expression"].is_string(), "no licence: {component}");
    }
    let known: BTreeSet<&str> = components
        .iter()
        .chain([&bom["metadata"]["component"]])
        .filter_map(|one| one["bom-ref"].as_str())
        .collect();
    for dependency in bom["dependencies"].as_array().context("no dependencies")? {
        let on = dependency["dependsOn"].as_array().into_iter().flatten();
        for reference in on.chain([&dependency["ref"]]) {
            ensure!(reference.as_str().is_some_and(|it| known.contains(it)), "{reference}");
        }
    }
    Ok(())
}

/// Chart and file name the same image, by its digest where that is known.
#[test]
fn chart_and_install_yaml_name_the_released_image() -> Result<()> {
    for (digest, expected) in [
        (
            None,
            concat!(
                "registry.example/team/backup-replication-operator:",
                env!("CARGO_PKG_VERSION")
            )
            .to_owned(),
        ),
        (
            Some(DIGEST.to_owned()),
            format!("registry.example/team/backup-replication-operator@{DIGEST}"),
        ),
    ] {
        let folder = TemporaryFolder::create()?;
        let mut release = release(&folder);
        let registry = Some("registry.example/team".to_owned());
        (release.registry, release.image_digest) = (registry, digest);
        install::make(&release)?;
        let line = format!("image: {expected}\n");
        ensure!(read(&folder, "install.yaml")?.contains(&line), "no {line}");
        // Nothing is pushed without a registry.
        release.registry = None;
        chart::make(&release)?;
        let package = format!("backup-replication-operator-{}.tgz", release.version);
        let shown = std::process::Command::new(control_plane::helm()?)
            .args(["show", "values"])
            .arg(folder.path().join(package))
            .output()?;
        let values: Value = serde_saphyr::from_str(&String::from_utf8(shown.stdout)?)?;
        assert_eq!(values["image"]["repository"], release.repository().as_str());
        assert_eq!(values["image"]["digest"], release.image_digest.as_deref().unwrap_or(""));
    }
    Ok(())
}

#[test]
fn an_image_that_is_wanted_and_cannot_be_pushed_is_a_failure() -> Result<()> {
    let folder = TemporaryFolder::create()?;
    let mut release = release(&folder);
    ensure!(image::push(&mut release, false)?[0].starts_with("no image: "));
    ensure!(image::push(&mut release, true).is_err());
    Ok(())
}

#[test]
fn another_version_is_not_ready() -> Result<()> {
    let problems = ready::problems("99.0.0")?;
    ensure!(problems.iter().any(|problem| problem.contains("Cargo.toml")), "{problems:?}");
    ensure!(problems.iter().any(|problem| problem.contains("changelog")), "{problems:?}");
    Ok(())
}

/// A state that is not one to release stops it before anything is made.
#[test]
fn the_program_stops_where_it_is_not_ready() -> Result<()> {
    let folder = TemporaryFolder::create()?;
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_release"));
    let output =
        command.args(["99.0.0", "--only", "install", "--out"]).arg(folder.path()).output()?;
    let said = String::from_utf8(output.stderr)?;
    ensure!(output.status.code() == Some(1) && said.contains("not ready: "), "{said}");
    assert_eq!(std::fs::read_dir(folder.path())?.count(), 0);
    Ok(())
}
