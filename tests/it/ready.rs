//! The log and `/ready` name what the operator lacks at the API server, and the operator continues
//! automatically when that is back.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use control_plane::{ControlPlane, Exit};
use harness::{
    Cluster, Operator, PATIENCE, Scene, crd_file, install_crd, kubectl_apply, service_account,
};
use serde_json::{Value, json};
use simulator::{Fault, Options, Script, example};

use crate::OPERATOR;

fn is_ready(operator: &Operator) -> Result<()> {
    let (status, body) = operator.get("/ready")?;
    ensure!(status == 200, "{status}: {body}");
    Ok(())
}

/// Waits for the log to say it; then `/ready` must say it, too, while `/health` sees no reason for
/// a restart.
fn says_not_ready(operator: &Operator, words: &str) -> Result<()> {
    operator.log.wait_for(PATIENCE, |line| line.contains("Not ready") && line.contains(words))?;
    let (status, body) = operator.get("/ready")?;
    ensure!(status == 503 && body.contains(words), "{status}: {body}");
    let (health, _) = operator.get("/health")?;
    ensure!(health == 200, "{health}");
    Ok(())
}

/// Waits for the log to say so for the nth time, and then for `/ready`: an API server that has just
/// started can take a list, and still refuse the watch for a moment.
fn says_ready(operator: &Operator, nth: usize) -> Result<()> {
    operator.log.wait_for_nth(nth, PATIENCE, |line| line.contains("Ready: watch"))?;
    let began = Instant::now();
    while let Err(error) = is_ready(operator) {
        ensure!(began.elapsed() < PATIENCE, "{error}");
        std::thread::sleep(Duration::from_millis(100));
    }
    Ok(())
}

#[tokio::test]
async fn the_crd_is_missing() -> Result<()> {
    let cluster = &Cluster::own()?;
    let scene = Scene::on(cluster, OPERATOR, Options::default()).await?;
    let operator = scene.operator().start()?;
    says_not_ready(&operator, "Install the CRD")?;

    install_crd(cluster)?;
    says_ready(&operator, 1)?;
    scene.valid_secret()?;
    scene.applied(&Scene::manifest("db", ""))?;
    scene.wait("db", "ready", |object| object.is("Ready")).await?;
    Ok(())
}

#[tokio::test]
async fn the_api_server_is_away() -> Result<()> {
    let cluster = &Cluster::own()?;
    install_crd(cluster)?;
    let scene = Scene::on(cluster, OPERATOR, Options::default()).await?;
    scene.valid_secret()?;
    let before = scene.operator().start_ready()?;
    cluster.stop_apiserver();
    says_not_ready(&before, "keeps trying")?;
    // One that starts meanwhile waits like the other.
    let meanwhile = scene.operator().start()?;
    says_not_ready(&meanwhile, "keeps trying")?;

    cluster.start_apiserver()?;
    says_ready(&before, 2)?;
    says_ready(&meanwhile, 1)?;
    scene.applied(&Scene::manifest("db", ""))?;
    scene.wait("db", "ready", |object| object.is("Ready")).await?;
    assert_eq!(scene.simulator.counts(example::BACKUP).posts, 1);
    Ok(())
}

