use std::time::Duration;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

use crate::protocol::credential::CredentialReading;
use crate::protocol::decide::Action;
use crate::protocol::decision::{Verdict, evaluate};
use crate::protocol::facts::call_result::{Acceptance, CallAnswer, CallResult};
use crate::protocol::fixtures::{POLICY, Scene, at, condition, usable};
use crate::protocol::lookup::Lookup;
use crate::protocol::observation::{RefusedClaim, TargetReading};
use crate::resource::{OnUnknownOutcome, Origin, Outcome, Phase, RejectionKind};

fn answer(status: u16) -> CallAnswer {
    CallAnswer { http_status: Some(status), message: "words".into(), ..CallAnswer::default() }
}

fn rejected(kind: RejectionKind) -> CallResult {
    CallResult::Rejected { kind, answer: answer(400), retry_after: None }
}

#[test]
fn a_fresh_resource_is_claimed_once_everything_is_at_hand() {
    let mut scene = Scene::new();
    scene.credential = None;
    assert!(matches!(scene.decide(), Action::ReadCredential));
    scene.credential = Some(usable("s1"));
    let attempt = scene.claim("a-1");
    assert_eq!(
        (attempt.number, attempt.outcome, attempt.secret_version.as_deref()),
        (1, None, Some("s1"))
    );
    assert_eq!(scene.status().phase, Some(Phase::Submitting));
}

#[test]
fn nothing_is_claimed_under_deletion_or_suspension_or_without_a_target() {
    let mut scene = Scene::new();
    scene.resource.spec.suspend = Some(true);
    let (status, again) = scene.settled();
    assert_eq!((condition(&status, "Ready").unwrap().1.as_str(), again), ("Suspended", None));

    let mut scene = Scene::new();
    scene.resource.metadata.deletion_timestamp = Some(Time(at(0)));
    let (status, again) = scene.settled();
    assert_eq!((condition(&status, "Ready").unwrap().1.as_str(), again), ("BeingDeleted", None));

    for target in [
        TargetReading::NoEndpoint,
        TargetReading::EndpointRefused("no".into()),
        TargetReading::Invalid("backupId".into()),
    ] {
        let mut scene = Scene::new();
        scene.target = target;
        let (status, again) = scene.settled();
        assert_eq!(condition(&status, "Stalled").unwrap().0, "True");
        assert_eq!((status.phase, again), (Some(Phase::Pending), None));
    }
}

#[test]
fn an_attempt_without_an_outcome_belongs_to_its_claimant_until_it_is_stale_here() {
    let mut scene = Scene::new();
    let attempt = scene.claim("a-1");
    scene.now = at(100_000);
    let (status, again) = scene.settled();
    assert_eq!(status.attempts[0].outcome, None, "a wall clock alone makes nothing stale");
    assert_eq!(again, Some(POLICY.claim_lifetime(&attempt)));

    scene.unchanged_for = POLICY.claim_lifetime(&attempt) - Duration::from_millis(1);
    assert_eq!(scene.settled().0.attempts[0].outcome, None);
    scene.unchanged_for = POLICY.claim_lifetime(&attempt);
    let (status, _) = scene.settled();
    assert_eq!(status.attempts[0].outcome, Some(Outcome::Unknown));
    assert_eq!(status.phase, Some(Phase::OutcomeUnknown));
    assert_eq!(condition(&status, "Stalled").unwrap().0, "True");
}

#[test]
fn the_larger_limits_hold_of_the_attempts_and_ours() {
    let mut scene = Scene::new();
    let mut attempt = scene.claim("a-1");
    attempt.limit = Duration::from_secs(3600).into();
    scene.status().attempts[0].limit = attempt.limit;
    scene.unchanged_for = Duration::from_secs(3600);
    assert_eq!(scene.settled().0.attempts[0].outcome, None);
}

#[test]
fn a_claim_of_this_process_that_was_never_called_is_not_sent() {
    let mut scene = Scene::new();
    scene.claim("a-1");
    scene.never_called = true;
    let (status, again) = scene.settled();
    assert_eq!(status.attempts[0].outcome, Some(Outcome::NotSent));
    assert!(again.is_some(), "it goes on automatically");
}

