use super::*;
use crate::cbr::{BackupId, CredentialId};
use crate::controller::key::ResourceKey;
use crate::controller::state::operation::CloudOperation;

const PER_MINUTE: NonZeroU32 = NonZeroU32::new(600).unwrap();
const PLACES: u16 = 4;
const MOST: usize = 100;

fn s(seconds: f64) -> Duration {
    Duration::from_secs_f64(seconds)
}

fn lane(name: &str) -> LaneKey {
    LaneKey {
        endpoint: "https://cbr.example".to_owned(),
        credential: CredentialId::of(&[name]),
        operation: CloudOperation::Backup,
    }
}

fn resource(number: usize) -> Ticket {
    Ticket::Call(ResourceKey::new("backups", &format!("db-{number}")))
}

fn backup(number: usize) -> Ticket {
    Ticket::Follow(BackupId::parse(&format!("backup-{number}")).unwrap())
}

fn gate() -> Gate {
    Gate::new(PER_MINUTE, PLACES, MOST)
}

fn enter(gate: &Gate, name: &str, ticket: Ticket, at: f64) -> Entry {
    gate.enter(&lane(name), ticket, &RoundPermit::alone("backups"), s(at), 0.0)
}

fn go(entry: Entry) -> LanePlace {
    match entry {
        Entry::Go(place) => place,
        Entry::Later(wait) => panic!("later, after {wait:?}"),
        Entry::Held(until) => panic!("held until {until}"),
        Entry::Shut => panic!("shut"),
    }
}

fn later(entry: Entry) -> Duration {
    match entry {
        Entry::Later(wait) => wait,
        Entry::Go(_) => panic!("go"),
        Entry::Held(until) => panic!("held until {until}"),
        Entry::Shut => panic!("shut"),
    }
}

/// Hanging requests of one credential fill its own places, whatever they do to others.
#[test]
fn a_lane_that_hangs_holds_nothing_of_another_one() {
    let gate = gate();
    let mut hanging = Vec::new();
    for number in 0..1000 {
        match enter(&gate, "hangs", resource(number), 1.0 + number as f64) {
            Entry::Go(place) => hanging.push(place),
            Entry::Later(_) => {}
            Entry::Held(_) | Entry::Shut => panic!("nobody has said so"),
        }
    }
    assert_eq!(hanging.len(), usize::from(PLACES));
    for number in 0..usize::from(PLACES) {
        let name = format!("healthy-{number}");
        go(enter(&gate, &name, resource(number), 1.0));
    }
    hanging.clear();
    go(enter(&gate, "hangs", resource(9999), 2000.0));
}

/// Each comes again when it is told to, and then it goes.
#[test]
fn many_at_once_go_one_after_the_other_at_the_pace_with_room_for_their_calls() {
    let gate = gate();
    let mut waits = Vec::new();
    for number in 0..10 {
        match enter(&gate, "one", resource(number), 1.0) {
            Entry::Go(mut place) => assert!(number == 0 && place.may_call(s(1.0))),
            Entry::Later(wait) => waits.push((number, wait)),
            Entry::Held(_) | Entry::Shut => panic!(),
        }
    }
    assert_eq!(waits.len(), 9);
    for (number, wait) in waits {
        assert_eq!(wait, s(0.2 * number as f64), "two requests each");
        let at = 1.0 + wait.as_secs_f64();
        assert!(!later(enter(&gate, "one", resource(number), at - 0.05)).is_zero(), "too early");
        assert!(go(enter(&gate, "one", resource(number), at)).may_call(s(at)));
    }
}

#[test]
fn a_call_that_is_not_made_gives_its_turn_back() {
    let gate = gate();
    drop(go(enter(&gate, "one", resource(1), 1.0)));
    assert_eq!(later(enter(&gate, "one", resource(2), 1.0)), s(0.1));
}

