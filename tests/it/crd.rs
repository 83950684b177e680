//! The CustomResourceDefinition as users install it: generated, taken without a warning, and
//! pleasant to read and to keep in git.

use std::process::Command;

use anyhow::{Context, Result, ensure};
use harness::{Object, Scene, attempt, crd_file};
use serde_json::{Value, json};
use simulator::example;

use crate::OPERATOR;

#[test]
fn the_file_is_what_the_binary_prints() -> Result<()> {
    let printed = Command::new(OPERATOR).arg("crd").output()?;
    ensure!(printed.status.success(), "{}", String::from_utf8_lossy(&printed.stderr));
    let file = std::fs::read(crd_file()).context("the CRD")?;
    ensure!(
        file == printed.stdout,
        "the types have changed; write all that is made from them: cargo run --bin generate"
    );
    Ok(())
}

/// Kustomize reads nothing above its folder, and helm only what is in the chart.
#[test]
fn its_copies_are_what_the_file_is() -> Result<()> {
    let file = std::fs::read(crd_file()).context("the CRD")?;
    for copy in
        ["deploy/kustomize/crd.yaml", "deploy/helm/backup-replication-operator/files/crd.yaml"]
    {
        ensure!(
            std::fs::read(repository::path(copy))? == file,
            "the CRD has changed; write its copies, too: cargo run --bin generate"
        );
    }
    Ok(())
}

/// Applying the folder gives the CRD, and every file in it is an object of Kubernetes.
#[tokio::test]
async fn its_folder_can_be_applied_as_it_is() -> Result<()> {
    let scene = Scene::new(OPERATOR).await?;
    let folder = repository::path("crds").display().to_string();
    for apply in [&["apply"][..], &["apply", "--server-side", "--force-conflicts"]] {
        let said = scene.kubectl(&[apply, &["--dry-run=server", "-f", &folder]].concat())?;
        ensure!(said.accepted, "{}", said.words);
    }
    Ok(())
}

#[tokio::test]
async fn the_api_server_takes_it_without_a_warning() -> Result<()> {
    let scene = Scene::new(OPERATOR).await?;
    let said = scene
        .cluster
        .kubectl()
        .args(["apply", "--server-side", "--dry-run=server", "-f"])
        .arg(crd_file())
        .output()?;
    let warnings = String::from_utf8_lossy(&said.stderr);
    ensure!(said.status.success() && warnings.is_empty(), "{warnings}");
    // The conditions that the API server itself gives a CRD: nothing is left to be wished of the
    // schema.
    let crd = scene
        .cluster
        .kubectl()
        .args(["get", "crd", "backupreplications.cbr.replication.dev", "-o", "json"])
        .output()?;
    let crd = Object(serde_json::from_slice(&crd.stdout)?);
    ensure!(
        crd.is("Established") && crd.is("NamesAccepted") && !crd.is("NonStructuralSchema"),
        "{:#}",
        crd.0["status"]
    );
    Ok(())
}

/// No condition at all would read as done to what waits for conditions.
#[tokio::test]
async fn a_fresh_object_reads_as_not_yet_seen() -> Result<()> {
    let scene = Scene::new(OPERATOR).await?;
    scene.applied(&Scene::manifest("db", ""))?;
    assert_eq!(
        scene.get("db").await?.0["status"],
        json!({"observedGeneration": -1, "phase": "Pending"})
    );
    Ok(())
}

#[tokio::test]
async fn resources_are_found_by_phase_short_name_and_category() -> Result<()> {
    let scene = Scene::new(OPERATOR).await?;
    for (name, phase) in [("a", "Pending"), ("b", "Failed"), ("c", "Succeeded")] {
        scene.create(&Scene::manifest(name, "")).await?;
        scene.set_status(name, &json!({"phase": phase})).await?;
    }
    let found = |arguments: &[&str]| -> Result<String> {
        let said = scene.kubectl(&[&["get", "-o", "name"], arguments].concat())?;
        ensure!(said.accepted, "{}", said.words);
        Ok(said.words.replace("backupreplication.cbr.replication.dev/", "").replace('\n', " "))
    };
    assert_eq!(found(&["brep", "--field-selector", "status.phase=Failed"])?, "b ");
    assert_eq!(found(&["brep", "--field-selector", "status.phase!=Succeeded"])?, "a b ");
    assert_eq!(found(&["cbr"])?, "a b c ");
    Ok(())
}

