//! Where nothing fits, or the newest cannot be told: it waits, says so, and makes no call.

use anyhow::Result;
use serde_json::{Value, json};
use simulator::{Answer, Count, Fault, List, LookUp, Script};

use super::{
    SERVER, accepted, add, backup, chosen, manifest, of_the_server, operator, ready, scene,
};

#[tokio::test]
async fn where_nothing_fits_it_waits_and_goes_on_when_a_backup_is_there() -> Result<()> {
    let scene = scene().await?;
    scene.valid_secret()?;
    let old = add(&scene, backup(60 * 24));
    let _operator = operator(&scene).start_ready()?;
    let after = jiff::Timestamp::now().checked_sub(jiff::SignedDuration::from_hours(2))?;
    let selector = format!("{{resourceId: {SERVER}, createdAfter: '{after:.0}'}}");
    scene.applied(&manifest("db", &selector))?;
    let waits = |object: &harness::Object| object.reason() == "NoMatchingBackup";
    let object = scene.wait("db", "waiting", waits).await?;
    assert_eq!((object.phase(), object.is("Stalled")), ("Pending", false));
    assert!(object.message().contains("1 not later than createdAfter"), "{}", object.message());
    let newest = add(&scene, backup(1));
    let object = scene.wait("db", "ready", ready).await?;
    assert_eq!(chosen(&object), Some(newest.as_str()));
    assert_eq!((scene.posts(&old).len(), accepted(&scene)), (0, 1));
    Ok(())
}

/// Each entry that may be the newest, and cannot be read.
#[tokio::test]
async fn an_entry_that_cannot_be_read_makes_no_older_one_the_newest() -> Result<()> {
    let scene = scene().await?;
    scene.valid_secret()?;
    add(&scene, backup(20));
    let newest = add(&scene, backup(10));
    let _operator = operator(&scene).start_ready()?;
    scene.simulator.configure(|it| it.list.ignores_filters = true);
    let fields = ["id", "status", "image_type", "created_at", "resource_id", "vault_id"];
    for field in fields {
        let alter = |value: Value| {
            let fields = json!({field: value}).as_object().cloned().unwrap_or_default();
            scene.simulator.alter_listed(&newest, fields)
        };
        alter(Value::Null)?;
        let name = format!("without-{}", field.replace('_', "-"));
        scene.applied(&manifest(&name, &of_the_server()))?;
        let says = format!("its {field} cannot be read");
        let object =
            scene.wait(&name, "unclear", |object| object.message().contains(&says)).await?;
        assert_eq!((object.reason(), chosen(&object)), ("LookUpFailed", None));
        scene.kubectl(&["delete", "brep", &name])?;
        scene.simulator.restore_listed(&newest);
    }
    assert_eq!(accepted(&scene), 0);
    scene.applied(&manifest("db", &of_the_server()))?;
    assert_eq!(chosen(&scene.wait("db", "ready", ready).await?), Some(newest.as_str()));
    Ok(())
}

#[tokio::test]
async fn a_list_that_is_refused_or_fails_or_contradicts_itself_chooses_nothing() -> Result<()> {
    let scene = scene().await?;
    scene.valid_secret()?;
    for minutes in [30, 20, 10] {
        add(&scene, backup(minutes));
    }
    let _operator = operator(&scene).start_ready()?;
    let of = |availability| List { availability, ..List::default() };
    let pages = List { at_most: Some(2), count: Count::OfPage, ..List::default() };
    for (name, list, reason, says) in [
        ("forbidden", of(LookUp::Forbidden), "LookUpFailed", "grant the action cbr:backups:list"),
        ("not-found", of(LookUp::NotFound), "LookUpFailed", "has no list of backups"),
        ("refused", of(LookUp::Refused), "CredentialRejected", "the list was refused"),
        ("pages", pages, "LookUpFailed", "the pages of the list do not fit together"),
    ] {
        scene.simulator.configure(|behaviour| behaviour.list = list);
        scene.applied(&manifest(name, &of_the_server()))?;
        let told = |object: &harness::Object| object.message().contains(says);
        let object = scene.wait(name, reason, told).await?;
        assert_eq!((object.reason(), chosen(&object)), (reason, None), "{name}");
        scene.kubectl(&["delete", "brep", name])?;
    }
    scene.simulator.configure(|behaviour| behaviour.list = List::default());
    for (name, answer) in [
        ("http-500", Answer::status(500)),
        ("text-200", Answer::status(200).text("OK")),
        ("too-large", Answer::status(200).text("x".repeat(2 * 1024 * 1024))),
    ] {
        let fault = Fault::before_commit().answer(answer);
        scene.simulator.script(Script::always(fault).list())?;
        scene.applied(&manifest(name, &of_the_server()))?;
        let object =
            scene.wait(name, "failing", |object| object.reason() == "LookUpFailed").await?;
        assert!(object.message().contains("Could not list the backups"), "{}", object.message());
        scene.simulator.clear_scripts();
        scene.wait(name, "ready", ready).await?;
    }
    assert_eq!(accepted(&scene), 1);
    Ok(())
}