#[test]
fn calls_go_before_what_is_followed() {
    let gate = gate();
    go(enter(&gate, "one", backup(1), 1.0));
    let followed = later(enter(&gate, "one", backup(2), 1.0));
    assert_eq!(followed, s(0.1));
    for number in 0..10 {
        later(enter(&gate, "one", resource(number), 1.0));
    }
    assert_eq!(later(enter(&gate, "one", backup(2), 1.1)), s(2.0));
    for number in 0..10 {
        drop(go(enter(&gate, "one", resource(number), 3.1)));
    }
    go(enter(&gate, "one", backup(2), 3.2));
}

#[test]
fn what_is_followed_keeps_the_pace() {
    let gate = gate();
    let mut made = Vec::new();
    // Of many backups, each asked for ten times a gap.
    for tick in 0..1000 {
        let at = 1.0 + f64::from(tick) * 0.01;
        for number in 0..200 {
            if let Entry::Go(_) = enter(&gate, "one", backup(number), at) {
                made.push(at);
            }
        }
    }
    for (before, at) in made.iter().enumerate() {
        assert!(before as f64 <= (at - 1.0) * 10.0 + 1e-6, "{before} before {at}");
    }
    assert!(made.len() >= 95, "{}", made.len());
}

/// All of the credential's requests, and nobody else's.
#[test]
fn a_throttle_holds_the_whole_lane_and_then_one_at_a_time_asks() {
    let gate = gate();
    let mut place = go(enter(&gate, "one", resource(1), 1.0));
    later(enter(&gate, "one", resource(2), 1.0));
    assert!(place.note(Heard::Throttled(Some(s(8.0))), s(1.0), s(1.5), 0.0).is_some());
    assert!(!place.may_call(s(1.6)), "nothing is claimed in a wait");
    drop(place);
    for ticket in [resource(1), resource(2), backup(3)] {
        assert!(matches!(enter(&gate, "one", ticket, 9.0), Entry::Held(_)));
    }
    assert!(gate.held_until(&lane("one"), s(9.0)).is_some());
    go(enter(&gate, "other", resource(1), 9.0));
    let probe = go(enter(&gate, "one", resource(2), 9.5));
    assert_eq!(gate.held_until(&lane("one"), s(9.5)), None);
    // The pace is halved, so the next turn comes later; and while one asks, no other does.
    later(enter(&gate, "one", resource(1), 9.5));
    later(enter(&gate, "one", resource(1), 10.0));
    probe.note(Heard::Answer, s(9.5), s(10.0), 0.0);
    let wait = later(enter(&gate, "one", resource(1), 10.0));
    go(enter(&gate, "one", resource(1), 10.0 + wait.as_secs_f64()));
}

#[test]
fn an_endpoint_that_is_silent_is_asked_by_one_at_a_time() {
    let gate = gate();
    for number in 0..3 {
        let at = 1.0 + number as f64;
        let place = go(enter(&gate, "one", resource(number), at));
        place.note(Heard::Silence, s(at), s(at + 0.5), 0.0);
    }
    assert!(matches!(enter(&gate, "one", resource(9), 5.0), Entry::Shut));
    assert_eq!(gate.counts(s(5.0)), LaneCounts { open: 1, ..LaneCounts::default() });
    let probe = go(enter(&gate, "one", resource(9), 9.0));
    assert!(matches!(enter(&gate, "one", resource(8), 9.5), Entry::Shut));
    probe.note(Heard::Answer, s(9.0), s(9.5), 0.0);
    go(enter(&gate, "one", resource(8), 9.8));
}