#[tokio::test]
async fn the_columns_tell_where_it_stands() -> Result<()> {
    let scene = Scene::new(OPERATOR).await?;
    scene.create(&Scene::manifest("db", "")).await?;
    scene
        .set_status(
            "db",
            &json!({
                "phase": "Replicating",
                "replicationRecordId": "record-1",
                "chosenBackupId": "chosen-1",
                "replicaBackupId": "replica-1",
                "progress": 40,
                "retryAt": "2026-11-23T10:10:00Z",
                "conditions": [{
                    "type": "Ready", "status": "True", "reason": "Accepted", "message": "",
                    "lastTransitionTime": "2026-11-23T10:00:00Z",
                }],
            }),
        )
        .await?;
    let table = |arguments: &[&str]| -> Result<Vec<Vec<String>>> {
        let said = scene.kubectl(&[&["get", "brep"], arguments].concat())?;
        Ok(said
            .words
            .lines()
            .map(|line| line.split_whitespace().map(str::to_owned).collect())
            .collect())
    };
    let narrow = table(&[])?;
    let wide = table(&["-o", "wide"])?;
    assert_eq!(narrow[0], ["NAME", "PHASE", "READY", "DESTINATION", "RECORD", "PROGRESS", "AGE"]);
    assert_eq!(
        narrow[1][..6],
        ["db", "Replicating", "True", example::DESTINATION_REGION, "record-1", "40"]
    );
    assert_eq!(wide[0][7..], ["REASON", "BACKUP", "CHOSEN", "REPLICA", "RETRY"]);
    assert_eq!(
        wide[1][7..],
        ["Accepted", example::BACKUP, "chosen-1", "replica-1", "2026-11-23T10:10:00Z"]
    );
    Ok(())
}

#[tokio::test]
async fn every_field_is_explained() -> Result<()> {
    let scene = Scene::new(OPERATOR).await?;
    let said = scene.kubectl(&["explain", "brep.spec.backupId"])?;
    ensure!(said.accepted && said.words.contains("backup_id"), "{}", said.words);
    let crd: Value = serde_saphyr::from_str(&std::fs::read_to_string(crd_file())?)?;
    let schema = &crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"];
    let mut mute = Vec::new();
    for field in ["spec", "status"] {
        without_description(&schema["properties"][field], field, &mut mute);
    }
    ensure!(mute.is_empty(), "without a description: {mute:?}");
    Ok(())
}

fn without_description(schema: &Value, path: &str, mute: &mut Vec<String>) {
    if schema["description"].as_str().is_none_or(str::is_empty) {
        mute.push(path.to_owned());
    }
    let fields =
        schema["properties"].as_object().or_else(|| schema["items"]["properties"].as_object());
    for (field, schema) in fields.into_iter().flatten() {
        without_description(schema, &format!("{path}.{field}"), mute);
    }
}

