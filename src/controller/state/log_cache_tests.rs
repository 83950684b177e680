use std::cell::RefCell;

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
        cache.read(&viewer(project), at(since), max_age, made).await
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
