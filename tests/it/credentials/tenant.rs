//! A namespace whose owner has applied the shipped manifests.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use harness::{Object, Scene, service_account};
use serde_json::{Value, json};
use simulator::example;

use super::{KUSTOMIZATION, OPERATOR};

/// The CronJob, its account, its Role.
pub(crate) const NAME: &str = "renew-cbr-token";

/// What a run of the command has said.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

/// The shipped manifests in a scene's namespace, and the user's Secret.
pub(crate) struct Tenant {
    pub(crate) scene: Scene,
    pub(crate) account: PathBuf,
    pub(crate) objects: Vec<Value>,
}

impl Tenant {
    pub(crate) async fn new() -> Result<Self> {
        let scene = Scene::new(OPERATOR).await?;
        let rendered = scene
            .cluster
            .kubectl()
            .arg("kustomize")
            .arg(repository::path(KUSTOMIZATION))
            .output()?;
        ensure!(rendered.status.success(), "{}", String::from_utf8_lossy(&rendered.stderr));
        let rendered = String::from_utf8(rendered.stdout)?;
        let yaml =
            rendered.replace("namespace: backups", &format!("namespace: {}", scene.namespace));
        let applied = scene.apply(&yaml)?;
        ensure!(applied.accepted && !applied.words.contains("Warning"), "{}", applied.words);
        let account = service_account(&scene.cluster, &scene.namespace, NAME)?;
        Ok(Self { scene, account, objects: serde_saphyr::from_multiple(&yaml)? })
    }

    /// One with a Secret of the user whom the simulated IAM knows.
    pub(crate) async fn with_user() -> Result<Self> {
        let tenant = Self::new().await?;
        tenant.user(example::PASSWORD)?;
        Ok(tenant)
    }

    pub(crate) fn user(&self, password: &str) -> Result<()> {
        let user =
            json!({"username": example::USER, "domain": example::DOMAIN, "password": password});
        self.scene.secret_with("cbr-user", &user)
    }

    pub(crate) fn object(&self, kind: &str) -> Result<&Value> {
        let mut found = self.objects.iter().filter(|object| object["kind"] == kind);
        let object = found.next().with_context(|| format!("no {kind}"))?;
        ensure!(found.next().is_none(), "more than one {kind}");
        Ok(object)
    }

    /// The spec of the pod that the CronJob has made.
    pub(crate) fn pod(&self) -> Result<&Value> {
        self.object("CronJob")?.pointer("/spec/jobTemplate/spec/template/spec").context("no pod")
    }

    /// The container's command, with the simulator in the place of the cloud and other options in
    /// the place of its own. A pod knows its own namespace.
    pub(crate) fn command(&self, options: &[&str]) -> Result<Command> {
        let iam = self.scene.simulator.https_url();
        let shipped: Vec<String> =
            serde_json::from_value(self.pod()?["containers"][0]["args"].clone())?;
        let mut args = shipped;
        let ours = [
            format!("--iam-endpoint={iam}"),
            format!("--allowed-iam-endpoint={iam}"),
            format!("--ca-bundle={}", self.scene.ca_file().display()),
            format!("--namespace={}", self.scene.namespace),
        ];
        for option in ours.into_iter().chain(options.iter().map(|option| (*option).to_owned())) {
            let name = option.split('=').next().unwrap_or_default().to_owned();
            args.retain(|arg| arg.split('=').next() != Some(&name));
            args.push(option);
        }
        let mut command = Command::new(OPERATOR);
        command.args(args).env_clear().env("RUST_LOG", "trace").env("KUBECONFIG", &self.account);
        Ok(command)
    }

    pub(crate) fn run(&self, options: &[&str]) -> Result<Run> {
        Run::of(&mut self.command(options)?)
    }

    /// The Secret with the token.
    pub(crate) fn secret(&self) -> Result<Object> {
        let read = self.scene.kubectl(&[
            "get",
            "secret",
            "cbr-token",
            "--output=json",
            "--show-managed-fields",
        ])?;
        ensure!(read.accepted, "{}", read.words);
        Ok(Object(serde_json::from_str(&read.words)?))
    }

    /// The token itself; nothing before the first run.
    pub(crate) fn token(&self) -> Result<Option<String>> {
        let template = "--output=go-template={{if .data}}{{.data.token | base64decode}}{{end}}";
        let read = self.scene.kubectl(&["get", "secret", "cbr-token", template])?;
        ensure!(read.accepted, "{}", read.words);
        Ok(Some(read.words).filter(|token| !token.is_empty()))
    }
}

impl Run {
    pub(crate) fn of(command: &mut Command) -> Result<Self> {
        let output = command.output()?;
        Ok(Self {
            code: output.status.code(),
            out: String::from_utf8(output.stdout)?,
            err: String::from_utf8(output.stderr)?,
        })
    }

    /// It has renewed the token, and says so in one line.
    pub(crate) fn well(self) -> Result<String> {
        let Self { code, out, err } = &self;
        ensure!(*code == Some(0) && err.is_empty() && out.lines().count() == 1, "{self:?}");
        Ok(self.out)
    }

    /// It has not, with this exit code and one line in which all these words stand.
    pub(crate) fn failed(&self, wanted: i32, words: &[&str]) -> Result<()> {
        let Self { code, out, err } = self;
        let all = words.iter().all(|words| err.contains(words));
        ensure!(
            *code == Some(wanted) && out.is_empty() && err.lines().count() == 1 && all,
            "wanted {wanted} and {words:?}; {self:?}"
        );
        Ok(())
    }
}
