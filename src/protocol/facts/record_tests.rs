use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

use crate::protocol::facts::call_result::{Acceptance, CallAnswer, CallResult};
use crate::protocol::facts::claim::keep_newest;
use crate::protocol::facts::record::{Recorded, record};
use crate::protocol::fixtures::cloud::rejected;
use crate::protocol::fixtures::{Scene, at};
use crate::resource::{
    Attempt, AttemptId, BackupReplicationStatus, Origin, Outcome, RejectionKind,
};

fn accepted(record: &str) -> CallResult {
    let acceptance = Acceptance {
        replication_record_id: Some(record.to_owned()).filter(|id| !id.is_empty()),
        source_region: Some("eu-de".into()),
        ..Acceptance::default()
    };
    CallResult::Accepted(acceptance, CallAnswer { http_status: Some(200), ..CallAnswer::default() })
}

fn written(
    status: &BackupReplicationStatus,
    attempt: &Attempt,
    ending: &CallResult,
) -> BackupReplicationStatus {
    match record(status, attempt, ending, at(1)) {
        Recorded::Write(status) => *status,
        other @ (Recorded::AlreadyThere | Recorded::Superseded) => panic!("{other:?}"),
    }
}

#[test]
fn an_acceptance_lands_with_every_field_and_only_once() {
    let mut scene = Scene::new();
    let attempt = scene.claim("a-1");
    let status = written(scene.status(), &attempt, &accepted("r-1"));
    assert_eq!(status.replication_record_id.as_deref(), Some("r-1"));
    assert_eq!(status.source_region.as_deref(), Some("eu-de"));
    assert_eq!(status.attempts[0].outcome, Some(Outcome::Accepted));
    assert_eq!(record(&status, &attempt, &accepted("r-1"), at(2)), Recorded::AlreadyThere);
}

#[test]
fn an_acceptance_replaces_any_other_outcome_of_its_attempt() {
    for outcome in [Outcome::Unknown, Outcome::NotAccepted, Outcome::NotSent, Outcome::Rejected] {
        let mut scene = Scene::new();
        let attempt = scene.claim("a-1");
        scene.status().attempts[0].outcome = Some(outcome);
        let status = written(scene.status(), &attempt, &accepted("r-1"));
        assert_eq!(status.replication_record_id.as_deref(), Some("r-1"), "{outcome:?}");
    }
}

#[test]
fn a_status_that_forgot_the_attempt_still_takes_the_acceptance() {
    let mut scene = Scene::new();
    let lost = scene.claim("a-lost");
    let empty = BackupReplicationStatus::default();
    assert_eq!(
        written(&empty, &lost, &accepted("r-1")).replication_record_id.as_deref(),
        Some("r-1")
    );

    // Restored to an earlier day, and claimed by another process since.
    let mut restored = Scene::new();
    restored.claim("a-other");
    let status = written(restored.status(), &lost, &accepted("r-1"));
    let ids: Vec<_> = status.attempts.iter().map(|a| a.id.as_str()).collect();
    assert_eq!(ids, ["a-other", "a-lost"], "the attempt in force stays in force");
    assert!(status.is_accepted());
}

#[test]
fn a_second_acceptance_is_listed_and_never_replaces_the_first() {
    let mut scene = Scene::new();
    let first = scene.claim("a-1");
    let mut status = written(scene.status(), &first, &accepted("r-1"));
    for (id, ending) in [("a-2", accepted("r-2")), ("a-3", accepted(""))] {
        let later = Attempt { id: AttemptId::new(id), number: 2, ..first.clone() };
        status = written(&status, &later, &ending);
        assert_eq!(status.replication_record_id.as_deref(), Some("r-1"));
        assert_eq!(record(&status, &later, &ending, at(3)), Recorded::AlreadyThere);
    }
    assert_eq!(status.additional_records[0], "r-2");
    assert!(status.additional_records[1].contains("a-3"));
}

#[test]
fn the_record_id_fills_in_what_a_human_declared_without_one() {
    let mut scene = Scene::new();
    let attempt = scene.claim("a-1");
    scene.status().attempts[0].outcome = Some(Outcome::Unknown);
    scene.annotate("a-1:accepted");
    let declared = scene.settled().0;
    let status = written(&declared, &attempt, &accepted("r-1"));
    assert_eq!(status.replication_record_id.as_deref(), Some("r-1"));
    assert!(status.additional_records.is_empty());
    // The API server refuses every write that changes it, and this one must arrive.
    assert_eq!(status.origin, Some(Origin::Declared));
}

#[test]
fn the_caller_knows_better_than_those_who_gave_it_up_but_not_than_a_decision() {
    let mut scene = Scene::new();
    let attempt = scene.claim("a-1");
    let rejected = rejected(RejectionKind::Terminal);
    scene.status().attempts[0].outcome = Some(Outcome::Unknown);
    assert_eq!(
        written(scene.status(), &attempt, &rejected).attempts[0].outcome,
        Some(Outcome::Rejected)
    );
    for settled in [Outcome::NotAccepted, Outcome::Accepted] {
        scene.status().attempts[0].outcome = Some(settled);
        assert_eq!(record(scene.status(), &attempt, &rejected, at(1)), Recorded::Superseded);
        assert_eq!(
            record(scene.status(), &attempt, &CallResult::Unknown(CallAnswer::default()), at(1)),
            Recorded::Superseded
        );
    }
}

