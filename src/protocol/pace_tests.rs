use super::*;

const PER_MINUTE: NonZeroU32 = NonZeroU32::new(3000).unwrap();

fn s(seconds: f64) -> Duration {
    Duration::from_secs_f64(seconds)
}

fn pace() -> Pace {
    Pace::new(PER_MINUTE)
}

#[test]
fn requests_are_granted_one_gap_apart() {
    let mut pace = pace();
    assert_eq!(pace.gap(), s(0.02));
    assert_eq!(pace.grant(2, s(1.0)), s(1.0));
    assert_eq!(pace.grant(1, s(1.0)), s(1.04));
    pace.give_back();
    assert_eq!(pace.grant(1, s(1.0)), s(1.04));
    assert_eq!(pace.grant(1, s(9.0)), s(9.0), "nothing is saved up");
}

/// Whatever the cloud asks for.
#[test]
fn a_wait_is_never_under_a_second_and_doubles_while_it_repeats() {
    for asked in [None, Some(Duration::ZERO), Some(s(0.2))] {
        for spread in [0.0, 0.5, 1.0, 7.0, -1.0] {
            let mut pace = pace();
            let mut at = s(10.0);
            let mut least = FIRST_HOLD;
            for _ in 0..20 {
                let until = pace.note_throttled(at, at, asked, spread);
                assert!(until - at >= least, "{:?} of {least:?}", until - at);
                assert!(until - at <= LONGEST_HOLD.mul_f64(1.0 + SPREAD));
                assert_eq!(pace.held_until(at), Some(until));
                assert_eq!((pace.held_until(until), pace.next(at)), (None, until));
                least = (least * 2).min(LONGEST_HOLD);
                at = until;
            }
        }
    }
}

#[test]
fn what_the_cloud_asks_for_is_kept_up_to_an_hour() {
    let mut pace = pace();
    assert!(pace.note_throttled(s(0.0), s(1.0), Some(s(90.0)), 0.0) == s(91.0));
    // Of one that was under way.
    assert_eq!(pace.note_throttled(s(0.5), s(2.0), Some(s(100.0)), 0.0), s(102.0));
    let rate = pace.rate;
    assert_eq!(pace.note_throttled(s(0.5), s(3.0), None, 0.0), s(102.0), "not shorter");
    assert_eq!(pace.rate, rate, "it is halved once for one wait");
    let until = pace.note_throttled(s(102.0), s(102.0), Some(s(1e6)), 0.0);
    assert_eq!(until, s(102.0 + 3600.0));
}

#[test]
fn a_throttle_halves_the_pace_and_success_raises_it_to_its_ceiling_and_no_further() {
    let mut pace = pace();
    let full = pace.rate;
    pace.note_throttled(s(1.0), s(1.0), None, 0.0);
    assert!((pace.rate - full / 2.0).abs() < 1e-9);
    assert!(pace.is_doubtful() && !pace.knows_nothing(s(100.0)));
    for _ in 0..10_000 {
        let before = pace.rate;
        pace.note_passed();
        assert!(pace.rate >= before && pace.rate <= full);
        assert!(!pace.is_doubtful());
    }
    assert!(pace.rate >= full && pace.knows_nothing(s(100.0)));
    for second in 0..10_000 {
        pace.note_throttled(s(f64::from(second)), s(f64::from(second)), None, 0.0);
    }
    assert!(pace.rate > 0.0 && pace.gap() < s(60.0));
}

/// How a quota is counted.
#[derive(Clone, Copy, Debug)]
enum Window {
    /// From the first request on, and then again.
    Fixed,
    /// Over the time before each request.
    Sliding,
}

/// A gateway with a quota, and no `Retry-After`.
struct Gateway {
    window: Window,
    length: Duration,
    quota: usize,
    taken: Vec<Duration>,
}

impl Gateway {
    fn takes(&mut self, at: Duration) -> bool {
        match self.window {
            Window::Fixed => {
                if self.taken.first().is_some_and(|first| at >= *first + self.length) {
                    self.taken.clear();
                }
            }
            Window::Sliding => self.taken.retain(|taken| *taken + self.length > at),
        }
        let takes = self.taken.len() < self.quota;
        if takes {
            self.taken.push(at);
        }
        takes
    }
}

/// Has so many requests pass, as `state/gate.rs` does it. Returns how long it took, and how many
/// were refused.
fn pass(requests: usize, gateway: &mut Gateway, per_minute: NonZeroU32) -> (Duration, usize) {
    const TAKES: Duration = Duration::from_millis(100);
    const AT_A_TIME: usize = 16;
    let mut pace = Pace::new(per_minute);
    let (mut at, mut passed, mut refused) = (s(1.0), 0, 0);
    // When it was sent, and whether it is taken.
    let mut in_flight: Vec<(Duration, bool)> = Vec::new();
    let mut spread = 0.1;
    while passed < requests {
        let may_send = in_flight.len() < if pace.is_doubtful() { 1 } else { AT_A_TIME };
        let answer = in_flight.first().map(|(sent, _)| *sent + TAKES);
        let sends = pace.next(at);
        match answer {
            Some(answered) if answered <= sends || !may_send => {
                at = answered;
                let (sent, taken) = in_flight.remove(0);
                if taken {
                    passed += 1;
                    pace.note_passed();
                } else {
                    refused += 1;
                    spread = (spread * 7.3 + 0.11) % 1.0;
                    pace.note_throttled(sent, at, None, spread);
                }
            }
            Some(_) | None => {
                at = pace.grant(1, sends);
                in_flight.push((at, gateway.takes(at)));
            }
        }
    }
    (at, refused)
}

/// A thousand requests, as five hundred resources make them. At best they take four windows.
#[test]
fn against_a_quota_without_a_word_few_requests_are_refused_and_little_time_is_lost() {
    for per_minute in [600, 1200, 3000, 6000].map(|number| NonZeroU32::new(number).unwrap()) {
        for window in [Window::Fixed, Window::Sliding] {
            for seconds in [5.0, 60.0, 300.0] {
                let length = s(seconds);
                let mut gateway = Gateway { window, length, quota: 200, taken: Vec::new() };
                let (took, refused) = pass(1000, &mut gateway, per_minute);
                let case = format!("{per_minute} a minute, {window:?}, {seconds} s");
                assert!(refused * 100 < (1000 + refused) * 5, "{case}: {refused} refused");
                let at_best = (length * 4).max(s(1000.0 * 60.0 / f64::from(per_minute.get())));
                assert!(took < at_best * 5 / 2, "{case}: {took:?} of {at_best:?}");
            }
        }
    }
}
