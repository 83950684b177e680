//! One call for each resource, exactly as the API's page has it, and everything that came back in
//! the status.

use std::collections::BTreeSet;

use anyhow::{Context, Result, ensure};
use harness::{Object, Scene, in_time};
use serde_json::{Value, json};
use simulator::{Answer, Backup, Call, Fault, LookUp, Options, Script, example};

use crate::OPERATOR;

fn only_post(scene: &Scene, backup_id: &str) -> Result<Call> {
    let mut posts = scene.posts(backup_id);
    ensure!(posts.len() == 1, "{posts:#?}");
    posts.pop().context("no call")
}

fn json_of(call: &Call) -> Result<Value> {
    serde_json::from_slice(&call.body).context("the body is no JSON")
}

/// The next answer about this backup, without a commit.
fn answer(scene: &Scene, backup_id: &str, body: Value) -> Result<()> {
    let answer = Answer::status(200).json(body);
    scene
        .simulator
        .script(Script::once(Fault::before_commit().answer(answer)).replicate().backup(backup_id))
}

#[tokio::test]
async fn the_least_resource_sends_the_documented_request_and_becomes_ready() -> Result<()> {
    let scene = Scene::new(OPERATOR).await?;
    let _operator = scene.operator().start_ready()?;
    scene.valid_secret()?;
    scene.applied(&Scene::manifest("db", ""))?;
    let object = scene.wait("db", "ready", |object| object.is("Ready")).await?;

    let call = only_post(&scene, example::BACKUP)?;
    assert!(call.over_tls);
    assert_eq!(call.method, "POST");
    assert_eq!(
        call.path,
        format!("/v3/{}/backups/{}/replicate", example::PROJECT, example::BACKUP)
    );
    assert_eq!(call.headers.get("content-type"), Some("application/json"));
    assert_eq!(call.headers.get("x-auth-token"), Some(example::TOKEN));
    let bearers: Vec<_> = call
        .headers
        .iter()
        .filter(|(_, value)| value.contains(example::TOKEN))
        .map(|(name, _)| name)
        .collect();
    assert_eq!(bearers, ["x-auth-token"]);
    for credential in ["authorization", "cookie", "x-security-token"] {
        assert_eq!(call.headers.get(credential), None, "{credential}");
    }
    let body = json!({"replicate": {
        "destination_project_id": example::DESTINATION_PROJECT,
        "destination_region": example::DESTINATION_REGION,
        "destination_vault_id": example::VAULT,
    }});
    assert_eq!(json_of(&call)?, body, "absent optionals are absent");

    let copied = scene.wait_for_phase("db", "Succeeded").await?;
    for object in [object, copied] {
        assert!(object.is("Ready"), "{:#}", object.0);
        assert_eq!(object.text("/status/replicationRecordId"), call.record_id());
        assert_eq!(object.condition("Reconciling"), ("", "", ""));
        assert_eq!(object.condition("Stalled"), ("", "", ""));
        assert!(object.is_observed());
    }
    only_post(&scene, example::BACKUP)?;
    Ok(())
}