#[test]
fn an_unknown_outcome_of_a_forgotten_attempt_is_in_force_again_unless_another_attempt_is() {
    let mut scene = Scene::new();
    let lost = scene.claim("a-lost");
    let unknown = CallResult::Unknown(CallAnswer::default());
    let status = written(&BackupReplicationStatus::default(), &lost, &unknown);
    assert_eq!(status.attempts[0].outcome, Some(Outcome::Unknown));

    let rejected = rejected(RejectionKind::Terminal);
    assert_eq!(
        record(&BackupReplicationStatus::default(), &lost, &rejected, at(1)),
        Recorded::Superseded
    );

    let mut restored = Scene::new();
    restored.claim("a-other");
    assert_eq!(record(restored.status(), &lost, &unknown, at(1)), Recorded::Superseded);
}

#[test]
fn beyond_five_the_oldest_that_was_not_accepted_goes_and_no_other() {
    use Outcome::{Accepted, NotAccepted, NotSent, Rejected, Unknown};
    let mut scene = Scene::new();
    let claimed = scene.claim("a-6");
    let kept = |outcomes: [Option<Outcome>; 6]| {
        let numbered = (1..=6).rev().zip(outcomes);
        let mut attempts: Vec<_> = numbered
            .map(|(number, outcome)| Attempt { number, outcome, ..claimed.clone() })
            .collect();
        keep_newest(&mut attempts);
        attempts.iter().map(|attempt| attempt.number).collect::<Vec<_>>()
    };
    let plain =
        [None, Some(Rejected), Some(NotSent), Some(NotAccepted), Some(Rejected), Some(NotSent)];
    assert_eq!(kept(plain), [6, 5, 4, 3, 2]);
    let open =
        [None, Some(Rejected), Some(NotSent), Some(NotAccepted), Some(Accepted), Some(Unknown)];
    assert_eq!(kept(open), [6, 5, 4, 2, 1]);
    let none_may_go =
        [Some(NotSent), Some(Unknown), Some(Unknown), Some(Accepted), Some(Unknown), None];
    assert_eq!(kept(none_may_go), [6, 5, 4, 3, 2, 1]);
}

/// A policy of the API server has masked who claimed, and what a claim wrote down never changes.
#[test]
fn an_end_is_folded_over_what_is_stored_whatever_was_claimed() {
    let endings = [
        accepted("r-1"),
        rejected(RejectionKind::Terminal),
        CallResult::NotSent(CallAnswer::default()),
        CallResult::Unknown(CallAnswer::default()),
    ];
    for ending in endings {
        let mut scene = Scene::new();
        let attempt = scene.claim("a-1");
        scene.status().attempts[0].claimed_by = "masked".into();
        let stored = scene.status().attempts[0].clone();
        let status = written(scene.status(), &attempt, &ending);
        let Attempt {
            outcome, rejection, http_status, record_id, message, ended_at, retry_at, ..
        } = status.attempts[0].clone();
        let kept = Attempt {
            outcome,
            rejection,
            http_status,
            record_id,
            message,
            ended_at,
            retry_at,
            ..stored
        };
        assert_eq!(status.attempts[0], kept, "{ending:?}");
    }
}

/// Only what was itself worth repeating soon makes the next wait longer: an hour after a refused
/// token says nothing of a cloud that is busy.
#[test]
fn a_wait_grows_with_waits_of_its_own_kind_alone() {
    use Outcome::{Accepted, NotAccepted, NotSent, Rejected, Unknown};
    use RejectionKind::{AlreadyReplicated, Temporary, Terminal, Throttled, Unauthorized};
    let before = [
        (NotSent, None, true),
        (Rejected, Some(Temporary), true),
        (Rejected, Some(Throttled), true),
        (Rejected, Some(Unauthorized), false),
        (Rejected, Some(Terminal), false),
        (Rejected, Some(AlreadyReplicated), false),
        (Rejected, None, false),
        (NotAccepted, None, false),
        (Accepted, None, false),
        (Unknown, None, false),
    ];
    for (outcome, rejection, grows) in before {
        let mut scene = Scene::new();
        let attempt = scene.claim("a-2");
        let earlier = Attempt {
            id: AttemptId::new("a-1"),
            number: attempt.number - 1,
            outcome: Some(outcome),
            rejection,
            ended_at: Some(Time(at(0))),
            retry_at: Some(Time(at(3_600))),
            ..attempt.clone()
        };
        scene.status().attempts.push(earlier);
        for ending in [rejected(Temporary), CallResult::NotSent(CallAnswer::default())] {
            let status = written(scene.status(), &attempt, &ending);
            let retry = status.attempts[0].retry_at.as_ref().unwrap().0;
            let waits = retry.duration_since(at(1)).as_secs();
            assert_eq!(waits > 60, grows, "{outcome:?} {rejection:?}: {waits} s");
        }
    }
}
