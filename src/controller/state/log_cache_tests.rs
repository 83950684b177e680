use std::cell::RefCell;

use futures::FutureExt;
use futures::future::join_all;

use super::*;
use crate::cbr::CredentialId;

fn viewer(project: &str) -> ViewerKey {
    ViewerKey {
        namespace: "backups".to_owned(),
        endpoint: "https://cbr.example".to_owned(),
        project_id: project.to_owned(),
        credential: CredentialId::of(&["token"]),
    }
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

#[tokio::test]
async fn one_reading_serves_those_whom_it_reaches_back_for() {
    let cache = LogCache::default();
    let read = RefCell::new(Vec::new());
    let ask = async |project: &str, since: i64, max_age: Duration| {
        let made = async |since: Timestamp| {
            read.borrow_mut().push(since.as_second());
            LogReading::Entries(Vec::new())
        };
        cache.read(&viewer(project), &RoundPermit::alone("backups"), at(since), max_age, made).await
    };
    let minute = Duration::from_secs(60);
    ask("p", 100, minute).await;
    ask("p", 200, minute).await;
    ask("p", 100, minute).await;
    assert_eq!(*read.borrow(), [100], "what begins later is in it, too");
    ask("p", 50, minute).await;
    assert_eq!(*read.borrow(), [100, 50]);
    ask("p", 100, Duration::ZERO).await;
    assert_eq!(*read.borrow(), [100, 50, 50], "read now, and as far back as for the others");
    ask("another", 100, minute).await;
    assert_eq!(*read.borrow(), [100, 50, 50, 100], "nobody sees another's");
}

/// A reading that hangs: whatever waits for it, and however many want it, nobody holds a permit, and
/// few wait.
#[test]
fn who_waits_for_a_reading_that_hangs_holds_no_permit() {
    let cache = LogCache::default();
    let viewer = viewer("p");
    let minute = Duration::from_secs(60);
    let hangs = async |_| std::future::pending().await;
    let first = RoundPermit::alone("backups");
    let mut maker = Box::pin(cache.read(&viewer, &first, at(100), minute, hangs));
    assert!(maker.as_mut().now_or_never().is_none());
    let permits: Vec<_> = (0..1000).map(|_| RoundPermit::alone("backups")).collect();
    let answered = RefCell::new(0);
    let all = permits.iter().map(async |permit| {
        let reading = cache.read(&viewer, permit, at(100), minute, hangs).await;
        assert!(matches!(reading, LogReading::Throttled { .. }));
        *answered.borrow_mut() += 1;
    });
    assert!(join_all(all).now_or_never().is_none());
    let waiting = permits.iter().filter(|permit| permit.is_left()).count();
    assert_eq!((waiting + *answered.borrow(), waiting <= WAITING), (1000, true), "{waiting}");
}