/// The cloud hangs at one backup, and answers for others.
#[test]
fn what_hangs_for_one_alone_holds_up_nobody_else() {
    let gate = gate();
    let silent = |number: usize, at: f64| {
        let place = go(enter(&gate, "one", resource(number), at));
        place.note(Heard::Silence, s(at), s(at + 0.5), 0.0);
    };
    for round in 0..20 {
        silent(1, 1.0 + f64::from(round));
    }
    go(enter(&gate, "one", resource(2), 30.0)).note(Heard::Answer, s(30.0), s(30.5), 0.0);
    for (number, at) in [(1, 40.0), (2, 41.0), (1, 42.0)] {
        silent(number, at);
    }
    assert!(matches!(enter(&gate, "one", resource(3), 43.0), Entry::Shut));
    // Another one was turned away, so it is not the same one that finds out.
    assert!(matches!(enter(&gate, "one", resource(1), 60.0), Entry::Shut));
    silent(3, 61.0);
    assert!(matches!(enter(&gate, "one", resource(3), 62.0), Entry::Shut), "it rests");
    // Nobody else has asked since.
    silent(3, 100.0);
    assert!(matches!(enter(&gate, "one", resource(4), 101.0), Entry::Shut));
    assert!(matches!(enter(&gate, "one", resource(3), 200.0), Entry::Shut));
    // The other one may be gone.
    silent(3, 201.0);
}

/// Nothing is kept of a lane that has nothing to tell, and of no lane without end.
#[test]
fn lanes_have_an_end() {
    let gate = gate();
    for number in 0..1000 {
        let at = f64::from(number) * 200.0;
        let place = go(enter(&gate, &format!("value-{number}"), resource(1), at));
        place.note(
            if number == 0 { Heard::Throttled(None) } else { Heard::Answer },
            s(at),
            s(at),
            0.0,
        );
    }
    let kept = lock(&gate.lanes).len();
    assert!(kept <= 2, "{kept}");
}

/// However many come, so many are told when their turn is; the others come again.
#[test]
fn tickets_have_an_end() {
    let gate = gate();
    for number in 0..20_000 {
        enter(&gate, "one", resource(number), 1.0);
    }
    let lanes = lock(&gate.lanes);
    let tickets = lock(&lanes[&lane("one")]).tickets.len();
    let most = HORIZON.as_secs_f64() * f64::from(PER_MINUTE.get()) / 60.0;
    assert!(tickets as f64 <= most, "{tickets}");
}

/// Whatever lane it is in: what waits for the cloud holds no permit, and what comes again keeps it.
#[test]
fn a_place_takes_the_permit_and_nothing_else_does() {
    let gate = gate();
    let ask = |name: &str, number, at| {
        let permit = RoundPermit::alone("backups");
        let entry = gate.enter(&lane(name), resource(number), &permit, s(at), 0.0);
        (entry, permit.is_left())
    };
    let (entry, is_left) = ask("one", 1, 1.0);
    let place = go(entry);
    assert!(is_left);
    assert!(matches!(ask("one", 2, 1.0), (Entry::Later(_), false)), "the pace");
    place.note(Heard::Throttled(Some(s(8.0))), s(1.0), s(1.5), 0.0);
    assert!(matches!(ask("one", 2, 2.0), (Entry::Held(_), false)));
}

/// However many credentials a namespace has, it has a part of all places alone.
#[test]
fn many_credentials_that_hang_leave_places_for_other_namespaces() {
    let gate = gate();
    let ask = |namespace: &str, name: &str, number, at| {
        let permit = RoundPermit::alone(namespace);
        (gate.enter(&lane(name), resource(number), &permit, s(at), 0.0), permit.is_left())
    };
    let mut hanging = Vec::new();
    for number in 0..1000 {
        let name = format!("hangs-{number}");
        match ask("greedy", &name, number, 1.0) {
            (Entry::Go(place), true) => hanging.push(place),
            (Entry::Later(wait), false) => assert_eq!(wait, WHEN_SHARE_IS_TAKEN),
            _ => panic!("nobody has said so"),
        }
    }
    assert_eq!((hanging.len(), gate.under_way()), (MOST.div_ceil(6), MOST.div_ceil(6)));
    go(ask("modest", "healthy", 1, 1.0).0);
    // Its turn is kept: the pace counts what is sent alone.
    hanging.clear();
    go(ask("greedy", "hangs-999", 999, 5.0).0);
    assert_eq!(gate.under_way(), 0, "nothing is left behind");
}
