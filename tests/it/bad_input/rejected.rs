//! What the cloud refuses permanently, until somebody changes something.

use anyhow::{Context, Result};
use harness::{Object, Scene};
use serde_json::{Value, json};
use simulator::{
    Advance, Answer, Backup, DeletedRecord, ErrorShape, Fault, ImageType, Options, ResourceType,
    Script, Simulator, Token, Vault,
};
use simulator::{
    example, example::DESTINATION_PROJECT, example::DESTINATION_REGION, example::PROJECT,
};

use super::{OPERATOR, apply, assert_says, counts, no_look_up, ready};

/// A refusal by the simulator's own constraints: what is wrong with the spec, the code, and some of
/// the advice.
fn constraints(scene: &Scene) -> Vec<(&'static str, Value, &'static str, &'static str)> {
    let world = &scene.simulator;
    world.add_vault(Vault {
        capacity: Some(0),
        ..Vault::replication("full-vault", DESTINATION_PROJECT, DESTINATION_REGION)
    });
    world.add_token(Token::new("gAAAAABtoken-of-another-project", "another-project"));
    let backups = [
        Backup { resource_type: ResourceType::Disk, ..Backup::server("disk-backup", PROJECT) },
        Backup { image_type: ImageType::Replication, ..Backup::server("replica-backup", PROJECT) },
        Backup { contain_system_disk: false, ..Backup::server("data-backup", PROJECT) },
    ];
    backups.into_iter().for_each(|backup| world.add_backup(backup));
    let other_token = json!({"tokenSecretRef": {"name": "of-another-project"}});
    vec![
        (
            "no-such-backup",
            json!({"backupId": "unheard-of"}),
            "BackupService.6200",
            "Check the backup, vault and project ids",
        ),
        (
            "no-such-vault",
            json!({"destinationVaultId": "unheard-of"}),
            "BackupService.6120",
            "Check the destination",
        ),
        (
            "backup-vault",
            json!({"destinationVaultId": example::BACKUP_VAULT}),
            "BackupService.6119",
            "Check the destination",
        ),
        (
            "full-vault",
            json!({"destinationVaultId": "full-vault"}),
            "BackupService.6129",
            "Make room",
        ),
        (
            "no-such-region",
            json!({"destinationRegion": "eu-xx"}),
            "BackupService.1005",
            "Check the destination",
        ),
        (
            "no-such-project",
            json!({"destinationProjectId": "unheard-of"}),
            "BackupService.1011",
            "Check the destination",
        ),
        (
            "disk",
            json!({"backupId": "disk-backup"}),
            "BackupService.1002",
            "Choose a server backup",
        ),
        (
            "replica",
            json!({"backupId": "replica-backup"}),
            "BackupService.1003",
            "Choose a server backup",
        ),
        (
            "no-system-disk",
            json!({"backupId": "data-backup"}),
            "BackupService.1003",
            "Choose a server backup",
        ),
        (
            "other-project",
            json!({"auth": other_token}),
            "APIGW.0310",
            "The token belongs to another project",
        ),
    ]
}

#[tokio::test]
async fn a_rejected_spec_fails_in_the_clouds_words_and_a_corrected_one_starts_a_new_attempt()
-> Result<()> {
    let scene = Scene::new(OPERATOR).await?;
    let _operator = scene.operator().start_ready()?;
    scene.valid_secret()?;
    scene
        .secret_with("of-another-project", &json!({"token": "gAAAAABtoken-of-another-project"}))?;
    let cases = constraints(&scene);
    let good: Vec<String> = cases.iter().map(|_| scene.new_backup()).collect();
    let wrong = cases
        .iter()
        .zip(&good)
        .map(|((name, wrong, ..), backup)| Scene::manifest_but(name, backup, wrong));
    apply(&scene, wrong.collect())?;

    let mut asked_for = Vec::new();
    for (name, _, code, advice) in &cases {
        let object = scene.wait_for_phase(name, "Failed").await?;
        assert_eq!(object.reason(), "Rejected", "{name}");
        assert!(object.is("Stalled") && !object.is("Reconciling") && !object.is("Ready"), "{name}");
        let backup = object.text("/spec/backupId").unwrap_or_default().to_owned();
        let [post] = &scene.posts(&backup)[..] else { panic!("{name} is not called once") };
        let attempt = &object.attempts()[0];
        assert_eq!(
            (&attempt["outcome"], &attempt["rejection"]),
            (&json!("Rejected"), &json!("Terminal")),
            "{name}"
        );
        assert_eq!(
            (&attempt["code"], &attempt["requestId"]),
            (&json!(code), &json!(post.request_id)),
            "{name}"
        );
        let of_request = ["BackupService.1002", "BackupService.1003"].contains(code);
        let next = if of_request {
            "A corrected spec starts a new attempt"
        } else {
            "and sooner when the Secret or the spec changes"
        };
        assert_says(&object, &[code, &post.request_id, advice, next]);
        asked_for.push(backup);
    }

    apply(
        &scene,
        cases
            .iter()
            .zip(&good)
            .map(|((name, ..), backup)| Scene::manifest_but(name, backup, &json!({})))
            .collect(),
    )?;
    for object in scene.wait_for_all(cases.len(), ready).await? {
        assert_eq!(object.0["status"]["attempts"][0]["number"], 2, "{:#}", object.0);
    }
    for (backup, wrong) in good.iter().zip(&asked_for) {
        let expected = if wrong == backup { (2, 1) } else { (1, 1) };
        assert_eq!(counts(&scene, backup), expected);
    }
    Ok(())
}

