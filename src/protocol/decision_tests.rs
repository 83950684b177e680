use std::time::Duration;

use crate::cbr::RecordStatus;
use crate::protocol::decide::is_finished;
use crate::protocol::decision::command;
use crate::protocol::facts::call_result::{CallAnswer, CallResult};
use crate::protocol::fixtures::cloud::{
    ended, lost, no_longer_in_flight, ours, rejected, shows, until_settled,
};
use crate::protocol::fixtures::{POLICY, Scene, condition};
use crate::protocol::lookup::Lookup;
use crate::resource::{Origin, Outcome, Phase, RejectionKind};

#[test]
fn after_1009_a_human_may_say_that_an_earlier_call_was_the_one() {
    for (word, record) in [("a-1:accepted:r-7", Some("r-7")), ("a-1:accepted", None)] {
        let mut scene = ended(
            Some(Lookup::NotAvailable("404".into())),
            rejected(RejectionKind::AlreadyReplicated),
        );
        let message = scene.settled().0.conditions[0].message.clone();
        assert!(
            message.contains("a-1:accepted:<RECORD_ID>")
                && !message.contains("Nothing was accepted"),
            "{message}"
        );
        scene.annotate(word);
        let (status, _) = scene.settled();
        assert_eq!(
            (status.origin, status.replication_record_id.as_deref()),
            (Some(Origin::Declared), record)
        );
    }
}

#[test]
fn one_retry_is_one_call_even_when_its_attempt_is_forgotten() {
    let mut scene = ended(shows(vec![]), rejected(RejectionKind::Terminal));
    scene.lookup = shows(vec![]);
    scene.annotate("a-1:call-anew");
    for n in 2..=7 {
        let attempt = scene.claim(&format!("a-{n}"));
        scene.end(&attempt, &rejected(RejectionKind::Temporary));
        scene.now = scene.status().attempts[0].retry_at.clone().unwrap().0;
    }
    let last = scene.claim("a-8");
    assert!(scene.status().attempts.iter().all(|attempt| attempt.id.as_str() != "a-1"));
    scene.end(&last, &rejected(RejectionKind::Terminal));
    assert_eq!(scene.settled().0.phase, Some(Phase::Failed));
}

#[test]
fn what_was_let_go_is_not_taken_for_the_call_that_was_wanted_instead() {
    let mut scene = Scene::new();
    scene.lookup =
        shows(vec![ours("r-1", RecordStatus::Success), ours("r-0", RecordStatus::Success)]);
    scene.resource.status = Some(scene.settled().0);
    assert_eq!(scene.status().replication_record_id.as_deref(), Some("r-1"));
    scene.annotate("r-1:call-anew");
    scene.lookup = Some(Lookup::NotAvailable("403".into()));
    let attempt = scene.claim("a-1");
    scene.end(&attempt, &lost());
    scene.lookup = shows(vec![ours("r-1", RecordStatus::Success)]);
    assert_eq!(scene.settled().0.attempts[0].outcome, Some(Outcome::Unknown));
}

#[test]
fn once_a_call_is_wanted_none_of_two_old_replications_is_adopted() {
    let both =
        || shows(vec![ours("r-1", RecordStatus::Success), ours("r-0", RecordStatus::Success)]);
    let mut scene = Scene::new();
    scene.lookup = both();
    scene.resource.status = Some(scene.settled().0);
    scene.annotate("r-1:call-anew");
    scene.claim("a-1");
}

#[test]
fn a_record_adopted_after_1009_can_be_let_go_once() {
    let mut scene = ended(shows(vec![]), rejected(RejectionKind::AlreadyReplicated));
    scene.lookup = shows(vec![ours("r-1", RecordStatus::Success)]);
    scene.resource.status = Some(scene.settled().0);
    scene.annotate("r-1:call-anew");
    let second = scene.claim("a-2");
    scene.end(&second, &rejected(RejectionKind::AlreadyReplicated));
    scene.unchanged_for = until_settled();
    assert_eq!(
        condition(&scene.settled().0, "Stalled").unwrap().1,
        "AlreadyReplicated",
        "one decision, one call"
    );
}

#[test]
fn an_adoption_can_be_let_go_for_a_call_and_is_not_made_again() {
    let mut scene = Scene::new();
    scene.lookup = shows(vec![ours("r-1", RecordStatus::Success)]);
    scene.resource.status = Some(scene.settled().0);
    scene.annotate("r-1:accepted");
    assert_eq!(scene.settled().0.origin, Some(Origin::Adopted));
    scene.annotate("r-1:call-anew");
    assert!(!is_finished(&scene.resource));
    let attempt = scene.claim("a-1");
    assert_eq!(attempt.records_before, Some(vec!["r-1".to_owned()]));
    assert_eq!(scene.status().replication_record_id, None);
    scene.end(&attempt, &lost());
    scene.lookup =
        shows(vec![ours("r-1", RecordStatus::Success), ours("r-2", RecordStatus::Replicating)]);
    assert_eq!(scene.settled().0.replication_record_id.as_deref(), Some("r-2"));
}

