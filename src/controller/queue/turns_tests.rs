use super::*;

const SECOND: Duration = Duration::from_secs(1);

struct Scene {
    turns: Turns<()>,
    start: Instant,
}

impl Scene {
    fn new() -> Self {
        Self { turns: Turns::default(), start: Instant::now() }
    }

    fn at(&self, seconds: u32) -> Instant {
        self.start + SECOND * seconds
    }

    /// Whether it waits for its turn since now.
    fn changed(&mut self, name: &str, seconds: u32, due: Due) -> bool {
        let at = self.at(seconds);
        let kind = if name.starts_with("copy") { RoundKind::Follow } else { RoundKind::Call };
        self.turns.changed(key(name), at, |_| due, |_| (kind, ()))
    }

    fn begin(&mut self) -> Option<String> {
        self.turns.begin("n").map(|key| key.name().to_owned())
    }

    fn ended(&mut self, name: &str, seconds: u32, again: Option<Duration>) -> bool {
        let at = self.at(seconds);
        self.turns.ended(&key(name), at, again)
    }

    fn come(&mut self, seconds: u32) -> Vec<String> {
        let at = self.at(seconds);
        std::iter::from_fn(|| self.turns.whose_time_has_come(at))
            .map(|key| key.name().to_owned())
            .collect()
    }

    fn is_empty(&self) -> bool {
        let Turns { places, timed, waiting } = &self.turns;
        places.is_empty() && timed.is_empty() && waiting.is_empty()
    }
}

fn key(name: &str) -> ResourceKey {
    ResourceKey::new("n", name)
}

#[test]
fn each_waits_once_and_who_came_first_begins_first() {
    let mut scene = Scene::new();
    assert!(scene.changed("b", 0, Due::Now));
    assert!(scene.changed("a", 0, Due::Now));
    assert!(!scene.changed("b", 0, Due::Now), "it waits already");
    assert_eq!(scene.begin().as_deref(), Some("b"));
    assert_eq!(scene.begin().as_deref(), Some("a"));
    assert_eq!(scene.begin(), None);
    assert!(!scene.ended("a", 0, None) && !scene.ended("b", 0, None));
    assert!(scene.is_empty(), "what is at rest takes nothing");
}

#[test]
fn calls_go_before_copies_which_have_their_turn_nevertheless() {
    let mut scene = Scene::new();
    for name in ["copy-1", "copy-2"] {
        scene.changed(name, 0, Due::Now);
    }
    let calls: Vec<_> = (0..40).map(|number| format!("{number:02}")).collect();
    for name in &calls {
        scene.changed(name, 0, Due::Now);
    }
    let begun: Vec<_> = std::iter::from_fn(|| scene.begin()).collect();
    let places: Vec<_> = (0..begun.len()).filter(|at| begun[*at].starts_with("copy")).collect();
    assert_eq!(begun.len(), 42);
    assert!(places.iter().all(|at| (8..20).contains(at)) && places.len() == 2, "{begun:?}");
    let other: Vec<_> = begun.iter().filter(|name| !name.starts_with("copy")).collect();
    assert!(other.into_iter().eq(&calls), "among themselves who came first begins first");
}

#[test]
fn a_resource_that_is_worked_on_begins_again_only_after_its_end() {
    let mut scene = Scene::new();
    scene.changed("a", 0, Due::Now);
    scene.begin();
    assert!(!scene.changed("a", 0, Due::Now), "never two rounds at a time");
    assert_eq!(scene.begin(), None);
    assert!(scene.ended("a", 0, None), "it has changed meanwhile");
    assert!(scene.changed("a", 0, Due::Now));
    assert_eq!(scene.begin().as_deref(), Some("a"));
    assert!(!scene.ended("a", 0, None), "it has not changed since");
}

#[test]
fn the_earliest_time_counts_and_no_event_takes_one_away() {
    let mut scene = Scene::new();
    scene.changed("a", 0, Due::In(SECOND * 5));
    scene.changed("a", 0, Due::In(SECOND * 9));
    scene.changed("a", 0, Due::Later);
    assert_eq!(scene.turns.next_time(), Some(scene.at(5)));
    scene.changed("a", 0, Due::In(SECOND * 3));
    assert!(scene.come(2).is_empty());
    assert_eq!(scene.come(3), ["a"]);
    assert!(scene.is_empty(), "it comes once");
    scene.changed("a", 3, Due::In(SECOND));
    assert!(scene.changed("a", 3, Due::Now), "it is due before its time");
    assert!(scene.come(100).is_empty());
}

#[test]
fn a_round_says_when_the_next_one_is_due() {
    let mut scene = Scene::new();
    scene.changed("a", 0, Due::Now);
    scene.begin();
    scene.ended("a", 1, Some(SECOND));
    assert_eq!(scene.come(2), ["a"]);
    scene.ended("a", 2, Some(Duration::MAX));
    assert_eq!(scene.turns.next_time(), Some(scene.at(2) + LONGEST));
}

#[test]
fn namespaces_wait_apart() {
    let mut scene = Scene::new();
    scene.changed("a", 0, Due::Now);
    let other = ResourceKey::new("other", "a");
    scene.turns.changed(other.clone(), scene.start, |_| Due::Now, |_| (RoundKind::Call, ()));
    assert!(scene.turns.is_waited_for("n") && scene.turns.is_waited_for("other"));
    assert_eq!(scene.turns.begin("other"), Some(other));
    assert!(scene.turns.is_waited_for("n") && !scene.turns.is_waited_for("other"));
}

#[test]
fn nothing_begins_when_it_is_closed() {
    let mut scene = Scene::new();
    scene.changed("runs", 0, Due::Now);
    scene.begin();
    scene.changed("waits", 0, Due::Now);
    scene.changed("timed", 0, Due::In(SECOND));
    scene.turns.close();
    assert_eq!((scene.begin(), scene.turns.next_time()), (None, None));
    scene.ended("runs", 0, None);
    assert!(scene.is_empty());
}