#[tokio::test]
async fn refusals_of_other_servers_are_reported_alike() -> Result<()> {
    let scene = Scene::new(OPERATOR).await?;
    let _operator = scene.operator().start_ready()?;
    scene.valid_secret()?;
    let error = |status: u16, code| {
        Answer::status(status).error(ErrorShape::Cbr, code, "So says the cloud.")
    };
    let cases = [
        ("parameter", error(400, "BackupService.9900"), "So says the cloud"),
        ("too-many", error(400, "BackupService.1012"), "Make room"),
        ("real-name", error(403, "BackupService.8600"), "So says the cloud"),
        ("no-such-api", error(404, "APIG.0101"), "Check the endpoint"),
    ];
    let mut backups = Vec::new();
    for (name, answer, _) in &cases {
        let backup = scene.new_backup();
        let fault = Fault::before_commit().answer(answer.clone());
        scene.simulator.script(Script::always(fault).replicate().backup(&backup))?;
        scene.applied(&Scene::manifest_but(name, &backup, &json!({})).to_string())?;
        backups.push(backup);
    }
    for ((name, answer, words), backup) in cases.iter().zip(&backups) {
        let object = scene.wait_for_phase(name, "Failed").await?;
        assert_eq!(object.reason(), "Rejected", "{name}");
        assert_says(&object, &[&format!("HTTP {}", answer.status), words]);
        assert_eq!(counts(&scene, backup), (1, 0), "{name}");
    }
    Ok(())
}

#[tokio::test]
async fn an_undocumented_refusal_is_no_refusal_and_no_redirect_is_followed() -> Result<()> {
    let scene = Scene::new(OPERATOR).await?;
    let elsewhere = Simulator::start(Options::default())?;
    let _operator = scene.operator().start_ready()?;
    scene.valid_secret()?;
    let target =
        format!("{}/v3/{PROJECT}/backups/{}/replicate", elsewhere.http_url(), example::BACKUP);
    let cases = [
        ("bare-404", Answer::status(404)),
        ("blocked", Answer::status(418)),
        ("moved", Answer::redirect(301, &target)),
        ("kept-moved", Answer::redirect(307, &target)),
    ];
    for (name, answer) in &cases {
        let backup = scene.new_backup();
        let fault = Fault::before_commit().answer(answer.clone());
        scene.simulator.script(Script::always(fault).replicate().backup(&backup))?;
        scene.applied(&Scene::manifest_but(name, &backup, &json!({})).to_string())?;
        let unknown = |object: &Object| {
            object.attempts().iter().any(|attempt| attempt["outcome"] == "Unknown")
        };
        let object = scene.wait(name, "of unknown outcome", unknown).await?;
        assert_eq!(object.attempts()[0]["httpStatus"], answer.status, "{name}");
        assert_eq!(counts(&scene, &backup), (1, 0), "{name}");
    }
    assert_eq!(elsewhere.log(|log| log.connections()), 0);
    Ok(())
}