#[test]
fn an_unknown_outcome_is_never_called_again_by_itself() {
    let mut scene = Scene::new();
    let attempt = scene.claim("a-1");
    scene.end(&attempt, &CallResult::Unknown(answer(502)));
    scene.unchanged_for = Duration::from_secs(1_000_000);
    scene.now = at(1_000_000);
    scene.resource.metadata.generation = Some(9);
    let (status, _) = scene.settled();
    assert_eq!((status.attempts.len(), status.attempts[0].outcome), (1, Some(Outcome::Unknown)));
    let message = &status.conditions.iter().find(|c| c.type_ == "Stalled").unwrap().message;
    assert!(message.contains("cbr.replication.dev/decision=a-1:not-accepted"), "{message}");
    assert!(message.contains("cbr.replication.dev/decision=a-1:accepted:<RECORD_ID>"), "{message}");
}

#[test]
fn call_again_waits_for_the_settling_time_and_never_follows_a_2xx() {
    let mut scene = Scene::new();
    scene.resource.spec.on_unknown_outcome = Some(OnUnknownOutcome::CallAgain);
    let attempt = scene.claim("a-1");
    scene.end(&attempt, &CallResult::Unknown(answer(502)));
    let wait = POLICY.settling_time + POLICY.claim_lifetime(&attempt);
    scene.unchanged_for = wait - Duration::from_millis(1);
    assert_eq!(scene.settled().0.phase, Some(Phase::OutcomeUnknown));
    scene.unchanged_for = wait;
    scene.settle();
    let second = scene.claim("a-2");
    assert_eq!(second.number, 2);
    assert_eq!(scene.status().attempts[1].outcome, Some(Outcome::NotAccepted));

    let mut scene = Scene::new();
    scene.resource.spec.on_unknown_outcome = Some(OnUnknownOutcome::CallAgain);
    let attempt = scene.claim("a-1");
    scene.end(&attempt, &CallResult::Unknown(answer(200)));
    scene.unchanged_for = wait * 2;
    assert_eq!(condition(&scene.settled().0, "Stalled").unwrap().0, "True");
}

#[test]
fn a_terminal_rejection_waits_for_another_spec_or_a_human() {
    for kind in [RejectionKind::Terminal, RejectionKind::AlreadyReplicated] {
        let mut scene = Scene::new();
        let attempt = scene.claim("a-1");
        scene.end(&attempt, &rejected(kind));
        scene.now = at(1_000_000);
        assert_eq!(scene.settled().0.phase, Some(Phase::Failed));

        scene.annotate("a-1:call-anew");
        assert_eq!(scene.claim("a-2").number, 2);
        let second = scene.status().attempts[0].clone();
        scene.end(&second, &rejected(kind));
        assert_eq!(scene.settled().0.phase, Some(Phase::Failed), "one decision, one call");

        scene.resource.metadata.generation = Some(2);
        assert_eq!(scene.settled().0.phase, Some(Phase::Failed), "an edit that corrects nothing");
        scene.resource.spec.destination_vault_id = "v-2".into();
        if kind == RejectionKind::Terminal {
            assert_eq!(scene.claim("a-3").number, 3);
        } else {
            assert_eq!(
                scene.settled().0.phase,
                Some(Phase::Failed),
                "an earlier call may be what was accepted"
            );
        }
    }
}

#[test]
fn what_may_succeed_later_is_tried_again_ever_more_seldom() {
    let mut scene = Scene::new();
    let mut waits = Vec::new();
    for n in 1..=9 {
        let attempt = scene.claim(&format!("a-{n}"));
        scene.end(&attempt, &rejected(RejectionKind::Temporary));
        let (status, again) = scene.settled();
        assert_eq!(status.phase, Some(Phase::Pending));
        let wait = again.unwrap();
        waits.push(wait);
        scene.now = scene.now.checked_add(wait).unwrap();
    }
    assert!(waits[0] >= Duration::from_secs(4) && waits[0] <= Duration::from_secs(6), "{waits:?}");
    assert!(waits.windows(2).take(5).all(|pair| pair[1] > pair[0]), "{waits:?}");
    assert!(waits.iter().all(|wait| *wait <= Duration::from_secs(720)), "{waits:?}");
    assert_eq!(scene.status().attempts.len(), 5);
}

