//! The operator's binary as a process.

use std::ffi::OsString;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result};
use control_plane::{Exit, Supervised};

use crate::lines::Lines;
use crate::scene::PATIENCE;

/// How to start an operator.
#[derive(Clone, Debug)]
pub struct OperatorOptions {
    binary: PathBuf,
    arguments: Vec<OsString>,
    environment: Vec<(String, OsString)>,
    open_files: Option<u32>,
}

impl OperatorOptions {
    /// A binary with a kubeconfig, on a free port, that logs in JSON. What the environment of the
    /// tests may hold for an operator is taken away.
    pub fn new(binary: impl Into<PathBuf>, kubeconfig: &Path) -> Self {
        let (arguments, environment) = (Vec::new(), Vec::new());
        Self { binary: binary.into(), arguments, environment, open_files: None }
            .env("KUBECONFIG", kubeconfig.as_os_str())
            .env("RUST_LOG", "info")
            // What waits for a cloud that shows no records, and the pace of requests, have tests of
            // their own.
            .env("BREP_LOOK_UP_PATIENCE", "1s")
            .env("BREP_FIRST_CALL_AFTER", "1us")
            .env("BREP_REQUESTS_PER_MINUTE", "6000")
            .arg("--listen=127.0.0.1:0")
            .arg("--log-format=json")
    }

    /// Another binary, such as an older one.
    #[must_use]
    pub fn binary(mut self, binary: impl Into<PathBuf>) -> Self {
        self.binary = binary.into();
        self
    }

    /// One more argument.
    #[must_use]
    pub fn arg(mut self, argument: impl Into<OsString>) -> Self {
        self.arguments.push(argument.into());
        self
    }

    /// One more environment variable.
    #[must_use]
    pub fn env(mut self, name: &str, value: impl Into<OsString>) -> Self {
        self.environment.push((name.to_owned(), value.into()));
        self
    }

    /// So many files and connections at a time at most.
    #[must_use]
    pub fn open_files(mut self, most: u32) -> Self {
        self.open_files = Some(most);
        self
    }

    /// Starts it.
    ///
    /// # Errors
    /// The binary cannot be started.
    pub fn start(&self) -> Result<Operator> {
        let (log, writer) = Lines::from_pipe()?;
        let mut command = match self.open_files {
            None => Command::new(&self.binary),
            Some(most) => {
                let mut command = Command::new("sh");
                let limited = format!("ulimit -n {most} && exec \"$0\" \"$@\"");
                command.arg("-c").arg(limited).arg(&self.binary);
                command
            }
        };
        command
            .args(&self.arguments)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .envs(self.environment.iter().cloned())
            .stdout(Stdio::null())
            .stderr(writer);
        Ok(Operator { process: Supervised::spawn(command)?, log })
    }

    /// Starts it and waits until it sees its resources.
    ///
    /// # Errors
    /// It ends, or is not ready in time.
    pub fn start_ready(&self) -> Result<Operator> {
        let operator = self.start()?;
        operator.log.wait_for(PATIENCE, |line| line.contains("Ready: watch"))?;
        Ok(operator)
    }
}

/// A running operator; killed when dropped.
#[derive(Debug)]
pub struct Operator {
    /// The process, for signals.
    pub process: Supervised,
    /// What it logs.
    pub log: Lines,
}

impl Operator {
    /// SIGTERM, then its end.
    ///
    /// # Errors
    /// It does not end in time.
    pub fn stop(&self) -> Result<Exit> {
        self.process.terminate()?;
        self.process.wait(PATIENCE)
    }

    /// Where it listens.
    ///
    /// # Errors
    /// It does not say so in time.
    pub fn address(&self) -> Result<String> {
        let line = self.log.wait_for(PATIENCE, |line| line.contains("\"listen\""))?;
        let starting: serde_json::Value = serde_json::from_str(&line)?;
        Ok(starting["listen"].as_str().context("no address in the log")?.to_owned())
    }

    /// GET from its listener: status and body.
    ///
    /// # Errors
    /// It does not answer.
    pub fn get(&self, path: &str) -> Result<(u16, String)> {
        let mut stream = TcpStream::connect(self.address()?)?;
        stream.set_read_timeout(Some(Duration::from_secs(30)))?;
        write!(stream, "GET {path} HTTP/1.1\r\nHost: operator\r\nConnection: close\r\n\r\n")?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        let status = answer.split(' ').nth(1).context("no status line")?.parse()?;
        let body = answer.split_once("\r\n\r\n").map(|(_, body)| body).unwrap_or_default();
        Ok((status, body.to_owned()))
    }
}
