//! `install.yaml` with the released image.

use anyhow::Result;
use backup_replication_operator::resource::crd_yaml;

use crate::Release;

/// Writes it.
///
/// # Errors
/// Where it cannot be made.
pub fn make(release: &Release) -> Result<Vec<String>> {
    let text = generate::install(&crd_yaml()?, &release.image())?;
    release.write("install.yaml", &text)
}
