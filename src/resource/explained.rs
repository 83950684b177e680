//! What `kubectl explain` says of a field with a choice: what the field is, and what each of its
//! values means.
//!
//! kube's schema keeps the words of the type alone, and drops those of its field and of its values.
//! Here they are put together from the doc comments of all three.

use serde_json::Value;

/// Rewrites the description of each choice in `schema`, a part of the CRD, by `raw`, the schema
/// that the types themselves give; `root` holds the definitions that `raw` refers to.
pub(super) fn explain(schema: &mut Value, raw: &Value, root: &Value) {
    let raw_type = resolved(raw, root);
    if schema.get("enum").is_some() {
        if let Some(description) = description(raw, raw_type)
            && let Some(map) = schema.as_object_mut()
        {
            map.insert("description".into(), description.into());
        }
        return;
    }
    if let Some(properties) = schema.get_mut("properties").and_then(Value::as_object_mut) {
        for (name, property) in properties {
            if let Some(raw) = raw_type.get("properties").and_then(|raw| raw.get(name)) {
                explain(property, raw, root);
            }
        }
    }
    if let (Some(items), Some(raw)) = (schema.get_mut("items"), raw_type.get("items")) {
        explain(items, raw, root);
    }
}

/// The type that a schema refers to, directly, as the other choice beside null, or as the one to
/// which a description is added.
fn resolved<'a>(schema: &'a Value, root: &'a Value) -> &'a Value {
    let parts = ["anyOf", "allOf"].iter().filter_map(|key| schema.get(key)?.as_array()).flatten();
    let reference =
        std::iter::once(schema).chain(parts).find_map(|part| part.get("$ref")?.as_str());
    reference.and_then(|reference| root.pointer(reference.strip_prefix('#')?)).unwrap_or(schema)
}

/// The field's words, and a line for each value.
fn description(raw: &Value, raw_type: &Value) -> Option<String> {
    let text =
        |schema: &Value| schema.get("description").and_then(Value::as_str).map(str::to_owned);
    let field = text(raw).or_else(|| text(raw_type))?;
    let values = raw_type.get("oneOf")?.as_array()?;
    let line =
        |value: &Value| Some(format!("- `{}`: {}", value.get("const")?.as_str()?, text(value)?));
    let lines: Option<Vec<String>> = values.iter().map(line).collect();
    Some(format!("{field}\n\n{}", lines?.join("\n")))
}
