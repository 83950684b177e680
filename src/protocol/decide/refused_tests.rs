use std::time::Duration;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

use crate::cbr::{CODELESS, Class, DOCUMENTED, Refusal, TerminalReason};
use crate::protocol::credential::CredentialReading;
use crate::protocol::decide::Action;
use crate::protocol::facts::call_result::{CallAnswer, CallResult};
use crate::protocol::fixtures::{POLICY, Scene, condition, usable};
use crate::protocol::lookup::Lookup;
use crate::protocol::transitions::{TransitionKind, transitions};
use crate::resource::{
    Auth, BackupReplicationStatus, OnRejection, Outcome, Phase, Reason, RejectionKind,
};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);
const MINUTE: Duration = Duration::from_secs(60);

fn refusal(http_status: u16, code: Option<&str>) -> CallResult {
    CallResult::Rejected {
        kind: RejectionKind::Terminal,
        answer: CallAnswer {
            http_status: Some(http_status),
            code: code.map(str::to_owned),
            message: "words".into(),
            ..CallAnswer::default()
        },
        retry_after: None,
    }
}

fn no_right() -> CallResult {
    refusal(403, Some("APIGW.0302"))
}

/// Called once, and refused so; with what is decided then.
fn refused(ending: &CallResult) -> Scene {
    let mut scene = Scene::new();
    let attempt = scene.claim("a-1");
    scene.end(&attempt, ending);
    let (status, _) = scene.settled();
    scene.resource.status = Some(status);
    scene
}

fn pass(scene: &mut Scene, time: Duration) {
    scene.now = scene.now.checked_add(time).unwrap();
    scene.unchanged_for += time;
}

fn claims(scene: &Scene) -> bool {
    matches!(scene.decide(), Action::Claim { .. })
}

fn stalled_since(status: &BackupReplicationStatus) -> Option<Time> {
    let stalled = status.conditions.iter().find(|c| c.type_ == "Stalled")?;
    Some(stalled.last_transition_time.clone())
}

#[test]
fn every_documented_refusal_is_repeated_only_if_something_outside_the_request_may_cure_it() {
    let mut repeated = 0;
    for (prefixes, rows) in DOCUMENTED {
        for row in *rows {
            let Class::Rejected(Refusal::Terminal(reason)) = row.class else { continue };
            let expected = match reason {
                TerminalReason::Destination
                | TerminalReason::Quota
                | TerminalReason::Missing
                | TerminalReason::Permission
                | TerminalReason::WrongEndpoint => true,
                TerminalReason::Source | TerminalReason::Request => false,
            };
            for (status, number) in
                row.statuses.iter().flat_map(|s| row.codes.iter().map(move |c| (*s, *c)))
            {
                for prefix in *prefixes {
                    let code = format!("{prefix}{number}");
                    let mut scene = refused(&refusal(status, Some(&code)));
                    assert_eq!(condition(scene.status(), "Stalled").unwrap().1, "Rejected");
                    assert_eq!(scene.status().retry_at.is_some(), expected, "{status} {code}");
                    assert!(!claims(&scene), "{status} {code}");
                    pass(&mut scene, DAY);
                    assert_eq!(claims(&scene), expected, "{status} {code}");
                    scene.resource.spec.on_rejection = Some(OnRejection::Hold);
                    assert!(!claims(&scene), "{status} {code}");
                    repeated += usize::from(expected);
                }
            }
        }
    }
    assert!(repeated > 10, "{repeated}");
}

#[test]
fn what_is_not_documented_or_malformed_or_a_1009_is_never_repeated_unchanged() {
    let codeless = CODELESS.iter().map(|row| (row.http_status, None));
    let others = [
        (400, Some("BackupService.9900")),
        (403, Some("BackupService.9900")),
        (404, Some("IAM.0011")),
        (200, Some("BackupService.6120")),
        (403, Some("403")),
    ];
    for (status, code) in codeless.chain(others) {
        let mut scene = refused(&refusal(status, code));
        pass(&mut scene, DAY * 365);
        scene.credential = Some(usable("s2"));
        assert!(!claims(&scene), "{status} {code:?}");
        assert_eq!(scene.settled().0.retry_at, None, "{status} {code:?}");
    }
    let mut scene = Scene::new();
    let attempt = scene.claim("a-1");
    let already = CallResult::Rejected {
        kind: RejectionKind::AlreadyReplicated,
        answer: CallAnswer {
            http_status: Some(400),
            code: Some("BackupService.1009".into()),
            ..CallAnswer::default()
        },
        retry_after: None,
    };
    scene.end(&attempt, &already);
    pass(&mut scene, DAY * 365);
    scene.credential = Some(usable("s2"));
    assert!(!claims(&scene));
}

