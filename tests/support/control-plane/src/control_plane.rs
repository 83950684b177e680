//! One control plane: its start, its use, its end.

mod port;
mod readiness;

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};

pub use self::port::free as free_port;
use self::readiness::NotReady;
use crate::apiserver::User;
use crate::assets::Assets;
use crate::audit::{self, AuditEvent};
use crate::folder::TemporaryFolder;
use crate::supervised::Supervised;

use crate::{apiserver, certificates, etcd, kubeconfig};

const ADMIN: &str = "admin";
/// The first of the service addresses, by which pods reach the API server.
const SERVICE_ADDRESS: &str = "10.0.0.1";
/// Attempts to start on a free port, which somebody else may take before the server does.
const ATTEMPTS: usize = 5;
/// A file tells nobody that it has grown.
const AUDIT_POLL_INTERVAL: Duration = Duration::from_millis(50);

/// A running etcd and kube-apiserver on 127.0.0.1, with their files in a temporary folder.
///
/// Dropped, or when our process ends in any way, both are killed and the folder is removed.
#[derive(Debug)]
pub struct ControlPlane {
    // Processes come before the folder: the fields are dropped in this order, and the folder waits
    // for them.
    apiserver: Mutex<Option<Supervised>>,
    etcd: Mutex<Supervised>,
    assets: Assets,
    apiserver_flags: Vec<String>,
    node: Option<Ipv4Addr>,
    port: u16,
    kubeconfig: PathBuf,
    folder: TemporaryFolder,
}

/// How a control plane is started.
#[derive(Clone, Debug, Default)]
pub struct Options {
    apiserver_flags: Vec<String>,
    node: Option<Ipv4Addr>,
    users: Vec<(String, String)>,
}

impl Options {
    /// Adds a flag for kube-apiserver, such as `--max-requests-inflight=10`. The last one of a name
    /// counts.
    pub fn apiserver_flag(mut self, flag: impl Into<String>) -> Self {
        self.apiserver_flags.push(flag.into());
        self
    }

    /// Serves nodes and pods, too, which reach this machine by `address`: it listens on all
    /// addresses, and service accounts are needed, so that pods are refused before a controller
    /// manager runs.
    pub fn for_nodes(mut self, address: Ipv4Addr) -> Self {
        self.node = Some(address);
        self
    }

    /// Lets somebody in, as a member of `group`. Their kubeconfig is
    /// [`ControlPlane::kubeconfig_of`].
    pub fn user(mut self, name: impl Into<String>, group: impl Into<String>) -> Self {
        self.users.push((name.into(), group.into()));
        self
    }

    /// Starts the control plane, as [`ControlPlane::start`] does.
    ///
    /// # Errors
    /// As [`ControlPlane::start`].
    pub fn start(self) -> Result<ControlPlane> {
        let assets = Assets::find()?;
        let folder = TemporaryFolder::create()?;
        let path = folder.path();
        let more_names =
            self.node.map(|address| vec![address.to_string(), SERVICE_ADDRESS.to_owned()]);
        certificates::write(path, &more_names.unwrap_or_default())?;
        let admin = (ADMIN.to_owned(), "system:masters".to_owned());
        let users = [admin].into_iter().chain(self.users);
        let users: Vec<User> =
            users.map(|(name, group)| User { name, group, token: random_token() }).collect();
        apiserver::write_files(path, &users)?;
        let mut control_plane = ControlPlane {
            apiserver: Mutex::new(None),
            etcd: Mutex::new(etcd::start(&assets, &folder)?),
            assets,
            apiserver_flags: self.apiserver_flags,
            node: self.node,
            port: 0,
            kubeconfig: path.join(kubeconfig::file_name(ADMIN)),
            folder,
        };
        for _ in 0..ATTEMPTS {
            control_plane.port = port::free()?;
            for User { name, token, .. } in &users {
                control_plane.write_kubeconfig(name, token)?;
            }
            match control_plane.try_start_apiserver() {
                Ok(()) => return Ok(control_plane),
                Err(NotReady::PortTaken) => {}
                Err(NotReady::Other(error)) => return Err(error),
            }
        }
        bail!(
            "each of {ATTEMPTS} free ports was taken by somebody else before kube-apiserver took it"
        )
    }
}

