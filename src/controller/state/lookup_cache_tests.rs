use futures::FutureExt;
use futures::future::join_all;

use super::*;
use crate::cbr::CredentialId;

fn viewer(name: &str) -> ViewerKey {
    ViewerKey {
        namespace: name.to_owned(),
        endpoint: "https://cbr.example".to_owned(),
        project_id: "p".to_owned(),
        credential: CredentialId::of(&[name]),
    }
}

fn backup(number: usize) -> BackupId {
    BackupId::parse(&format!("backup-{number}")).unwrap()
}

/// Nothing here waits.
fn look(cache: &LookupCache, viewer: &ViewerKey, number: usize, lookup: Lookup) -> (Lookup, bool) {
    let mut made = false;
    let seen = cache
        .look(viewer, &backup(number), &RoundPermit::alone("backups"), KEPT, async || {
            made = true;
            lookup
        })
        .now_or_never()
        .unwrap();
    (seen, made)
}

fn failed(bytes: usize) -> Lookup {
    Lookup::Failed("x".repeat(bytes))
}

fn kept(cache: &LookupCache) -> usize {
    lock(&cache.0).values().filter_map(|kept| kept.holds).map(|(bytes, _)| bytes).sum()
}

#[test]
fn one_look_up_serves_all_who_may_see_it_and_nobody_else() {
    let cache = LookupCache::default();
    let (one, other) = (viewer("one"), viewer("other"));
    assert!(look(&cache, &one, 1, failed(3)).1);
    assert_eq!(look(&cache, &one, 1, failed(9)), (failed(3), false));
    assert!(look(&cache, &one, 2, failed(3)).1 && look(&cache, &other, 1, failed(3)).1);
    for none in
        [Lookup::Deferred { until: Timestamp::MAX }, Lookup::Throttled { until: Timestamp::MAX }]
    {
        assert!(look(&cache, &one, 3, none).1, "what shows nothing is not kept");
    }
    assert!(look(&cache, &one, 3, failed(3)).1);
}

#[test]
fn what_must_be_made_now_is_not_kept() {
    let cache = LookupCache::default();
    let (one, backup) = (viewer("one"), backup(1));
    for _ in 0..2 {
        let permit = RoundPermit::alone("backups");
        let seen = cache.look(&one, &backup, &permit, Duration::ZERO, async || failed(3));
        let seen = seen.now_or_never();
        assert_eq!(seen, Some(failed(3)));
    }
    assert!(lock(&cache.0).is_empty());
}

/// 400 backups with 850 KB each, and a neighbour with a little.
#[test]
fn what_is_kept_is_bounded_and_nobody_pushes_out_a_neighbour() {
    let cache = LookupCache::default();
    let (greedy, modest) = (viewer("greedy"), viewer("modest"));
    assert!(look(&cache, &modest, 0, failed(1000)).1);
    for number in 0..400 {
        assert!(look(&cache, &greedy, number, failed(850_000)).1);
        assert!(kept(&cache) < BYTES_OF_ONE + 5000);
    }
    assert!(!look(&cache, &greedy, 399, failed(1)).1, "the newest is kept");
    assert!(look(&cache, &greedy, 0, failed(1)).1, "the oldest is not");
    assert!(!look(&cache, &modest, 0, failed(1)).1);
    for number in 0..100 {
        for of in 0..3 {
            look(&cache, &viewer(&format!("viewer-{number}")), of, failed(600_000));
        }
        assert!(kept(&cache) <= BYTES_OF_ALL);
    }
    assert!(!look(&cache, &modest, 0, failed(1)).1);
    look(&cache, &modest, 7, failed(BYTES_OF_ONE * 2));
    assert!(look(&cache, &modest, 7, failed(1)).1, "what is too large is not kept");
}

/// A look-up that hangs: whatever waits for it, and however many want it, nobody holds a permit, and
/// few wait.
#[test]
fn who_waits_for_a_look_up_that_hangs_holds_no_permit() {
    let cache = LookupCache::default();
    let (one, backup) = (viewer("one"), backup(1));
    let hangs = async || std::future::pending().await;
    let first = RoundPermit::alone("backups");
    let mut maker = Box::pin(cache.look(&one, &backup, &first, KEPT, hangs));
    assert!(maker.as_mut().now_or_never().is_none());
    let permits: Vec<_> = (0..1000).map(|_| RoundPermit::alone("backups")).collect();
    let answered = std::cell::Cell::new(0);
    let all = permits.iter().map(async |permit| {
        let lookup = cache.look(&one, &backup, permit, KEPT, hangs).await;
        assert!(matches!(lookup, Lookup::Deferred { .. }));
        answered.set(answered.get() + 1);
    });
    assert!(join_all(all).now_or_never().is_none());
    let waiting = permits.iter().filter(|permit| permit.is_left()).count();
    assert_eq!((waiting + answered.get(), waiting <= WAITING), (1000, true), "{waiting}");
}
