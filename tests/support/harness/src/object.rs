//! A BackupReplication as its reader sees it.

use serde_json::Value;

/// Any object's JSON, with the questions that tests ask.
#[derive(Clone, Debug, PartialEq)]
pub struct Object(pub Value);

impl Object {
    /// The text at a JSON pointer.
    pub fn text(&self, pointer: &str) -> Option<&str> {
        self.0.pointer(pointer)?.as_str()
    }

    /// `status.phase`.
    pub fn phase(&self) -> &str {
        self.text("/status/phase").unwrap_or_default()
    }

    /// A condition's status, reason and message; empty where there is none.
    pub fn condition(&self, kind: &str) -> (&str, &str, &str) {
        let found = self
            .0
            .pointer("/status/conditions")
            .and_then(Value::as_array)
            .and_then(|conditions| conditions.iter().find(|c| c["type"] == kind));
        let text = |field: &str| found.and_then(|c| c[field].as_str()).unwrap_or_default();
        (text("status"), text("reason"), text("message"))
    }

    /// Whether a condition is True.
    pub fn is(&self, kind: &str) -> bool {
        self.condition(kind).0 == "True"
    }

    /// The reason of `Ready`.
    pub fn reason(&self) -> &str {
        self.condition("Ready").1
    }

    /// The message of `Ready`.
    pub fn message(&self) -> &str {
        self.condition("Ready").2
    }

    /// The attempts, newest first.
    pub fn attempts(&self) -> &[Value] {
        self.0.pointer("/status/attempts").and_then(Value::as_array).map_or(&[], Vec::as_slice)
    }

    /// The id of the attempt in force.
    pub fn attempt_id(&self) -> &str {
        self.text("/status/attempts/0/id").unwrap_or_default()
    }

    /// Whether the operator has spoken of the newest spec.
    pub fn is_observed(&self) -> bool {
        self.0.pointer("/status/observedGeneration") == self.0.pointer("/metadata/generation")
    }
}