#[test]
fn the_waits_double_to_six_hours_and_the_newest_five_attempts_stay() {
    let mut scene = Scene::new();
    let mut waits = Vec::new();
    for n in 1..=12 {
        let attempt = scene.claim(&format!("a-{n}"));
        scene.unchanged_for = Duration::ZERO;
        scene.end(&attempt, &no_right());
        let (status, _) = scene.settled();
        let retry_at = status.retry_at.clone().unwrap();
        assert_eq!(status.attempts[0].retry_at, Some(retry_at.clone()));
        let message = &status.conditions[0].message;
        let told = retry_at.0.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
        assert!(message.contains(&format!("tries again after {told}")), "{message}");
        scene.resource.status = Some(status);
        waits.push(Duration::try_from(retry_at.0.duration_since(scene.now)).unwrap());
        let wait = waits[waits.len() - 1];
        pass(&mut scene, wait - Duration::from_secs(1));
        assert!(!claims(&scene), "{wait:?}");
        pass(&mut scene, Duration::from_secs(1));
    }
    assert!(waits[0] >= MINUTE * 8 && waits[0] <= MINUTE * 12, "{waits:?}");
    assert!(waits.windows(2).take(4).all(|pair| pair[1] > pair[0]), "{waits:?}");
    assert!(waits[11] >= MINUTE * 280 && waits[11] <= MINUTE * 440, "{waits:?}");
    assert_eq!((scene.status().attempts.len(), scene.status().attempts[0].number), (5, 12));
}

#[test]
fn a_restart_neither_forgets_the_next_try_nor_hurries_it() {
    let mut scene = refused(&no_right());
    let before = scene.status().retry_at.clone();
    pass(&mut scene, MINUTE * 5);
    scene.unchanged_for = Duration::ZERO;
    let (status, _) = scene.settled();
    assert_eq!(status.retry_at, before);
    pass(&mut scene, MINUTE * 7);
    assert!(claims(&scene), "by the wall clock, at the latest when the wait is over");
    // A clock that was set back makes no wait longer than it was meant.
    scene.now = scene.now.checked_sub(DAY).unwrap();
    scene.unchanged_for = MINUTE * 12;
    assert!(claims(&scene));
}

#[test]
fn another_secret_is_tried_soon_and_not_again_and_again() {
    let mut scene = refused(&no_right());
    scene.credential = None;
    assert!(matches!(scene.decide(), Action::ReadCredential));
    scene.credential = Some(usable("s2"));
    let (_, again) = scene.settled();
    assert_eq!(again, Some(POLICY.rejection_retry / 10), "a Secret may change without end");
    pass(&mut scene, POLICY.rejection_retry / 10);
    assert!(claims(&scene));
    for other in
        [CredentialReading::Problem(crate::protocol::CredentialProblem::NotFound), usable("s1")]
    {
        scene.credential = Some(other);
        let (status, again) = scene.settled();
        assert_eq!(condition(&status, "Ready").unwrap().1, "Rejected");
        assert!(again.unwrap() <= MINUTE, "{again:?}");
    }
}

#[test]
fn a_renewed_token_of_the_same_user_is_no_other_credential() {
    let mut scene = Scene::new();
    scene.resource.spec.auth = serde_json::from_value::<Auth>(
        serde_json::json!({"passwordSecretRef": {"name": "cbr-user"}}),
    )
    .unwrap();
    scene.credential = Some(usable("17.1"));
    let attempt = scene.claim("a-1");
    scene.end(&attempt, &no_right());
    pass(&mut scene, MINUTE * 5);
    scene.credential = Some(usable("17.2"));
    assert!(!claims(&scene));
    scene.credential = Some(usable("18.1"));
    assert!(claims(&scene));
}

#[test]
fn a_corrected_request_is_called_at_once() {
    let mut scene = refused(&no_right());
    scene.resource.spec.destination_vault_id = "v-2".into();
    scene.resource.metadata.generation = Some(2);
    let Action::Claim { status, attempt: _ } = scene.decide() else { panic!("no claim") };
    assert_eq!(status.phase, Some(Phase::Submitting), "what is corrected is told");
    assert_eq!(condition(&status, "Stalled"), None);
}

