//! Where the cloud does not tell, or does not tell any more.

use anyhow::Result;
use harness::{Object, Scene};
use simulator::{Advance, LookUp, Records, View};

use super::slow_cloud;
use super::{accepted, assert_called_once, assert_left_alone, copied_to, end, ready, replicated};

fn without(look_up: LookUp) -> View {
    View { look_up, ..View::default() }
}

fn showing(records: Records) -> View {
    View { records, ..View::default() }
}

#[tokio::test]
async fn where_nothing_is_reported_it_succeeds_and_says_that_the_end_is_unknown() -> Result<()> {
    let views = [
        ("not-found", without(LookUp::NotFound)),
        ("not-allowed", without(LookUp::MethodNotAllowed)),
        ("not-implemented", without(LookUp::NotImplemented)),
        ("forbidden", without(LookUp::Forbidden)),
        ("no-key", showing(Records::Absent)),
        ("nulls", showing(Records::Null)),
        ("empty", showing(Records::Empty)),
    ];
    let scene = slow_cloud().await?;
    let _operator = scene.operator().arg("--settling-time=1s").start_ready()?;
    scene.valid_secret()?;
    let mut resources = Vec::new();
    for (name, view) in views {
        for (name, more) in
            [(name.to_owned(), ""), (format!("{name}-waited-for"), "  readyWhen: Replicated\n")]
        {
            let backup = scene.new_backup();
            scene.simulator.set_view(&backup, Some(view.clone()));
            scene.applied(&Scene::manifest_for(&name, &backup, more))?;
            resources.push((name, !more.is_empty(), backup));
        }
    }
    scene.wait_for_all(resources.len(), |object| object.phase() == "Succeeded").await?;
    for (name, waited_for, backup) in &resources {
        let object = scene.get(name).await?;
        assert_eq!(
            (end(&object), replicated(&object)),
            (Some("NotReported"), ("Unknown", "NotReported")),
            "{name}"
        );
        let is = if *waited_for { ("Unknown", "NotReported") } else { ("True", "Accepted") };
        assert_eq!((ready(&object), object.is("Stalled")), (is, *waited_for), "{name}");
        if *waited_for {
            assert!(
                object.message().contains("set readyWhen: Accepted"),
                "{name}: {}",
                object.message()
            );
        }
        assert_called_once(&scene, name, backup).await?;
    }
    let backups: Vec<&str> = resources.iter().map(|(_, _, backup)| backup.as_str()).collect();
    assert_left_alone(&scene, &backups).await
}

#[tokio::test]
async fn a_record_or_a_backup_that_is_gone_ends_it_after_the_settling_time_with_what_was_last_seen()
-> Result<()> {
    let scene = slow_cloud().await?;
    let _operator = scene.operator().arg("--settling-time=1s").start_ready()?;
    scene.valid_secret()?;
    let ways = [
        ("record", "RecordGone", "The cloud no longer lists the replication record"),
        ("list", "NotReported", "does not report"),
        ("look-up", "NotReported", "does not report"),
        ("backup", "BackupGone", "The source backup no longer exists"),
    ];
    let mut resources = Vec::new();
    for (name, ended, words) in ways {
        let backup = accepted(&scene, name, "").await?;
        copied_to(&scene, name, &backup, 40).await?;
        match name {
            "record" => scene.simulator.set_view(&backup, Some(showing(Records::Empty))),
            "list" => scene.simulator.set_view(&backup, Some(showing(Records::Null))),
            "look-up" => scene.simulator.set_view(&backup, Some(without(LookUp::NotFound))),
            _ => scene.simulator.remove_backup(&backup)?,
        }
        resources.push((name, ended, words, backup));
    }
    for (name, ended, words, backup) in &resources {
        let object = scene.wait_for_phase(name, "Succeeded").await?;
        assert_eq!(
            (end(&object), replicated(&object)),
            (Some(*ended), ("Unknown", *ended)),
            "{name}"
        );
        assert_eq!(ready(&object), ("True", "Accepted"), "{name}");
        let message = object.condition("Replicated").2;
        assert!(
            message.contains(words) && message.contains("Check in the destination region"),
            "{name}: {message}"
        );
        if *ended != "NotReported" {
            assert!(message.contains("Last seen: replicating, 40 %"), "{name}: {message}");
        }
        assert_called_once(&scene, name, backup).await?;

        scene.patched(name, &serde_json::json!({"spec": {"readyWhen": "Replicated"}}))?;
        let object = scene.wait(name, "stalled", |object| object.is("Stalled")).await?;
        assert_eq!(ready(&object), ("Unknown", *ended), "{name}");
    }
    let backups: Vec<&str> = resources.iter().map(|(_, _, _, backup)| backup.as_str()).collect();
    assert_left_alone(&scene, &backups).await
}

#[tokio::test]
async fn a_record_that_shows_late_or_again_is_followed_on() -> Result<()> {
    let scene = slow_cloud().await?;
    let _operator = scene.operator().start_ready()?;
    scene.valid_secret()?;
    let late = scene.new_backup();
    scene.simulator.set_view(&late, Some(showing(Records::Late { milliseconds: None })));
    scene.applied(&Scene::manifest_for("late", &late, ""))?;
    let again = accepted(&scene, "again", "").await?;
    let before = copied_to(&scene, "again", &again, 40).await?;
    scene.simulator.set_view(&again, Some(showing(Records::Empty)));
    for backup in [&late, &again] {
        scene.looked_up_again(backup, 3).await?;
    }
    let object = scene.get("late").await?;
    assert_eq!(
        (object.phase(), object.text("/status/recordStatus"), end(&object)),
        ("Replicating", None, None)
    );
    assert!(
        object.condition("Replicated").2.contains("has not shown the replication record yet"),
        "{:#}",
        object.0
    );
    assert_eq!(scene.get("again").await?.0, before.0, "nothing is written where nothing was seen");

    scene.simulator.reveal(Some(&late));
    scene.simulator.set_view(&again, None);
    for (name, backup) in [("late", &late), ("again", &again)] {
        scene.simulator.advance(backup, Advance::Success)?;
        let copied = |object: &Object| replicated(object) == ("True", "Replicated");
        scene.wait(name, "copied", copied).await?;
        assert_called_once(&scene, name, backup).await?;
    }
    Ok(())
}
