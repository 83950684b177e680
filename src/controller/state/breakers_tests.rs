use std::cell::Cell;

use super::*;
use crate::cbr::{AccessKey, Token};

struct Scene {
    breakers: Breakers,
    now: Cell<Duration>,
    credential: Credential,
}

fn access_key() -> Credential {
    Credential::AccessKey(AccessKey::from_bytes(b"AK", b"hush-hush", None).unwrap())
}

fn token() -> Credential {
    Credential::Token(Token::from_bytes(b"MIIabcdefghij").unwrap())
}

fn shown() -> CredentialVerdict {
    CredentialVerdict::Accepted
}

fn refused() -> CredentialVerdict {
    CredentialVerdict::Refused("HTTP 401".to_owned())
}

impl Scene {
    fn new(credential: Credential) -> Self {
        Self { breakers: Breakers::default(), now: Cell::default(), credential }
    }

    fn key(&self) -> BreakerKey {
        BreakerKey {
            endpoint: "https://cbr".to_owned(),
            credential: self.credential.id(),
            operation: CloudOperation::Backup,
        }
    }

    fn pass_time(&self, time: Duration) {
        self.now.set(self.now.get() + time);
    }

    async fn lookup(&self) -> Option<Turn> {
        turn(self.breakers.for_lookup(&self.key(), &self.credential, || self.now.get()).await)
    }

    fn call(&self) -> Option<Turn> {
        self.breakers.for_call(&self.key(), &self.credential, self.now.get())
    }

    async fn look(&self, verdict: CredentialVerdict) {
        self.lookup().await.unwrap().note(verdict, self.now.get());
    }
}

fn turn(pass: Pass) -> Option<Turn> {
    match pass {
        Pass::Go(turn) => Some(turn),
        Pass::Refused(why) | Pass::Failed(why) => {
            assert_eq!(why, "HTTP 401");
            None
        }
    }
}

#[tokio::test]
async fn of_two_hundred_who_come_together_one_shows_a_refused_value() {
    let scene = Scene::new(access_key());
    let all = (0..200).map(|_| async {
        match scene.lookup().await {
            Some(turn) => {
                tokio::task::yield_now().await;
                turn.note(refused(), scene.now.get());
                1
            }
            None => 0,
        }
    });
    let shown: i32 = futures::future::join_all(all).await.into_iter().sum();
    assert_eq!(shown, 1);
}

#[tokio::test]
async fn who_waited_behind_one_that_met_a_failure_is_told_it_and_does_not_wait_again() {
    let scene = Scene::new(access_key());
    let first = scene.lookup().await.unwrap();
    let (key, credential) = (scene.key(), &scene.credential);
    let others = (0..20).map(|_| scene.breakers.for_lookup(&key, credential, || scene.now.get()));
    let ends = async {
        tokio::task::yield_now().await;
        scene.pass_time(Duration::from_secs(60));
        first.note(CredentialVerdict::Unheard("no answer".to_owned()), scene.now.get());
    };
    let (told, ()) = tokio::join!(futures::future::join_all(others), ends);
    assert!(told.iter().all(|pass| matches!(pass, Pass::Failed(why) if why == "no answer")));
    // Later ones try again.
    assert!(scene.lookup().await.is_some());
}

#[tokio::test]
async fn tokens_wait_for_nothing_until_one_is_refused() {
    let scene = Scene::new(token());
    let together = [scene.lookup().await, scene.lookup().await, scene.call()];
    assert!(together.iter().all(Option::is_some));
    scene.look(refused()).await;
    assert!(scene.lookup().await.is_none() && scene.call().is_none());
}

#[tokio::test]
async fn a_value_that_is_taken_holds_nobody_up() {
    let scene = Scene::new(access_key());
    scene.look(shown()).await;
    let together = [scene.lookup().await, scene.lookup().await, scene.call()];
    assert!(together.iter().all(Option::is_some));
}

#[tokio::test]
async fn a_refused_value_rests_and_is_then_tried_by_one_look_up_and_never_by_a_call() {
    for (credential, rest) in [(access_key(), ACCESS_KEY_RESTS), (token(), TOKEN_RESTS)] {
        let scene = Scene::new(credential);
        scene.look(refused()).await;
        scene.pass_time(rest - Duration::from_secs(1));
        assert!(scene.lookup().await.is_none());
        scene.pass_time(Duration::from_secs(1));
        assert!(scene.call().is_none());
        let probe = scene.lookup().await.unwrap();
        assert!(scene.lookup().await.is_none());
        // Refused again, it rests for longer.
        probe.note(refused(), scene.now.get());
        scene.pass_time(rest);
        assert!(scene.lookup().await.is_none());
        scene.pass_time(rest);
        scene.look(shown()).await;
        assert!(scene.call().is_some());
    }
}

