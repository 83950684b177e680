//! P19. A target is project, backup and region; a look-up is of the backup that was asked for, and
//! fresh.

use anyhow::Result;
use harness::{Object, Scene, in_time};
use serde_json::{Value, json};
use simulator::{
    Cache, Children, Fault, Operation, Options, Records, Script, Shape, Target, View, Wire, example,
};

use super::{Findings, OPERATOR, apply, careless, counts, decided, lasting_outcome, only_record};
use super::{operator, origin, outcome, ready};

/// A cloud that shows records when it is told to.
fn hiding() -> Options {
    let mut options = careless();
    options.behaviour.view.records = Records::Late { milliseconds: None };
    options
}

/// The changes to a spec that make another spelling of the same target, for a backup.
type Otherwise = Box<dyn Fn(&str) -> Value>;

#[tokio::test]
async fn two_spellings_of_one_target_take_turns() -> Result<()> {
    let scene = Scene::with(OPERATOR, hiding()).await?;
    scene.valid_secret()?;
    let https = scene.simulator.https_address().port();
    let other_name = format!("https://127.0.0.1:{https}");
    let plain = scene.simulator.http_url();
    let _operator = operator(&scene)
        .arg(format!("--allowed-endpoint={other_name}"))
        .arg(format!("--allowed-endpoint={plain}"))
        .start_ready()?;
    let rows: [(&str, Otherwise); 6] = [
        ("name", Box::new(move |_| json!({"endpoint": other_name}))),
        ("scheme", Box::new(move |_| json!({"endpoint": plain}))),
        ("backup", Box::new(|backup| json!({"backupId": backup.to_uppercase()}))),
        ("hyphens", Box::new(|backup| json!({"backupId": backup.replace('-', "")}))),
        ("source", Box::new(|_| json!({"projectId": example::PROJECT.to_uppercase()}))),
        (
            "region",
            Box::new(|_| json!({"destinationRegion": example::DESTINATION_REGION.to_uppercase()})),
        ),
    ];
    let mut cases = Vec::new();
    for (name, otherwise) in rows {
        let backup = scene.new_backup();
        let hold = scene.simulator.hold(name);
        scene.simulator.script(
            Script::once(Fault::after_commit().hold(&hold).ordinary()).replicate().backup(&backup),
        )?;
        apply(&scene, &format!("{name}-first"), &backup, &json!({}))?;
        in_time("the call arrives", hold.arrived()).await?;
        apply(&scene, &format!("{name}-second"), &backup, &otherwise(&backup))?;
        cases.push((name, backup, hold));
    }
    let mut findings = Findings::default();
    for (name, backup, hold) in &cases {
        let waits =
            |object: &Object| object.reason() == "SameTargetInUse" || !object.attempts().is_empty();
        let second = scene.wait(&format!("{name}-second"), "waiting", waits).await?;
        findings.check(name, second.attempts().is_empty(), || {
            "the second did not wait for the first".into()
        });
        hold.release();
        scene.simulator.reveal(Some(backup));
        for (which, came_by) in [("first", "Called"), ("second", "Adopted")] {
            let object = scene.wait(&format!("{name}-{which}"), "ready", ready).await?;
            findings.check(name, origin(&object).0 == Some(came_by), || {
                format!("{which}: {:?}", origin(&object))
            });
        }
        findings.counts(&scene, name, backup, (1, 1));
    }
    findings.none()
}

/// A replication of this backup to another region, from before this cluster.
fn to_another_region(backup: &str) -> Target {
    Target {
        project_id: example::PROJECT.into(),
        backup_id: backup.into(),
        destination_project_id: example::SECOND_DESTINATION_PROJECT.into(),
        destination_region: example::SECOND_DESTINATION_REGION.into(),
        destination_vault_id: example::SECOND_VAULT.into(),
        name: None,
        description: None,
    }
}