#[test]
fn retry_after_is_honoured_and_another_spec_does_not_cut_a_throttle_short() {
    let mut scene = Scene::new();
    let attempt = scene.claim("a-1");
    let asked = Some(Duration::from_secs(120));
    let ending = CallResult::Rejected {
        kind: RejectionKind::Throttled,
        answer: answer(429),
        retry_after: asked,
    };
    scene.end(&attempt, &ending);
    scene.resource.metadata.generation = Some(2);
    assert_eq!(scene.settled().1, asked);
    scene.now = at(120);
    assert_eq!(scene.claim("a-2").number, 2);
}

#[test]
fn a_refused_token_waits_for_its_secret_to_change() {
    let mut scene = Scene::new();
    let attempt = scene.claim("a-1");
    scene.end(&attempt, &rejected(RejectionKind::Unauthorized));
    let (status, again) = scene.settled();
    assert_eq!(condition(&status, "Ready").unwrap().1, "CredentialRejected");
    assert!(again.unwrap() <= Duration::from_secs(30));
    scene.now = at(1800);
    assert_eq!(condition(&scene.settled().0, "Ready").unwrap().1, "CredentialRejected");
    scene.credential = Some(usable("s2"));
    assert_eq!(scene.claim("a-2").number, 2);
}

/// IAM issues another token each day. That is no other credential than the refused request had.
#[test]
fn a_renewed_token_is_no_reason_to_repeat_what_was_refused() {
    let mut scene = Scene::new();
    scene.credential = Some(usable("17.1800000000000"));
    let attempt = scene.claim("a-1");
    scene.end(&attempt, &rejected(RejectionKind::Terminal));
    scene.resource.metadata.generation = Some(2);
    scene.credential = Some(usable("17.1800000086400"));
    let (_, again) = scene.settled();
    assert_eq!(again, None);
    scene.credential = Some(usable("18.1800000086400"));
    scene.unchanged_for = POLICY.rejection_retry;
    assert_eq!(scene.claim("a-2").number, 2);
}

#[test]
fn a_human_settles_an_unknown_outcome() {
    let unknown = || {
        let mut scene = Scene::new();
        let attempt = scene.claim("a-1");
        scene.end(&attempt, &CallResult::Unknown(answer(502)));
        scene
    };
    let mut scene = unknown();
    scene.annotate("a-1:not-accepted");
    let (waits, again) = scene.settled();
    assert_eq!(
        waits.attempts[0].outcome,
        Some(Outcome::Unknown),
        "the call may still be in flight"
    );
    let message = &waits.conditions[0].message;
    assert!(message.contains("is carried out once"), "{message}");
    assert!(again.is_some_and(|again| again <= POLICY.claim_lifetime(&waits.attempts[0])));
    scene.unchanged_for = POLICY.claim_lifetime(&waits.attempts[0]);
    for no_answer in [
        Lookup::Failed("503".into()),
        Lookup::Throttled { until: at(9) },
        Lookup::Unauthorized("401".into()),
    ] {
        scene.lookup = Some(no_answer);
        assert_eq!(
            scene.settled().0.attempts[0].outcome,
            Some(Outcome::Unknown),
            "nothing was seen since"
        );
    }
    scene.lookup = Some(Lookup::NotAvailable("404".into()));
    scene.settle();
    assert_eq!(evaluate(scene.status(), "a-1:not-accepted", at(1)), Verdict::Before);
    assert_eq!(scene.claim("a-2").number, 2);

    let mut scene = unknown();
    scene.annotate("a-1:accepted:r-1");
    let (status, _) = scene.settled();
    assert_eq!(status.origin, Some(Origin::Declared));
    assert_eq!(
        (status.replication_record_id.as_deref(), status.phase),
        (Some("r-1"), Some(Phase::Succeeded))
    );

    let mut scene = unknown();
    scene.annotate("a-1:accepted");
    let (status, _) = scene.settled();
    assert!(status.is_accepted() && status.replication_record_id.is_none());

    for wrong in [
        "a-0:not-accepted",
        "not-accepted",
        "a-1:maybe",
        "a-1:call-anew",
        "a-1:accepted:../x y",
        "",
    ] {
        let mut scene = unknown();
        scene.annotate(wrong);
        let (status, _) = scene.settled();
        assert_eq!(status.attempts[0].outcome, Some(Outcome::Unknown), "{wrong}");
        assert!(
            status.conditions[0].message.contains("is ignored"),
            "{wrong}: {}",
            status.conditions[0].message
        );
    }
}

