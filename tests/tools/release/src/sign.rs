//! Signatures, by cosign: of the sums, and so of every file, and of what is in the registry.

use std::path::Path;
use std::process::Command;

use anyhow::{Result, bail};
use checklist::commands::output;

use crate::{Release, sums};

/// Signs with a key, or as the identity that the forge gives to the workflow.
///
/// # Errors
/// Where cosign refuses; or it is missing, and this is wanted by name.
pub fn make(release: &Release, key: Option<&Path>, is_wanted: bool) -> Result<Vec<String>> {
    if Command::new("cosign").arg("version").output().is_err() {
        if is_wanted {
            bail!("there is no cosign");
        }
        return Ok(vec!["nothing is signed: there is no cosign".to_owned()]);
    }
    let cosign = |what: &str| {
        let mut cosign = Command::new("cosign");
        cosign.args([what, "--yes"]);
        if let Some(key) = key {
            cosign.arg("--key").arg(key);
        }
        cosign
    };
    let bundle = format!("{}.sigstore.json", sums::NAME);
    output(
        cosign("sign-blob")
            .arg("--bundle")
            .arg(release.folder.join(&bundle))
            .arg(release.folder.join(sums::NAME)),
    )?;
    let mut made = vec![bundle];
    if release.image_digest.is_some() && release.registry.is_some() {
        output(cosign("sign").arg(release.image()))?;
        made.push(format!("a signature of {}", release.image()));
    }
    Ok(made)
}
