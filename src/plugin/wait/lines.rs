//! Progress in lines, for logs: one whenever something changes.

use std::collections::BTreeMap;
use std::fmt::Write;

use jiff::Timestamp;

use super::{Standing, Waited};
use crate::plugin::next::{condition, leading_condition};
use crate::plugin::words::{plain, short, without_commands};
use crate::resource::{BackupReplication, ConditionType, Phase};

/// What was printed last of each.
#[derive(Default)]
pub(super) struct Lines(BTreeMap<String, String>);

impl Lines {
    /// Lines for those that changed.
    pub(super) fn of(&mut self, waited: &[Waited]) -> String {
        let mut text = String::new();
        for one in waited {
            let now = line(one);
            if self.0.get(&one.name) != Some(&now) {
                let _ = write!(text, "{}", Self::said(&now));
                self.0.insert(one.name.clone(), now);
            }
        }
        text
    }

    /// One line, with the time.
    pub(super) fn said(line: &str) -> String {
        format!("{} {line}\n", short(Timestamp::now()))
    }
}

fn line(one: &Waited) -> String {
    let mut line = format!("{}: {}", plain(&one.name), state(&one.resource));
    if let Some(percent) = percent(&one.resource) {
        // A line for each percent would fill the log.
        let _ = write!(line, ", {} %", percent - percent % 10);
    }
    // What is missing is worth the room: a person reads it, and brings it.
    if one.standing == Standing::WaitsForPerson {
        let _ = write!(line, ": {}", message(&one.resource));
    }
    line
}

/// Phase and reason.
pub(super) fn state(resource: &BackupReplication) -> String {
    let phase = resource.status.as_ref().and_then(|status| status.phase);
    let phase = phase.unwrap_or(Phase::Pending).as_str();
    match leading_condition(resource) {
        Some(told) if told.reason != phase => format!("{phase} ({})", plain(&told.reason)),
        Some(_) => phase.to_owned(),
        None => format!("{phase} (not processed by the operator yet)"),
    }
}

/// How far the copy is, where the cloud says so.
pub(super) fn percent(resource: &BackupReplication) -> Option<u8> {
    resource.status.as_ref()?.progress
}

/// What the operator says.
pub(super) fn message(resource: &BackupReplication) -> String {
    if resource.metadata.deletion_timestamp.is_some() {
        return "it is being deleted, and no call is made for it any more.".to_owned();
    }
    leading_condition(resource)
        .or_else(|| condition(resource, ConditionType::Ready))
        .map_or_else(String::new, |told| plain(&without_commands(&told.message)))
}
