//! What goes well and what goes wrong, each with an operator and a cloud of its own, and the alert
//! that it must fire.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use harness::{Operator, PATIENCE, Scene, attempt, in_time, service_account};
use serde_json::json;
use simulator::{Answer, Ending, Fault, Hold, LookUp, Options, Pace, RetryAfter, Script, example};

use crate::OPERATOR;

/// What happens in a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Deed {
    Accepted,
    Replicating,
    OutcomeUnknown,
    Rejected,
    ReplicationFailed,
    CredentialRejected,
    TokenExpired,
    EndpointForbidden,
    SecretMissing,
    Throttled,
    Unreachable,
    OutcomeNotWritten,
    WritesRefused,
    RoleMissing,
    NotLeading,
}

/// An alert's name and its label `reason`.
pub(crate) type Alert = (&'static str, &'static str);

/// The deed, its job in Prometheus, and the alerts that it fires.
pub(crate) const DEEDS: [(Deed, &str, &[Alert]); 15] = [
    (Deed::Accepted, "accepted", &[]),
    (Deed::Replicating, "replicating", &[("BackupReplicationOverdue", "")]),
    (Deed::OutcomeUnknown, "outcome-unknown", &[("BackupReplicationOutcomeUnknown", "")]),
    (Deed::Rejected, "rejected", &[("BackupReplicationStalled", "Rejected")]),
    (
        Deed::ReplicationFailed,
        "replication-failed",
        &[("BackupReplicationStalled", "ReplicationFailed")],
    ),
    (Deed::CredentialRejected, "token-rejected", &[("BackupReplicationCredentialRejected", "")]),
    // It is ready, and still somebody has to know that nobody can follow it.
    (
        Deed::TokenExpired,
        "token-expired",
        &[("BackupReplicationCredentialRejected", ""), ("BackupReplicationOverdue", "")],
    ),
    // The same where the administrator no longer allows the endpoint.
    (
        Deed::EndpointForbidden,
        "endpoint-forbidden",
        &[("BackupReplicationStalled", "EndpointRefused"), ("BackupReplicationOverdue", "")],
    ),
    (
        Deed::SecretMissing,
        "secret-missing",
        &[("BackupReplicationSecretUnreadable", "CredentialNotFound")],
    ),
    (Deed::Throttled, "throttled", &[("BackupReplicationThrottled", "")]),
    (Deed::Unreachable, "unreachable", &[("BackupReplicationCloudUnreachable", "LookUpFailed")]),
    (Deed::OutcomeNotWritten, "outcome-not-written", &[("BackupReplicationOutcomeNotWritten", "")]),
    (Deed::WritesRefused, "writes-refused", &[("BackupReplicationReconcilesFailing", "")]),
    // It leads, it has no error, and every count is 0.
    (Deed::RoleMissing, "role-missing", &[("BackupReplicationOperatorNotReady", "")]),
    (
        Deed::NotLeading,
        "not-leading",
        &[("BackupReplicationOperatorNotLeading", ""), ("BackupReplicationOperatorNotReady", "")],
    ),
];

/// A deed's place and its operator.
pub(crate) struct Case {
    deed: Deed,
    scene: Scene,
    pub(crate) operator: Operator,
    hold: Hold,
}

impl Case {
    /// Starts the operator; nothing is there for it to do yet.
    pub(crate) async fn new(deed: Deed) -> Result<Self> {
        let mut options = Options::default();
        if !matches!(deed, Deed::Replicating | Deed::TokenExpired) {
            options.behaviour.pace = Pace::takes(Duration::ZERO);
        }
        if deed == Deed::ReplicationFailed {
            options.behaviour.ending = Ending::Fail {
                code: "BackupService.6129".into(),
                reason: "The vault is full.".into(),
            };
        }
        let scene = Scene::with(OPERATOR, options).await?;
        let times = ["--settling-time=1s", "--claim-window=1s", "--request-timeout=30s"];
        let mut operator =
            times.into_iter().fold(scene.operator(), |options, time| options.arg(time));
        if deed == Deed::NotLeading {
            operator = operator.arg("--leader-election").arg("--lease-namespace=no-such-namespace");
        }
        if deed == Deed::RoleMissing {
            let powerless = service_account(&scene.cluster, &scene.namespace, "powerless")?;
            operator = operator.env("KUBECONFIG", powerless);
        }
        let operator = operator.start()?;
        if !matches!(deed, Deed::NotLeading | Deed::RoleMissing) {
            operator.log.wait_for(PATIENCE, |line| line.contains("Ready: watch"))?;
        }
        let hold = scene.simulator.hold("call");
        Ok(Self { deed, scene, operator, hold })
    }

