//! The request body of a replication, with the limits that the API documents for each field.

use serde_json::{Map, Value};

use super::error::Refusal;

/// The `replicate` object.
pub(crate) struct Parameters {
    pub(crate) destination_project_id: String,
    pub(crate) destination_region: String,
    pub(crate) destination_vault_id: String,
    pub(crate) name: Option<String>,
    pub(crate) description: Option<String>,
}

impl Parameters {
    /// Reads a body; refuses with `BackupService.9900` what is not as documented. Unknown fields
    /// are let pass: newer versions have more.
    pub(crate) fn parse(body: &[u8]) -> Result<Self, Refusal> {
        let body: Value = serde_json::from_slice(body)
            .map_err(|_| Refusal::parameter("The request body is not valid JSON."))?;
        let replicate = body.get("replicate").and_then(Value::as_object).ok_or_else(|| {
            Refusal::parameter("Parameter replicate is mandatory and is an object.")
        })?;
        if replicate.get("enable_acceleration").is_some_and(|value| !value.is_boolean()) {
            return Err(Refusal::parameter("Parameter enable_acceleration is a boolean."));
        }
        let parsed = Self {
            destination_project_id: mandatory(replicate, "destination_project_id")?,
            destination_region: mandatory(replicate, "destination_region")?,
            destination_vault_id: mandatory(replicate, "destination_vault_id")?,
            name: optional(replicate, "name")?,
            description: optional(replicate, "description")?,
        };
        parsed.check_limits()?;
        Ok(parsed)
    }

    fn check_limits(&self) -> Result<(), Refusal> {
        let region = &self.destination_region;
        let region_letter = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
        if region.chars().count() > 255 || !region.chars().all(region_letter) {
            return Err(Refusal::parameter(
                "destination_region: 0 to 255 characters of a-z, A-Z, 0-9, '.', '_', '-'.",
            ));
        }
        if let Some(name) = &self.name
            && (!(1..=64).contains(&name.chars().count()) || !name.chars().all(is_name_letter))
        {
            return Err(Refusal::parameter(
                "name: 1 to 64 Chinese or English letters, digits, '_', '-'.",
            ));
        }
        if let Some(description) = &self.description
            && (description.chars().count() > 255 || description.contains(['<', '>']))
        {
            return Err(Refusal::parameter(
                "description: 0 to 255 characters without '<' and '>'.",
            ));
        }
        Ok(())
    }
}

fn is_name_letter(c: char) -> bool {
    c.is_ascii_alphanumeric()
        || matches!(c, '_' | '-' | '\u{4E00}'..='\u{9FA5}' | '\u{F900}'..='\u{FA2D}')
}

fn mandatory(object: &Map<String, Value>, key: &str) -> Result<String, Refusal> {
    optional(object, key)?
        .ok_or_else(|| Refusal::parameter(format!("Parameter {key} is mandatory.")))
}

fn optional(object: &Map<String, Value>, key: &str) -> Result<Option<String>, Refusal> {
    match object.get(key) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(_) => Err(Refusal::parameter(format!("Parameter {key} is a string."))),
    }
}
