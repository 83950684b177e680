use kube::runtime::watcher::Event;
use serde_json::json;

use super::*;
use crate::controller::watch::store::WatchWriter;

/// A watch that the test delivers for, and what the process knows.
struct Scene {
    newest: Newest,
    watch: WatchWriter,
}

impl Scene {
    fn new() -> Self {
        let watch = WatchWriter::default();
        let stores = Stores::default();
        stores.add(watch.store());
        let newest = Newest::new(stores, Duration::ZERO, Room::default());
        Self { newest, watch }
    }

    fn deliver(&mut self, event: Event<BackupReplication>) {
        let entry = |object: BackupReplication| {
            Arc::new(WatchEntry::of(&object, Duration::ZERO, &Room::default(), None))
        };
        let event = match event {
            Event::Apply(object) => Event::Apply(entry(object)),
            Event::Delete(object) => Event::Delete(entry(object)),
            Event::Init => Event::Init,
            Event::InitApply(object) => Event::InitApply(entry(object)),
            Event::InitDone => Event::InitDone,
        };
        self.watch.note(&event);
        self.newest.note(None, &event);
    }

    /// What a decision would rest on.
    fn version(&self) -> Option<String> {
        match self.newest.get(&key()) {
            Known::Object(known) => known.object.metadata.resource_version,
            Known::ByName => Some("by name".to_owned()),
            Known::Finished => Some("finished".to_owned()),
            Known::Gone => None,
        }
    }
}

fn key() -> ResourceKey {
    ResourceKey::new("n", "db")
}

fn object(uid: &str, version: &str) -> BackupReplication {
    serde_json::from_value(json!({
        "apiVersion": "cbr.replication.dev/v1alpha1", "kind": "BackupReplication",
        "metadata": {"name": "db", "namespace": "n", "uid": uid, "resourceVersion": version},
        "spec": {
            "projectId": "p", "backupId": "b", "destinationProjectId": "dp",
            "destinationRegion": "eu-nl", "destinationVaultId": "v", "auth": {},
        },
    }))
    .unwrap()
}

#[test]
fn an_own_write_counts_until_the_watch_has_caught_up() {
    let mut scene = Scene::new();
    scene.deliver(Event::Apply(object("u", "7")));
    scene.newest.wrote(&key(), object("u", "9"));
    assert_eq!(scene.version().as_deref(), Some("9"));
    scene.deliver(Event::Apply(object("u", "8")));
    assert_eq!(scene.version().as_deref(), Some("9"), "what came before it is not newer");
    scene.deliver(Event::Apply(object("u", "9")));
    assert!(scene.newest.lock().objects.is_empty(), "nothing is kept twice");
    scene.deliver(Event::Apply(object("u", "10")));
    assert_eq!(scene.version().as_deref(), Some("10"));
}

#[test]
fn a_write_whose_answer_comes_after_its_event_changes_nothing() {
    let mut scene = Scene::new();
    scene.deliver(Event::Apply(object("u", "9")));
    scene.deliver(Event::Apply(object("u", "11")));
    scene.newest.wrote(&key(), object("u", "9"));
    assert_eq!(scene.version().as_deref(), Some("11"));
    assert!(scene.newest.lock().objects.is_empty());
}

#[test]
fn what_was_made_again_under_the_same_name_replaces_what_was_written() {
    let mut scene = Scene::new();
    scene.deliver(Event::Apply(object("u", "7")));
    scene.newest.wrote(&key(), object("u", "9"));
    scene.deliver(Event::Delete(object("u", "10")));
    assert_eq!(scene.version(), None, "gone");
    scene.newest.wrote(&key(), object("u", "9"));
    assert_eq!(scene.version(), None, "the answer of a write comes late");
    scene.deliver(Event::Apply(object("u-2", "12")));
    assert_eq!(scene.version().as_deref(), Some("12"));
}

#[test]
fn a_list_shows_what_was_written_before_it_began() {
    let mut scene = Scene::new();
    scene.deliver(Event::Apply(object("u", "7")));
    scene.newest.wrote(&key(), object("u", "9"));
    scene.deliver(Event::Init);
    scene.deliver(Event::InitApply(object("u", "3")));
    assert_eq!(scene.version().as_deref(), Some("9"), "it is not whole yet");
    scene.deliver(Event::InitDone);
    assert_eq!(scene.version().as_deref(), Some("3"), "the store was restored to an earlier day");

    scene.deliver(Event::Init);
    scene.newest.wrote(&key(), object("u", "5"));
    scene.deliver(Event::InitApply(object("u", "4")));
    scene.deliver(Event::InitDone);
    assert_eq!(scene.version().as_deref(), Some("5"), "written after the list began");
    scene.deliver(Event::Init);
    scene.deliver(Event::InitDone);
    assert_eq!(scene.version(), None, "a list without it");
}

#[test]
fn what_is_read_counts_unless_the_watch_has_delivered_since() {
    let mut scene = Scene::new();
    scene.deliver(Event::Apply(object("u", "7")));
    scene.newest.read(&key(), Some("7"), object("u", "8"));
    assert_eq!(scene.version().as_deref(), Some("8"));
    scene.deliver(Event::Apply(object("u", "10")));
    scene.newest.read(&key(), Some("8"), object("u", "9"));
    assert_eq!(scene.version().as_deref(), Some("10"), "10 came while 9 was read");
    scene.newest.read(&key(), Some("10"), object("u", "4"));
    assert_eq!(scene.version().as_deref(), Some("4"), "restored: nothing else has come since");
}

#[test]
fn without_numbers_the_watch_has_the_last_word() {
    let mut scene = Scene::new();
    scene.deliver(Event::Apply(object("u", "x")));
    scene.newest.wrote(&key(), object("u", "y"));
    assert_eq!(scene.version().as_deref(), Some("x"));
    assert!(is_newer("10", "9") && !is_newer("9", "9") && !is_newer("9", "10"));
}

#[test]
fn what_does_not_fit_is_known_by_name() {
    let mut scene = Scene::new();
    let mut large = object("u", "7");
    large.spec.name_backup(&"b".repeat(64 * 1024));
    scene.deliver(Event::Apply(large));
    assert_eq!(scene.version().as_deref(), Some("by name"));
    let before = scene.newest.fingerprint(&key());
    let mut larger = object("u", "8");
    larger.spec.name_backup(&"b".repeat(65 * 1024));
    let read = scene.newest.read(&key(), Some("7"), larger);
    assert_eq!(read.object.metadata.resource_version.as_deref(), Some("8"));
    assert_ne!(before, scene.newest.fingerprint(&key()), "each version is another");
}
