//! The alert rules of this repository.

use anyhow::{Context, Result};
use serde_json::{Value, json};

/// Their file.
pub const RULES: &str = "deploy/alerts/backup-replication-operator.yaml";

/// The rules, each as it stands in the file.
///
/// # Errors
/// It cannot be read.
pub fn rules() -> Result<Vec<Value>> {
    let text = std::fs::read_to_string(repository::path(RULES)).context(RULES)?;
    let file: Value = serde_saphyr::from_str(&text)?;
    let rules = file.pointer("/groups/0/rules").and_then(Value::as_array).context("no rules")?;
    Ok(rules.clone())
}

/// The same rules for what has no half hours: minutes become seconds, and six hours 20 s.
///
/// # Errors
/// They cannot be read.
pub fn hastened() -> Result<Value> {
    let mut rules = rules()?;
    for rule in &mut rules {
        if let Some(lasting) = rule["for"].as_str() {
            rule["for"] = lasting.replace('m', "s").into();
        }
        let query = rule["expr"].as_str().context("no expr")?;
        rule["expr"] = query.replace("m]", "s]").replace("6 * 3600", "20").into();
    }
    Ok(json!({"groups": [{"name": "hastened", "rules": rules}]}))
}
