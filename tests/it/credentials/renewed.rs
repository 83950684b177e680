//! What a run does where all is as it should be.

use anyhow::{Context, Result, ensure};
use harness::{Object, Scene};
use serde_json::json;
use simulator::{Operation, example};

use super::tenant::Tenant;

/// The whole story: no token, a first one, one that has expired, and the next run.
#[tokio::test]
async fn a_replication_that_waits_for_a_token_continues_automatically_after_the_renewal()
-> Result<()> {
    let tenant = Tenant::with_user().await?;
    let scene = &tenant.scene;
    let _operator = scene
        .operator()
        .arg("--require-secret-label=cbr.replication.dev/token=yes")
        .start_ready()?;
    scene.applied(&Scene::manifest("first", ""))?;
    scene.wait("first", "waiting", |object| object.reason() == "TokenMissing").await?;
    tenant.run(&[])?.well()?;
    scene.wait("first", "ready", |object| object.is("Ready")).await?;

    let old = tenant.token()?.context("no token")?;
    scene.simulator.expire_token(&old)?;
    let backup = scene.new_backup();
    scene.applied(&Scene::manifest_for("second", &backup, ""))?;
    let waiting =
        scene.wait("second", "waiting", |object| object.reason() == "TokenRejected").await?;
    ensure!(
        !waiting.is("Stalled") && waiting.message().contains("cbr-token"),
        "{}",
        waiting.message()
    );
    assert_eq!(scene.simulator.counts(&backup).accepted, 0);

    tenant.run(&[])?.well()?;
    assert_ne!(tenant.token()?.as_ref(), Some(&old));
    scene.wait("second", "ready", |object| object.is("Ready")).await?;
    assert_eq!(scene.simulator.counts(&backup).accepted, 1);
    Ok(())
}

fn fields(secret: &Object, manager: &str) -> Option<serde_json::Value> {
    let all = secret.0["metadata"]["managedFields"].as_array()?;
    all.iter().find(|entry| entry["manager"] == manager).map(|entry| entry["fieldsV1"].clone())
}

#[tokio::test]
async fn one_key_is_written_and_when_it_ends_and_all_else_stays() -> Result<()> {
    let tenant = Tenant::with_user().await?;
    let scene = &tenant.scene;
    let others = json!({
        "metadata": {"labels": {"team": "backups"}, "annotations": {"note": "ours"}}, "stringData": {"other": "key", "token": "old"},
    });
    let patched = scene.kubectl(&[
        "patch",
        "secret",
        "cbr-token",
        "--type=merge",
        "--patch",
        &others.to_string(),
    ])?;
    ensure!(patched.accepted, "{}", patched.words);
    let before = tenant.secret()?;
    let said = tenant.run(&[])?.well()?;
    let after = tenant.secret()?;

    for pointer in
        ["/metadata/uid", "/metadata/labels", "/metadata/annotations/note", "/data/other", "/type"]
    {
        assert_eq!(before.0.pointer(pointer), after.0.pointer(pointer), "{pointer}");
        ensure!(after.0.pointer(pointer).is_some(), "{pointer}");
    }
    assert_ne!(before.0.pointer("/data/token"), after.0.pointer("/data/token"));
    let annotations = after.0["metadata"]["annotations"].as_object().context("no annotations")?;
    assert_eq!(
        annotations.keys().collect::<Vec<_>>(),
        ["cbr.replication.dev/token-expires-at", "note"]
    );
    let until = annotations["cbr.replication.dev/token-expires-at"].as_str().context("no time")?;
    ensure!(
        until.len() == "2026-01-01T00:00:00Z".len() && until.ends_with('Z') && said.contains(until),
        "{until}: {said}"
    );
    let written = fields(&after, "backup-replication-operator-renew-token")
        .context("nobody has written it")?;
    let expected = json!({
        "f:data": {"f:token": {}}, "f:metadata": {"f:annotations": {"f:cbr.replication.dev/token-expires-at": {}}},
    });
    assert_eq!(written, expected);

    // Who applies the manifest again takes nothing away.
    let manifest = tenant.object("Secret")?.to_string();
    scene.applied(&manifest)?;
    assert_eq!(tenant.secret()?.0["data"], after.0["data"]);
    Ok(())
}