/// However the ordered call has to be repeated, what it was ordered in spite of stays declined.
#[test]
fn a_call_that_was_ordered_in_spite_of_a_record_is_repeated_in_spite_of_it() {
    let endings = [
        CallResult::NotSent(CallAnswer::default()),
        rejected(RejectionKind::Temporary),
        rejected(RejectionKind::Throttled),
        rejected(RejectionKind::Unauthorized),
    ];
    let both =
        || shows(vec![ours("r-1", RecordStatus::Success), ours("r-0", RecordStatus::Success)]);
    for ending in endings {
        let mut scene = Scene::new();
        scene.lookup = both();
        scene.resource.status = Some(scene.settled().0);
        scene.annotate("r-1:call-anew");
        let first = scene.claim("a-1");
        scene.end(&first, &ending);
        scene.now = scene.status().attempts[0].retry_at.clone().unwrap().0;
        scene.claim("a-2");
        assert_eq!(scene.status().origin, None, "{ending:?}");
    }

    let mut scene = Scene::new();
    scene.lookup = both();
    scene.resource.status = Some(scene.settled().0);
    scene.annotate("r-1:call-anew");
    let first = scene.claim("a-1");
    scene.end(&first, &lost());
    scene.annotate("a-1:not-accepted");
    scene.unchanged_for = no_longer_in_flight();
    scene.settle();
    scene.claim("a-2");
}

/// Annotations survive a forced sync, git and a restore: what was decided once is not decided again
/// for what is made again.
#[test]
fn a_decision_that_is_there_at_an_adoption_counts_as_carried_out() {
    let both =
        || shows(vec![ours("r-1", RecordStatus::Success), ours("r-0", RecordStatus::Success)]);
    let after_1009 = || ended(shows(vec![]), rejected(RejectionKind::AlreadyReplicated));
    for make in [Scene::new, after_1009] {
        let mut scene = make();
        scene.annotate("r-1:retry");
        scene.lookup = both();
        for _ in 0..3 {
            let (status, _) = scene.settled();
            assert_eq!(
                (status.origin, status.replication_record_id.as_deref()),
                (Some(Origin::Adopted), Some("r-1"))
            );
            scene.resource.status = Some(status);
        }
        let message = scene.settled().0.conditions[0].message.clone();
        assert!(message.contains("was there when the record was adopted"), "{message}");

        // Taken away and set again, it is given to this object.
        scene.resource.metadata.annotations = None;
        scene.resource.status = Some(scene.settled().0);
        scene.annotate("r-1:retry");
        scene.claim("a-9");
    }
}

#[test]
fn a_decision_to_call_that_is_taken_back_before_its_claim_leads_to_none() {
    let mut scene = Scene::new();
    scene.lookup = shows(vec![ours("r-1", RecordStatus::Success)]);
    scene.resource.status = Some(scene.settled().0);
    scene.annotate("r-1:retry");
    scene.lookup = Some(Lookup::Failed("503".into()));
    scene.resource.status = Some(scene.settled().0);
    assert_eq!(scene.status().origin, None);
    scene.resource.metadata.annotations = None;
    scene.lookup = shows(vec![ours("r-1", RecordStatus::Success)]);
    assert_eq!(scene.settled().0.origin, Some(Origin::Adopted));
}

/// One odd answer is no look-up.
#[test]
fn a_decision_is_carried_out_after_the_hold_and_a_look_up_that_is_believed() {
    let hour = Duration::from_secs(60 * 60);
    let cases = [
        (Lookup::NotAvailable("404".into()), Duration::ZERO, hour, false),
        (Lookup::NotAvailable("404".into()), POLICY.lookup_patience, Duration::ZERO, true),
        (Lookup::NoSuchBackup("6200".into()), hour, Duration::ZERO, false),
        (Lookup::NoSuchBackup("6200".into()), Duration::ZERO, POLICY.lookup_patience, true),
        (Lookup::Failed("503".into()), hour, hour, false),
        (Lookup::Unauthorized("401".into()), hour, hour, false),
        (shows(vec![]).unwrap(), Duration::ZERO, Duration::ZERO, true),
    ];
    for (lookup, no_lookup_for, no_backup_for, carried_out) in cases {
        let mut scene = ended(shows(vec![]), lost());
        scene.annotate("a-1:not-accepted");
        (scene.history.no_lookup_for, scene.history.no_backup_for) = (no_lookup_for, no_backup_for);
        scene.lookup = Some(lookup.clone());
        scene.unchanged_for = no_longer_in_flight() - Duration::from_millis(1);
        assert_eq!(scene.settled().0.attempts[0].outcome, Some(Outcome::Unknown), "{lookup:?}");
        scene.unchanged_for = no_longer_in_flight();
        let (status, again) = scene.settled();
        let wanted = if carried_out { Outcome::NotAccepted } else { Outcome::Unknown };
        assert_eq!(status.attempts[0].outcome, Some(wanted), "{lookup:?}");
        assert!(
            again.is_some_and(|again| again <= POLICY.lookup_patience),
            "{lookup:?}: {again:?}"
        );
    }
}

/// Ids in a status may have been written by anybody.
#[test]
fn what_is_printed_into_a_command_is_one_word_of_a_shell() {
    let resource = crate::protocol::fixtures::resource();
    let printed = |named| command(&resource, named, "retry");
    assert!(printed("a-1.x_Y").ends_with("cbr.replication.dev/decision=a-1.x_Y:retry"));
    assert!(printed("a; rm -rf /").ends_with("decision='a; rm -rf /':retry"));
    assert!(printed("$(x)'`y`").ends_with(r"decision='$(x)'\''`y`':retry"));
    assert!(printed("").ends_with("decision='':retry"));
}
