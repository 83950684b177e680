//! The control planes of the tests: one for all, and now and then one for a test alone.

use std::io::Write;
use std::ops::Deref;
use std::path::PathBuf;
use std::process::{Output, Stdio};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, ensure};
use control_plane::{ControlPlane, Options};

use crate::places::Place;

/// How long the API server may take to list what it serves, on a busy machine.
const LISTED_WITHIN: Duration = Duration::from_secs(60);

/// The CRD as users install it.
pub fn crd_file() -> PathBuf {
    repository::path("crds/backupreplications.cbr.replication.dev.yaml")
}

/// A control plane, shared by all tests or one test's own. A clone is the same one; the own one
/// ends with the last clone.
#[derive(Clone, Debug)]
pub struct Cluster(Kind);

#[derive(Clone, Debug)]
enum Kind {
    Shared(&'static ControlPlane),
    Own(Arc<Own>),
}

/// The control plane ends before its place is free again.
#[derive(Debug)]
struct Own {
    control_plane: ControlPlane,
    _place: Place,
}

impl Cluster {
    /// The one that all tests of this process share, with our CRD.
    ///
    /// # Errors
    /// As [`shared_cluster`].
    pub fn shared() -> Result<Self> {
        Ok(Self(Kind::Shared(shared_cluster()?)))
    }

    /// One for a test alone, without our CRD: for what would disturb others, or be disturbed. Waits
    /// until few others have one.
    ///
    /// # Errors
    /// It does not start.
    pub fn own() -> Result<Self> {
        Self::own_with(ControlPlane::options())
    }

    /// The same, started with these options.
    ///
    /// # Errors
    /// It does not start.
    pub fn own_with(options: Options) -> Result<Self> {
        let place = Place::take();
        Ok(Self(Kind::Own(Arc::new(Own { control_plane: options.start()?, _place: place }))))
    }
}

impl Deref for Cluster {
    type Target = ControlPlane;

    fn deref(&self) -> &ControlPlane {
        match &self.0 {
            Kind::Shared(control_plane) => control_plane,
            Kind::Own(own) => &own.control_plane,
        }
    }
}

/// The control plane that all tests of one process share. It ends with the process.
///
/// # Errors
/// It does not start, or does not take the CRD.
pub fn shared_cluster() -> Result<&'static ControlPlane> {
    static SHARED: OnceLock<Result<ControlPlane, String>> = OnceLock::new();
    SHARED
        .get_or_init(|| {
            let started = ControlPlane::start().and_then(|cluster| {
                install_crd(&cluster)?;
                Ok(cluster)
            });
            started.map_err(|error| format!("{error:#}"))
        })
        .as_ref()
        .map_err(|error| anyhow!("{error}"))
}

/// Installs the CRD and waits until the API server serves it.
///
/// # Errors
/// `kubectl` fails; its words are in the error.
pub fn install_crd(cluster: &ControlPlane) -> Result<()> {
    let file = crd_file();
    let crd = std::fs::read_to_string(&file).with_context(|| file.display().to_string())?;
    install_crd_of(cluster, &crd)
}

/// The same with another text of our CRD.
///
/// # Errors
/// `kubectl` fails; its words are in the error.
pub fn install_crd_of(cluster: &ControlPlane, crd: &str) -> Result<()> {
    succeed(&kubectl_apply(cluster, None, crd)?)?;
    loop {
        let established = cluster
            .kubectl()
            .args(["wait", "--for=condition=Established", "--timeout=60s"])
            .arg("crd/backupreplications.cbr.replication.dev")
            .output()?;
        // For a moment the conditions of a new CRD are null, which kubectl does not wait for.
        if !String::from_utf8_lossy(&established.stderr).contains("conditions accessor error") {
            succeed(&established)?;
            break;
        }
    }
    // What kubectl knows short names and fields by follows a moment later.
    let deadline = Instant::now() + LISTED_WITHIN;
    loop {
        let explained = cluster.kubectl().args(["explain", "brep"]).output()?;
        if explained.status.success() || Instant::now() > deadline {
            return succeed(&explained);
        }
    }
}

/// `kubectl apply --server-side` of a manifest, as the administrator.
///
/// # Errors
/// `kubectl` cannot be run. Whether the API server took the manifest is in the output.
pub fn kubectl_apply(
    cluster: &ControlPlane,
    namespace: Option<&str>,
    yaml: &str,
) -> Result<Output> {
    let mut command = cluster.kubectl();
    command.args(["apply", "--server-side", "-f", "-"]);
    if let Some(namespace) = namespace {
        command.args(["--namespace", namespace]);
    }
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
    let mut stdin = child.stdin.take().context("kubectl has no stdin")?;
    let yaml = yaml.to_owned();
    // Beside the reading of its output: either pipe may fill up.
    let writer = std::thread::spawn(move || stdin.write_all(yaml.as_bytes()));
    let output = child.wait_with_output()?;
    writer.join().map_err(|_| anyhow!("the writer to kubectl panicked"))??;
    Ok(output)
}

fn succeed(output: &Output) -> Result<()> {
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Ok(())
}