#[test]
fn a_human_is_not_heeded_while_the_call_may_be_under_way() {
    let mut scene = Scene::new();
    scene.claim("a-1");
    scene.annotate("a-1:not-accepted");
    let (status, _) = scene.settled();
    assert_eq!(status.attempts[0].outcome, None);
    assert!(status.decision.is_none());
}

#[test]
fn an_accepted_resource_is_never_claimed_again() {
    let mut scene = Scene::new();
    let attempt = scene.claim("a-1");
    let acceptance =
        Acceptance { replication_record_id: Some("r-1".into()), ..Acceptance::default() };
    scene.end(&attempt, &CallResult::Accepted(acceptance, answer(200)));
    scene.resource.metadata.generation = Some(2);
    scene.annotate("a-1:call-anew");
    scene.now = at(1_000_000);
    scene.unchanged_for = Duration::from_secs(1_000_000);
    let (status, again) = scene.settled();
    assert_eq!((status.attempts.len(), again, status.observed_generation), (1, None, Some(2)));
    assert_eq!(condition(&status, "Ready").unwrap().0, "True");
    assert_eq!(condition(&status, "Stalled"), None);
    assert_eq!(condition(&status, "Reconciling"), None);
}

#[test]
fn what_is_settled_is_written_once() {
    let mut scene = Scene::new();
    scene.credential =
        Some(CredentialReading::Problem(crate::protocol::CredentialProblem::NotFound));
    let (status, _) = scene.settled();
    scene.resource.status = Some(status.clone());
    scene.now = at(77);
    assert_eq!(scene.settled().0, status, "the same state gives the same status, at any time");
}

#[test]
fn a_throttle_that_others_met_holds_the_call_back() {
    let mut scene = Scene::new();
    scene.throttled_until = Some(at(30));
    assert_eq!(scene.settled().1, Some(Duration::from_secs(30)));
    scene.now = at(30);
    scene.claim("a-1");
}

/// What a process writes must not make it write again: the words of a wait do not follow the clock.
#[test]
fn a_refused_claim_is_told_in_words_that_stay_the_same() {
    let mut scene = Scene::new();
    let mut told = Vec::new();
    for passed in [0, 1, 2, 29] {
        let passed = Duration::from_secs(passed);
        scene.now = at(0).checked_add(passed).unwrap();
        let wait = Duration::from_millis(30_400) - passed;
        scene.refused_claim = Some(RefusedClaim { why: "a policy".into(), until: at(31), wait });
        let (status, again) = scene.settled();
        assert_eq!(again, Some(wait));
        assert_eq!(condition(&status, "Stalled").unwrap().1, "ClaimRefused");
        told.push(status.conditions[0].message.clone());
    }
    told.dedup();
    assert_eq!(told.len(), 1, "{told:#?}");
}

/// Another token in the Secret is found as soon as where no look-up was refused.
#[test]
fn after_a_refused_look_up_the_secret_is_read_as_often_as_for_any_other_wait() {
    let mut scene = Scene::new();
    scene.resource.metadata.creation_timestamp = Some(Time(at(0)));
    scene.lookup = Some(Lookup::Unauthorized("HTTP 401".into()));
    for (waited, at_most) in [(60, 30), (50 * 60, 30), (24 * 60 * 60, 300)] {
        scene.now = at(waited);
        scene.history.failing_for = Duration::from_secs(waited.unsigned_abs());
        let again = scene.settled().1.unwrap();
        assert!(again <= Duration::from_secs(at_most), "{waited}: {again:?}");
    }
}

/// A question to a human stands while the next look-up is a moment away: an edit that changes
/// nothing of the matter must not take it back.
#[test]
fn an_edit_does_not_take_a_question_back_because_the_look_up_comes_a_moment_later() {
    let mut scene = Scene::new();
    let attempt = scene.claim("a-1");
    scene.end(&attempt, &CallResult::Unknown(answer(502)));
    scene.unchanged_for = Duration::from_secs(3600);
    let (asked, _) = scene.settled();
    assert_eq!(condition(&asked, "Stalled").unwrap().0, "True");
    *scene.status() = asked.clone();
    scene.resource.metadata.generation = Some(2);
    let soon = scene.now.checked_add(Duration::from_secs(1)).unwrap();
    scene.lookup = Some(Lookup::Deferred { until: soon });
    let (status, again) = scene.settled();
    assert_eq!((status, again), (asked, Some(Duration::from_secs(1))));
}
