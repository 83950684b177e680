//! What is measured: this operator, and perhaps an earlier one.

use std::path::PathBuf;
use std::{env, fs};

use anyhow::{Context, Result, ensure};
use harness::{Cluster, Object, Scene, install_crd, install_crd_of};
use simulator::{Operation, Options};

const OPERATOR: &str = env!("CARGO_BIN_EXE_backup-replication-operator");

/// An operator with its CRD on a control plane of its own.
pub(crate) struct Subject {
    pub(crate) name: &'static str,
    binary: String,
    cluster: Cluster,
}

impl Subject {
    pub(crate) fn all() -> Result<Vec<Self>> {
        let mut all = Vec::new();
        if let Some(folder) = env::var_os("BEFORE").filter(|folder| !folder.is_empty()) {
            let folder = repository::path(".").join(PathBuf::from(folder));
            let binary = folder.join("backup-replication-operator");
            let crd = fs::read_to_string(folder.join("crd.yaml")).context("BEFORE: crd.yaml")?;
            let cluster = Cluster::own()?;
            install_crd_of(&cluster, &crd)?;
            all.push(Self { name: "before", binary: binary.display().to_string(), cluster });
        }
        let cluster = Cluster::own()?;
        install_crd(&cluster)?;
        all.push(Self { name: "now", binary: OPERATOR.to_owned(), cluster });
        Ok(all)
    }

    pub(crate) async fn scene(&self, options: Options) -> Result<Scene> {
        let scene = Scene::on(&self.cluster, &self.binary, options).await?;
        scene.valid_secret()?;
        Ok(scene)
    }
}

pub(crate) fn ready(object: &Object) -> bool {
    object.is("Ready") && object.is_observed()
}

/// Look-ups of a backup.
pub(crate) fn looks(scene: &Scene, backup: &str) -> usize {
    scene.simulator.log(|log| {
        let is_look = |call: &&simulator::Call| call.operation == Some(Operation::Show);
        log.calls_of(backup).filter(is_look).count()
    })
}

/// Status writes of the operator so far, of one resource or of all; refused ones, too.
pub(crate) async fn writes(scene: &Scene, name: Option<&str>) -> Result<usize> {
    let mark = format!("mark-{}", uuid::Uuid::new_v4());
    ensure!(scene.get(&mark).await.is_err(), "there is no such resource");
    scene.wait_for_audit_event(|event| event.name == mark)?;
    let user = scene.operator_user();
    let events = scene.audit_events()?;
    let wanted = events.iter().filter(|event| {
        event.user == user
            && event.subresource == "status"
            && event.verb != "get"
            && name.is_none_or(|name| event.name == name)
    });
    Ok(wanted.count())
}

/// An element of `/proc/PID/status`, in MiB.
pub(crate) fn memory(pid: u32, of: &str) -> Result<f64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix(of)).context("no such line")?;
    let kibibytes: f64 =
        line.trim_matches([':', ' ', '\t']).trim_end_matches(" kB").trim().parse()?;
    Ok(kibibytes / 1024.0)
}
