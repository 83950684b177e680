//! A temporary folder that vanishes with the processes that use it.

use std::io::{BufRead, BufReader, PipeWriter};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::{env, io};

use anyhow::{Context, Result, ensure};

/// Makes a folder, prints its path, waits for the end of its standard input, and removes the
/// folder.
const SCRIPT: &str = r#"
trap '' HUP INT TERM PIPE
folder=$(mktemp -d "$1/control-plane.XXXXXX") || exit 1
echo "$folder"
read -r _
rm -rf -- "$folder"
"#;

/// A folder that is removed as soon as nobody holds it any more: neither this value nor a process
/// that got a [`Self::hold`].
///
/// A shell makes it and removes it, so nothing is left behind even when our process is killed.
#[derive(Debug)]
pub struct TemporaryFolder {
    path: PathBuf,
    held: Option<PipeWriter>,
    shell: Child,
}

impl TemporaryFolder {
    /// Makes one in the system's folder for such.
    ///
    /// # Errors
    /// That folder cannot be written to.
    pub fn create() -> Result<Self> {
        let parent = env::temp_dir();
        let (end, held) = io::pipe().context("could not open a pipe")?;
        let mut shell = Command::new("/bin/sh")
            .args(["-c", SCRIPT, "sh"])
            .arg(&parent)
            .process_group(0)
            .stdin(end)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .context("could not start /bin/sh, which makes and removes the temporary folder")?;
        let mut path = String::new();
        if let Some(stdout) = shell.stdout.take() {
            BufReader::new(stdout)
                .read_line(&mut path)
                .context("could not read the path of the temporary folder")?;
        }
        let folder =
            Self { path: PathBuf::from(path.trim_end_matches('\n')), held: Some(held), shell };
        ensure!(
            folder.path.is_absolute(),
            "could not make a temporary folder in {}: is it writable, and does it have space? \
             TMPDIR names another one",
            parent.display()
        );
        Ok(folder)
    }

    /// Where it lies.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Something for a process to keep open for as long as it may write into the folder.
    pub(crate) fn hold(&self) -> Result<Stdio> {
        self.held
            .as_ref()
            .context("the temporary folder is gone")?
            .try_clone()
            .map(Stdio::from)
            .context("could not duplicate a pipe")
    }
}

impl Drop for TemporaryFolder {
    /// Waits until the folder is removed.
    fn drop(&mut self) {
        drop(self.held.take());
        let _status = self.shell.wait();
    }
}
