//! Clouds write one and the same id in either letter case, with hyphens and without: that is no
//! evidence.

use crate::cbr::{RecordStatus, ReplicationRecord};
use crate::protocol::decision::{Verdict, evaluate};
use crate::protocol::facts::call_result::{Acceptance, CallAnswer, CallResult};
use crate::protocol::facts::record::{Recorded, record};
use crate::protocol::fixtures::cloud::{elsewhere, ended, lost, ours, shows, until_settled};
use crate::protocol::fixtures::{Scene, at};
use crate::protocol::lookup::{shows_called_record, shows_record};
use crate::protocol::target::CallTarget;
use crate::resource::{AttemptId, BackupReplicationSpec, Origin, Outcome};

/// The same record as a cloud lists it that folds case.
fn folded(id: &str, status: RecordStatus) -> ReplicationRecord {
    ReplicationRecord {
        destination_region: Some("EUNL".into()),
        destination_vault_id: Some("V".into()),
        destination_project_id: Some("D-P".into()),
        source_backup_id: Some("B".into()),
        ..ours(&id.to_uppercase().replace('-', ""), status)
    }
}

#[test]
fn a_record_in_another_spelling_is_adopted() {
    let mut scene = Scene::new();
    scene.lookup = shows(vec![folded("r-1", RecordStatus::Success)]);
    assert_eq!(scene.settled().0.origin, Some(Origin::Adopted));
}

#[test]
fn a_new_record_in_another_spelling_is_the_calls_and_an_old_one_is_not() {
    let mut scene = ended(shows(vec![ours("r-old", RecordStatus::Fail)]), lost());
    scene.lookup = shows(vec![folded("r-old", RecordStatus::Fail)]);
    assert_eq!(scene.settled().0.attempts[0].outcome, Some(Outcome::Unknown));
    scene.unchanged_for = until_settled();
    assert_eq!(
        scene.settled().0.attempts[0].outcome,
        Some(Outcome::NotAccepted),
        "it is known, so it hides nothing"
    );
    scene.lookup =
        shows(vec![folded("r-old", RecordStatus::Fail), folded("r-new", RecordStatus::Fail)]);
    assert_eq!(scene.settled().0.replication_record_id.as_deref(), Some("RNEW"));
}

#[test]
fn a_declined_record_in_another_spelling_stays_declined() {
    let mut scene = Scene::new();
    scene.lookup = shows(vec![ours("r-1", RecordStatus::Success)]);
    scene.resource.status = Some(scene.settled().0);
    scene.annotate("r-1:retry");
    scene.lookup = shows(vec![folded("r-1", RecordStatus::Success)]);
    let attempt = scene.claim("a-1");
    scene.end(&attempt, &lost());
    assert_eq!(scene.settled().0.attempts[0].outcome, Some(Outcome::Unknown));
}

fn accepted(record: &str) -> CallResult {
    let acceptance =
        Acceptance { replication_record_id: Some(record.into()), ..Acceptance::default() };
    CallResult::Accepted(acceptance, CallAnswer::default())
}

#[test]
fn an_answer_that_spells_the_record_otherwise_than_the_list_is_one_acceptance() {
    let mut scene = ended(shows(vec![]), lost());
    let attempt = scene.status().attempts[0].clone();
    scene.lookup = shows(vec![folded("r-1", RecordStatus::Replicating)]);
    let (mut found, _) = scene.settled();
    assert_eq!(record(&found, &attempt, &accepted("r-1"), at(1)), Recorded::AlreadyThere);
    // The store has forgotten the attempt, and another was taken to be the one that made the
    // record.
    found.attempts[0].id = AttemptId::new("a-2");
    let Recorded::Write(status) = record(&found, &attempt, &accepted("r-1"), at(1)) else {
        panic!("not written")
    };
    assert!(status.additional_records.is_empty(), "{:?}", status.additional_records);
    assert_eq!(status.replication_record_id.as_deref(), Some("R1"), "written once");
}

#[test]
fn a_record_is_found_and_followed_in_any_spelling() {
    let mut scene = Scene::new();
    let attempt = scene.claim("a-1");
    scene.end(&attempt, &accepted("r-1"));
    let lookup = shows(vec![folded("r-1", RecordStatus::Success)]).unwrap();
    assert_eq!(shows_record(&scene.resource, &lookup), Some(true));
    assert!(shows_called_record(&scene.resource, &lookup));
    scene.lookup = Some(lookup);
    let (status, _) = scene.settled();
    assert!(status.tracking_end.is_some() && status.additional_records.is_empty(), "{status:?}");
}

#[test]
fn a_decision_that_spells_the_record_otherwise_names_no_further_one() {
    let mut scene = ended(shows(vec![]), lost());
    let earlier = scene.status().attempts[0].clone();
    let status = scene.status();
    status.attempts[0].outcome = Some(Outcome::NotAccepted);
    status.attempts[0].number = 2;
    status.attempts[0].id = AttemptId::new("a-2");
    let Recorded::Write(mut status) = record(status, &earlier, &accepted("r-1"), at(1)) else {
        panic!("not written")
    };
    status.attempts[0].outcome = Some(Outcome::Unknown);
    for (word, further) in [("a-2:accepted:R1", 0), ("a-2:accepted:r-2", 1)] {
        let Verdict::CarriedOut(after) = evaluate(&status, word, at(2)) else {
            panic!("{word}: not carried out")
        };
        assert_eq!(after.additional_records.len(), further, "{word}");
    }
}

/// Among the backup's own records of the region, what reads differently may be the call's all the
/// same.
#[test]
fn what_reads_differently_blocks_every_proof_of_absence_unless_it_was_there_before() {
    let new = || ours("r-9", RecordStatus::Success);
    let odd = [
        ReplicationRecord { destination_vault_id: Some("other".into()), ..new() },
        ReplicationRecord { destination_project_id: Some("other".into()), ..new() },
        ReplicationRecord { source_backup_id: Some("other".into()), ..new() },
        ReplicationRecord { destination_vault_id: None, ..new() },
        ReplicationRecord { destination_region: None, ..new() },
    ];
    for odd in odd {
        for (before, outcome) in
            [(vec![], Outcome::Unknown), (vec![odd.clone()], Outcome::NotAccepted)]
        {
            let before = [vec![elsewhere("r-0")], before].concat();
            let mut scene = ended(shows(before), lost());
            scene.lookup = shows(vec![elsewhere("r-0"), odd.clone()]);
            scene.unchanged_for = until_settled();
            assert_eq!(scene.settled().0.attempts[0].outcome, Some(outcome), "{odd:?}");
        }
    }
}

#[test]
fn two_names_of_one_service_and_two_spellings_lead_to_one_target() {
    let resource = Scene::new().resource;
    let mut other = resource.clone();
    other.spec.endpoint = Some("https://another-name.example".into());
    other.spec.name_backup("B");
    other.spec.destination_region = "EU-NL".into();
    other.spec.destination_vault_id = "another".into();
    assert_eq!(CallTarget::of(&resource), CallTarget::of(&other));
    let changes: [fn(&mut BackupReplicationSpec); 3] = [
        |spec| spec.name_backup("b2"),
        |spec| spec.project_id = "p2".into(),
        |spec| spec.destination_region = "eu-ch".into(),
    ];
    for change in changes {
        let mut other = resource.clone();
        change(&mut other.spec);
        assert_ne!(CallTarget::of(&resource), CallTarget::of(&other));
    }
}
