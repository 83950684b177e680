//! Resources as a real operator leaves them, made comparable: ids, times and addresses that differ
//! from run to run are replaced.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use regex::{Captures, Regex};
use serde_json::Value;
use simulator::example;

/// What is not of interest to a reader.
const DROPPED: [&str; 6] =
    ["uid", "resourceVersion", "creationTimestamp", "managedFields", "namespace", "annotations"];

/// The same text for the same state.
pub(crate) fn comparable(mut object: Value, claimant: &str) -> Result<String> {
    let namespace =
        object["metadata"]["namespace"].as_str().context("an object has a namespace")?.to_owned();
    let metadata = object["metadata"].as_object_mut().context("an object has metadata")?;
    for field in DROPPED {
        metadata.remove(field);
    }
    metadata.insert("namespace".into(), "backups".into());
    let text = serde_saphyr::to_string(&object)?;
    let text =
        text.replace(&namespace, "backups").replace(claimant, "backup-replication-operator-0");
    let text = Regex::new(r"https://localhost:\d+")?
        .replace_all(&text, "https://cbr.eu-de.otc.t-systems.com");
    let text = Regex::new(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")?
        .replace_all(&text, "2026-01-02T03:04:05Z");
    let mut ids = BTreeMap::new();
    let numbered = |found: &Captures<'_>| {
        let id = found[0].to_owned();
        if [example::BACKUP, example::VAULT].contains(&id.as_str()) {
            return id;
        }
        let next = ids.len() + 1;
        format!("00000000-0000-4000-8000-{:012}", ids.entry(id).or_insert(next))
    };
    let ids = Regex::new("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")?;
    let text = ids.replace_all(&text, numbered).into_owned();
    let text = Regex::new("secretVersion: \"[0-9]+\"")?.replace_all(&text, "secretVersion: \"1\"");
    let text = Regex::new("(recordShownTo: .*)@[0-9]+")?.replace_all(&text, "${1}@1");
    let request = |found: &Captures<'_>| {
        let id = found[0].to_owned();
        if [example::PROJECT, example::DESTINATION_PROJECT].contains(&id.as_str()) {
            id
        } else {
            "0".repeat(32)
        }
    };
    Ok(Regex::new("[0-9a-f]{32}")?.replace_all(&text, request).into_owned())
}
