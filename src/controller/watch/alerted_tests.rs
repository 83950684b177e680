//! Nothing that needs a person goes unseen: each reason fires an alert wherever a resource can stay
//! with it, or the runbook says why none does.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use kube::core::DeserializeGuard;
use regex::Regex;
use serde_json::Value;

use super::{ConditionType, Reason, Room, WatchEntry, condition};
use crate::protocol::every_description;
use crate::resource::{Acts, BackupReplication, EventType};

/// Where a resource with a reason is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Counted {
    Stalled,
    Waiting,
    /// Ready, and no longer followed.
    Ended,
}

impl Counted {
    fn as_str(self) -> &'static str {
        match self {
            Self::Stalled => "stalled",
            Self::Waiting => "waiting",
            Self::Ended => "ended",
        }
    }
}

type Places = BTreeSet<(Counted, &'static str)>;

/// As the operator counts this resource.
fn place(resource: &BackupReplication) -> Option<(Counted, Reason)> {
    let guarded = DeserializeGuard(Ok(resource.clone()));
    let entry = WatchEntry::new(guarded, Duration::from_secs(600), &Room::default(), |_| None);
    match (entry.stalled, entry.waiting) {
        (Some(reason), None) => Some((Counted::Stalled, reason)),
        (None, Some(reason)) => Some((Counted::Waiting, reason)),
        (None, None) => {
            let status = resource.status.as_ref()?;
            status.tracking_end?;
            let replicated = condition(status, ConditionType::Replicated)?;
            Some((Counted::Ended, Reason::parse(&replicated.reason)?))
        }
        (Some(_), Some(_)) => panic!("counted twice: {:?}", resource.status),
    }
}

/// All places in which somebody has to know of it.
fn needed() -> Places {
    let needs_somebody = |reason: &Reason| {
        let explained = reason.explained();
        match explained.acts {
            Acts::Person | Acts::Administrator => true,
            Acts::Nobody | Acts::Operator => explained.event == EventType::Warning,
        }
    };
    every_description()
        .iter()
        .filter_map(|described| place(&described.resource))
        .filter(|(_, reason)| needs_somebody(reason))
        .map(|(counted, reason)| (counted, reason.as_str()))
        .collect()
}

/// Which alerts see a place: by the selectors of their queries.
fn alerts() -> BTreeMap<(Counted, &'static str), BTreeSet<String>> {
    let file = "deploy/alerts/backup-replication-operator.yaml";
    let text = std::fs::read_to_string(repository::path(file)).unwrap();
    let file: Value = serde_saphyr::from_str(&text).unwrap();
    let selector = Regex::new(
        r#"(stalled_resources|waiting_resources|replications_total)\{(?:reason|turn)(=~|!=|=)"([^"]*)""#,
    )
    .unwrap();
    let mut seen: BTreeMap<_, BTreeSet<String>> = BTreeMap::new();
    for rule in file.pointer("/groups/0/rules").and_then(Value::as_array).unwrap() {
        for found in selector.captures_iter(rule["expr"].as_str().unwrap()) {
            let counted = match &found[1] {
                "stalled_resources" => Counted::Stalled,
                "waiting_resources" => Counted::Waiting,
                _ => Counted::Ended,
            };
            for reason in Reason::ALL.iter().map(|reason| reason.as_str()) {
                // An end is counted by the name of the end.
                let value = reason.trim_start_matches("Tracking");
                let named = found[3].split('|').any(|name| name == value);
                if named != (&found[2] == "!=") {
                    let alert = rule["alert"].as_str().unwrap().to_owned();
                    seen.entry((counted, reason)).or_default().insert(alert);
                }
            }
        }
    }
    seen
}

/// The rows of the runbook that say why no alert fires.
fn documented() -> BTreeSet<(String, String)> {
    let page = std::fs::read_to_string(repository::path("docs/runbook.md")).unwrap();
    let (_, section) = page.split_once("\n## No alert\n").expect("the section");
    let rows =
        section.split("\n## ").next().unwrap().lines().filter(|line| line.starts_with("| `"));
    rows.map(|row| {
        let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
        let [reason, counted, why] = cells[..] else { panic!("{row}") };
        assert!(why.ends_with('.') && why.len() > 20, "{row}");
        (counted.to_owned(), reason.trim_matches('`').to_owned())
    })
    .collect()
}

#[test]
fn whatever_needs_a_person_fires_an_alert_or_the_runbook_says_why_none_does() {
    let alerts = alerts();
    let unseen: BTreeSet<_> = needed()
        .into_iter()
        .filter(|place| !alerts.contains_key(place))
        .map(|(counted, reason)| (counted.as_str().to_owned(), reason.to_owned()))
        .collect();
    assert_eq!(unseen, documented(), "left: no alert sees them; right: the runbook's table");
}

#[test]
fn the_alert_that_a_reason_names_is_the_one_that_fires() {
    let alerts = alerts();
    for (counted, reason) in needed() {
        let named = Reason::parse(reason).and_then(|reason| reason.explained().alert);
        for alert in alerts.get(&(counted, reason)).into_iter().flatten() {
            // Whatever is stalled needs a person, also where another alert sees it wait.
            let general = alert == "BackupReplicationStalled" && counted == Counted::Stalled;
            assert!(general || Some(alert.as_str()) == named, "{counted:?} {reason}: {alert}");
        }
    }
}

/// The walk reaches every reason but the one that stands for a moment alone.
#[test]
fn every_reason_that_needs_a_person_is_met() {
    let met: BTreeSet<&str> = needed().into_iter().map(|(_, reason)| reason).collect();
    let missing: Vec<&str> = Reason::ALL
        .iter()
        .filter(|reason| reason.explained().event == EventType::Warning)
        .map(|reason| reason.as_str())
        .filter(|reason| !met.contains(reason))
        .collect();
    assert!(missing.is_empty(), "{missing:?}");
}
