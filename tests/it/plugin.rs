//! `kubectl brep`, as users run it: it shows where every resource stands, tells its story, and
//! writes decisions that the operator carries out, and no other.

mod check;
mod cluster;
mod completion;
mod cures;
mod look;
mod meanwhile;
mod new;
mod pages;
mod resolve;
mod running;
mod situations;
mod status;
mod told;
mod wait;

use std::process::{Command, Output, Stdio};

use anyhow::{Context, Result, ensure};
use harness::{Object, OperatorOptions, Scene};
use simulator::{Fault, LookUp, Options, Script, example};

use crate::OPERATOR;

const PLUGIN: &str = env!("CARGO_BIN_EXE_kubectl-brep");

/// Documented exit codes.
const FAILED: i32 = 1;
const NOT_FOUND: i32 = 6;

/// What the plugin said, and how it ended.
#[derive(Debug)]
struct Said {
    code: Option<i32>,
    out: String,
    err: String,
}

impl Said {
    fn of(output: Output) -> Result<Self> {
        let said = Self {
            code: output.status.code(),
            out: String::from_utf8(output.stdout)?,
            err: String::from_utf8(output.stderr)?,
        };
        said.without_secrets()
    }

    /// Whatever is asked, and however it ends.
    fn without_secrets(self) -> Result<Self> {
        ensure!(
            !self.out.contains(example::TOKEN) && !self.err.contains(example::TOKEN),
            "a token: {self:#?}"
        );
        Ok(self)
    }

    /// What it said, where it ended well.
    fn well(self) -> Result<String> {
        ensure!(self.code == Some(0) && self.err.is_empty(), "{self:#?}");
        Ok(self.out)
    }

    /// The one line of its failure.
    fn line(&self) -> Result<&str> {
        let mut lines = self.err.lines();
        let line = lines
            .next()
            .and_then(|line| line.strip_prefix("error: "))
            .with_context(|| format!("{self:#?}"))?;
        let fails = matches!(self.code, Some(FAILED | NOT_FOUND));
        ensure!(fails && lines.next().is_none(), "{self:#?}");
        Ok(line)
    }
}

/// The plugin without a cluster.
fn bare() -> Command {
    let mut command = Command::new(PLUGIN);
    command.env_clear().stdin(Stdio::null());
    command
}

/// The plugin in the scene's namespace.
fn plugin(scene: &Scene, arguments: &[&str]) -> Result<Said> {
    typed(scene, &[arguments, &["--namespace", &scene.namespace]].concat())
}

/// The plugin with the administrator's kubeconfig, and leave to look at the scene's cloud.
fn typed(scene: &Scene, arguments: &[&str]) -> Result<Said> {
    Said::of(command(scene).args(arguments).output()?)
}

fn command(scene: &Scene) -> Command {
    let mut command = bare();
    command
        .env("KUBECONFIG", scene.cluster.kubeconfig())
        .env("BREP_ALLOWED_ENDPOINT", scene.simulator.https_url())
        .env("BREP_CA_BUNDLE", scene.ca_file());
    command
}

/// The same, with the scene's cloud as the endpoint of resources that name none.
fn with_default_endpoint(scene: &Scene, arguments: &[&str]) -> Result<Said> {
    let mut command = command(scene);
    command.env("BREP_DEFAULT_ENDPOINT", scene.simulator.https_url());
    Said::of(command.args(arguments).output()?)
}

/// An operator whose claims go stale, and whose unknown outcomes settle, within seconds.
fn short(scene: &Scene) -> OperatorOptions {
    scene.operator().arg("--claim-window=3s").arg("--request-timeout=4s").arg("--settling-time=1s")
}

/// A cloud without look-up, so that no evidence settles what is to stay open.
fn no_look_up() -> Options {
    let mut options = Options::default();
    options.behaviour.view.look_up = LookUp::NotFound;
    options
}

fn apply(scene: &Scene, name: &str, backup: &str) -> Result<()> {
    scene.applied(&Scene::manifest_for(name, backup, ""))
}

/// A resource whose call was lost before the cloud had it, and that waits for a human.
async fn lost(scene: &Scene, name: &str) -> Result<(String, Object)> {
    let backup = scene.new_backup();
    scene
        .simulator
        .script(Script::once(Fault::before_commit().reset()).replicate().backup(&backup))?;
    apply(scene, name, &backup)?;
    let object = scene.wait(name, "stalled", |object| object.is("Stalled")).await?;
    assert_eq!(object.reason(), "OutcomeUnknown");
    Ok((backup, object))
}
