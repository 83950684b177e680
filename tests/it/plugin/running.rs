//! The plugin while it runs, read line by line.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, ChildStdout, Stdio};

use anyhow::{Context, Result, ensure};
use harness::Scene;

use super::{Said, command};

/// A plugin that runs, and does not outlive the test.
pub(crate) struct Running {
    child: Child,
    out: BufReader<ChildStdout>,
    read: String,
}

impl Running {
    /// Starts it in the scene's namespace.
    pub(crate) fn start(scene: &Scene, arguments: &[&str]) -> Result<Self> {
        let mut child = command(scene)
            .args(arguments)
            .args(["--namespace", &scene.namespace])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        let out = BufReader::new(child.stdout.take().context("no output")?);
        Ok(Self { child, out, read: String::new() })
    }

    /// The next line that holds these words.
    pub(crate) fn line_with(&mut self, words: &str) -> Result<String> {
        loop {
            let mut line = String::new();
            let read = self.out.read_line(&mut line)?;
            self.read.push_str(&line);
            ensure!(read > 0, "it ended without {words:?}: {}", self.read);
            if line.contains(words) {
                return Ok(line);
            }
        }
    }

    /// All that it said, once it has ended.
    pub(crate) fn said(mut self) -> Result<Said> {
        self.out.read_to_string(&mut self.read)?;
        let mut err = String::new();
        self.child.stderr.take().context("no errors")?.read_to_string(&mut err)?;
        let code = self.child.wait()?.code();
        Said { code, out: std::mem::take(&mut self.read), err }.without_secrets()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
