use std::cell::Cell;

use super::login::{FIRST_PROBE, FIRST_WAIT, LONGEST_WAIT};
use super::slot::{FIRST_RENEWAL, FIRST_REPLACEMENT, FORGOTTEN_AFTER, REFUSAL_COUNTS};
use super::*;
use crate::cbr::{CloudError, NotIssued};

const NEEDED: Duration = Duration::from_secs(70);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// A cloud and a clock.
#[derive(Default)]
struct Scene {
    tokens: IssuedTokens,
    now: Cell<Duration>,
    logins: Cell<u32>,
}

fn key(project: &str) -> TokenKey {
    let identity = Token::from_bytes(b"somebody").unwrap().id();
    TokenKey { identity, iam: "https://iam".to_owned(), project_id: project.to_owned() }
}

fn refused() -> LoginFailure {
    let error =
        CloudError { http_status: 401, code: None, message: None, request_id: None, clock: None };
    LoginFailure::NotIssued { why: NotIssued::Unauthorized(error), locks: true }
}

fn away() -> LoginFailure {
    LoginFailure::NotIssued { why: NotIssued::Unavailable("HTTP 503".to_owned()), locks: true }
}

impl Scene {
    fn clock(&self) -> (Timestamp, Duration) {
        let start = Timestamp::from_second(1_800_000_000).unwrap();
        (start.checked_add(self.now.get()).unwrap(), self.now.get())
    }

    fn pass(&self, time: Duration) {
        self.now.set(self.now.get() + time);
    }

    fn issued(&self) -> Issued {
        let number = self.logins.get();
        let (now, _) = self.clock();
        Issued {
            token: Token::from_bytes(format!("token-number-{number}").as_bytes()).unwrap(),
            expires_at: Some(now.checked_add(DAY).unwrap()),
        }
    }

    async fn get(&self, failure: Option<LoginFailure>) -> Result<Held, CredentialProblem> {
        self.get_for("p", failure).await
    }

    async fn get_for(
        &self,
        project: &str,
        failure: Option<LoginFailure>,
    ) -> Result<Held, CredentialProblem> {
        let login = async || {
            self.logins.set(self.logins.get() + 1);
            failure.map_or_else(|| Ok(self.issued()), Err)
        };
        self.tokens
            .get(&key(project), &RoundPermit::alone("backups"), NEEDED, || self.clock(), login)
            .await
    }
}

#[tokio::test]
async fn one_login_serves_all_who_come_together_and_all_who_come_later() {
    let scene = Scene::default();
    let slow = async || {
        tokio::task::yield_now().await;
        scene.logins.set(scene.logins.get() + 1);
        Ok(scene.issued())
    };
    let key = key("p");
    let permit = RoundPermit::alone("backups");
    let all = (0..200).map(|_| scene.tokens.get(&key, &permit, NEEDED, || scene.clock(), slow));
    let held: Vec<_> =
        futures::future::join_all(all).await.into_iter().collect::<Result<_, _>>().unwrap();
    assert_eq!(scene.logins.get(), 1);
    assert_eq!(held.iter().filter(|held| held.is_new).count(), 1);
    assert!(!scene.get(None).await.unwrap().is_new);
    assert_eq!(scene.logins.get(), 1);
}

#[tokio::test]
async fn it_is_renewed_early_and_used_to_its_end_where_that_fails() {
    let scene = Scene::default();
    let first = scene.get(None).await.unwrap();
    scene.pass(DAY - Duration::from_secs(41 * 60));
    assert!(!scene.get(None).await.unwrap().is_new);
    scene.pass(Duration::from_secs(2 * 60));
    let old = scene.get(Some(away())).await.unwrap();
    assert_eq!((old.issue, scene.logins.get()), (first.issue.clone(), 2));
    // Not at once again.
    assert_eq!(scene.get(None).await.unwrap().issue, first.issue);
    assert_eq!(scene.logins.get(), 2);
    scene.pass(FIRST_WAIT);
    let renewed = scene.get(None).await.unwrap();
    assert!(renewed.is_new && renewed.issue != first.issue);
}

#[tokio::test]
async fn one_that_ends_before_it_has_served_is_not_given_away() {
    let scene = Scene::default();
    scene.get(None).await.unwrap();
    scene.pass(DAY - NEEDED);
    assert!(matches!(scene.get(Some(away())).await, Err(CredentialProblem::LoginFailed(_))));
}

#[tokio::test]
async fn a_refused_login_is_not_repeated_soon() {
    let scene = Scene::default();
    for (wait, logins) in [
        (Duration::ZERO, 1),
        (Duration::ZERO, 1),
        (FIRST_PROBE - Duration::from_secs(1), 1),
        (Duration::from_secs(1), 2),
        (FIRST_PROBE, 2),
        (FIRST_PROBE, 3),
    ] {
        scene.pass(wait);
        let problem = scene.get(Some(refused())).await.err().unwrap();
        assert!(matches!(problem, CredentialProblem::LoginRefused(_)), "{problem:?}");
        assert_eq!(scene.logins.get(), logins);
    }
}

