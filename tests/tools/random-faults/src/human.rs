//! People who look into the cloud and answer what they are asked.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use anyhow::Result;
use harness::Object;
use jiff::Timestamp;
use serde_json::json;

use crate::crowd::Crowd;
use crate::truth::{self, Truth};

const DECISION: &str = "cbr.replication.dev/decision";

/// The answers so far: for which attempts, and how many of each kind.
#[derive(Default)]
pub(crate) struct Human {
    answered: BTreeSet<(String, String)>,
    /// By the reason and the answer.
    pub(crate) given: BTreeMap<(String, &'static str), usize>,
}

impl Human {
    /// Answers each question about an attempt that is at least so old: by then no call of it is on
    /// its way.
    pub(crate) async fn answer(
        &mut self,
        crowd: &Crowd,
        objects: &[Object],
        truth: &Truth,
        age: Duration,
    ) -> Result<()> {
        for object in objects {
            if !object.is("Stalled") || !object.is_observed() || !is_older(object, age) {
                continue;
            }
            let Some((decision, kind)) = decide(object, truth) else { continue };
            let name = object.text("/metadata/name").unwrap_or_default();
            let namespace = object.text("/metadata/namespace").unwrap_or_default();
            let stands = object
                .0
                .pointer("/metadata/annotations")
                .and_then(|annotations| annotations[DECISION].as_str());
            if stands == Some(decision.as_str()) {
                continue;
            }
            let patch = json!({"metadata": {"annotations": {DECISION: decision}}});
            if crowd.patch(namespace, name, &patch).await? {
                let tag = object.text("/spec/description").unwrap_or_default().to_owned();
                if self.answered.insert((tag, decision)) {
                    *self.given.entry((object.reason().to_owned(), kind)).or_default() += 1;
                }
            }
        }
        Ok(())
    }
}

/// The annotation that is true, and what kind it is of. `None`: there is nothing to decide.
fn decide(object: &Object, truth: &Truth) -> Option<(String, &'static str)> {
    let attempt = object.attempt_id();
    if attempt.is_empty() || object.text("/status/origin").is_some() {
        return None;
    }
    let tag = object.text("/spec/description").unwrap_or_default();
    let own = truth.of_tag(tag).first();
    let known = own.or_else(|| truth.of_backup(truth::backup(object)).first().copied());
    match object.reason() {
        "OutcomeUnknown" => Some(match known {
            Some(record) => (format!("{attempt}:accepted:{}", record.id), "accepted"),
            None => (format!("{attempt}:not-accepted"), "not-accepted"),
        }),
        "AlreadyReplicated" => Some(match known {
            Some(record) => (format!("{attempt}:accepted:{}", record.id), "accepted"),
            None => (format!("{attempt}:retry"), "retry"),
        }),
        // One that heals is left alone.
        "Rejected" if object.text("/status/retryAt").is_none() => {
            Some((format!("{attempt}:retry"), "retry"))
        }
        _ => None,
    }
}

fn is_older(object: &Object, age: Duration) -> bool {
    let claimed = object.text("/status/attempts/0/claimedAt");
    let claimed = claimed.and_then(|text| text.parse::<Timestamp>().ok());
    claimed.is_some_and(|at| Timestamp::now().duration_since(at).unsigned_abs() >= age)
}
