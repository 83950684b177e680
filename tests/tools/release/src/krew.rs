//! The manifest by which `kubectl krew install` finds the plugin.

use std::fmt::Write;

use anyhow::{Result, ensure};

use crate::plugin::PLATFORMS;
use crate::{HOME, Release, sums};

const NAME: &str = "brep.yaml";

/// Writes it for the archives that lie in the folder.
///
/// # Errors
/// Where there is none.
pub fn make(release: &Release) -> Result<Vec<String>> {
    let version = &release.version;
    let mut text = format!(
        "apiVersion: krew.googlecontainertools.github.com/v1alpha2\n\
         kind: Plugin\n\
         metadata:\n  name: brep\n\
         spec:\n  version: v{version}\n  homepage: {HOME}\n  \
         shortDescription: Follow and decide replications of CBR backups\n  description: |\n    \
         Shows where all BackupReplications stand, tells the story of one in plain\n    \
         words, and writes a decision about an unknown outcome after showing what it\n    means.\n  \
         platforms:\n"
    );
    let mut made = vec![NAME.to_owned()];
    for platform in &PLATFORMS {
        let archive = platform.archive(version);
        let path = release.folder.join(&archive);
        if !path.exists() {
            made.push(format!("without {}/{}: no {archive}", platform.os, platform.arch));
            continue;
        }
        write!(
            text,
            "  - selector:\n      matchLabels: {{os: {}, arch: {}}}\n    \
             uri: {HOME}/releases/download/v{version}/{archive}\n    sha256: {}\n    bin: {}\n",
            platform.os,
            platform.arch,
            sums::sha256(&path)?,
            platform.program()
        )?;
    }
    ensure!(made.len() <= PLATFORMS.len(), "there is no archive of the plugin in the folder");
    release.write(NAME, &text)?;
    Ok(made)
}
