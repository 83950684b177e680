//! The JSON schema of a `BackupReplication`, for editors: they complete its fields, show what each
//! means, and mark what the API server would refuse.

use anyhow::{Context, Result};
use serde_json::{Map, Value, json};

/// The schema as a file.
pub(crate) fn schema(of_crd: &Value) -> Result<String> {
    let mut schema = of_crd.clone();
    plain(&mut schema);
    let fields = schema.as_object_mut().context("the schema is no object")?;
    fields.insert("$schema".into(), json!("http://json-schema.org/draft-07/schema#"));
    fields.insert("required".into(), json!(["apiVersion", "kind", "metadata", "spec"]));
    let properties = fields
        .get_mut("properties")
        .and_then(Value::as_object_mut)
        .context("the schema has no properties")?;
    properties.insert("apiVersion".into(), json!({"const": "cbr.replication.dev/v1alpha1"}));
    properties.insert("kind".into(), json!({"const": "BackupReplication"}));
    properties.insert("metadata".into(), json!({"type": "object", "required": ["name"]}));
    let auth = schema
        .pointer_mut("/properties/spec/properties/auth")
        .and_then(Value::as_object_mut)
        .context("the schema has no spec.auth")?;
    one_source(auth);
    Ok(serde_json::to_string_pretty(&schema)? + "\n")
}

/// Without what only Kubernetes reads; and a field that is not known is a mistake.
fn plain(schema: &mut Value) {
    if let Some(fields) = schema.as_object_mut() {
        fields.retain(|name, _| !name.starts_with("x-kubernetes-"));
        if fields.contains_key("properties") && fields.get("type") == Some(&json!("object")) {
            fields.insert("additionalProperties".into(), json!(false));
        }
        fields.values_mut().for_each(plain);
    }
    schema.as_array_mut().into_iter().flatten().for_each(plain);
}

/// Exactly one kind of credential: every member of `auth` that is an object is one.
fn one_source(auth: &mut Map<String, Value>) {
    let sources: Vec<Value> = auth
        .get("properties")
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
        .filter(|(_, member)| member["type"] == "object")
        .map(|(name, _)| json!({"required": [name]}))
        .collect();
    auth.insert("oneOf".into(), json!(sources));
}