#[tokio::test]
async fn the_command_of_the_message_calls_again_once_for_each_time_it_is_given() -> Result<()> {
    let scene = Scene::new(OPERATOR).await?;
    let _operator = scene.operator().start_ready()?;
    scene.valid_secret()?;
    scene.simulator.set_vault_capacity(example::VAULT, Some(0))?;
    scene.applied(&Scene::manifest("db", ""))?;
    let first = scene.wait_for_phase("db", "Failed").await?;

    assert!(scene.paste(&first.commands()[0])?.accepted, "{}", first.message());
    let second = |object: &Object| object.phase() == "Failed" && object.attempts().len() == 2;
    let second = scene.wait("db", "rejected again", second).await?;
    // The annotation is still there. Each edit makes the operator look again.
    for ready_when in ["Replicated", "Accepted"] {
        scene.patched("db", &json!({"spec": {"readyWhen": ready_when}}))?;
        scene.wait("db", "observed", Object::is_observed).await?;
    }
    assert_eq!(counts(&scene, example::BACKUP), (2, 0));

    scene.simulator.set_vault_capacity(example::VAULT, None)?;
    assert!(scene.paste(&second.commands()[0])?.accepted, "{}", second.message());
    scene.wait("db", "ready", ready).await?;
    assert_eq!(counts(&scene, example::BACKUP), (3, 1));
    Ok(())
}

#[tokio::test]
async fn after_a_second_replica_that_the_cloud_refuses_each_command_of_the_message_ends_it()
-> Result<()> {
    let scene = Scene::with(OPERATOR, no_look_up()).await?;
    let _operator = scene.operator().arg("--settling-time=1s").start_ready()?;
    scene.valid_secret()?;
    let backups = ["wanted", "known", "unwanted"].map(|name| (name, scene.new_backup()));
    let first = |(name, backup): &(&str, String)| {
        Scene::manifest_but(&format!("first-{name}"), backup, &json!({}))
    };
    apply(&scene, backups.iter().map(first).collect())?;
    scene.wait_for_all(backups.len(), ready).await?;
    apply(
        &scene,
        backups
            .iter()
            .map(|(name, backup)| Scene::manifest_but(name, backup, &json!({})))
            .collect(),
    )?;
    for (name, backup) in &backups {
        let object = scene.wait_for_phase(name, "Failed").await?;
        assert_eq!(object.reason(), "AlreadyReplicated", "{name}");
        assert!(object.is("Stalled") && !object.is("Reconciling"), "{name}");
        let command = format!(
            "kubectl annotate brep -n {} {name} --overwrite cbr.replication.dev/decision={}",
            scene.namespace,
            object.attempt_id()
        );
        let words =
            ["accepted", "accepted:<RECORD_ID>", "retry"].map(|word| format!("{command}:{word}"));
        assert_eq!(object.commands(), words, "{}", object.message());
        assert_says(
            &object,
            &["BackupService.1009", example::DESTINATION_REGION, "already exists or is being made"],
        );
        assert_eq!(counts(&scene, backup), (2, 1), "{name}");
    }

    let [(_, wanted), (_, known), (_, unwanted)] = &backups;
    let record = scene.simulator.records(known).pop().context("no record")?.id;
    scene.simulator.advance(unwanted, Advance::Success)?;
    scene.simulator.delete_replica(unwanted, DeletedRecord::Vanishes)?;
    for (number, (name, origin, id)) in [
        ("wanted", "Declared", None),
        ("known", "Declared", Some(&record)),
        ("unwanted", "Called", None),
    ]
    .into_iter()
    .enumerate()
    {
        let line =
            scene.get(name).await?.commands().swap_remove(number).replace("<RECORD_ID>", &record);
        let pasted = scene.paste(&line)?;
        assert!(pasted.accepted, "{line}: {}", pasted.words);
        let object = scene.wait(name, "ready", ready).await?;
        assert_eq!(object.text("/status/origin"), Some(origin), "{name}");
        let called =
            scene.posts(unwanted).pop().and_then(|call| call.record_id().map(str::to_owned));
        let id = if origin == "Called" { called.as_ref() } else { id };
        assert_eq!(object.text("/status/replicationRecordId"), id.map(String::as_str), "{name}");
    }
    assert_eq!(
        [wanted, known, unwanted].map(|backup| counts(&scene, backup)),
        [(2, 1), (2, 1), (3, 2)]
    );
    Ok(())
}
