//! The chart's life on an API server.

use std::process::Command;

use anyhow::Result;
use checklist::commands::output_without_warning;
use control_plane::ControlPlane;

use crate::helm::{Helm, NAME, NAMESPACE, chart};

/// Installed by one helm; upgraded, changed back and forth, and uninstalled by another. Neither
/// warns.
pub(super) fn with(first: &Helm, then: &Helm) -> Result<()> {
    let cluster = ControlPlane::start()?;
    let helm = |helm: &Helm, verb: &str| {
        let mut command = helm.command();
        command.env("KUBECONFIG", cluster.kubeconfig()).args([
            verb,
            NAME,
            "--namespace",
            NAMESPACE,
        ]);
        command
    };
    let run = |command: &mut Command| output_without_warning(command).map(drop);
    run(helm(first, "install").arg(chart()).arg("--create-namespace"))?;
    run(helm(then, "upgrade").arg(chart()))?;
    // To the other strategy of rollouts and back: neither takes a field of the other's.
    run(helm(then, "upgrade").arg(chart()).args(["--set", "leaderElection.enabled=false"]))?;
    run(helm(then, "upgrade").arg(chart()))?;
    run(&mut helm(then, "uninstall"))
}
