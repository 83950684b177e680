//! A repository that the GitOps tools read, and the checks write.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use checklist::commands::output;
use serde_json::Value;
use tokio::runtime::Runtime;

use super::http;

/// A working copy, served from where it is.
pub(crate) struct Repository {
    folder: PathBuf,
    url: String,
}

impl Repository {
    /// An empty one below `folder`, served over HTTP.
    pub(crate) fn create(runtime: &Runtime, folder: &Path) -> Result<Self> {
        let parent = folder.join("git");
        let folder = parent.join("repository");
        fs::create_dir_all(&folder)
            .with_context(|| format!("could not make {}", folder.display()))?;
        let address = http::serve(runtime, &parent)?;
        let repository = Self { folder, url: format!("http://{address}/repository/.git") };
        repository.git(&["init", "--quiet", "--initial-branch=main"])?;
        repository.git(&["config", "user.name", "nobody"])?;
        repository.git(&["config", "user.email", "nobody@example.com"])?;
        repository.git(&["commit", "--quiet", "--allow-empty", "--message=Begin"])?;
        Ok(repository)
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Writes a file; see [`Self::commit`].
    pub(crate) fn write(&self, path: &str, text: &str) -> Result<()> {
        let path = self.folder.join(path);
        let parent = path.parent().context("a file in a folder")?;
        fs::create_dir_all(parent)
            .with_context(|| format!("could not make {}", parent.display()))?;
        fs::write(&path, text).with_context(|| format!("could not write {}", path.display()))
    }

    /// Writes a manifest as JSON, and commits it.
    pub(crate) fn put(&self, path: &str, manifest: &Value) -> Result<()> {
        self.write(path, &manifest.to_string())?;
        self.commit(path)
    }

    /// Removes a file, and commits that.
    pub(crate) fn remove(&self, path: &str) -> Result<()> {
        fs::remove_file(self.folder.join(path))
            .with_context(|| format!("could not remove {path}"))?;
        self.commit(path)
    }

    /// Copies a folder, with `change` made to each file's text.
    pub(crate) fn copy(
        &self,
        from: &Path,
        to: &str,
        change: &dyn Fn(String) -> String,
    ) -> Result<()> {
        for entry in
            fs::read_dir(from).with_context(|| format!("could not read {}", from.display()))?
        {
            let path = entry?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let to = format!("{to}/{name}");
            if path.is_dir() {
                self.copy(&path, &to, change)?;
            } else {
                let text = fs::read_to_string(&path)
                    .with_context(|| format!("could not read {}", path.display()))?;
                self.write(&to, &change(text))?;
            }
        }
        Ok(())
    }

    /// Commits what was written.
    pub(crate) fn commit(&self, message: &str) -> Result<()> {
        self.git(&["add", "--all"])?;
        self.git(&["commit", "--quiet", "--message", message])
    }

    fn git(&self, arguments: &[&str]) -> Result<()> {
        output(Command::new("git").arg("-C").arg(&self.folder).args(arguments)).map(drop)
    }
}