#[tokio::test]
async fn an_answer_that_says_nothing_of_the_value_changes_nothing() {
    let scene = Scene::new(access_key());
    for silent in [CredentialVerdict::Unheard("away".to_owned()), CredentialVerdict::NotLookedAt] {
        scene.look(silent).await;
        let first = scene.call().unwrap();
        assert!(first._alone.is_some());
    }
    scene.look(refused()).await;
    scene.pass_time(ACCESS_KEY_RESTS);
    scene.look(CredentialVerdict::NotLookedAt).await;
    assert!(scene.call().unwrap()._alone.is_some());
}

#[tokio::test]
async fn another_value_has_a_breaker_of_its_own_and_old_ones_are_forgotten() {
    let mut scene = Scene::new(access_key());
    scene.look(refused()).await;
    scene.credential = token();
    scene.look(shown()).await;
    scene.pass_time(FORGOTTEN_AFTER);
    scene.credential = Credential::Token(Token::from_bytes(b"another-token").unwrap());
    scene.look(shown()).await;
    assert_eq!(scene.breakers.0.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn refusals_of_what_was_under_way_together_count_as_one() {
    let scene = Scene::new(access_key());
    scene.look(shown()).await;
    let together = [scene.lookup().await, scene.lookup().await, scene.lookup().await];
    for turn in together.into_iter().flatten() {
        turn.note(refused(), scene.now.get());
    }
    scene.pass_time(ACCESS_KEY_RESTS);
    assert!(scene.lookup().await.is_some());
}

#[tokio::test]
async fn look_ups_that_queue_up_keep_no_call_out() {
    let scene = Scene::new(access_key());
    let looking = scene.lookup().await.unwrap();
    assert!(scene.call().is_some());
    drop(looking);
}

const REGIONS: [&str; 6] = ["eu-de", "eu-nl", "eu-west-0", "cn-north-4", "ap-1", "la-2"];

fn at_region(region: &str, credential: &Credential) -> BreakerKey {
    let endpoint = format!("https://cbr.{region}.otc.t-systems.com");
    BreakerKey { endpoint, credential: credential.id(), operation: CloudOperation::Backup }
}

const NOW: Duration = Duration::from_secs(7);

/// Shows the value wherever it may be shown, in all regions at once, and counts.
async fn shown_in_all_regions(breakers: &Breakers, credential: &Credential) -> usize {
    let all = REGIONS.map(|region| async move {
        match breakers.for_lookup(&at_region(region, credential), credential, || NOW).await {
            Pass::Go(turn) => {
                tokio::task::yield_now().await;
                turn.note(refused(), NOW);
                1
            }
            Pass::Refused(_) | Pass::Failed(_) => 0,
        }
    });
    futures::future::join_all(all).await.into_iter().sum()
}

#[tokio::test]
async fn six_endpoints_of_one_cloud_see_a_wrong_key_twice() {
    let (breakers, key) = (Breakers::default(), access_key());
    assert_eq!(shown_in_all_regions(&breakers, &key).await, REFUSALS_OF_A_CLOUD);
    assert_eq!(shown_in_all_regions(&breakers, &key).await, 0);
    assert!(breakers.for_call(&at_region("another", &key), &key, NOW).is_none());
    // Another cloud may know it.
    for other in ["https://cbr.eu-de.myhuaweicloud.com", "https://localhost:1", "http://10.0.0.1"] {
        let other = BreakerKey {
            endpoint: other.to_owned(),
            credential: key.id(),
            operation: CloudOperation::Backup,
        };
        assert!(breakers.for_call(&other, &key, NOW).is_some());
    }
    // Nobody is locked by a token.
    assert_eq!(shown_in_all_regions(&Breakers::default(), &token()).await, REGIONS.len());
}

/// A user who points a value to endpoints that refuse everything stops nobody whose endpoint takes
/// it.
#[tokio::test]
async fn a_key_that_an_endpoint_takes_is_not_kept_from_it() {
    let (breakers, key) = (Breakers::default(), access_key());
    let proven = at_region("takes-it", &key);
    match breakers.for_lookup(&proven, &key, || NOW).await {
        Pass::Go(turn) => turn.note(shown(), NOW),
        Pass::Refused(why) | Pass::Failed(why) => panic!("{why}"),
    }
    assert_eq!(shown_in_all_regions(&breakers, &key).await, REFUSALS_OF_A_CLOUD);
    assert!(breakers.for_call(&proven, &key, NOW).is_some());
    assert!(turn(breakers.for_lookup(&proven, &key, || NOW).await).is_some());
}