impl ControlPlane {
    /// Starts a fresh control plane and waits until it is ready: a few seconds, and minutes once to
    /// build it (see [`Assets::find`]).
    ///
    /// # Errors
    /// There are no programs to start, or they end, with the end of their log, or are not ready in
    /// two minutes.
    pub fn start() -> Result<Self> {
        Self::options().start()
    }

    /// Options, to [start](Options::start) with.
    pub fn options() -> Options {
        Options::default()
    }

    /// The kubeconfig of an administrator, a member of `system:masters`.
    pub fn kubeconfig(&self) -> &Path {
        &self.kubeconfig
    }

    /// The kubeconfig of a user that was [let in](Options::user).
    pub fn kubeconfig_of(&self, user: &str) -> PathBuf {
        self.folder.path().join(kubeconfig::file_name(user))
    }

    /// The folder with `etcd`, `kube-apiserver` and `kubectl`.
    pub fn programs(&self) -> &Path {
        self.assets.folder()
    }

    /// The certificate of the authority that has signed the API server's.
    pub fn ca_file(&self) -> PathBuf {
        self.folder.path().join(certificates::CA_CERTIFICATE)
    }

    /// The private key that signs the tokens of service accounts.
    pub fn service_account_key(&self) -> PathBuf {
        self.folder.path().join(certificates::SERVICE_ACCOUNT_KEY)
    }

