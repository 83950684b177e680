//! Ten namespaces whose endpoint hangs: how long another tenant waits for its first call.

use anyhow::{Context, Result, ensure};
use harness::{Scene, kubectl_apply};
use jiff::Timestamp;
use serde_json::{Value, json};
use simulator::{Backup, Fault, Options, Script, Token, example};
use uuid::Uuid;

use crate::Figures;
use crate::subject::{Subject, ready};

const NAMESPACES: usize = 10;
const RESOURCES: usize = 20;
const TOKEN: &str = "gAAAAABtoken-that-hangs";

pub(crate) async fn measure(subject: &Subject) -> Result<Figures> {
    let scene = subject.scene(Options::default()).await?;
    scene.simulator.add_token(Token::new(TOKEN, example::PROJECT));
    scene.simulator.script(Script::always(Fault::before_commit().hang()).show().token(TOKEN))?;
    let mut operator = scene.operator();
    let mut objects = Vec::new();
    for number in 0..NAMESPACES {
        let name = format!("{}-{number}", scene.namespace);
        operator = operator.arg(format!("--namespace={name}"));
        let metadata = json!({"name": "cbr-token", "namespace": name});
        objects.push(json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}));
        objects.push(json!({
            "apiVersion": "v1", "kind": "Secret", "metadata": metadata, "stringData": {"token": TOKEN},
        }));
        for resource in 0..RESOURCES {
            let backup = Uuid::new_v4().to_string();
            scene.simulator.add_backup(Backup::server(&backup, example::PROJECT));
            let manifest = Scene::manifest_for(&format!("db-{resource}"), &backup, "");
            let mut manifest: Value = serde_saphyr::from_str(&manifest)?;
            manifest["metadata"]["namespace"] = json!(name);
            objects.push(manifest);
        }
    }
    let list = json!({"apiVersion": "v1", "kind": "List", "items": objects}).to_string();
    let applied = kubectl_apply(&scene.cluster, None, &list)?;
    ensure!(applied.status.success(), "{}", String::from_utf8_lossy(&applied.stderr));
    let _operator = operator.start_ready()?;
    harness::in_time("what hangs", scene.simulator.wait_for(|log| log.total().gets >= 8)).await?;
    let mut waits = Vec::new();
    for number in 0..5 {
        let (name, backup) = (format!("healthy-{number}"), scene.new_backup());
        scene.create(&Scene::manifest_for(&name, &backup, "")).await?;
        let created = Timestamp::now();
        // Longer than any of the waits that were seen.
        let patience = std::time::Duration::from_secs(600);
        scene.wait_within(patience, &name, "ready", ready).await?;
        let posts = scene.posts(&backup);
        let waited = posts.first().context("no call")?.at.duration_since(created);
        waits.push(format!("{:.1}", waited.as_secs_f64()));
    }
    let load = format!("{NAMESPACES} namespaces whose endpoint hangs, {RESOURCES} resources each");
    Ok(vec![(load, format!("another tenant is called for after {} s", waits.join(", ")))])
}