/// Each status that a try leads to, in order, from the first refusal on.
fn tries() -> Vec<BackupReplicationStatus> {
    let mut scene = Scene::new();
    let mut all = Vec::new();
    let mut endings = vec![no_right()];
    endings.push(refusal(404, Some("BackupService.6105")));
    for kind in [RejectionKind::Temporary, RejectionKind::Throttled] {
        let answer = CallAnswer { http_status: Some(400), ..CallAnswer::default() };
        endings.push(CallResult::Rejected { kind, answer, retry_after: None });
    }
    endings.push(CallResult::NotSent(CallAnswer::default()));
    endings.push(no_right());
    for (n, ending) in endings.iter().enumerate() {
        if n > 0 {
            let works = scene.lookup.take();
            for lookup in [
                Lookup::Failed("503".into()),
                Lookup::Throttled { until: scene.now.checked_add(MINUTE).unwrap() },
                Lookup::Deferred { until: scene.now.checked_add(MINUTE).unwrap() },
            ] {
                scene.lookup = Some(lookup);
                all.push(scene.settled().0);
            }
            scene.lookup = works;
            scene.same_target_in_use = Some("other".into());
            all.push(scene.settled().0);
            scene.same_target_in_use = None;
        }
        let attempt = scene.claim(&format!("a-{n}"));
        scene.unchanged_for = Duration::ZERO;
        if n > 0 {
            all.push(scene.status().clone());
            all.push(scene.settled().0);
        }
        scene.end(&attempt, ending);
        let (status, _) = scene.settled();
        all.push(status.clone());
        scene.resource.status = Some(status);
        pass(&mut scene, DAY);
    }
    all
}

#[test]
fn a_try_is_silent_the_resource_stays_stalled_and_nothing_is_told_twice() {
    let tries = tries();
    let first = &tries[0];
    assert!(tries.len() > 20);
    for status in &tries {
        let of = |kind| condition(status, kind).unwrap_or_default();
        assert_eq!(of("Stalled"), ("True".to_owned(), "Rejected".to_owned()));
        assert_eq!(of("Ready"), ("False".to_owned(), "Rejected".to_owned()));
        assert_eq!(condition(status, "Reconciling"), None);
        assert_eq!(stalled_since(status), stalled_since(first));
        assert_eq!(status.phase, Some(Phase::Failed));
    }
    for pair in tries.windows(2) {
        assert_eq!(transitions(Some(&pair[0]), &pair[1]), []);
    }
    let told: Vec<_> = transitions(None, first).into_iter().map(|t| t.kind).collect();
    assert_eq!(told, [TransitionKind::Stalls(Reason::Rejected)]);
}

#[test]
fn what_comes_of_a_try_otherwise_is_told() {
    for ending in [
        CallResult::Unknown(CallAnswer::default()),
        CallResult::Accepted(
            crate::protocol::Acceptance {
                replication_record_id: Some("r-1".into()),
                ..crate::protocol::Acceptance::default()
            },
            CallAnswer::default(),
        ),
    ] {
        let mut scene = refused(&no_right());
        let before = scene.status().clone();
        pass(&mut scene, DAY);
        let attempt = scene.claim("a-2");
        scene.unchanged_for = Duration::ZERO;
        scene.end(&attempt, &ending);
        let (status, _) = scene.settled();
        assert_ne!(transitions(Some(&before), &status), [], "{ending:?}");
        assert_ne!(condition(&status, "Ready").unwrap().1, "Rejected");
    }
}

#[test]
fn a_try_looks_first() {
    let mut scene = refused(&no_right());
    pass(&mut scene, DAY);
    scene.lookup = None;
    assert!(matches!(scene.decide(), Action::Lookup { max_age: Duration::ZERO }));
    assert_eq!(scene.status().attempts[0].outcome, Some(Outcome::Rejected));
}

#[test]
fn another_credential_that_the_edited_spec_names_is_tried_at_once() {
    let mut scene = refused(&no_right());
    scene.credential = Some(usable("s2"));
    let at_once = POLICY.rejection_retry / 60;
    pass(&mut scene, at_once);
    assert!(!claims(&scene));
    scene.resource.metadata.generation = Some(2);
    assert!(claims(&scene));
}

/// Two who edit it in turn do not make call after call, whatever was refused and whatever is asked.
#[test]
fn edits_that_go_to_and_fro_lead_to_few_calls() {
    for on_rejection in [OnRejection::Retry, OnRejection::Hold] {
        let mut scene = refused(&no_right());
        scene.resource.spec.on_rejection = Some(on_rejection);
        scene.resource.metadata.generation = Some(2);
        scene.credential = Some(usable("s2"));
        assert!(!claims(&scene), "{on_rejection:?}");
        let (_, again) = scene.settled();
        assert!(again.is_some_and(|wait| wait <= POLICY.rejection_retry / 60), "{again:?}");
        pass(&mut scene, POLICY.rejection_retry / 60);
        assert!(claims(&scene), "{on_rejection:?}");
    }
}