#[tokio::test]
async fn all_optionals_are_sent_as_they_were_written() -> Result<()> {
    let scene = Scene::new(OPERATOR).await?;
    let _operator = scene.operator().start_ready()?;
    scene.valid_secret()?;
    let backup = "Vm_0815-Z";
    scene.simulator.add_backup(Backup::server(backup, example::PROJECT));
    let description = "wöchentlich, 100 % \"ganz\" \\ {x} $y & 每周";
    let mut manifest: Value = json!({
        "apiVersion": "cbr.replication.dev/v1alpha1", "kind": "BackupReplication", "metadata": {"name": "db"},
        "spec": {
            "endpoint": scene.simulator.https_url(),
            "projectId": example::PROJECT, "backupId": backup,
            "destinationProjectId": example::SECOND_DESTINATION_PROJECT,
            "destinationRegion": example::SECOND_DESTINATION_REGION, "destinationVaultId": example::SECOND_VAULT,
            "name": "备份-2026_11", "description": description,
            "auth": {"tokenSecretRef": {"name": "cbr-token", "key": "token"}},
            "readyWhen": "Accepted", "onUnknownOutcome": "Hold", "suspend": false,
        },
    });
    scene.applied(&manifest.to_string())?;
    scene.wait("db", "ready", |object| object.is("Ready")).await?;

    let call = only_post(&scene, backup)?;
    assert_eq!(call.path, format!("/v3/{}/backups/Vm_0815-Z/replicate", example::PROJECT));
    let spec = manifest["spec"].take();
    let body = json!({"replicate": {
        "destination_project_id": spec["destinationProjectId"],
        "destination_region": spec["destinationRegion"],
        "destination_vault_id": spec["destinationVaultId"],
        "name": "备份-2026_11",
        "description": description,
    }});
    assert_eq!(json_of(&call)?, body);
    assert_eq!(scene.simulator.counts(backup).accepted, 1);
    Ok(())
}

#[tokio::test]
async fn acceleration_is_asked_for_or_declined_only_where_the_spec_says_so() -> Result<()> {
    let scene = Scene::new(OPERATOR).await?;
    let _operator = scene.operator().start_ready()?;
    scene.valid_secret()?;
    let wishes = [("asked-for", Some(true)), ("declined", Some(false)), ("unsaid", None)];
    for (name, wish) in wishes {
        let backup = scene.new_backup();
        let more = wish.map_or_else(String::new, |wish| format!("  enableAcceleration: {wish}\n"));
        scene.applied(&Scene::manifest_for(name, &backup, &more))?;
        scene.wait(name, "ready", |object| object.is("Ready")).await?;
        let body = json_of(&only_post(&scene, &backup)?)?;
        assert_eq!(
            body["replicate"].get("enable_acceleration"),
            wish.map(Value::from).as_ref(),
            "{name}"
        );

        let other =
            json!({"spec": {"enableAcceleration": wish.is_none().then_some(true)}}).to_string();
        let refused = scene.kubectl(&["patch", "brep", name, "--type=merge", "--patch", &other])?;
        assert!(
            !refused.accepted && refused.words.contains("enableAcceleration"),
            "{name}: {}",
            refused.words
        );
    }
    Ok(())
}

#[tokio::test]
async fn every_field_of_the_response_is_in_the_status() -> Result<()> {
    /// Field of the response, field of the status, and a value that stands nowhere else.
    const FIELDS: [(&str, &str, &str); 8] = [
        ("replication_record_id", "replicationRecordId", "1579a71e-8d8d-41e6-85dc-d77f5ce8d91a"),
        ("source_region", "sourceRegion", "region1"),
        ("backup_id", "backupId", "6df2b54c-dd62-4059-a07c-1b8f24f2725d"),
        ("project_id", "projectId", "4229d7a45436489f8c3dc2b1d35d4987"),
        ("provider_id", "providerId", "0daac4c5-6707-4851-97ba-169e36266b66"),
        ("destination_project_id", "destinationProjectId", "68589cac08274b82b4e254268a386200"),
        ("destination_region", "destinationRegion", "region2"),
        ("destination_vault_id", "destinationVaultId", "0ca3eb86-8800-46da-9c37-9d657a825200"),
    ];
    let scene = Scene::new(OPERATOR).await?;
    let _operator = scene.operator().start_ready()?;
    scene.valid_secret()?;
    let replication: Value = FIELDS
        .iter()
        .map(|(theirs, _, value)| ((*theirs).to_owned(), Value::from(*value)))
        .collect();
    answer(&scene, example::BACKUP, json!({"replication": replication}))?;
    scene.applied(&Scene::manifest("db", ""))?;
    let object = scene.wait("db", "ready", |object| object.is("Ready")).await?;

    for (_, ours, value) in FIELDS {
        assert_eq!(object.text(&format!("/status/{ours}")), Some(value), "{ours}");
    }
    assert_eq!(object.text("/status/origin"), Some("Called"));
    assert!(object.text("/status/acceptedAt").is_some());
    let [attempt] = object.attempts() else { anyhow::bail!("{:#}", object.0) };
    let call = only_post(&scene, example::BACKUP)?;
    assert_eq!(attempt["number"], 1);
    assert_eq!(attempt["outcome"], "Accepted");
    assert_eq!(attempt["httpStatus"], 200);
    assert_eq!(attempt["requestId"], call.request_id.as_str());
    assert_eq!(attempt["endpoint"], scene.simulator.https_url());
    Ok(())
}

