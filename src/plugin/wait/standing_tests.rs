use serde_json::json;

use super::*;
use crate::plugin::fixtures::{accepted, condition, resource, with_reason};
use crate::plugin::options::Goal;

#[test]
fn what_the_operator_asks_of_a_person_ends_it_whatever_the_reason() {
    for goal in [Goal::Accepted, Goal::Replicated] {
        for reason in Reason::ALL {
            let stalled = standing(&resource(with_reason("Stalled", reason.as_str())), goal);
            let expected = match reason {
                Reason::Rejected => Standing::Refused,
                _ => Standing::NeedsPerson,
            };
            assert_eq!(stalled, expected, "{}", reason.as_str());
        }
    }
}

#[test]
fn what_the_operator_works_at_is_waited_for() {
    for goal in [Goal::Accepted, Goal::Replicated] {
        for reason in Reason::ALL {
            let working = standing(&resource(with_reason("Reconciling", reason.as_str())), goal);
            let brought = working == Standing::WaitsForPerson;
            assert!(brought || working == Standing::UnderWay, "{}", reason.as_str());
            // What a person or nobody ends is never said to be the operator's.
            let acts = reason.explained().acts;
            assert!(!brought || acts != crate::resource::Acts::Operator, "{}", reason.as_str());
        }
    }
    for reason in ["CredentialNotFound", "CredentialRejected", "LoginRefused", "Suspended"] {
        let waiting = standing(&resource(with_reason("Reconciling", reason)), Goal::Accepted);
        assert_eq!(waiting, Standing::WaitsForPerson, "{reason}");
    }
    assert_eq!(standing(&resource(json!({})), Goal::Accepted), Standing::UnderWay);
    let mut older = with_reason("Stalled", "Rejected");
    older["observedGeneration"] = json!(0);
    assert_eq!(standing(&resource(older), Goal::Accepted), Standing::UnderWay, "of another spec");
}

#[test]
fn an_acceptance_is_enough_or_not_as_asked_and_a_failure_never_is() {
    let cases = [
        (json!(null), Standing::Reached, Standing::UnderWay),
        (json!("Replicated"), Standing::Reached, Standing::Reached),
        (json!("Failed"), Standing::Refused, Standing::Refused),
        (json!("Skipped"), Standing::Refused, Standing::Refused),
        (json!("NotReported"), Standing::Reached, Standing::NeedsPerson),
        (json!("RecordGone"), Standing::Reached, Standing::NeedsPerson),
        (json!("BackupGone"), Standing::Reached, Standing::NeedsPerson),
        (json!("LimitReached"), Standing::Reached, Standing::NeedsPerson),
    ];
    for (end, for_accepted, for_replicated) in cases {
        let mut status = accepted();
        status["trackingEnd"] = end.clone();
        let resource = resource(status);
        assert_eq!(standing(&resource, Goal::Accepted), for_accepted, "{end}");
        assert_eq!(standing(&resource, Goal::Replicated), for_replicated, "{end}");
    }
    let mut doubled = accepted();
    doubled["additionalRecords"] = json!(["another"]);
    for goal in [Goal::Accepted, Goal::Replicated] {
        assert_eq!(standing(&resource(doubled.clone()), goal), Standing::NeedsPerson);
    }
}

/// What blocks the sight of a copy is the goal's business only where the copy is waited for.
#[test]
fn a_copy_that_nobody_can_follow_waits_for_a_person() {
    let mut status = accepted();
    status["trackingIssue"] = json!("CredentialRejected");
    status["conditions"][1] = condition("Replicated", "Unknown", "CredentialRejected");
    let resource = resource(status);
    assert_eq!(standing(&resource, Goal::Accepted), Standing::Reached);
    assert_eq!(standing(&resource, Goal::Replicated), Standing::WaitsForPerson);
}