/// Nothing is refused and no connection ends: it is just silent. Without an election there is no
/// other request that would notice.
#[tokio::test]
async fn the_api_server_is_silent() -> Result<()> {
    let cluster = &Cluster::own()?;
    install_crd(cluster)?;
    let scene = Scene::on(cluster, OPERATOR, Options::default()).await?;
    scene.valid_secret()?;
    let operator = scene.operator().arg("--watch-timeout=4s").start_ready()?;
    // Longer than the limit: an API server with nothing to say is not silent.
    scene.applied(&Scene::manifest("before", ""))?;
    scene.wait("before", "ready", |object| object.is("Ready")).await?;
    std::thread::sleep(Duration::from_secs(9));
    is_ready(&operator)?;
    ensure!(!operator.log.text().contains("Not ready"), "{}", operator.log.text());

    cluster.pause_apiserver()?;
    operator.log.wait_for(PATIENCE, |line| {
        line.contains("Not ready: API server") && line.contains("not answered")
    })?;
    let (status, body) = operator.get("/ready")?;
    ensure!(status == 503 && body.contains("API server"), "{status}: {body}");
    assert_eq!(operator.get("/health")?.0, 200);
    cluster.resume_apiserver()?;
    operator.log.wait_for(PATIENCE, |line| line.contains("Ready: API server"))?;
    says_ready(&operator, 1)?;
    scene.applied(&Scene::manifest_for("after", &scene.new_backup(), ""))?;
    scene.wait("after", "ready", |object| object.is("Ready")).await?;
    Ok(())
}

/// A Role of this namespace for its one service account, with these rules.
fn role(scene: &Scene, rules: &Value) -> Result<()> {
    let metadata = json!({"name": "operator"});
    let api = "rbac.authorization.k8s.io";
    for object in [
        json!({"apiVersion": format!("{api}/v1"), "kind": "Role", "metadata": metadata, "rules": rules}),
        json!({
            "apiVersion": format!("{api}/v1"), "kind": "RoleBinding", "metadata": metadata,
            "roleRef": {"apiGroup": api, "kind": "Role", "name": "operator"},
            "subjects": [{"kind": "ServiceAccount", "name": "operator", "namespace": scene.namespace}],
        }),
    ] {
        scene.applied(&object.to_string())?;
    }
    Ok(())
}

/// No role helps whom the API server does not know.
#[tokio::test]
async fn the_credentials_are_not_accepted() -> Result<()> {
    let scene = Scene::new(OPERATOR).await?;
    let nobody = scene.cluster.kubeconfig_for_token("nobody", "no-such-token")?;
    let operator = scene
        .operator()
        .env("KUBECONFIG", nobody)
        .arg("--leader-election")
        .arg(format!("--lease-namespace={}", scene.namespace))
        .start()?;
    for what in ["watch of backupreplications", "lease"] {
        let said = |line: &str| line.contains(&format!("Not ready: {what}"));
        let line = operator.log.wait_for(PATIENCE, said)?;
        ensure!(line.contains("does not accept the operator's own credentials"), "{line}");
        ensure!(line.contains("kubeconfig") && !line.contains("role"), "{line}");
    }
    says_not_ready(&operator, "does not accept the operator's own credentials")
}

#[tokio::test]
async fn the_roles_are_missing() -> Result<()> {
    let scene = Scene::new(OPERATOR).await?;
    let account = service_account(&scene.cluster, &scene.namespace, "operator")?;
    scene.valid_secret()?;
    scene.applied(&Scene::manifest("db", ""))?;
    let operator = scene.operator().env("KUBECONFIG", account).start()?;
    says_not_ready(&operator, "the operator's role does not allow it")?;

    let watch = json!({"apiGroups": ["cbr.replication.dev"], "resources": ["backupreplications"], "verbs": ["get", "list", "watch"]});
    let secrets = json!({"apiGroups": [""], "resources": ["secrets"], "verbs": ["get"]});
    let status = json!({"apiGroups": ["cbr.replication.dev"], "resources": ["backupreplications/status"], "verbs": ["patch"]});
    role(&scene, &json!([watch, secrets]))?;
    says_ready(&operator, 1)?;
    // It sees its resources by now, and must not call for what it cannot claim.
    operator.log.wait_for(PATIENCE, |line| {
        line.contains("role does not allow it") && line.contains("backupreplications/status")
    })?;
    assert_eq!(scene.simulator.counts(example::BACKUP).posts, 0);

    role(&scene, &json!([watch, secrets, status]))?;
    scene.wait("db", "ready", |object| object.is("Ready")).await?;
    assert_eq!(scene.simulator.counts(example::BACKUP).posts, 1);
    Ok(())
}

