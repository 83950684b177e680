use std::time::Duration;

use crate::cbr::{BackupId, BackupList, BackupStatus, ImageType, ListedBackup};
use crate::protocol::fixtures::{Scene, at, condition};
use crate::protocol::lookup::Lookup;
use crate::protocol::observation::TargetReading;
use crate::protocol::{Action, CallTarget, ListReading, locked_target};
use crate::resource::{BackupReplicationStatus, BackupSelector};

fn selecting() -> Scene {
    let mut scene = Scene::new();
    scene.resource.spec.select_backup(BackupSelector {
        resource_id: Some("s-1".into()),
        ..BackupSelector::default()
    });
    scene.target = TargetReading::BackupToChoose { endpoint: "https://cbr.example".into() };
    scene.lookup = None;
    scene.resource.metadata.creation_timestamp =
        Some(k8s_openapi::apimachinery::pkg::apis::meta::v1::Time(at(-60)));
    scene
}

fn shown(ids: &[(&str, i64)]) -> Option<ListReading> {
    let entry = |(id, second): &(&str, i64)| ListedBackup {
        id: BackupId::parse(id).ok(),
        status: Some(BackupStatus::Available),
        image_type: Some(ImageType::Backup),
        created_at: Some(at(*second)),
        resource_id: Some("s-1".into()),
        vault_id: None,
        project_id: None,
    };
    let backups = ids.iter().map(entry).collect();
    Some(ListReading::Shown(BackupList { backups, incomplete: None }))
}

fn reason(status: &BackupReplicationStatus) -> String {
    condition(status, "Ready").unwrap().1
}

#[test]
fn the_choice_is_a_write_of_its_own_and_the_claim_is_of_what_is_stored() {
    let mut scene = selecting();
    assert_eq!(scene.decide(), Action::ListBackups);
    scene.backups = shown(&[("b-1", 1), ("b-2", 2)]);
    let (status, again) = scene.settled();
    assert_eq!(status.chosen_backup_id.as_deref(), Some("b-2"));
    assert_eq!((reason(&status).as_str(), again), ("BackupChosen", Some(Duration::ZERO)));
    assert!(status.attempts.is_empty());

    // A newer one is there by now, and nobody asks.
    scene.resource.status = Some(status);
    scene.backups = None;
    scene.target = TargetReading::Callable { endpoint: "https://cbr.example".into() };
    assert_eq!(scene.decide(), Action::Lookup { max_age: Duration::ZERO });
    scene.lookup = Some(Lookup::NotAvailable("no look-up".into()));
    let attempt = scene.claim("a-1");
    let mut named = Scene::new();
    named.resource.spec.name_backup("b-2");
    assert_eq!(attempt.request_digest, named.resource.request_digest());
    assert_eq!(scene.status().chosen_backup_id.as_deref(), Some("b-2"));
    // It is the target that others must leave alone.
    let locked = locked_target(&scene.resource).unwrap();
    assert_eq!(Some(locked.target), CallTarget::of(&named.resource));
}

#[test]
fn nothing_is_chosen_where_nothing_fits_or_the_newest_cannot_be_told() {
    let unclear = ListedBackup { status: None, ..ListedBackup::default() };
    let unclear = BackupList { backups: vec![unclear], incomplete: None };
    let until = at(60);
    for (backups, expected) in [
        (shown(&[]), "NoMatchingBackup"),
        (Some(ListReading::Shown(unclear)), "LookUpFailed"),
        (Some(ListReading::NotAvailable("not permitted".into())), "LookUpFailed"),
        (Some(ListReading::Failed("no answer".into())), "LookUpFailed"),
        (Some(ListReading::Unauthorized("HTTP 401".into())), "CredentialRejected"),
        (Some(ListReading::Throttled { until }), "Throttled"),
    ] {
        let mut scene = selecting();
        scene.backups = backups.clone();
        let (status, again) = scene.settled();
        assert_eq!(status.chosen_backup_id, None, "{backups:?}");
        assert_eq!(reason(&status), expected, "{backups:?}");
        // It looks again, and not at once.
        assert!(
            again.is_some_and(|again| again >= Duration::from_secs(2)),
            "{backups:?} {again:?}"
        );
        let ready = status.conditions.iter().find(|c| c.type_ == "Ready").unwrap();
        assert!(
            ready.message.contains("No call")
                || expected == "Throttled"
                || ready.message.contains("no call"),
            "{}",
            ready.message
        );
        // The words do not vary from round to round, or the status would be written each time.
        scene.resource.status = Some(status.clone());
        scene.now = at(30);
        assert_eq!(scene.settled().0, status);
    }
}

/// A restore may bring an earlier choice, with the calls that rest on it, in a second write.
#[test]
fn a_young_object_chooses_nothing() {
    let mut scene = selecting();
    scene.history.known_for = Duration::from_secs(9);
    let (status, again) = scene.settled();
    assert_eq!(
        (status, again),
        (scene.resource.status.clone().unwrap(), Some(Duration::from_secs(1)))
    );
    scene.history.known_for = Duration::from_secs(10);
    assert_eq!(scene.decide(), Action::ListBackups);
    let labels = [("velero.io/restore-name".to_owned(), "r".to_owned())];
    scene.resource.metadata.labels = Some(labels.into());
    assert_ne!(scene.decide(), Action::ListBackups);
    scene.history.known_for = Duration::from_secs(300);
    assert_eq!(scene.decide(), Action::ListBackups);
}

#[test]
fn a_refused_call_keeps_its_choice_and_says_so() {
    let mut scene = selecting();
    scene.backups = shown(&[("b-1", 1)]);
    scene.settle();
    scene.backups = None;
    scene.target = TargetReading::Callable { endpoint: "https://cbr.example".into() };
    scene.lookup = Some(Lookup::NotAvailable("no look-up".into()));
    let attempt = scene.claim("a-1");
    let head = &mut scene.status().attempts[0];
    head.outcome = Some(crate::resource::Outcome::Rejected);
    head.rejection = Some(crate::resource::RejectionKind::Terminal);
    head.message = Some("no such backup".into());
    assert_eq!(attempt.number, 1);
    // Even where a newer one is there, and the list is at hand.
    scene.backups = shown(&[("b-1", 1), ("b-2", 2)]);
    let (status, _) = scene.settled();
    assert_eq!(status.chosen_backup_id.as_deref(), Some("b-1"));
    let ready = status.conditions.iter().find(|c| c.type_ == "Ready").unwrap();
    assert!(ready.message.contains("Backup b-1 stays chosen"), "{}", ready.message);
}
