//! P1. Spelling is not evidence.

use anyhow::Result;
use harness::{Object, Scene, in_time};
use serde_json::{Map, Value, json};
use simulator::{Fault, Script, Spelling, Target, View, example};

use super::{
    Findings, OPERATOR, apply, careless, counts, decided, lasting_outcome, only_record, operator,
    origin,
};
use super::{outcome, ready};

const LISTED: [(&str, Spelling); 4] = [
    ("as-asked", Spelling::AsAsked),
    ("lower", Spelling::Lower),
    ("upper", Spelling::Upper),
    ("no-hyphens", Spelling::WithoutHyphens),
];

/// A way to write an id.
type Spell = fn(&str) -> String;

fn as_known(id: &str) -> String {
    id.to_owned()
}

fn upper(id: &str) -> String {
    id.to_uppercase()
}

fn without_hyphens(id: &str) -> String {
    id.replace('-', "")
}

/// A resource, and the way in which the cloud lists what it asks for.
struct Case {
    name: String,
    backup: String,
    changes: Value,
}

/// Each field in each spelling, listed in each spelling.
fn cases(scene: &Scene) -> Vec<Case> {
    let asked: [(&str, &str, Spell); 9] = [
        ("all-known", "", as_known),
        ("vault-upper", "destinationVaultId", upper),
        ("vault-bare", "destinationVaultId", without_hyphens),
        ("project-upper", "destinationProjectId", upper),
        ("region-upper", "destinationRegion", upper),
        ("backup-upper", "backupId", upper),
        ("backup-bare", "backupId", without_hyphens),
        ("source-upper", "projectId", upper),
        ("all-upper", "all", upper),
    ];
    let mut cases = Vec::new();
    for (asked, field, spell) in asked {
        for (listed, spelling) in LISTED {
            let backup = scene.new_backup();
            scene.simulator.set_view(&backup, Some(View { spelling, ..View::default() }));
            let mut changes = json!({});
            let known = [
                ("destinationVaultId", example::VAULT),
                ("destinationProjectId", example::DESTINATION_PROJECT),
                ("destinationRegion", example::DESTINATION_REGION),
                ("backupId", &backup),
                ("projectId", example::PROJECT),
            ];
            for (each, id) in known.into_iter().filter(|(each, _)| field == *each || field == "all")
            {
                changes[each] = json!(spell(id));
            }
            cases.push(Case { name: format!("{asked}-{listed}"), backup, changes });
        }
    }
    cases
}

/// Whether two ids differ only in their spelling.
fn alike(ours: Option<&str>, theirs: &str) -> bool {
    let folded = |id: &str| id.replace('-', "").to_lowercase();
    ours.is_some_and(|ours| folded(ours) == folded(theirs))
}

#[tokio::test]
async fn a_lost_answer_is_found_by_its_record_in_whatever_spelling_it_is_listed() -> Result<()> {
    let scene = Scene::with(OPERATOR, careless()).await?;
    scene.valid_secret()?;
    let cases = cases(&scene);
    for Case { name: _, backup, changes: _ } in &cases {
        scene
            .simulator
            .script(Script::once(Fault::after_commit().reset()).replicate().backup(backup))?;
    }
    let _operator = operator(&scene).start_ready()?;
    for Case { name, backup, changes } in &cases {
        apply(&scene, name, backup, changes)?;
    }
    let mut findings = Findings::default();
    for Case { name, backup, changes: _ } in &cases {
        let object = outcome(&scene, name).await?;
        findings.check(name, ready(&object), || format!("not ready: {}", object.message()));
        findings.counts(&scene, name, backup, (1, 1));
        let own = scene
            .simulator
            .records(backup)
            .first()
            .map(|record| record.id.clone())
            .unwrap_or_default();
        let (came_by, id) = origin(&object);
        findings.check(name, came_by == Some("Called") && alike(id, &own), || {
            format!("{came_by:?} as {id:?}")
        });
    }
    findings.none()
}

#[tokio::test]
async fn a_resource_that_is_made_again_adopts_the_record_in_whatever_spelling_it_is_listed()
-> Result<()> {
    let scene = Scene::with(OPERATOR, careless()).await?;
    scene.valid_secret()?;
    let _operator = operator(&scene).start_ready()?;
    let cases = cases(&scene);
    for Case { name, backup, changes } in &cases {
        apply(&scene, name, backup, changes)?;
    }
    scene.wait_for_all(cases.len(), ready).await?;
    let all: Vec<&str> = cases.iter().map(|case| case.name.as_str()).collect();
    let deleted = scene.kubectl(&[&["delete", "brep", "--timeout=60s"][..], &all].concat())?;
    anyhow::ensure!(deleted.accepted, "{}", deleted.words);
    for Case { name, backup, changes } in &cases {
        apply(&scene, name, backup, changes)?;
    }
    let mut findings = Findings::default();
    for Case { name, backup, changes: _ } in &cases {
        let object = scene.wait(name, "decided", decided).await?;
        let (came_by, id) = origin(&object);
        findings.check(name, came_by == Some("Adopted") && id.is_some(), || {
            format!("{came_by:?} as {id:?}")
        });
        findings.counts(&scene, name, backup, (1, 1));
    }
    findings.none()
}

