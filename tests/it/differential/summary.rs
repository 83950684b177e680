//! What a history has come to: all in which the real process and the reference must agree, in terms
//! that both have. Ids are named by their places, and there are no times.

use std::fmt::Write;
use std::sync::LazyLock;

use backup_replication_operator::cbr::same_spelling;
use harness::Object;
use regex::Regex;
use serde_json::Value;

/// What one name has come to, at rest.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Summary {
    /// Whether the status speaks of the newest spec.
    pub(crate) observed: bool,
    pub(crate) phase: String,
    /// Status and reason of `Ready`, and the reason of `Replicated`.
    pub(crate) ready: String,
    pub(crate) reason: String,
    pub(crate) replicated: String,
    pub(crate) stalled: bool,
    /// Newest first: number, outcome, rejection.
    pub(crate) attempts: Vec<String>,
    pub(crate) origin: String,
    pub(crate) record: String,
    pub(crate) additional: Vec<String>,
    pub(crate) declined: Vec<String>,
    pub(crate) tracking: String,
    /// Whether the status says that the credential of now has been shown the call's record.
    pub(crate) shown: bool,
    /// The decision that was last carried out, and those that the message offers.
    pub(crate) decided: String,
    pub(crate) offered: Vec<String>,
    /// Of the cloud: POSTs, and those that it accepted.
    pub(crate) posts: u64,
    pub(crate) accepted: u64,
    /// What was said of POSTs and look-ups that have not come.
    pub(crate) posts_to_come: usize,
    pub(crate) looks_to_come: usize,
}

/// What the cloud, the Secret and the script know.
pub(crate) struct Surroundings<'a> {
    /// The ids of all records, oldest first.
    pub(crate) records: &'a [String],
    /// The Secret's `resourceVersion`.
    pub(crate) secret_version: &'a str,
    pub(crate) posts: u64,
    pub(crate) accepted: u64,
    pub(crate) posts_to_come: usize,
    pub(crate) looks_to_come: usize,
}

impl Summary {
    pub(crate) fn of(object: &Object, around: &Surroundings<'_>) -> Self {
        let &Surroundings {
            records,
            secret_version,
            posts,
            accepted,
            posts_to_come,
            looks_to_come,
        } = around;
        let names = Names { object, records };
        let text = |pointer| object.text(pointer).unwrap_or_default().to_owned();
        let ids = |pointer| -> Vec<String> {
            let all = object.0.pointer(pointer).and_then(Value::as_array);
            all.into_iter().flatten().filter_map(Value::as_str).map(|id| names.of(id)).collect()
        };
        let (ready, reason, message) = object.condition("Ready");
        let attempt = |attempt: &Value| {
            let part = |name: &str| attempt[name].as_str().unwrap_or("-").to_owned();
            format!("{} {} {}", attempt["number"], part("outcome"), part("rejection"))
        };
        Self {
            observed: object.is_observed(),
            phase: object.phase().to_owned(),
            ready: ready.to_owned(),
            reason: reason.to_owned(),
            replicated: object.condition("Replicated").1.to_owned(),
            stalled: object.is("Stalled"),
            attempts: object.attempts().iter().map(attempt).collect(),
            origin: text("/status/origin"),
            record: object
                .text("/status/replicationRecordId")
                .map(|id| names.of(id))
                .unwrap_or_default(),
            additional: ids("/status/additionalRecords"),
            declined: ids("/status/declinedRecords"),
            tracking: format!("{} {}", text("/status/trackingEnd"), text("/status/trackingIssue")),
            shown: object.text("/status/recordShownTo")
                == Some(&format!("cbr-token/token@{secret_version}")),
            decided: object
                .text("/status/decision")
                .map(|value| names.in_decision(value))
                .unwrap_or_default(),
            offered: commands(message)
                .iter()
                .map(|command| names.in_decision(&command.value))
                .collect(),
            posts,
            accepted,
            posts_to_come,
            looks_to_come,
        }
    }

    /// Where the two differ, a line for each.
    pub(crate) fn difference(expected: &Self, seen: &Self) -> String {
        let (expected, seen) = (format!("{expected:#?}"), format!("{seen:#?}"));
        let mut text = String::new();
        for line in expected.lines().filter(|line| !seen.lines().any(|other| other == *line)) {
            let _ = writeln!(text, "  reference: {}", line.trim());
        }
        for line in seen.lines().filter(|line| !expected.lines().any(|other| other == *line)) {
            let _ = writeln!(text, "  process:   {}", line.trim());
        }
        text
    }
}

/// Names that mean the same in either world.
struct Names<'a> {
    object: &'a Object,
    records: &'a [String],
}

impl Names<'_> {
    fn of(&self, id: &str) -> String {
        let id = id.trim_matches('\'');
        let number = |id: &str| {
            let attempt = self.object.attempts().iter().find(|attempt| attempt["id"] == id)?;
            Some(format!("attempt {}", attempt["number"]))
        };
        let record = || {
            let at = self.records.iter().position(|record| same_spelling(record, id))?;
            Some(format!("record {at}"))
        };
        let unnamed = || {
            number(id.strip_prefix("unnamed-of-attempt-")?)
                .map(|attempt| format!("unnamed of {attempt}"))
        };
        number(id).or_else(record).or_else(unnamed).unwrap_or_else(|| id.to_owned())
    }

    /// `NAMED:word` or `NAMED:word:RECORD`.
    fn in_decision(&self, value: &str) -> String {
        value.split(':').map(|part| self.of(part)).collect::<Vec<_>>().join(": ")
    }
}

/// A command that a message offers.
pub(crate) struct Command {
    /// As it can be pasted.
    pub(crate) line: String,
    /// The decision that it gives.
    pub(crate) value: String,
}

/// The commands of a message that give a decision, in their order.
pub(crate) fn commands(message: &str) -> Vec<Command> {
    static FORM: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"kubectl annotate \S+ [^;]*?/decision=(\S+)").expect("a valid form")
    });
    let found = FORM.captures_iter(message);
    found.map(|found| Command { line: found[0].to_owned(), value: found[1].to_owned() }).collect()
}