#[tokio::test]
async fn a_look_that_shows_another_backup_proves_nothing() -> Result<()> {
    let scene = Scene::with(OPERATOR, careless()).await?;
    scene.valid_secret()?;
    let [lost, again, other] = [(); 3].map(|()| scene.new_backup());
    scene.simulator.add_replication(to_another_region(&other))?;
    let misrouted = || Some(View { instead: Some(other.clone()), ..View::default() });
    let _operator = operator(&scene).start_ready()?;
    let mut findings = Findings::default();

    // The look-up that is to show the record of a lost call.
    let hold = scene.simulator.hold("lost");
    scene.simulator.script(
        Script::once(Fault::after_commit().hold(&hold).reset()).replicate().backup(&lost),
    )?;
    apply(&scene, "lost", &lost, &json!({}))?;
    in_time("the call arrives", hold.arrived()).await?;
    scene.simulator.set_view(&lost, misrouted());
    hold.release();

    // The look-up before the call of what is there already.
    let there = Target {
        destination_project_id: example::DESTINATION_PROJECT.into(),
        destination_region: example::DESTINATION_REGION.into(),
        destination_vault_id: example::VAULT.into(),
        ..to_another_region(&again)
    };
    let there = scene.simulator.add_replication(there)?;
    scene.simulator.set_view(&again, misrouted());
    apply(&scene, "again", &again, &json!({}))?;
    scene.looked_up_again(&again, 3).await?;
    findings.counts(&scene, "again", &again, (0, 0));
    scene.simulator.set_view(&again, None);
    let object = scene.wait("again", "decided", decided).await?;
    let adopted = origin(&object) == (Some("Adopted"), Some(there.as_str()));
    findings.check("again", adopted, || format!("{:?}", origin(&object)));
    findings.counts(&scene, "again", &again, (0, 0));

    findings.asked("lost", &lasting_outcome(&scene, "lost", &lost).await?);
    findings.counts(&scene, "lost", &lost, (1, 1));
    scene.simulator.set_view(&lost, None);
    let object = scene.wait("lost", "ready", ready).await?;
    findings
        .check("lost", origin(&object).0 == Some("Called"), || format!("{:?}", origin(&object)));
    findings.counts(&scene, "lost", &lost, (1, 1));
    findings.none()
}

#[tokio::test]
async fn a_cache_in_between_is_asked_to_stay_out_of_it() -> Result<()> {
    let scene = Scene::with(OPERATOR, careless()).await?;
    scene.valid_secret()?;
    let _operator = operator(&scene).start_ready()?;
    // Records are known to be shown to this token.
    apply(&scene, "known", &scene.new_backup(), &json!({}))?;
    scene.wait_for_phase("known", "Succeeded").await?;
    scene.simulator.configure(|behaviour| behaviour.cache = Cache::Polite);
    scene.simulator.script(Script::once(Fault::after_commit().reset()).replicate())?;
    apply(&scene, "db", example::BACKUP, &json!({}))?;
    let object = outcome(&scene, "db").await?;
    assert_eq!(counts(&scene, example::BACKUP), (1, 1), "{}", object.message());
    assert!(ready(&object), "{}", object.message());
    assert_eq!(
        origin(&object),
        (Some("Called"), Some(only_record(&scene, example::BACKUP)?.as_str()))
    );
    let looks = |log: &simulator::Log| {
        let looks = log.calls().iter().filter(|call| call.operation == Some(Operation::Show));
        looks.map(|call| call.headers.get("cache-control").map(str::to_owned)).collect::<Vec<_>>()
    };
    let asked = scene.simulator.log(looks);
    let polite =
        |value: &Option<String>| value.as_deref().is_some_and(|value| value.contains("no-"));
    assert!(asked.iter().all(polite), "{asked:?}");
    Ok(())
}

#[tokio::test]
async fn a_record_is_found_in_whatever_form_the_backup_is_shown_and_its_disks_have_none()
-> Result<()> {
    let scene = Scene::with(OPERATOR, careless()).await?;
    scene.valid_secret()?;
    scene.simulator.configure(|behaviour| behaviour.wire = Wire { charset: true, chunked: true });
    let _operator = operator(&scene).start_ready()?;
    let mut rows = Vec::new();
    for (shape_name, shape) in [("full", Shape::Full), ("sparse", Shape::Sparse)] {
        for (disks, children) in
            [("none", Children::None), ("disks", Children::Disks), ("trap", Children::WithRecords)]
        {
            let (name, backup) = (format!("{shape_name}-{disks}"), scene.new_backup());
            scene.simulator.set_view(&backup, Some(View { shape, children, ..View::default() }));
            scene
                .simulator
                .script(Script::once(Fault::after_commit().reset()).replicate().backup(&backup))?;
            apply(&scene, &name, &backup, &json!({"readyWhen": "Replicated"}))?;
            rows.push((name, backup));
        }
    }
    let mut findings = Findings::default();
    for (name, backup) in &rows {
        let object = outcome(&scene, name).await?;
        let own = only_record(&scene, backup)?;
        let found = ready(&object) && origin(&object) == (Some("Called"), Some(own.as_str()));
        findings.check(name, found, || format!("{:?} {}", origin(&object), object.message()));
        findings.counts(&scene, name, backup, (1, 1));
    }
    findings.none()
}