#[tokio::test]
async fn its_own_record_is_followed_in_another_spelling_and_is_no_double() -> Result<()> {
    let scene = Scene::with(OPERATOR, careless()).await?;
    scene.valid_secret()?;
    let _operator = operator(&scene).start_ready()?;
    for (name, spelling) in LISTED {
        let backup = scene.new_backup();
        scene.simulator.set_view(&backup, Some(View { spelling, ..View::default() }));
        apply(&scene, name, &backup, &json!({"readyWhen": "Replicated"}))?;
    }
    let mut findings = Findings::default();
    for (name, _) in LISTED {
        let ended = |object: &Object| object.phase() == "Succeeded" || object.is("Stalled");
        let object = scene.wait(name, "over", ended).await?;
        let doubles = object.0.pointer("/status/additionalRecords").cloned();
        findings.check(name, ready(&object) && doubles.is_none(), || {
            format!("{doubles:?} {}", object.message())
        });
    }
    findings.none()
}

/// What a record says instead of what was asked for.
fn otherwise() -> [(&'static str, Value); 3] {
    let vault = "ffffffff-8800-46da-9c37-9d657a825274";
    let vault =
        json!({"destination_vault_id": vault, "extra_info": {"destination_vault_id": vault}});
    let project = json!({"destination_project_id": "ffffffffac08274b82b4e254268a3862"});
    let mut both = vault.clone();
    both["destination_project_id"] = project["destination_project_id"].clone();
    [("vault", vault), ("project", project), ("both", both)]
}

fn fields(value: &Value) -> Map<String, Value> {
    value.as_object().cloned().unwrap_or_default()
}

#[tokio::test]
async fn a_new_record_of_the_same_region_that_reads_differently_proves_nothing() -> Result<()> {
    let scene = Scene::with(OPERATOR, careless()).await?;
    scene.valid_secret()?;
    let _operator = operator(&scene).start_ready()?;
    let mut cases = Vec::new();
    for (name, other) in otherwise() {
        let backup = scene.new_backup();
        let hold = scene.simulator.hold(name);
        scene.simulator.script(
            Script::once(Fault::after_commit().hold(&hold).reset()).replicate().backup(&backup),
        )?;
        apply(&scene, name, &backup, &json!({}))?;
        in_time("the call arrives", hold.arrived()).await?;
        scene.simulator.alter_record(&only_record(&scene, &backup)?, fields(&other))?;
        hold.release();
        cases.push((name, backup));
    }
    let mut findings = Findings::default();
    for (name, backup) in &cases {
        findings.asked(name, &lasting_outcome(&scene, name, backup).await?);
        findings.counts(&scene, name, backup, (1, 1));
    }
    findings.none()
}

/// A replication of a backup, to a vault of another name, that was there before.
fn in_another_vault(backup: &str) -> Target {
    Target {
        project_id: example::PROJECT.into(),
        backup_id: backup.into(),
        destination_project_id: example::DESTINATION_PROJECT.into(),
        destination_region: example::DESTINATION_REGION.into(),
        destination_vault_id: "another-vault".into(),
        name: None,
        description: None,
    }
}

#[tokio::test]
async fn a_record_in_another_vault_that_was_there_before_the_claim_blocks_no_proof() -> Result<()> {
    let scene = Scene::with(OPERATOR, careless()).await?;
    scene.valid_secret()?;
    scene.simulator.add_replication(in_another_vault(example::BACKUP))?;
    scene.simulator.script(Script::once(Fault::before_commit().reset()).replicate())?;
    let _operator = operator(&scene).start_ready()?;
    apply(&scene, "db", example::BACKUP, &json!({}))?;
    let object = scene.wait("db", "decided", decided).await?;
    assert!(ready(&object), "{}", object.message());
    assert_eq!(counts(&scene, example::BACKUP), (2, 1));
    Ok(())
}

#[tokio::test]
async fn a_live_record_in_another_vault_of_the_region_is_named_to_who_is_refused_for_it()
-> Result<()> {
    let mut options = careless();
    options.behaviour.accept_duplicates = false;
    let scene = Scene::with(OPERATOR, options).await?;
    scene.valid_secret()?;
    let there = scene.simulator.add_replication(in_another_vault(example::BACKUP))?;
    let _operator = operator(&scene).start_ready()?;
    apply(&scene, "db", example::BACKUP, &json!({}))?;
    let object = scene.wait("db", "refused", |object| object.is("Stalled")).await?;
    assert_eq!(object.reason(), "AlreadyReplicated", "{}", object.message());
    assert!(object.message().contains(&there), "{there} is not named: {}", object.message());
    assert_eq!(counts(&scene, example::BACKUP), (1, 0));
    Ok(())
}
