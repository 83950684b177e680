//! A young object is no news: tools restore a status in a second write.

use std::time::Duration;

use crate::cbr::{BegunBy, RecordStatus, Records, ReplicationRecord};
use crate::protocol::fixtures::cloud::{elsewhere, ours, reports, shows};
use crate::protocol::fixtures::{POLICY, Scene, condition};
use crate::protocol::lookup::Lookup;
use crate::resource::Outcome;

/// What proves nothing of what was called for before.
fn silent() -> [Option<Lookup>; 7] {
    let no_vault =
        ReplicationRecord { destination_vault_id: None, ..ours("r-9", RecordStatus::Fail) };
    let policys = ReplicationRecord { begun_by: BegunBy::Policy, ..elsewhere("r-0") };
    [
        Some(Lookup::NotAvailable("404".into())),
        Some(Lookup::NoSuchBackup("6200".into())),
        reports(Records::NotReported),
        shows(vec![]),
        shows(vec![elsewhere("r-0"), no_vault]),
        shows(vec![policys]),
        // A failed one may be that of a call whose end is about to be restored.
        shows(vec![elsewhere("r-0"), ours("r-1", RecordStatus::Fail)]),
    ]
}

fn young(lookup: Option<Lookup>, known_for: Duration) -> Scene {
    let mut scene = Scene::new();
    scene.lookup = lookup;
    scene.history.known_for = known_for;
    scene
}

#[test]
fn where_nothing_can_be_proven_the_first_call_waits() {
    let wait = POLICY.first_call_after;
    let second = Duration::from_secs(1);
    for lookup in silent() {
        for known_for in [Duration::ZERO, wait - second] {
            let scene = young(lookup.clone(), known_for);
            let (status, again) = scene.settled();
            // Not a word: any write would have the status that follows refused.
            assert_eq!(Some(status), scene.resource.status, "{lookup:?}");
            assert_eq!(again, Some(wait - known_for), "{lookup:?}");
        }
        young(lookup, wait).claim("a-1");
    }
}

#[test]
fn what_is_proven_need_not_wait() {
    young(shows(vec![elsewhere("r-0")]), Duration::ZERO).claim("a-1");
    let mut known = young(shows(vec![]), Duration::ZERO);
    known.records_known = true;
    known.claim("a-1");
}

/// The second call of an object has its status in front of it.
#[test]
fn only_the_first_call_waits() {
    let mut scene = young(shows(vec![]), POLICY.first_call_after);
    scene.claim("a-1");
    scene.status().attempts[0].outcome = Some(Outcome::NotAccepted);
    scene.history.known_for = Duration::ZERO;
    scene.claim("a-2");
}

#[test]
fn what_carries_the_marks_of_a_restore_waits_longer() {
    let marks: [fn(&mut Scene); 5] = [
        |scene| scene.label("velero.io/restore-name"),
        |scene| scene.label("velero.io/backup-name"),
        |scene| scene.mark("velero.io/restore-name-of-another-version"),
        |scene| scene.mark("kubectl.kubernetes.io/restored-at"),
        |scene| scene.annotate("a-0:not-accepted"),
    ];
    for (number, mark) in marks.into_iter().enumerate() {
        let mut scene = young(shows(vec![]), POLICY.first_call_after * 29);
        mark(&mut scene);
        let (status, again) = scene.settled();
        assert_eq!(condition(&status, "Ready").unwrap().1, "TooYoung", "{number}");
        assert_eq!(again, Some(POLICY.first_call_after), "{number}");
        scene.history.known_for = POLICY.first_call_after * 30;
        scene.claim("a-1");
    }
    let mut plain = young(shows(vec![]), POLICY.first_call_after);
    plain.label("app.kubernetes.io/name");
    plain.mark("kubectl.kubernetes.io/last-applied-configuration");
    plain.claim("a-1");
}

impl Scene {
    fn label(&mut self, key: &str) {
        self.resource.metadata.labels.get_or_insert_default().insert(key.into(), "x".into());
    }

    fn mark(&mut self, key: &str) {
        self.resource.metadata.annotations.get_or_insert_default().insert(key.into(), "x".into());
    }
}
