//! The checks, in their order.

mod accounts;
mod argocd;
mod first_use;
mod flux;
mod install;
mod manners;
mod nightly;
mod upgrade;

use std::path::Path;
use std::thread;
use std::time::Instant;

use anyhow::Result;
use checklist::report;

use crate::cluster::Cluster;

pub(crate) struct Check {
    name: &'static str,
    run: fn(&Cluster) -> Result<()>,
}

/// What the node alone is enough for.
const ON_THE_NODE: &[Check] = &[
    Check {
        name: "helm install: the pod becomes ready, restricted as its manifest says",
        run: install::becomes_ready,
    },
    Check { name: "helm test passes", run: install::test_passes },
    Check { name: "a replication is accepted and recorded", run: install::records },
    Check { name: "a wrong value is refused by the chart's schema", run: install::wrong_value },
    Check {
        name: "docs/credentials.md: a service account that the chart names becomes a call",
        run: accounts::exchanged,
    },
    Check {
        name: "docs/nightly.md: a resource for each night, for the newest backup of its day",
        run: nightly::each_night,
    },
    Check {
        name: "helm upgrade to two replicas in mid-call: nothing is lost or doubled",
        run: upgrade::in_mid_call,
    },
    Check {
        name: "kubectl delete pod in mid-call: nothing is lost or doubled",
        run: upgrade::pod_deleted,
    },
    Check {
        name: "a pod killed at once in mid-call: nothing is lost or doubled",
        run: upgrade::pod_killed,
    },
    Check {
        name: "kubectl replace --force: the new resource adopts the record",
        run: manners::replaced_by_force,
    },
    Check { name: "a change to a frozen spec is refused", run: manners::frozen },
    Check { name: "a Secret that arrives late, and is then corrected", run: manners::late_secret },
    Check { name: "server-side apply by two managers: no drift", run: manners::two_managers },
    Check { name: "helm uninstall: the resources stay readable", run: install::uninstall },
    Check {
        name: "README.md: from deploy/install.yaml to the first accepted replication",
        run: first_use::from_nothing,
    },
];

pub(crate) const WITH_ARGO_CD: &[Check] = &[
    Check {
        name: "Argo CD's own engine judges a resource of every phase as it should",
        run: argocd::judged,
    },
    Check {
        name: "Argo CD: the examples become Synced and Healthy, the Secret late; the CRD stays",
        run: argocd::example,
    },
    Check {
        name: "Argo CD: the second wave waits for the cloud's acceptance",
        run: argocd::sync_waves,
    },
    Check { name: "Argo CD: nothing is OutOfSync while a copy is followed", run: argocd::no_drift },
    Check {
        name: "Argo CD: what was edited by hand is put back, without a call",
        run: argocd::healed,
    },
    Check {
        name: "Argo CD: a failing replication is Degraded, and the sync fails",
        run: argocd::failing,
    },
    Check { name: "Argo CD: a change to a frozen spec is refused", run: argocd::frozen },
    Check {
        name: "Argo CD: pruned, and back: the new resource adopts the record",
        run: argocd::pruned_and_back,
    },
    Check {
        name: "Argo CD: Replace=true,Force=true: the new resource adopts the record",
        run: argocd::recreated,
    },
    Check {
        name: "Argo CD: a Secret that is late, rotated, deleted and made again",
        run: argocd::late_rotated_and_made_again,
    },
    Check { name: "Argo CD: a decision by an action is carried out", run: argocd::by_action },
];

pub(crate) const WITH_FLUX: &[Check] = &[
    Check {
        name: "Flux: the example repository becomes ready, its Secret late",
        run: flux::example,
    },
    Check {
        name: "Flux: a failing replication fails its Kustomization at once",
        run: flux::failing,
    },
    Check {
        name: "Flux: pruned, and back: the new resource adopts the record",
        run: flux::pruned_and_back,
    },
    Check {
        name: "Flux: a change to a frozen spec is refused, and force adopts",
        run: flux::frozen_then_forced,
    },
];

/// Whether one of these is asked for.
pub(crate) fn any_is_wanted(checks: &[Check], only: &[String]) -> bool {
    checks.iter().any(|check| checklist::is_wanted(check.name, only))
}

/// Starts the cluster, runs the checks, and returns whether all passed.
pub(crate) fn run(folder: &Path, cgroup: &str, only: &[String], keep: bool) -> Result<bool> {
    let start = Instant::now();
    let cluster = report::step("cluster up in all", || Cluster::start(folder, cgroup))?;
    install::operator(&cluster)?;
    let checks = [ON_THE_NODE, WITH_ARGO_CD, WITH_FLUX].into_iter().flatten();
    let checks = checks.map(|Check { name, run }| checklist::Check::new(*name, || run(&cluster)));
    let passed = checklist::run(checks, only, start);
    if keep {
        println!(
            "The cluster stays until Ctrl-C. In its namespaces: nsenter --all --target {}",
            std::process::id()
        );
        loop {
            thread::park();
        }
    }
    Ok(passed)
}