    /// Has it happen.
    pub(crate) async fn happen(&self) -> Result<()> {
        let Self { deed, scene, operator: _, hold } = self;
        match deed {
            Deed::SecretMissing => {}
            Deed::CredentialRejected => scene.secret("gAAAAABunknown-to-the-cloud")?,
            Deed::Accepted
            | Deed::Replicating
            | Deed::OutcomeUnknown
            | Deed::Rejected
            | Deed::ReplicationFailed
            | Deed::TokenExpired
            | Deed::EndpointForbidden
            | Deed::Throttled
            | Deed::Unreachable
            | Deed::OutcomeNotWritten
            | Deed::WritesRefused
            | Deed::RoleMissing
            | Deed::NotLeading => scene.valid_secret()?,
        }
        let manifest = Scene::manifest("db", "");
        match deed {
            Deed::Rejected => scene.applied(&manifest.replace(example::VAULT, "no-such-vault"))?,
            Deed::OutcomeUnknown => {
                scene.simulator.configure(|behaviour| behaviour.view.look_up = LookUp::Forbidden);
                scene.simulator.script(Script::once(Fault::after_commit().reset()).replicate())?;
                scene.applied(&manifest)?;
            }
            Deed::TokenExpired => {
                scene.applied(&manifest)?;
                scene
                    .wait("db", "followed", |object| object.text("/status/recordStatus").is_some())
                    .await?;
                scene.simulator.expire_token(example::TOKEN)?;
            }
            Deed::EndpointForbidden => {
                // Accepted by an operator that was allowed to call there.
                let suspended = "  endpoint: https://cbr.example.org\n  suspend: true\n";
                scene.applied(&Scene::manifest("db", suspended))?;
                scene.wait("db", "suspended", |object| object.reason() == "Suspended").await?;
                let accepted = json!({
                    "origin": "Called",
                    "acceptedAt": jiff::Timestamp::now(),
                    "replicationRecordId": "r-1",
                    "attempts": [attempt(1, Some("Accepted"))],
                });
                scene.set_status("db", &accepted).await?;
                scene
                    .wait("db", "accepted, and not tracked", |object| {
                        object.is("Ready") && !object.is("Stalled")
                    })
                    .await?;
            }
            Deed::Throttled => {
                let answer = Answer::throttled(Some(RetryAfter::Seconds(3600)));
                scene
                    .simulator
                    .script(Script::once(Fault::before_commit().answer(answer)).replicate())?;
                scene.applied(&manifest)?;
            }
            Deed::Unreachable => {
                scene.simulator.go_down()?;
                scene.applied(&manifest)?;
            }
            Deed::OutcomeNotWritten => {
                scene.simulator.script(
                    Script::once(Fault::after_commit().hold(hold).ordinary()).replicate(),
                )?;
                scene.applied(&manifest)?;
                in_time("the call arrives", hold.arrived()).await?;
                self.refuse_statuses().await?;
                hold.release();
            }
            Deed::WritesRefused => {
                scene.applied(&Scene::manifest("db", "  suspend: true\n"))?;
                scene.wait("db", "suspended", |object| object.reason() == "Suspended").await?;
                self.refuse_statuses().await?;
                scene.patched("db", &json!({"spec": {"suspend": false}}))?;
            }
            Deed::Accepted
            | Deed::Replicating
            | Deed::ReplicationFailed
            | Deed::CredentialRejected
            | Deed::SecretMissing
            | Deed::RoleMissing
            | Deed::NotLeading => scene.applied(&manifest)?,
        }
        Ok(())
    }

    /// Has the API server refuse every status of this namespace, and waits until it does.
    async fn refuse_statuses(&self) -> Result<()> {
        let name = &self.scene.namespace;
        let policy = json!({
            "apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingAdmissionPolicy", "metadata": {"name": name},
            "spec": {
                "failurePolicy": "Fail",
                "matchConstraints": {"resourceRules": [{
                    "apiGroups": ["cbr.replication.dev"], "apiVersions": ["*"], "operations": ["UPDATE"],
                    "resources": ["backupreplications/status"],
                }]},
                "validations": [{"expression": "false", "message": "no status is written here"}],
            },
        });
        let binding = json!({
            "apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingAdmissionPolicyBinding", "metadata": {"name": name},
            "spec": {
                "policyName": name, "validationActions": ["Deny"],
                "matchResources": {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": name}}},
            },
        });
        self.scene.applied(&policy.to_string())?;
        self.scene.applied(&binding.to_string())?;
        let started = Instant::now();
        let patch = json!({"status": {"observedGeneration": -1}}).to_string();
        let probe = [
            "patch",
            "brep",
            "db",
            "--subresource=status",
            "--dry-run=server",
            "--type=merge",
            "--patch",
            &patch,
        ];
        loop {
            let tried = self.scene.kubectl(&probe)?;
            if tried.words.contains("no status is written here") {
                return Ok(());
            }
            ensure!(started.elapsed() < PATIENCE, "the policy is not in force: {}", tried.words);
            tokio::time::sleep(Duration::from_millis(250)).await;
        }
    }

    /// Where its metrics are.
    pub(crate) fn address(&self) -> Result<String> {
        self.operator.address().with_context(|| format!("{:?}", self.deed))
    }
}
