use crate::cbr::RecordStatus;
use crate::protocol::decide::is_finished;
use crate::protocol::facts::call_result::{CallAnswer, CallResult};
use crate::protocol::fixtures::cloud::{ended, lost, no_longer_in_flight, ours, rejected, shows, until_settled};
use crate::protocol::fixtures::{Scene, condition};
use crate::protocol::lookup::Lookup;
use crate::resource::{Origin, Outcome, Phase, RejectionKind};

#[test]
fn after_1009_a_human_may_say_that_an_earlier_call_was_the_one() {
    for (word, record) in [("a-1:accepted:r-7", Some("r-7")), ("a-1:accepted", None)] {
        let mut scene = ended(Some(Lookup::NotAvailable("404".into())), rejected(RejectionKind::AlreadyReplicated));
        let message = scene.settled().0.conditions[0].message.clone();
        assert!(message.contains("a-1:accepted:<RECORD_ID>") && !message.contains("Nothing was accepted"), "{message}");
        scene.annotate(word);
        let (status, _) = scene.settled();
        assert_eq!((status.origin, status.replication_record_id.as_deref()), (Some(Origin::Declared), record));
    }
}

#[test]
fn one_call_anew_is_one_call_even_when_its_attempt_is_forgotten() {
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
    scene.lookup = shows(vec![ours("r-1", RecordStatus::Success), ours("r-0", RecordStatus::Success)]);
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
fn of_two_old_replications_neither_is_adopted_once_a_call_is_wanted() {
    let both = || shows(vec![ours("r-1", RecordStatus::Success), ours("r-0", RecordStatus::Success)]);
    let mut scene = Scene::new();
    scene.lookup = both();
    scene.resource.status = Some(scene.settled().0);
    scene.annotate("r-1:call-anew");
    scene.claim("a-1");
}

#[test]
fn what_was_adopted_after_1009_can_be_let_go_once() {
    let mut scene = ended(shows(vec![]), rejected(RejectionKind::AlreadyReplicated));
    scene.lookup = shows(vec![ours("r-1", RecordStatus::Success)]);
    scene.resource.status = Some(scene.settled().0);
    scene.annotate("r-1:call-anew");
    let second = scene.claim("a-2");
    scene.end(&second, &rejected(RejectionKind::AlreadyReplicated));
    scene.unchanged_for = until_settled();
    assert_eq!(condition(&scene.settled().0, "Stalled").unwrap().1, "AlreadyReplicated", "one decision, one call");
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
    scene.lookup = shows(vec![ours("r-1", RecordStatus::Success), ours("r-2", RecordStatus::Replicating)]);
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
    let both = || shows(vec![ours("r-1", RecordStatus::Success), ours("r-0", RecordStatus::Success)]);
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