#[tokio::test]
async fn an_acceptance_without_a_record_id_or_with_nulls_is_an_acceptance() -> Result<()> {
    let answers = [
        ("empty", json!({})),
        ("without-id", json!({"source_region": "eu-de", "provider_id": "p"})),
        ("null-id", json!({"replication_record_id": null, "source_region": "eu-de"})),
        (
            "all-null",
            json!({"replication_record_id": null, "source_region": null, "backup_id": null}),
        ),
        (
            "no-text",
            json!({"replication_record_id": ["x"], "source_region": {"a": 1}, "unheard_of": true}),
        ),
    ];
    let scene = Scene::new(OPERATOR).await?;
    // The record is looked for until it is clear that it never comes.
    let times = ["--settling-time=1s", "--claim-window=1s", "--request-timeout=5s"];
    let _operator = times
        .into_iter()
        .fold(scene.operator(), |options, time| options.arg(time))
        .start_ready()?;
    scene.valid_secret()?;
    for (name, replication) in &answers {
        let backup = scene.new_backup();
        answer(&scene, &backup, json!({"replication": replication}))?;
        scene.applied(&Scene::manifest_for(name, &backup, ""))?;
    }
    scene.wait_for_all(answers.len(), |object| object.is("Ready")).await?;
    for object in scene.wait_for_all(answers.len(), |object| object.phase() == "Succeeded").await? {
        assert!(object.is("Ready"), "{:#}", object.0);
        assert_eq!(
            (object.condition("Replicated").0, object.condition("Replicated").1),
            ("Unknown", "NotReported")
        );
        assert_eq!(object.text("/status/origin"), Some("Called"));
        assert_eq!(object.text("/status/attempts/0/outcome"), Some("Accepted"));
        assert_eq!(object.text("/status/replicationRecordId"), None);
        assert!(object.message().contains("record id is not known"), "{}", object.message());
    }
    assert_eq!(scene.simulator.log(|log| log.total().posts), answers.len() as u64);
    Ok(())
}

#[tokio::test]
async fn of_two_hundred_resources_at_once_each_is_replicated_once() -> Result<()> {
    const NUMBER: usize = 200;
    let scene = Scene::with(OPERATOR, Options::any_backup()).await?;
    let _operator = scene.operator().start_ready()?;
    scene.valid_secret()?;
    scene.applied_many(NUMBER)?;
    let objects = scene.wait_for_all(NUMBER, |object| object.is("Ready")).await?;

    let total = scene.simulator.log(|log| log.total());
    assert_eq!((total.posts, total.accepted), (NUMBER as u64, NUMBER as u64));
    let told: BTreeSet<_> = objects
        .iter()
        .filter_map(|object| {
            Some((object.text("/spec/backupId")?, object.text("/status/replicationRecordId")?))
        })
        .map(|(backup, record)| (backup.to_owned(), record.to_owned()))
        .collect();
    let made: BTreeSet<_> = scene
        .simulator
        .all_records()
        .into_iter()
        .map(|record| (record.target.backup_id, record.id))
        .collect();
    assert_eq!(told.len(), NUMBER);
    assert_eq!(told, made, "each status names the record of its own backup");
    Ok(())
}