#[tokio::test]
async fn another_key_of_another_secret_can_be_named() -> Result<()> {
    let tenant = Tenant::with_user().await?;
    tenant.scene.secret_with("tokens", &json!({"eu-nl": "other"}))?;
    let run = || tenant.run(&["--token-secret=tokens", "--token-key=eu-de"]);
    run()?.failed(3, &["may not patch", "tokens", "Role"])?;
    let role =
        json!([{"op": "add", "path": "/rules/1/resourceNames/-", "value": "tokens"}]).to_string();
    let patched = tenant.scene.kubectl(&[
        "patch",
        "role",
        super::tenant::NAME,
        "--type=json",
        "--patch",
        &role,
    ])?;
    ensure!(patched.accepted, "{}", patched.words);
    run()?.well()?;
    let keys = tenant.scene.kubectl(&[
        "get",
        "secret",
        "tokens",
        "--output=go-template={{range $k, $_ := .data}}{{$k}} {{end}}",
    ])?;
    assert_eq!(keys.words, "eu-de eu-nl ");
    assert_eq!(tenant.token()?, None);
    Ok(())
}

/// A first token by hand, as docs/credentials.md has it, and then the CronJob.
#[tokio::test]
async fn a_token_that_was_put_there_by_hand_stays_until_the_first_run() -> Result<()> {
    let tenant = Tenant::with_user().await?;
    let scene = &tenant.scene;
    let page = std::fs::read_to_string(repository::path("docs/credentials.md"))?;
    let line = page
        .lines()
        .find(|line| line.trim().starts_with("kubectl apply") && line.contains("$work"));
    let secret = json!({
        "apiVersion": "v1", "kind": "Secret", "metadata": {"name": "cbr-token", "namespace": scene.namespace},
        "stringData": {"token": "by hand"},
    });
    std::fs::write(
        scene.cluster.folder().join(format!("{}-secret", scene.namespace)),
        secret.to_string(),
    )?;
    let folder = scene.cluster.folder().join(&scene.namespace);
    let line = line.context("no such line")?.replace("$work/", &format!("{}-", folder.display()));
    let pasted = scene.paste(&line)?;
    ensure!(pasted.accepted, "{line}: {}", pasted.words);
    scene.applied(&tenant.object("Secret")?.to_string())?;
    assert_eq!(tenant.token()?.as_deref(), Some("by hand"));
    tenant.run(&[])?.well()?;
    scene.applied(&tenant.object("Secret")?.to_string())?;
    ensure!(tenant.token()?.is_some_and(|token| token.starts_with("MII")), "the token is gone");
    Ok(())
}

/// IAM is asked once, for the project, without the list of services.
#[tokio::test]
async fn iam_is_asked_once() -> Result<()> {
    let tenant = Tenant::with_user().await?;
    tenant.run(&[])?.well()?;
    let calls = tenant.scene.simulator.log(|log| log.calls().to_vec());
    let [call] = calls.as_slice() else { anyhow::bail!("{} calls", calls.len()) };
    assert_eq!(
        (call.operation, call.path.as_str()),
        (Some(Operation::IssueToken), "/v3/auth/tokens?nocatalog=true")
    );
    ensure!(
        call.over_tls && call.headers.get("content-type") == Some("application/json"),
        "{call:?}"
    );
    let body = tenant.scene.simulator.https_url();
    ensure!(call.headers.get("host").is_some_and(|host| body.ends_with(host)), "{call:?}");
    assert_eq!(tenant.scene.simulator.counts(example::BACKUP).gets, 0);
    Ok(())
}
