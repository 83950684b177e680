//! P15. A young object is no news: tools restore a status in a second write.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use harness::{Object, Scene, refusal};
use kube::api::{DynamicObject, PostParams};
use serde_json::{Value, json};
use simulator::{Fault, LookUp, Records, Script, View};

use super::{
    FIRST_CALL_AFTER, Findings, OPERATOR, apply, careless, counts, decided, operator, origin, ready,
};

/// How long after its object a restored status comes: the attack itself, not a wait for something.
const LATER: Duration = Duration::from_millis(300);

/// Clouds whose looks cannot prove that nothing is there.
fn views() -> [(&'static str, View); 4] {
    let records = |records| View { records, ..View::default() };
    [
        ("no-look-up", View { look_up: LookUp::NotFound, ..View::default() }),
        ("null", records(Records::Null)),
        ("absent", records(Records::Absent)),
        ("empty", records(Records::Empty)),
    ]
}

/// How a status is written back.
#[derive(Clone, Copy, Debug)]
enum Way {
    /// With the version that the creation returned, as Velero does.
    Replaced,
    /// Over whatever is there by now, as `kubectl` does.
    Patched,
}

/// A resource with a history that only its status knows of.
struct Known {
    name: String,
    backup: String,
    way: Way,
    saved: DynamicObject,
}

/// Has each cloud, way and history come about, and deletes the resources.
async fn saved_and_deleted(scene: &Scene) -> Result<Vec<Known>> {
    let mut rows = Vec::new();
    for (view_name, view) in views() {
        for (way_name, way) in [("replaced", Way::Replaced), ("patched", Way::Patched)] {
            for history in ["accepted", "unknown"] {
                let (name, backup) =
                    (format!("{view_name}-{history}-{way_name}"), scene.new_backup());
                scene.simulator.set_view(&backup, Some(view.clone()));
                if history == "unknown" {
                    let lost = Fault::after_commit().reset();
                    scene.simulator.script(Script::once(lost).replicate().backup(&backup))?;
                }
                apply(scene, &name, &backup, &json!({}))?;
                rows.push((name, backup, way));
            }
        }
    }
    scene.wait_for_all(rows.len(), decided).await?;
    let mut known = Vec::new();
    for (name, backup, way) in rows {
        let saved = scene.api().get(&name).await?;
        known.push(Known { name, backup, way, saved });
    }
    let deleted = scene.kubectl(&["delete", "brep", "--all", "--timeout=60s"])?;
    ensure!(deleted.accepted, "{}", deleted.words);
    Ok(known)
}

/// Creates it again, under a new uid and without a status.
async fn create(scene: &Scene, known: &Known) -> Result<DynamicObject> {
    let mut bare = known.saved.clone();
    bare.metadata = Default::default();
    bare.metadata.name = Some(known.name.clone());
    bare.data = json!({"spec": known.saved.data["spec"]});
    Ok(scene.api().create(&PostParams::default(), &bare).await?)
}

/// Gives it its status back; the words of a refusal.
async fn restore_status(
    scene: &Scene,
    known: &Known,
    created: DynamicObject,
) -> Result<Option<String>> {
    let status = &known.saved.data["status"];
    match known.way {
        Way::Replaced => {
            let mut whole = created;
            whole.data["status"] = status.clone();
            refusal(scene.api().replace_status(&known.name, &PostParams::default(), &whole).await)
        }
        Way::Patched => match scene.set_status(&known.name, status).await {
            Ok(_) => Ok(None),
            Err(error) => Ok(Some(format!("{error:#}"))),
        },
    }
}

/// Once a fresh resource has been called for, so could have been all that were made before it.
async fn time_is_over(scene: &Scene) -> Result<()> {
    let backup = scene.new_backup();
    scene.simulator.set_view(&backup, Some(View { look_up: LookUp::NotFound, ..View::default() }));
    apply(scene, "fresh", &backup, &json!({}))?;
    scene.wait("fresh", "ready", ready).await?;
    Ok(())
}

/// Everything is as it was, and nothing was called for again.
async fn assert_restored(scene: &Scene, known: &[Known], mut findings: Findings) -> Result<()> {
    time_is_over(scene).await?;
    for Known { name, backup, way: _, saved } in known {
        let before = Object(serde_json::to_value(saved)?);
        let after = scene.wait(name, "decided", decided).await?;
        findings.counts(scene, name, backup, (1, 1));
        let same = origin(&before) == origin(&after) && before.attempt_id() == after.attempt_id();
        findings.check(name, same, || format!("{:?} is now {:?}", origin(&before), origin(&after)));
        let stands =
            before.is("Ready") == after.is("Ready") && before.is("Stalled") == after.is("Stalled");
        findings.check(name, stands, || format!("{} {}", after.phase(), after.reason()));
    }
    findings.none()
}

#[tokio::test]
async fn a_status_that_is_restored_after_its_object_calls_for_nothing_and_is_taken_back()
-> Result<()> {
    let scene = Scene::with(OPERATOR, careless()).await?;
    scene.valid_secret()?;
    let operator = operator(&scene).start_ready()?;
    let known = saved_and_deleted(&scene).await?;
    let mut findings = Findings::default();
    for row in &known {
        let created = create(&scene, row).await?;
        tokio::time::sleep(LATER).await;
        let refused = restore_status(&scene, row, created).await?;
        findings
            .check(&row.name, refused.is_none(), || format!("its status is refused: {refused:?}"));
    }
    assert_restored(&scene, &known, findings).await?;
    drop(operator);
    Ok(())
}

#[tokio::test]
async fn an_old_object_is_young_to_a_process_that_has_just_seen_it() -> Result<()> {
    let scene = Scene::with(OPERATOR, careless()).await?;
    scene.valid_secret()?;
    let earlier = operator(&scene).start_ready()?;
    let known = saved_and_deleted(&scene).await?;
    earlier.stop()?;
    let mut created = Vec::new();
    for row in &known {
        created.push(create(&scene, row).await?);
    }
    // It is the age of the objects that must not count.
    tokio::time::sleep(FIRST_CALL_AFTER).await;
    let _operator = operator(&scene).start_ready()?;
    let mut findings = Findings::default();
    for (row, created) in known.iter().zip(created) {
        let refused = restore_status(&scene, row, created).await?;
        findings
            .check(&row.name, refused.is_none(), || format!("its status is refused: {refused:?}"));
    }
    assert_restored(&scene, &known, findings).await
}

#[tokio::test]
async fn one_that_is_new_in_truth_is_called_for_once_it_is_old_enough() -> Result<()> {
    let scene = Scene::with(OPERATOR, careless()).await?;
    scene.valid_secret()?;
    let _operator = operator(&scene).start_ready()?;
    let mut rows = Vec::new();
    for (name, view) in views() {
        let backup = scene.new_backup();
        scene.simulator.set_view(&backup, Some(view));
        apply(&scene, name, &backup, &json!({}))?;
        rows.push((name, backup));
    }
    let mut findings = Findings::default();
    for (name, backup) in &rows {
        let object = scene.wait(name, "ready", ready).await?;
        findings.counts(&scene, name, backup, (1, 1));
        let time = |pointer| {
            let text = object.text(pointer).with_context(|| format!("no {pointer}"))?;
            text.parse::<jiff::Timestamp>().context(text.to_owned())
        };
        let (made, claimed) =
            (time("/metadata/creationTimestamp")?, time("/status/attempts/0/claimedAt")?);
        let age = claimed.duration_since(made).unsigned_abs();
        findings
            .check(name, age >= FIRST_CALL_AFTER, || format!("called for at the age of {age:?}"));
    }
    // Where a look-up proves that nothing is there, nobody waits.
    let backup = scene.new_backup();
    apply(&scene, "proven", &backup, &json!({}))?;
    scene.wait("proven", "ready", ready).await?;
    findings.counts(&scene, "proven", &backup, (1, 1));
    findings.none()
}

#[tokio::test]
async fn one_with_marks_of_a_restore_waits_longer_and_suspended_it_waits_for_its_user() -> Result<()>
{
    let no_look_up = View { look_up: LookUp::NotFound, ..View::default() };
    let scene = Scene::with(OPERATOR, super::careless_showing(no_look_up)).await?;
    scene.valid_secret()?;
    let _operator = operator(&scene).start_ready()?;
    let marked = scene.new_backup();
    let mut object: Value = Scene::manifest_but("marked", &marked, &json!({}));
    object["metadata"]["labels"] =
        json!({"velero.io/restore-name": "nightly", "velero.io/backup-name": "nightly"});
    scene.applied(&object.to_string())?;
    let suspended = scene.new_backup();
    apply(&scene, "suspended", &suspended, &json!({"suspend": true}))?;
    time_is_over(&scene).await?;
    assert_eq!(counts(&scene, &marked), (0, 0));
    assert_eq!(counts(&scene, &suspended), (0, 0));
    Ok(())
}