#[tokio::test]
async fn renaming_the_secret_of_a_finished_resource_is_observed_and_makes_no_call() -> Result<()> {
    let scene = Scene::new(OPERATOR).await?;
    let _operator = scene.operator().start_ready()?;
    scene.valid_secret()?;
    scene.applied(&Scene::manifest("db", ""))?;
    let before = scene.wait_for_phase("db", "Succeeded").await?;

    scene.patched(
        "db",
        &json!({"spec": {"auth": {"tokenSecretRef": {"name": "another", "key": "other"}}}}),
    )?;
    let newer = |object: &Object| object.is_observed() && object.0["metadata"]["generation"] == 2;
    let after = scene.wait("db", "observed again", newer).await?;

    assert!(after.is("Ready"));
    for condition in after.0["status"]["conditions"].as_array().context("no conditions")? {
        assert_eq!(condition["observedGeneration"], 2, "{condition}");
    }
    for fact in ["replicationRecordId", "acceptedAt", "attempts"] {
        assert_eq!(after.0["status"][fact], before.0["status"][fact], "{fact}");
    }
    only_post(&scene, example::BACKUP)?;
    Ok(())
}

#[tokio::test]
async fn ready_when_replicated_stalls_where_the_cloud_reports_nothing() -> Result<()> {
    let mut options = Options::default();
    options.behaviour.view.look_up = LookUp::NotFound;
    let scene = Scene::with(OPERATOR, options).await?;
    let _operator = scene.operator().start_ready()?;
    scene.valid_secret()?;
    scene.applied(&Scene::manifest("db", "  readyWhen: Replicated\n"))?;
    let object = scene.wait("db", "stalled", |object| object.is("Stalled")).await?;
    assert_eq!(object.text("/status/attempts/0/outcome"), Some("Accepted"));
    assert_eq!((object.condition("Ready").0, object.reason()), ("Unknown", "NotReported"));
    assert_eq!(
        (object.condition("Replicated").0, object.condition("Replicated").1),
        ("Unknown", "NotReported")
    );

    scene.patched("db", &json!({"spec": {"readyWhen": "Accepted"}}))?;
    let object = scene.wait("db", "ready", |object| object.is("Ready")).await?;
    assert_eq!(object.condition("Stalled"), ("", "", ""));
    only_post(&scene, example::BACKUP)?;
    Ok(())
}

#[tokio::test]
async fn what_others_write_while_the_call_is_in_flight_stays_and_so_does_its_outcome() -> Result<()>
{
    let scene = Scene::new(OPERATOR).await?;
    let _operator = scene.operator().start_ready()?;
    scene.valid_secret()?;
    let hold = scene.simulator.hold("call");
    scene
        .simulator
        .script(Script::once(Fault::after_commit().hold(&hold).ordinary()).replicate())?;
    scene.applied(&Scene::manifest("db", ""))?;
    in_time("the call arrives", hold.arrived()).await?;

    scene.written_by_others("db", &json!({"readyWhen": "Replicated", "suspend": true}))?;
    hold.release();

    let accepted = |object: &Object| {
        object.text("/status/replicationRecordId").is_some() && object.is_observed()
    };
    let object = scene.wait("db", "accepted", accepted).await?;
    let call = only_post(&scene, example::BACKUP)?;
    assert_eq!(object.text("/status/replicationRecordId"), call.record_id());
    assert_eq!(object.text("/status/attempts/0/outcome"), Some("Accepted"));
    assert_eq!(object.text("/metadata/labels/team"), Some("storage"));
    assert_eq!(object.text("/metadata/annotations/example.org~1ticket"), Some("4711"));
    assert_eq!(object.text("/spec/readyWhen"), Some("Replicated"));
    assert_eq!(object.0.pointer("/spec/suspend"), Some(&Value::Bool(true)));
    assert_eq!(object.condition("example.org/Audited"), ("True", "Seen", ""));
    Ok(())
}