/// Each value of each choice, its meaning, and what holds where the field is left out.
#[tokio::test]
async fn every_choice_is_explained() -> Result<()> {
    let crd: Value = serde_saphyr::from_str(&std::fs::read_to_string(crd_file())?)?;
    let mut choices = Vec::new();
    gather_choices(&crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"], "brep", &mut choices);
    ensure!(choices.len() >= 8, "the walk finds too few: {choices:?}");
    let scene = Scene::new(OPERATOR).await?;
    for (path, values, description) in &choices {
        let said = scene.kubectl(&["explain", path])?.words;
        for value in values {
            let meaning =
                description.lines().find_map(|line| line.strip_prefix(&format!("- `{value}`: ")));
            let meaning = meaning
                .with_context(|| format!("{path}: {value} has no meaning in {description}"))?;
            ensure!(
                meaning.len() > 10 && said.contains(&format!("- `{value}`: ")),
                "{path}: {value}: {said}"
            );
        }
        let default =
            description.split_once("Default: `").and_then(|(_, rest)| rest.split('`').next());
        match default {
            Some(default) => ensure!(
                values.iter().any(|value| value == default),
                "{path}: {default} is no value"
            ),
            None => ensure!(
                path.starts_with("brep.status.") && description.contains("Absent"),
                "{path}: nothing says what holds where it is left out: {description}"
            ),
        }
    }
    Ok(())
}

/// Path, values and description of each choice in a schema.
fn gather_choices(schema: &Value, path: &str, choices: &mut Vec<(String, Vec<String>, String)>) {
    if let Some(values) = schema["enum"].as_array() {
        let values = values.iter().filter_map(Value::as_str).map(str::to_owned).collect();
        choices.push((
            path.to_owned(),
            values,
            schema["description"].as_str().unwrap_or_default().to_owned(),
        ));
    }
    for (field, schema) in schema["properties"].as_object().into_iter().flatten() {
        // The conditions are a type of Kubernetes' own.
        if field != "conditions" {
            gather_choices(schema, &format!("{path}.{field}"), choices);
        }
    }
    if schema["items"].is_object() {
        gather_choices(&schema["items"], path, choices);
    }
}

/// What a tool that compares git with the cluster sees: before the operator comes, and after it has
/// done its work.
#[tokio::test]
async fn a_manifest_comes_back_as_it_was_written() -> Result<()> {
    let scene = Scene::new(OPERATOR).await?;
    let manifest = Scene::manifest("db", "");
    let file = scene.cluster.folder().join(format!("{}.yaml", scene.namespace));
    std::fs::write(&file, &manifest)?;
    let file = file.to_str().context("a path that is no text")?;
    let written: Value = serde_saphyr::from_str(&manifest)?;
    scene.valid_secret()?;

    scene.applied(&manifest)?;
    let fresh = scene.get("db").await?;
    as_written(&scene, file, &written, &fresh)?;
    let operator = scene.operator().start_ready()?;
    let done = scene.wait("db", "ready", |object| object.is("Ready")).await?;
    drop(operator);
    as_written(&scene, file, &written, &done)?;
    ensure!(done.0["metadata"]["generation"] == 1, "somebody wrote the spec: {:#}", done.0);

    scene.applied(&manifest)?;
    let again = scene.get("db").await?;
    assert_eq!(again.0, done.0, "a second apply changes nothing");
    Ok(())
}

fn as_written(scene: &Scene, file: &str, written: &Value, object: &Object) -> Result<()> {
    assert_eq!(object.0["spec"], written["spec"], "nothing is added to what was written");
    let managed = object.0["metadata"]["managedFields"].as_array().context("no managed fields")?;
    let kubectl = managed
        .iter()
        .find(|entry| entry["manager"] == "kubectl")
        .context("kubectl manages nothing")?;
    let paths = |value: &Value| {
        let mut paths = Vec::new();
        leaves(value, "", &mut paths);
        paths.sort();
        paths
    };
    assert_eq!(
        paths(&kubectl["fieldsV1"]["f:spec"]),
        paths(&written["spec"]),
        "kubectl owns what it wrote"
    );
    ensure!(
        managed
            .iter()
            .all(|entry| entry["manager"] == "kubectl" || entry["fieldsV1"]["f:spec"].is_null()),
        "somebody else owns a part of the spec: {managed:#?}"
    );
    let diff = scene.kubectl(&["diff", "--server-side", "-f", file])?;
    ensure!(diff.accepted && diff.words.is_empty(), "{}", diff.words);
    Ok(())
}

/// The paths of all leaves. In `fieldsV1` each name has `f:` before it, and a leaf is an empty
/// object.
fn leaves(value: &Value, path: &str, paths: &mut Vec<String>) {
    match value.as_object() {
        Some(fields) if !fields.is_empty() => {
            for (name, value) in fields {
                leaves(value, &format!("{path}.{}", name.trim_start_matches("f:")), paths);
            }
        }
        Some(_) | None => paths.push(path.to_owned()),
    }
}

/// The older kind of apply, which keeps what it wrote in an annotation.
#[tokio::test]
async fn a_client_side_apply_finds_nothing_to_change_either() -> Result<()> {
    let scene = Scene::new(OPERATOR).await?;
    let file = scene.cluster.folder().join(format!("{}.yaml", scene.namespace));
    std::fs::write(&file, Scene::manifest("db", ""))?;
    let file = file.to_str().context("a path that is no text")?;
    let first = scene.kubectl(&["apply", "-f", file])?;
    ensure!(first.accepted && first.words.contains("created"), "{}", first.words);
    scene.set_status("db", &json!({"phase": "Submitting", "attempts": [attempt(1, None)]})).await?;
    let second = scene.kubectl(&["apply", "-f", file])?;
    ensure!(second.accepted && second.words.contains("unchanged"), "{}", second.words);
    Ok(())
}
