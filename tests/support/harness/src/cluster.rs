//! A control plane with the CRD installed.

use std::io::Write;
use std::process::{Output, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, ensure};
use control_plane::ControlPlane;

/// How long the API server may take to list what it serves, on a busy machine.
const LISTED_WITHIN: Duration = Duration::from_secs(60);

/// The CRD as users install it.
pub const CRD_FILE: &str =
    concat!(env!("CARGO_MANIFEST_DIR"), "/../../../crds/backupreplications.cbr.replication.dev.yaml");

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
    let crd = std::fs::read_to_string(CRD_FILE).with_context(|| CRD_FILE.to_owned())?;
    succeed(&kubectl_apply(cluster, None, &crd)?)?;
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
pub fn kubectl_apply(cluster: &ControlPlane, namespace: Option<&str>, yaml: &str) -> Result<Output> {
    let mut command = cluster.kubectl();
    command.args(["apply", "--server-side", "-f", "-"]);
    if let Some(namespace) = namespace {
        command.args(["--namespace", namespace]);
    }
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
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