#[tokio::test]
async fn where_nobody_is_locked_a_refused_login_is_repeated_after_minutes() {
    let scene = Scene::default();
    let unlocked = || {
        let why = NotIssued::OtherScope;
        Some(LoginFailure::NotIssued { why, locks: false })
    };
    assert!(scene.get(unlocked()).await.is_err());
    for _ in 0..20 {
        scene.pass(LONGEST_WAIT);
        assert!(scene.get(unlocked()).await.is_err());
    }
    assert_eq!(scene.logins.get(), 21);
}

#[tokio::test]
async fn one_that_the_cloud_refuses_is_replaced_once_at_once_and_then_slower_and_slower() {
    let scene = Scene::default();
    let first = scene.get(None).await.unwrap();
    let refuse = |held: &Held| scene.tokens.refused(&key("p"), held.token.id(), scene.now.get());
    refuse(&first);
    refuse(&first);
    scene.pass(Duration::from_secs(1));
    let second = scene.get(None).await.unwrap();
    assert!(second.is_new && second.issue != first.issue);
    refuse(&second);
    assert!(!scene.get(None).await.unwrap().is_new);
    scene.pass(FIRST_REPLACEMENT);
    let third = scene.get(None).await.unwrap();
    assert!(third.is_new);
    refuse(&third);
    scene.pass(FIRST_REPLACEMENT);
    assert!(!scene.get(None).await.unwrap().is_new);
    scene.pass(FIRST_REPLACEMENT);
    let fourth = scene.get(None).await.unwrap();
    assert!(fourth.is_new);
    // After an hour without a refusal the count starts again.
    scene.pass(REFUSAL_COUNTS);
    refuse(&fourth);
    assert!(scene.get(None).await.unwrap().is_new);
}

#[tokio::test]
async fn what_nobody_wants_any_more_is_forgotten() {
    let scene = Scene::default();
    let fill = async |project: &str| {
        let login = async || Ok(scene.issued());
        drop(
            scene
                .tokens
                .get(&key(project), &RoundPermit::alone("backups"), NEEDED, || scene.clock(), login)
                .await,
        );
    };
    for project in ["a", "b", "c"] {
        fill(project).await;
    }
    scene.pass(FORGOTTEN_AFTER);
    fill("d").await;
    assert_eq!(scene.tokens.slots.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn a_wrong_password_is_tried_once_whatever_the_projects_are() {
    let scene = Scene::default();
    for project in ["a", "b", "c", "d", "e", "f"] {
        assert!(scene.get_for(project, Some(refused())).await.is_err());
    }
    assert_eq!(scene.logins.get(), 1);
}

#[tokio::test]
async fn a_token_that_has_ended_when_it_comes_is_not_asked_for_again_at_once() {
    let scene = Scene::default();
    let ended = async || {
        scene.logins.set(scene.logins.get() + 1);
        let token = Token::from_bytes(b"token-that-has-ended").unwrap();
        Ok(Issued { token, expires_at: Some(scene.clock().0) })
    };
    for _ in 0..10 {
        let held = scene
            .tokens
            .get(&key("p"), &RoundPermit::alone("backups"), NEEDED, || scene.clock(), ended)
            .await;
        assert!(matches!(held, Err(CredentialProblem::LoginFailed(why)) if why.contains("clock")));
        scene.pass(Duration::from_secs(1));
    }
    assert_eq!(scene.logins.get(), 1);
}

#[tokio::test]
async fn an_account_that_is_gone_takes_its_token_with_it() {
    let scene = Scene::default();
    scene.get(None).await.unwrap();
    scene.pass(DAY - Duration::from_secs(30 * 60));
    let gone = LoginFailure::Before(CredentialProblem::NotFound);
    assert!(matches!(scene.get(Some(gone)).await, Err(CredentialProblem::NotFound)));
}

#[tokio::test]
async fn who_waited_long_behind_another_project_takes_the_token_that_came_meanwhile() {
    let scene = Scene::default();
    let slow = async || {
        tokio::task::yield_now().await;
        scene.logins.set(scene.logins.get() + 1);
        scene.pass(2 * FIRST_RENEWAL);
        Ok(scene.issued())
    };
    let keys = ["a", "b", "a"].map(key);
    let permit = RoundPermit::alone("backups");
    let all =
        keys.each_ref().map(|key| scene.tokens.get(key, &permit, NEEDED, || scene.clock(), slow));
    for held in futures::future::join_all(all).await {
        held.unwrap();
    }
    assert_eq!(scene.logins.get(), 2);
}

/// Who revokes tokens again and again, each after it has worked, does not make the next one come
/// later and later.
#[tokio::test]
async fn a_token_that_has_worked_for_a_while_ends_the_row_of_refused_ones() {
    for (worked_for, all_come_at_once) in
        [(FIRST_REPLACEMENT, true), (FIRST_REPLACEMENT - Duration::from_secs(1), false)]
    {
        let scene = Scene::default();
        for _ in 0..5 {
            let held = scene.get(None).await.unwrap();
            scene.pass(worked_for);
            scene.tokens.accepted(&key("p"), held.token.id(), scene.now.get());
            scene.tokens.refused(&key("p"), held.token.id(), scene.now.get());
        }
        assert_eq!(scene.logins.get() == 5, all_come_at_once, "{worked_for:?}");
    }
}
