use std::collections::HashMap;
use std::sync::Mutex;

use tokio::sync::{mpsc, oneshot};

use super::*;

/// Rounds that the test ends, one by one.
#[derive(Default)]
struct Scripted {
    due: Mutex<HashMap<ResourceKey, Due>>,
    under_way: Arc<Mutex<HashMap<ResourceKey, oneshot::Sender<NextRound>>>>,
    begun: Mutex<Vec<ResourceKey>>,
}

impl Rounds for Arc<Scripted> {
    type Waiting = ();

    fn due(&self, key: &ResourceKey) -> Due {
        self.due.lock().unwrap().get(key).copied().unwrap_or(Due::Now)
    }

    fn waits(&self, _key: &ResourceKey) -> (RoundKind, ()) {
        (RoundKind::Call, ())
    }

    fn round(
        &self,
        key: ResourceKey,
        permit: RoundPermit,
    ) -> impl Future<Output = NextRound> + Send + 'static {
        let (end, ended) = oneshot::channel();
        self.begun.lock().unwrap().push(key.clone());
        let twice = self.under_way.lock().unwrap().insert(key, end).is_some();
        assert!(!twice, "two rounds of one resource at a time");
        async move {
            let next = ended.await.unwrap();
            drop(permit);
            next
        }
    }
}

struct Scene {
    rounds: Arc<Scripted>,
    changes: Option<mpsc::UnboundedSender<ResourceKey>>,
    work: tokio::task::JoinHandle<()>,
}

impl Scene {
    fn new(concurrency: u16) -> Self {
        let rounds = Arc::new(Scripted::default());
        let (changes, mut changed) = mpsc::unbounded_channel();
        let permits = Arc::new(Permits::new(concurrency, false));
        let own = rounds.clone();
        let work = tokio::spawn(async move {
            let changes = futures::stream::poll_fn(move |context| changed.poll_recv(context));
            work(changes, &permits, &own).await;
        });
        Self { rounds, changes: Some(changes), work }
    }

    async fn change(&self, key: &str) {
        self.changes.as_ref().unwrap().send(self::key(key)).unwrap();
        settle().await;
    }

    async fn end(&self, key: &str, next: NextRound) {
        let end = self.rounds.under_way.lock().unwrap().remove(&self::key(key)).unwrap();
        end.send(next).unwrap();
        settle().await;
    }

    fn under_way(&self) -> Vec<String> {
        let under_way = self.rounds.under_way.lock().unwrap();
        let mut under_way: Vec<_> = under_way.keys().map(|key| format!("{key:?}")).collect();
        under_way.sort();
        under_way
    }
}

fn key(text: &str) -> ResourceKey {
    let (namespace, name) = text.split_once('/').unwrap();
    ResourceKey::new(namespace, name)
}

/// All tasks share one thread, and none waits for anything else than for another.
async fn settle() {
    for _ in 0..50 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn no_more_begin_than_there_are_permits_and_each_namespace_has_its_share() {
    let scene = Scene::new(4);
    for name in ["a/1", "a/2", "a/3", "a/4"] {
        scene.change(name).await;
    }
    assert_eq!(scene.under_way(), ["a/1", "a/2"], "half of the permits for one namespace");
    scene.change("b/1").await;
    assert_eq!(scene.under_way(), ["a/1", "a/2", "b/1"], "it does not wait behind the others");
    scene.end("a/2", NextRound::await_change()).await;
    assert_eq!(scene.under_way(), ["a/1", "a/3", "b/1"]);
}

#[tokio::test]
async fn what_changes_while_it_is_worked_on_is_worked_on_again() {
    let scene = Scene::new(4);
    scene.change("a/1").await;
    scene.change("a/1").await;
    scene.change("a/1").await;
    scene.end("a/1", NextRound::await_change()).await;
    assert_eq!(scene.under_way(), ["a/1"]);
    scene.end("a/1", NextRound::await_change()).await;
    assert!(scene.under_way().is_empty(), "once, for all that came meanwhile");
    scene.rounds.due.lock().unwrap().insert(key("a/1"), Due::Later);
    scene.change("a/1").await;
    assert!(scene.under_way().is_empty(), "an event that brings nothing new brings no round");
}

#[tokio::test]
async fn a_round_that_wants_another_one_gets_it() {
    let scene = Scene::new(1);
    scene.change("a/1").await;
    scene.end("a/1", NextRound::requeue(std::time::Duration::ZERO)).await;
    while scene.under_way().is_empty() {
        tokio::task::yield_now().await;
    }
    assert_eq!(scene.rounds.begun.lock().unwrap().len(), 2);
}

#[tokio::test]
async fn it_ends_with_what_is_under_way_and_begins_nothing_meanwhile() {
    let mut scene = Scene::new(2);
    for name in ["a/1", "a/2"] {
        scene.change(name).await;
    }
    assert_eq!(scene.under_way(), ["a/1"]);
    scene.change("a/1").await;
    scene.changes = None;
    settle().await;
    assert!(!scene.work.is_finished(), "a round is under way");
    scene.end("a/1", NextRound::requeue(std::time::Duration::ZERO)).await;
    scene.work.await.unwrap();
    assert_eq!(*scene.rounds.begun.lock().unwrap(), [key("a/1")]);
}
