//! The checks, in their order.

mod apply;
mod helm;
mod install;
mod kstatus;
mod kubeconform;
mod lint;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use anyhow::Result;
use checklist::Check;
use checklist::commands::output;
use control_plane::{ControlPlane, TemporaryFolder};

use crate::helm::NAMESPACE;
use crate::manifests::{self, Group, Manifest};
use crate::programs::Tools;
use crate::schemas;

/// The namespaces of the manifests, and of the chart's values.
const NAMESPACES: [&str; 4] = [NAMESPACE, "backups", "team-a", "team-b"];

/// What the checks work with.
pub(crate) struct Bench {
    tools: Tools,
    cluster: ControlPlane,
    groups: Vec<Group>,
    folder: TemporaryFolder,
}

impl Bench {
    pub(crate) fn new(tools: Tools) -> Result<Self> {
        let cluster = ControlPlane::start()?;
        prepare(&cluster)?;
        let groups = manifests::all(|| cluster.kubectl(), &tools.helm_3)?;
        let folder = TemporaryFolder::create()?;
        schemas::write(&cluster, &folder.path().join("schemas"))?;
        Ok(Self { tools, cluster, groups, folder })
    }

    /// The API server's version, in its own words.
    pub(crate) fn version(&self) -> Result<String> {
        output(Command::new(self.cluster.programs().join("kube-apiserver")).arg("--version"))
    }

    /// Runs the checks, and returns whether all passed.
    pub(crate) fn run(&self, only: &[String]) -> bool {
        checklist::run(self.checks(), only, Instant::now())
    }

    fn checks(&self) -> Vec<Check<'_>> {
        let Self { tools, groups, .. } = self;
        let mut checks = vec![
            Check::new("helm 3: lint --strict, with each file of values", || {
                helm::lint(&tools.helm_3)
            }),
            Check::new("helm 4: lint --strict, with each file of values", || {
                helm::lint(&tools.helm_4)
            }),
            Check::new("helm 3 and helm 4 render the same", || {
                helm::same(&tools.helm_3, &tools.helm_4)
            }),
            Check::new("helm 4: install, upgrade, uninstall", || {
                install::with(&tools.helm_4, &tools.helm_4)
            }),
            Check::new("helm 4 upgrades what helm 3 installed", || {
                install::with(&tools.helm_3, &tools.helm_4)
            }),
            Check::new("chart-testing: ct lint", || lint::chart(tools)),
        ];
        for group in groups {
            let name = &group.name;
            checks.push(Check::new(format!("kubeconform -strict: {name}"), || {
                kubeconform::valid(self, group)
            }));
            checks.push(Check::new(format!("kubectl apply --dry-run=server: {name}"), || {
                apply::taken(self, group)
            }));
        }
        checks.push(Check::new(
            "kubectl apply --dry-run=server: the example that is refused",
            || apply::refused(self),
        ));
        checks.push(Check::new("kubeconform: the schema for editors, with the examples", || {
            kubeconform::in_editors(self)
        }));
        checks.push(Check::new("kstatus agrees with Argo CD's health", || kstatus::agrees(tools)));
        checks
    }

    /// Writes a manifest into a file.
    fn file(&self, manifest: &Manifest) -> Result<PathBuf> {
        let path =
            self.folder.path().join(format!("{}.yaml", manifest.name.replace(['/', ' '], "-")));
        fs::write(&path, manifest.text())?;
        Ok(path)
    }

    fn schemas(&self) -> PathBuf {
        self.folder.path().join("schemas").join(schemas::LOCATION)
    }
}

/// Installs the CRDs, and makes the namespaces: as restricted as can be.
fn prepare(cluster: &ControlPlane) -> Result<()> {
    let kubectl =
        |arguments: &[&str], file: &Path| output(cluster.kubectl().args(arguments).arg(file));
    let apply = ["apply", "--server-side", "--filename"];
    for crds in
        ["crds/backupreplications.cbr.replication.dev.yaml", "tests/it/chart/monitoring-crds.yaml"]
    {
        kubectl(&apply, &repository::path(crds))?;
    }
    output(cluster.kubectl().args([
        "wait",
        "--for=condition=Established",
        "--timeout=60s",
        "--all",
        "crd",
    ]))?;
    for namespace in NAMESPACES {
        output(cluster.kubectl().args(["create", "namespace", namespace]))?;
        let labels =
            ["enforce", "warn"].map(|mode| format!("pod-security.kubernetes.io/{mode}=restricted"));
        output(cluster.kubectl().args(["label", "namespace", namespace]).args(labels))?;
    }
    Ok(())
}
