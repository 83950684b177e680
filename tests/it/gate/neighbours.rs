//! What hangs for one tenant holds nothing that another one needs.

use anyhow::{Context, Result, ensure};
use control_plane::Exit;
use harness::{Object, Scene, in_time, kubectl_apply};
use serde_json::{Value, json};
use simulator::{Backup, Fault, Operation, Options, Script, Token, example};

use super::OPERATOR;

/// Tenants whose requests are never answered, in a namespace each.
const TENANTS: usize = 10;
const RESOURCES: usize = 6;

/// What hangs for a tenant.
#[derive(Clone, Copy, Debug)]
enum Hangs {
    LookUp,
    Call,
    Login,
}

impl Hangs {
    fn of(tenant: usize) -> Self {
        match tenant % 3 {
            0 => Self::LookUp,
            1 => Self::Call,
            _ => Self::Login,
        }
    }
}

fn token(tenant: usize) -> String {
    format!("gAAAAABtoken-of-hanging-tenant-{tenant}")
}

fn namespace(scene: &Scene, tenant: usize) -> String {
    format!("{}-{tenant}", scene.namespace)
}

/// The namespace of a tenant, its Secret and its resources, and what is to hang for it.
fn tenant(scene: &Scene, tenant: usize) -> Result<Vec<Value>> {
    let (name, hangs) = (namespace(scene, tenant), Hangs::of(tenant));
    let (secret, auth) = match hangs {
        Hangs::LookUp | Hangs::Call => {
            scene.simulator.add_token(Token::new(token(tenant), example::PROJECT));
            (json!({"token": token(tenant)}), json!({"tokenSecretRef": {"name": "cbr-token"}}))
        }
        Hangs::Login => (
            json!({"username": format!("user-{tenant}"), "password": "Hanging-Password-7", "domain": example::DOMAIN}),
            json!({"passwordSecretRef": {"name": "cbr-token"}}),
        ),
    };
    let fault = Fault::before_commit().hang();
    let script = match hangs {
        Hangs::LookUp => Script::always(fault).show().token(&token(tenant)),
        Hangs::Call => Script::always(fault).replicate().token(&token(tenant)),
        Hangs::Login => Script::always(fault).issue_token().applicant(format!("user-{tenant}")),
    };
    scene.simulator.script(script)?;
    let mut objects = vec![
        json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}),
        json!({
            "apiVersion": "v1", "kind": "Secret", "metadata": {"name": "cbr-token", "namespace": name},
            "stringData": secret,
        }),
    ];
    for number in 0..RESOURCES {
        let backup = uuid::Uuid::new_v4().to_string();
        scene.simulator.add_backup(Backup::server(&backup, example::PROJECT));
        let manifest = Scene::manifest_with(&format!("db-{number}"), &backup, &auth);
        let mut manifest: Value = serde_saphyr::from_str(&manifest)?;
        manifest["metadata"]["namespace"] = json!(name);
        objects.push(manifest);
    }
    Ok(objects)
}

pub(super) fn ready(object: &Object) -> bool {
    object.is("Ready") && object.is_observed()
}

/// The requests that hang are never answered here, so a resource that waited for one of them would
/// wait without end.
#[tokio::test]
async fn ten_tenants_whose_endpoint_hangs_keep_nobody_waiting() -> Result<()> {
    let scene = Scene::with(OPERATOR, Options::default()).await?;
    scene.valid_secret()?;
    let mut objects = Vec::new();
    for number in 0..TENANTS {
        objects.extend(tenant(&scene, number)?);
    }
    let list = json!({"apiVersion": "v1", "kind": "List", "items": objects}).to_string();
    let applied = kubectl_apply(&scene.cluster, None, &list)?;
    ensure!(applied.status.success(), "{}", String::from_utf8_lossy(&applied.stderr));
    let mut operator = scene.operator().arg("--request-timeout=1h");
    for number in 0..TENANTS {
        operator = operator.arg(format!("--namespace={}", namespace(&scene, number)));
    }
    let operator = operator.start_ready()?;
    // Each tenant has a request under way for each of its resources; a login is for all of them.
    let hanging = |log: &simulator::Log| {
        let of = |operation| {
            log.calls()
                .iter()
                .filter(|call| call.operation == Some(operation) && call.scripted)
                .count()
        };
        let of_kind = |kind: fn(&Hangs) -> bool| (0..TENANTS).map(Hangs::of).filter(kind).count();
        of(Operation::Show) >= of_kind(|hangs| matches!(hangs, Hangs::LookUp)) * RESOURCES
            && of(Operation::Replicate) >= of_kind(|hangs| matches!(hangs, Hangs::Call)) * RESOURCES
            && of(Operation::IssueToken) >= of_kind(|hangs| matches!(hangs, Hangs::Login))
    };
    in_time("all that hangs", scene.simulator.wait_for(hanging)).await?;

    for number in 0..3 {
        let name = format!("healthy-{number}");
        let backup = scene.new_backup();
        scene.applied(&Scene::manifest_for(&name, &backup, ""))?;
        let applied = jiff::Timestamp::now();
        scene.wait(&name, "ready", ready).await?;
        let posts = scene.posts(&backup);
        let call = posts.first().context("no call")?;
        println!("called {:?} after it was applied", call.at.duration_since(applied));
        assert_eq!(posts.len(), 1);
    }
    // The calls that hang are waited for at a shutdown; this one is over.
    drop(operator);
    Ok(())
}

/// Of one namespace, too: what hangs for one credential leaves the others alone.
#[tokio::test]
async fn a_credential_that_hangs_leaves_the_others_of_its_namespace_alone() -> Result<()> {
    let scene = Scene::with(OPERATOR, Options::default()).await?;
    scene.valid_secret()?;
    let hangs = "gAAAAABtoken-that-hangs";
    scene.simulator.add_token(Token::new(hangs, example::PROJECT));
    scene.secret_with("hangs", &json!({"token": hangs}))?;
    scene.simulator.script(Script::always(Fault::before_commit().hang()).show().token(hangs))?;
    let auth = json!({"tokenSecretRef": {"name": "hangs"}});
    for number in 0..4 {
        let backup = scene.new_backup();
        scene.applied(&Scene::manifest_with(&format!("hangs-{number}"), &backup, &auth))?;
    }
    let options = scene.operator().arg("--request-timeout=1h").arg("--concurrency=2");
    let operator = options.start_ready()?;
    in_time("what hangs", scene.simulator.wait_for(|log| log.total().gets >= 2)).await?;
    scene.applied(&Scene::manifest_for("healthy", &scene.new_backup(), ""))?;
    scene.wait("healthy", "ready", ready).await?;
    let gets = scene.simulator.log(|log| log.calls().iter().filter(|call| call.scripted).count());
    assert_eq!(gets, 2, "as many at a time as it may have");
    assert_eq!(operator.stop()?, Exit::Code(0), "no look-up is waited for");
    Ok(())
}