    /// Writes a kubeconfig for the holder of `token`, such as a service account. `user` names the
    /// file; the server goes by the token alone.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn kubeconfig_for_token(&self, user: &str, token: &str) -> Result<PathBuf> {
        ensure!(user != ADMIN, "the kubeconfig of {ADMIN:?} is there already");
        self.write_kubeconfig(user, token)
    }

    /// `kubectl` as the administrator, with its cache in the temporary folder.
    pub fn kubectl(&self) -> Command {
        let mut command = Command::new(self.assets.kubectl());
        command
            .env("KUBECONFIG", &self.kubeconfig)
            .env("KUBECACHEDIR", self.folder.path().join("kubectl-cache"))
            .env("KUBERC", "off")
            // It speaks the user's language, and tests read what it says.
            .env("LC_ALL", "C");
        command
    }

    /// The API server's URL: `https://127.0.0.1:` and its port, which it keeps over a restart.
    pub fn url(&self) -> String {
        format!("https://127.0.0.1:{}", self.port)
    }

    /// The temporary folder, with the logs `kube-apiserver.log` and `etcd.log`. Other files may be
    /// put there.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// All requests that the API server has answered, by any server process of this control plane,
    /// in the order of the answers.
    ///
    /// The server does not promise that an event is written before its answer arrives: see
    /// [`Self::wait_for_audit_event`].
    ///
    /// # Errors
    /// The log cannot be read.
    pub fn audit_events(&self) -> Result<Vec<AuditEvent>> {
        self.audit_events_about("")
    }

    /// Those of them in whose line this text stands anywhere, such as a namespace or a user.
    ///
    /// # Errors
    /// The log cannot be read.
    pub fn audit_events_about(&self, text: &str) -> Result<Vec<AuditEvent>> {
        audit::parse(&self.audit_log_about(text)?)
    }

    /// The same, as the log has them: a line of JSON each.
    ///
    /// # Errors
    /// The log cannot be read.
    pub fn audit_log_about(&self, text: &str) -> Result<String> {
        audit::Reader::new(self.folder.path()).more(text)
    }

    /// Waits for an event in the audit log, and returns the first that is wanted. It may be there
    /// already.
    ///
    /// # Errors
    /// There is none after `timeout`, or the log cannot be read.
    pub fn wait_for_audit_event(
        &self,
        timeout: Duration,
        is_wanted: impl Fn(&AuditEvent) -> bool,
    ) -> Result<AuditEvent> {
        self.wait_for_audit_event_about("", timeout, is_wanted)
    }

    /// The same among those in whose line this text stands, which saves much where many others ask.
    ///
    /// # Errors
    /// As [`Self::wait_for_audit_event`].
    pub fn wait_for_audit_event_about(
        &self,
        text: &str,
        timeout: Duration,
        is_wanted: impl Fn(&AuditEvent) -> bool,
    ) -> Result<AuditEvent> {
        let mut log = audit::Reader::new(self.folder.path());
        let deadline = Instant::now() + timeout;
        loop {
            // Looked at before the log is read, so that the log is read once more after the
            // deadline.
            let is_last = Instant::now() > deadline;
            if let Some(event) = audit::parse(&log.more(text)?)?.into_iter().find(&is_wanted) {
                return Ok(event);
            }
            ensure!(!is_last, "no such event is in the audit log after {timeout:?}");
            thread::sleep(AUDIT_POLL_INTERVAL);
        }
    }

    /// Kills kube-apiserver. etcd and with it the data stay; connections are refused. Does nothing
    /// if it is stopped already.
    pub fn stop_apiserver(&self) {
        drop(self.apiserver().take());
    }

    /// Has kube-apiserver stand still (SIGSTOP): connections stay, and nothing is answered.
    ///
    /// # Errors
    /// It does not run.
    pub fn pause_apiserver(&self) -> Result<()> {
        self.apiserver().as_ref().context("kube-apiserver does not run")?.pause()
    }

    /// Has it go on.
    ///
    /// # Errors
    /// It does not run.
    pub fn resume_apiserver(&self) -> Result<()> {
        self.apiserver().as_ref().context("kube-apiserver does not run")?.resume()
    }

    /// Starts kube-apiserver again, with the same port, keys and data, and waits until it is ready.
    ///
    /// # Errors
    /// It runs already, or somebody else has taken the port meanwhile, or as
    /// [`ControlPlane::start`].
    pub fn start_apiserver(&self) -> Result<()> {
        ensure!(self.apiserver().is_none(), "kube-apiserver runs already: stop it first");
        match self.try_start_apiserver() {
            Ok(()) => Ok(()),
            Err(NotReady::PortTaken) => {
                bail!("somebody else has taken port {} of kube-apiserver meanwhile", self.port)
            }
            Err(NotReady::Other(error)) => Err(error),
        }
    }

    fn try_start_apiserver(&self) -> Result<(), NotReady> {
        let apiserver = apiserver::start(
            &self.assets,
            &self.folder,
            self.port,
            self.node,
            &self.apiserver_flags,
        )?;
        readiness::wait(&apiserver, &self.etcd(), || self.kubectl(), self.folder.path())?;
        *self.apiserver() = Some(apiserver);
        Ok(())
    }

    /// Kills etcd. Its data stay; the API server goes on, and answers with errors.
    ///
    /// # Errors
    /// It does not end.
    pub fn stop_etcd(&self) -> Result<()> {
        self.etcd().kill().map(drop)
    }

    /// Starts etcd again, with the same data. The API server finds it again, which takes
    /// seconds.
    ///
    /// # Errors
    /// It runs already, or cannot be started.
    pub fn start_etcd(&self) -> Result<()> {
        let mut etcd = self.etcd();
        ensure!(!etcd.is_running(), "etcd runs already: stop it first");
        *etcd = etcd::start(&self.assets, &self.folder)?;
        Ok(())
    }

    /// The process id of kube-apiserver, while it runs.
    pub fn apiserver_pid(&self) -> Option<u32> {
        self.apiserver().as_ref().map(Supervised::pid)
    }

    fn apiserver(&self) -> MutexGuard<'_, Option<Supervised>> {
        self.apiserver.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn etcd(&self) -> MutexGuard<'_, Supervised> {
        self.etcd.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn write_kubeconfig(&self, user: &str, token: &str) -> Result<PathBuf> {
        let path = self.folder.path().join(kubeconfig::file_name(user));
        kubeconfig::write(
            &path,
            &self.folder.path().join(certificates::CA_CERTIFICATE),
            &self.url(),
            user,
            token,
        )?;
        Ok(path)
    }
}

/// Unguessable enough for a server that only this machine reaches and that lives for minutes.
fn random_token() -> String {
    let random = RandomState::new();
    format!("{:016x}{:016x}", random.hash_one(1), random.hash_one(2))
}
