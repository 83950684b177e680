//! Calls whose answer is lost.

use anyhow::Result;
use control_plane::Exit;
use harness::{Object, OperatorOptions, PATIENCE, Scene, in_time};
use simulator::{
    Answer, DestinationVault, Fault, Options, Records, Script, Timestamps, Token, View, example,
};

use super::{ASKED, HIDDEN, OPERATOR, apply, counts, only_record, origin, ready, showing};
use super::{assert_looked_before_each_post, to_another_region};

/// An operator whose claims go stale, and whose unknown outcomes settle, within seconds.
fn short(scene: &Scene) -> OperatorOptions {
    scene.operator().arg("--claim-window=3s").arg("--request-timeout=4s").arg("--settling-time=1s")
}

/// Ways to lose the answer of a call that was accepted.
fn lost_after_commit() -> [(&'static str, Fault); 4] {
    [
        ("reset", Fault::after_commit().reset()),
        (
            "bad-gateway",
            Fault::after_commit().answer(Answer::status(502).text("<html>Bad Gateway</html>")),
        ),
        ("timeout", Fault::after_commit().hang()),
        ("unreadable", Fault::after_commit().answer(Answer::status(200).text("OK"))),
    ]
}

#[tokio::test]
async fn a_lost_answer_is_found_by_its_record_in_whatever_form_the_cloud_shows_it() -> Result<()> {
    let scene = Scene::new(OPERATOR).await?;
    scene.valid_secret()?;
    let times = [
        ("unzoned", Timestamps::Unzoned),
        ("offset", Timestamps::Offset),
        ("zulu", Timestamps::Zulu),
    ];
    let vaults = [DestinationVault::ExtraInfo, DestinationVault::Both, DestinationVault::TopLevel];
    let mut lost = Vec::new();
    for (row, (way, fault)) in lost_after_commit().into_iter().enumerate() {
        for (column, (style, timestamps)) in times.into_iter().enumerate() {
            let backup = scene.new_backup();
            let destination_vault = vaults[(row + column) % vaults.len()];
            scene
                .simulator
                .set_view(&backup, Some(View { timestamps, destination_vault, ..View::default() }));
            scene.simulator.script(Script::once(fault.clone()).replicate().backup(&backup))?;
            lost.push((format!("{way}-{style}"), backup));
        }
    }
    let manifests: Vec<String> =
        lost.iter().map(|(name, backup)| Scene::manifest_for(name, backup, "")).collect();
    let operator = scene.operator().arg("--request-timeout=2s").start_ready()?;
    scene.applied(&manifests.join("\n---\n"))?;
    scene.wait_for_all(lost.len(), |object| object.phase() == "Succeeded").await?;
    for (name, backup) in &lost {
        let object = scene.get(name).await?;
        assert!(ready(&object), "{name}: {:#}", object.0);
        assert_eq!(
            origin(&object),
            (Some("Called"), Some(only_record(&scene, backup)?.as_str())),
            "{name}"
        );
        let [attempt] = object.attempts() else { panic!("{name}: {:#}", object.0) };
        assert_eq!(attempt["outcome"], "Accepted", "{name}");
        let message = attempt["message"].as_str().unwrap_or_default();
        assert!(
            message.contains("The cloud's records show that it was accepted"),
            "{name}: {message}"
        );
        assert_eq!(counts(&scene, backup), (1, 1), "{name}");
    }
    assert_eq!(operator.log.count(|line| line.contains(ASKED)), 0, "nobody was asked");
    Ok(())
}

#[tokio::test]
async fn a_record_that_appears_late_is_found_and_even_one_that_comes_after_the_settling_time()
-> Result<()> {
    let scene = Scene::with(OPERATOR, showing(HIDDEN)).await?;
    scene.valid_secret()?;
    let late = scene.new_backup();
    scene.simulator.script(Script::always(Fault::after_commit().reset()).replicate())?;
    let operator = scene.operator().start_ready()?;
    apply(&scene, "late", &late)?;
    // One before the call, and two after it that show nothing.
    scene.looked_up_again(&late, 3).await?;
    scene.simulator.reveal(Some(&late));
    let object = scene.wait("late", "ready", ready).await?;
    assert_eq!(origin(&object), (Some("Called"), Some(only_record(&scene, &late)?.as_str())));
    assert_eq!(operator.log.count(|line| line.contains(ASKED)), 0, "nobody was asked");
    // To the next process, which does not look at it any more, absence proves nothing.
    scene.wait_for_phase("late", "Succeeded").await?;
    operator.stop()?;

    let too_late = scene.new_backup();
    let operator = short(&scene).start_ready()?;
    apply(&scene, "too-late", &too_late)?;
    scene.wait("too-late", "stalled", |object| object.is("Stalled")).await?;
    operator.log.wait_for(PATIENCE, |line| line.contains(ASKED))?;
    scene.simulator.reveal(Some(&too_late));
    let object = scene.wait("too-late", "ready", ready).await?;
    assert_eq!(origin(&object), (Some("Called"), Some(only_record(&scene, &too_late)?.as_str())));
    assert_eq!(object.condition("Stalled"), ("", "", ""));
    for backup in [&late, &too_late] {
        assert_eq!(counts(&scene, backup), (1, 1));
    }
    Ok(())
}

#[tokio::test]
async fn killed_after_the_commit_the_next_process_finds_the_record() -> Result<()> {
    let scene = Scene::new(OPERATOR).await?;
    scene.valid_secret()?;
    let hold = scene.simulator.hold("call");
    scene
        .simulator
        .script(Script::once(Fault::after_commit().hold(&hold).ordinary()).replicate())?;
    let operator = short(&scene).start_ready()?;
    apply(&scene, "db", example::BACKUP)?;
    in_time("the call arrives", hold.arrived()).await?;
    assert_eq!(operator.process.kill()?, Exit::Signal(9));

    let operator = short(&scene).start_ready()?;
    let object = scene.wait("db", "ready", ready).await?;
    assert_eq!(
        origin(&object),
        (Some("Called"), Some(only_record(&scene, example::BACKUP)?.as_str()))
    );
    assert_eq!(object.attempts().len(), 1);
    assert_eq!(operator.log.count(|line| line.contains(ASKED)), 0, "nobody was asked");
    assert_eq!(counts(&scene, example::BACKUP), (1, 1));
    Ok(())
}

/// The next call about this backup is lost on its way.
fn lose_call(scene: &Scene, backup: &str) -> Result<()> {
    scene.simulator.script(Script::once(Fault::before_commit().reset()).replicate().backup(backup))
}

/// Whether the lost call was settled without a human, and the next one accepted.
fn assert_called_again(scene: &Scene, object: &Object, backup: &str) {
    let post = scene.posts(backup).pop();
    assert_eq!(origin(object), (Some("Called"), post.as_ref().and_then(|call| call.record_id())));
    let outcomes: Vec<_> =
        object.attempts().iter().map(|attempt| attempt["outcome"].as_str()).collect();
    assert_eq!(outcomes, [Some("Accepted"), Some("NotAccepted")]);
    assert_looked_before_each_post(scene, backup);
}

#[tokio::test]
async fn absence_proves_that_a_call_was_not_accepted_only_where_other_records_are_shown()
-> Result<()> {
    let scene = Scene::new(OPERATOR).await?;
    scene.valid_secret()?;
    let earlier = scene.operator().start_ready()?;
    let [shown, empty] = [scene.new_backup(), scene.new_backup()];
    scene.applied(&to_another_region("other-region", &shown))?;
    scene.wait_for_phase("other-region", "Succeeded").await?;
    // Another credential has been shown no record of a call.
    earlier.stop()?;
    const ROTATED: &str = "MIIrotated-token-of-the-same-project";
    scene.simulator.add_token(Token::new(ROTATED, example::PROJECT));
    scene.secret(ROTATED)?;
    let operator = short(&scene).start_ready()?;
    lose_call(&scene, &empty)?;
    apply(&scene, "empty", &empty)?;
    scene
        .wait("empty", "stalled", |object| object.is("Stalled") && object.commands().len() == 3)
        .await?;
    scene.looked_up_again(&empty, 2).await?;
    assert!(scene.get("empty").await?.is("Stalled"));
    assert_eq!(counts(&scene, &empty), (1, 0));
    assert_eq!(operator.log.count(|line| line.contains(ASKED)), 1);

    lose_call(&scene, &shown)?;
    apply(&scene, "shown", &shown)?;
    let object = scene.wait("shown", "ready", ready).await?;
    assert_called_again(&scene, &object, &shown);
    assert_eq!(
        counts(&scene, &shown),
        (3, 2),
        "one for the other region, a lost one, and one more"
    );
    assert_eq!(operator.log.count(|line| line.contains(ASKED)), 1, "nobody else was asked");
    Ok(())
}

#[tokio::test]
async fn once_a_record_of_an_accepted_call_was_seen_an_empty_list_proves_absence_at_that_endpoint_alone()
-> Result<()> {
    let scene = Scene::new(OPERATOR).await?;
    scene.valid_secret()?;
    let [seen, lost, lost_elsewhere] = [scene.new_backup(), scene.new_backup(), scene.new_backup()];
    let elsewhere = scene.simulator.http_url();
    let operator = short(&scene).arg(format!("--allowed-endpoint={elsewhere}")).start_ready()?;
    apply(&scene, "seen", &seen)?;
    scene.wait_for_phase("seen", "Succeeded").await?;
    for backup in [&lost, &lost_elsewhere] {
        lose_call(&scene, backup)?;
    }
    apply(&scene, "lost", &lost)?;
    scene.applied(&Scene::manifest_for(
        "lost-elsewhere",
        &lost_elsewhere,
        &format!("  endpoint: {elsewhere}\n"),
    ))?;

    let object = scene.wait("lost", "ready", ready).await?;
    assert_called_again(&scene, &object, &lost);
    assert_eq!(counts(&scene, &lost), (2, 1));
    scene.wait("lost-elsewhere", "stalled", |object| object.is("Stalled")).await?;
    scene.looked_up_again(&lost_elsewhere, 2).await?;
    assert!(scene.get("lost-elsewhere").await?.is("Stalled"));
    assert_eq!(counts(&scene, &lost_elsewhere), (1, 0));
    assert_eq!(operator.log.count(|line| line.contains(ASKED)), 1, "for the other endpoint alone");
    Ok(())
}

#[tokio::test]
async fn nothing_proves_anything_against_an_answer_of_2xx_or_where_no_records_are_reported()
-> Result<()> {
    let scene = Scene::with(OPERATOR, Options::default()).await?;
    scene.valid_secret()?;
    let _operator = short(&scene).start_ready()?;
    let success = Fault::before_commit().answer(Answer::status(200).text("OK"));
    let cases = [
        ("success", success, Records::Present),
        ("no-key", Fault::before_commit().reset(), Records::Absent),
        ("nulls", Fault::before_commit().reset(), Records::Null),
    ];
    let mut backups = Vec::new();
    for (name, fault, records) in cases {
        let backup = scene.new_backup();
        let other = format!("{name}-other-region");
        scene.applied(&to_another_region(&other, &backup))?;
        // A record of an accepted call was seen here.
        let shown =
            |object: &Object| ready(object) && object.text("/status/recordStatus").is_some();
        scene.wait(&other, "shown", shown).await?;
        scene.simulator.set_view(&backup, Some(View { records, ..View::default() }));
        scene.simulator.script(Script::once(fault).replicate().backup(&backup))?;
        apply(&scene, name, &backup)?;
        backups.push((name, backup));
    }
    for (name, backup) in &backups {
        scene.wait(name, "stalled", |object: &Object| object.is("Stalled")).await?;
        scene.looked_up_again(backup, 2).await?;
        assert!(scene.get(name).await?.is("Stalled"), "{name}");
        assert_eq!(counts(&scene, backup), (2, 1), "{name}: the other region's, and one");
    }
    Ok(())
}

#[tokio::test]
async fn a_service_that_never_fills_its_lists_proves_nothing_by_them() -> Result<()> {
    let scene = Scene::with(OPERATOR, showing(Records::Empty)).await?;
    scene.valid_secret()?;
    let operator = short(&scene).start_ready()?;
    let backup = scene.new_backup();
    scene.applied(&to_another_region("other-region", &backup))?;
    scene.wait_for_phase("other-region", "Succeeded").await?;
    lose_call(&scene, &backup)?;
    apply(&scene, "db", &backup)?;
    scene.wait("db", "stalled", |object| object.is("Stalled")).await?;
    scene.looked_up_again(&backup, 2).await?;
    assert!(scene.get("db").await?.is("Stalled"));
    assert_eq!(counts(&scene, &backup), (2, 1), "the other region's, and one");
    assert_eq!(operator.log.count(|line| line.contains(ASKED)), 1);
    Ok(())
}
