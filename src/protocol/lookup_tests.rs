use super::*;
use crate::cbr::CloudError;
use crate::protocol::fixtures::{at, resource};

const HOUR: Duration = Duration::from_secs(60 * 60);

fn throttled(retry_after: Option<Duration>) -> Lookup {
    let error =
        CloudError { http_status: 429, code: None, message: None, request_id: None, clock: None };
    Lookup::of(Err(LookUpError::Throttled { error, retry_after }), at(0))
}

#[test]
fn a_look_up_is_put_off_by_an_hour_at_most_and_by_a_second_at_least() {
    let until = |seconds| Lookup::Throttled { until: at(seconds) };
    assert_eq!(throttled(Some(24 * HOUR)), until(60 * 60));
    assert_eq!(throttled(Some(Duration::from_secs(7))), until(7));
    assert_eq!(throttled(Some(Duration::ZERO)), until(1));
    assert_eq!(throttled(None), until(30));
}

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn answers() -> [Lookup; 6] {
    let backup = crate::protocol::fixtures::cloud::shows(vec![]).unwrap();
    [
        backup,
        Lookup::NotAvailable(String::new()),
        Lookup::NoSuchBackup(String::new()),
        Lookup::Unauthorized(String::new()),
        Lookup::Throttled { until: at(9) },
        Lookup::Failed(String::new()),
    ]
}

#[test]
fn the_same_odd_answer_is_counted_until_any_other_answer_comes() {
    for answer in answers() {
        let mut own = LookupMemory::new(seconds(0));
        let mut viewer = ViewerMemory::default();
        for (second, lookup) in
            [(10, Lookup::NotAvailable(String::new())), (20, answer.clone()), (70, answer.clone())]
        {
            own.note(&resource(), &lookup, seconds(second));
            viewer.note(&resource(), &lookup, seconds(second));
        }
        let history = own.history(&viewer, seconds(80));
        let goes_on = matches!(answer, Lookup::NotAvailable(_));
        let no_lookup_for = if goes_on { 70 } else { 0 };
        assert_eq!(history.no_lookup_for, seconds(no_lookup_for), "{answer:?}");
        let says_no_backup = matches!(answer, Lookup::NoSuchBackup(_));
        assert_eq!(
            history.no_backup_for,
            seconds(if says_no_backup { 60 } else { 0 }),
            "{answer:?}"
        );
        let fails = matches!(answer, Lookup::Failed(_) | Lookup::Unauthorized(_));
        assert_eq!(history.failing_for, seconds(if fails { 60 } else { 0 }), "{answer:?}");
        assert_eq!(history.ago, Some(seconds(10)), "{answer:?}");
    }
}

/// A read replica that lags, or a gateway's bad moment, ends with the first answer that knows the
/// backup.
#[test]
fn the_absence_of_a_backup_is_counted_until_any_other_answer_comes() {
    for answer in answers() {
        let mut own = LookupMemory::new(seconds(0));
        own.note(&resource(), &Lookup::NoSuchBackup(String::new()), seconds(10));
        own.note(&resource(), &answer, seconds(20));
        let goes_on = matches!(answer, Lookup::NoSuchBackup(_));
        let no_backup_for = if goes_on { 70 } else { 0 };
        let history = own.history(&ViewerMemory::default(), seconds(80));
        assert_eq!(history.no_backup_for, seconds(no_backup_for), "{answer:?}");
    }
}

#[test]
fn a_look_up_that_waits_for_its_turn_leaves_no_trace() {
    let mut own = LookupMemory::new(seconds(0));
    own.note(&resource(), &Lookup::Deferred { until: at(9) }, seconds(5));
    assert_eq!(own, LookupMemory::new(seconds(0)));
}

#[test]
fn a_process_that_begins_to_lead_counts_again_and_keeps_what_it_knows() {
    let long = Some(seconds(1));
    let mut own = LookupMemory {
        known_since: seconds(1),
        last: long,
        failing_since: long,
        not_shown_since: long,
        no_backup_since: long,
        logs_last: long,
        log_missing_since: long,
        logs_throttled_since: long,
    };
    own.begin_to_lead();
    let begun = LookupMemory { last: long, logs_last: long, ..LookupMemory::new(seconds(1)) };
    assert_eq!(own, begun);
}
