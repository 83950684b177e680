//! The chart as a package that names the released image.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use checklist::commands::output;
use control_plane::TemporaryFolder;

use crate::{NAME, Release};

const CHART: &str = "deploy/helm/backup-replication-operator";

/// Packages it, and pushes it where there is a registry.
///
/// # Errors
/// Where helm refuses.
pub fn make(release: &Release) -> Result<Vec<String>> {
    let folder = TemporaryFolder::create()?;
    let copy = folder.path().join(NAME);
    copy_folder(&repository::path(CHART), &copy)?;
    let values = copy.join("values.yaml");
    fs::write(&values, with_image(&fs::read_to_string(&values)?, release)?)?;
    let helm = || -> Result<Command> {
        let mut helm = Command::new(control_plane::helm()?);
        // No repository and no plugin of the user's; but the registries that they are logged in to.
        helm.env("HELM_CACHE_HOME", folder.path()).env("HELM_DATA_HOME", folder.path());
        Ok(helm)
    };
    let version = ["--version", &release.version, "--app-version", &release.version];
    output(
        helm()?.arg("package").arg(&copy).args(version).arg("--destination").arg(&release.folder),
    )?;
    let name = format!("{NAME}-{}.tgz", release.version);
    let package = release.folder.join(&name);
    ensure!(package.exists(), "helm wrote no {name}");
    let Some(registry) = &release.registry else {
        return Ok(vec![name, "nothing is pushed: there is no --registry".to_owned()]);
    };
    let place = format!("oci://{registry}/charts");
    let mut push = helm()?;
    push.arg("push").arg(package).arg(&place);
    if release.plain_http {
        push.arg("--plain-http");
    }
    output(&mut push)?;
    Ok(vec![name, format!("{place}/{NAME}:{}", release.version)])
}

/// The values with the image's own place, and its digest where that is known.
fn with_image(values: &str, release: &Release) -> Result<String> {
    let mut text = values.to_owned();
    let mut put = |old: String, new: String| -> Result<()> {
        ensure!(text.matches(&old).count() == 1, "values.yaml does not have {old:?} once");
        text = text.replace(&old, &new);
        Ok(())
    };
    put(
        format!(
            "  # Registry and name. You build and push the image yourself: see docs/install.md.\n  repository: {NAME}\n"
        ),
        format!("  # Registry and name.\n  repository: {}\n", release.repository()),
    )?;
    if let Some(digest) = &release.image_digest {
        put("  digest: \"\"\n".to_owned(), format!("  digest: {digest}\n"))?;
    }
    Ok(text)
}

fn copy_folder(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from).with_context(|| from.display().to_string())? {
        let entry = entry?;
        let beside = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_folder(&entry.path(), &beside)?;
        } else {
            fs::copy(entry.path(), beside)?;
        }
    }
    Ok(())
}