/// A call under way is waited for; meanwhile no traffic and no further work should come.
#[tokio::test]
async fn a_shutdown_is_reported_while_a_call_ends() -> Result<()> {
    let scene = Scene::new(OPERATOR).await?;
    scene.valid_secret()?;
    let hold = scene.simulator.hold("call");
    scene
        .simulator
        .script(Script::once(Fault::before_commit().hold(&hold).ordinary()).replicate())?;
    let operator = scene.operator().start_ready()?;
    scene.applied(&Scene::manifest("db", ""))?;
    harness::in_time(
        "the call",
        scene.simulator.wait_for(|log| log.counts(example::BACKUP).posts == 1),
    )
    .await?;

    operator.process.terminate()?;
    operator.log.wait_for(PATIENCE, |line| line.contains("Shutting down"))?;
    let (status, body) = operator.get("/ready")?;
    ensure!(status == 503 && body.contains("shutting down"), "{status}: {body}");
    assert_eq!(operator.get("/health")?.0, 200);
    hold.release();
    assert_eq!(operator.process.wait(PATIENCE)?, Exit::Code(0));
    ensure!(scene.get("db").await?.is("Ready"), "the call's end is recorded");
    Ok(())
}

/// With nothing under way there is nothing to wait for. The grace of a call here is far longer than
/// the patience of the test.
#[tokio::test]
async fn an_idle_operator_ends_at_once() -> Result<()> {
    let scene = Scene::new(OPERATOR).await?;
    let waiting = scene.operator().arg("--request-timeout=1h").start_ready()?;
    // Without a Secret it waits for one: that is no reason to stay, either.
    scene.applied(&Scene::manifest("db", ""))?;
    scene.wait("db", "waiting", |object| object.reason() == "CredentialNotFound").await?;
    assert_eq!(waiting.stop()?, Exit::Code(0));
    Ok(())
}

/// Stored under another CRD, by an older or a newer version of the operator.
#[tokio::test]
async fn an_object_that_cannot_be_decoded_is_reported_and_the_others_continue() -> Result<()> {
    let cluster = &Cluster::own()?;
    let scene = Scene::on(cluster, OPERATOR, Options::default()).await?;
    scene.valid_secret()?;
    install_loose_crd(cluster)?;
    scene.applied(&Scene::manifest("strange", "").replace(example::PROJECT, "{number: 5}"))?;
    install_crd(cluster)?;

    let operator = scene.operator().start_ready()?;
    operator.log.wait_for(PATIENCE, |line| {
        line.contains("cannot be decoded") && line.contains("\"strange\"")
    })?;
    scene.applied(&Scene::manifest("db", ""))?;
    scene.wait("db", "ready", |object| object.is("Ready")).await?;
    is_ready(&operator)
}

/// Our CRD as it would be without a schema.
fn install_loose_crd(cluster: &ControlPlane) -> Result<()> {
    let mut crd: Value = serde_saphyr::from_str(&std::fs::read_to_string(crd_file())?)?;
    let schema = crd.pointer_mut("/spec/versions/0/schema/openAPIV3Schema").context("no schema")?;
    *schema = json!({"type": "object", "x-kubernetes-preserve-unknown-fields": true});
    let selectable =
        crd.pointer_mut("/spec/versions/0").and_then(Value::as_object_mut).context("no version")?;
    // It would have to stand in the schema.
    selectable.remove("selectableFields");
    let said = kubectl_apply(cluster, None, &crd.to_string())?;
    ensure!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
    let established = cluster
        .kubectl()
        .args([
            "wait",
            "--for=condition=Established",
            "--timeout=60s",
            "crd/backupreplications.cbr.replication.dev",
        ])
        .output()?;
    ensure!(established.status.success(), "{}", String::from_utf8_lossy(&established.stderr));
    Ok(())
}
