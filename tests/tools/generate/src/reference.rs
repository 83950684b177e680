//! `docs/reference.md`: every field of the resource, from the CRD.

use std::collections::BTreeSet;
use std::fmt::Write;

use anyhow::{Context, Result};
use serde_json::Value;

const HEAD: &str = "\
# Reference: every field

`apiVersion: cbr.replication.dev/v1alpha1`, `kind: BackupReplication` (`backupreplications`, `brep`), namespaced. This page is made from the types that the CRD is made from; `kubectl explain
brep.spec` says the same. [Reading a resource](status.md) says how the fields play together, [decisions](decisions.md) what the annotation `cbr.replication.dev/decision` does.

**Editors** complete and check a manifest with the [JSON schema](backupreplication.schema.json). With the YAML language server (VS Code, Neovim, Helix, IntelliJ has its own setting), the first line of the file names it:

```
# yaml-language-server: $schema=https://raw.githubusercontent.com/backup-replication/backup-replication-operator/main/docs/backupreplication.schema.json
```
";

/// The page.
pub(crate) fn page(schema: &Value) -> Result<String> {
    let mut page = HEAD.to_owned();
    for (part, words) in [
        ("spec", "What you write. What is left out stays out: the operator never changes a spec."),
        (
            "status",
            "What the operator answers. Each field is absent until there is something to say.",
        ),
    ] {
        let of_part = schema.pointer(&format!("/properties/{part}")).context(part)?;
        write!(page, "\n## {part}\n\n{words}\n\n")?;
        let with_defaults = part == "spec";
        page.push_str(if with_defaults {
            "| field | type | default | what it means |\n|---|---|---|---|\n"
        } else {
            "| field | type | what it means |\n|---|---|---|\n"
        });
        rows(&mut page, part, of_part, with_defaults)?;
    }
    Ok(page)
}

/// The rows of all fields below an object or a list.
fn rows(page: &mut String, path: &str, schema: &Value, with_defaults: bool) -> Result<()> {
    let required: BTreeSet<&str> =
        schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    for (name, field) in schema["properties"].as_object().into_iter().flatten() {
        let path = format!("{path}.{name}");
        let description = field["description"].as_str().unwrap_or_default();
        let (words, default) = split_default(description);
        let text = if with_defaults { words } else { description.to_owned() };
        write!(page, "| `{path}` | {} |", kind(field))?;
        if with_defaults {
            let default = match (required.contains(name.as_str()), default) {
                (true, _) => "required".to_owned(),
                (false, Some(default)) => default,
                (false, None) => "none".to_owned(),
            };
            write!(page, " {default} |")?;
        }
        writeln!(page, " {} |", cell(&text))?;
        rows(page, &path, field, with_defaults)?;
        if field["items"]["properties"].is_object() {
            rows(page, &format!("{path}[]"), &field["items"], with_defaults)?;
        }
    }
    Ok(())
}

/// The words without their `Default: …` sentence, and what that says.
fn split_default(description: &str) -> (String, Option<String>) {
    let Some((before, rest)) = description.split_once("Default: ") else {
        return (description.to_owned(), None);
    };
    // It ends with the paragraph: within it, a dot may be a part of a name.
    let (default, after) = rest.split_once("\n\n").unwrap_or((rest, ""));
    let default = cell(default.trim_end().trim_end_matches('.'));
    (format!("{}\n\n{after}", before.trim_end()), Some(default))
}

/// One line of a table: paragraphs and the values of a choice become lines of their own.
fn cell(text: &str) -> String {
    let mut lines: Vec<String> = Vec::new();
    for line in text.trim().lines().map(str::trim) {
        match lines.last_mut() {
            Some(last) if !line.is_empty() && !line.starts_with("- ") && !last.is_empty() => {
                last.push(' ');
                last.push_str(line);
            }
            _ => lines.push(line.to_owned()),
        }
    }
    lines.retain(|line| !line.is_empty());
    lines.join("<br>").replace('|', "\\|")
}

/// The type, and its limits.
fn kind(field: &Value) -> String {
    let name = field["type"].as_str().unwrap_or("any");
    let limit = |key: &str| field[key].as_u64();
    match name {
        _ if field["enum"].is_array() => "choice".to_owned(),
        "string" if field["format"] == "date-time" => "time".to_owned(),
        "string" => match (limit("minLength"), limit("maxLength")) {
            (Some(least), Some(most)) => format!("string, {least} to {most} characters"),
            (None, Some(most)) => format!("string, up to {most} characters"),
            (_, None) => "string".to_owned(),
        },
        "integer" => match (field["minimum"].as_i64(), field["maximum"].as_i64()) {
            (Some(least), Some(most)) => format!("integer, {least} to {most}"),
            (Some(least), None) => format!("integer, at least {least}"),
            (None, Some(most)) => format!("integer, at most {most}"),
            (None, None) => "integer".to_owned(),
        },
        "array" => {
            let of = kind(&field["items"]);
            limit("maxItems").map_or_else(
                || format!("list of {of}"),
                |most| format!("list of {of}; at most {most}"),
            )
        }
        other => other.to_owned(),
    }
}
