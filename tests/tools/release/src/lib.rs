//! The parts of a release, each made by a step of its own. A step says what it made, or why it did
//! not.

pub mod chart;
pub mod image;
pub mod install;
pub mod krew;
pub mod plugin;
pub mod ready;
pub mod sbom;
pub mod sign;
pub mod sums;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// The name of the operator, its image and its chart.
pub const NAME: &str = "backup-replication-operator";
/// Where the archives can be downloaded.
pub const HOME: &str = env!("CARGO_PKG_REPOSITORY");

/// What is released, and where it goes.
pub struct Release {
    /// Such as 0.2.0.
    pub version: String,
    /// What is made lies there.
    pub folder: PathBuf,
    /// Host and path.
    pub registry: Option<String>,
    /// Whether it speaks http.
    pub plain_http: bool,
    /// Of the image that was pushed.
    pub image_digest: Option<String>,
}

impl Release {
    /// The image by its most exact name.
    pub fn image(&self) -> String {
        let repository = self.repository();
        match &self.image_digest {
            Some(digest) => format!("{repository}@{digest}"),
            None => format!("{repository}:{}", self.version),
        }
    }

    /// Registry and name of the image.
    pub fn repository(&self) -> String {
        self.registry.as_ref().map_or_else(|| NAME.to_owned(), |host| format!("{host}/{NAME}"))
    }

    /// The files of the release that lie in the folder, by their names.
    ///
    /// # Errors
    /// Where it cannot be read.
    pub fn files(&self) -> Result<Vec<(String, PathBuf)>> {
        let mut files = Vec::new();
        for entry in std::fs::read_dir(&self.folder)? {
            let path = entry?.path();
            if path.is_file() {
                files.push((name_of(&path), path));
            }
        }
        files.sort();
        Ok(files)
    }

    fn write(&self, name: &str, text: &str) -> Result<Vec<String>> {
        let path = self.folder.join(name);
        std::fs::write(&path, text).with_context(|| path.display().to_string())?;
        Ok(vec![name.to_owned()])
    }
}

fn name_of(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}
