//! Each value is told in the same words where it is written, where it is checked, and in the README of the chart.

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use crate::{CHART, schema};

/// A value: its path, the comment above it, and its default.
struct Told {
    path: Vec<String>,
    comment: String,
    default: Value,
}

/// From `values.yaml`: a key with a comment above it is a value, or holds some.
fn told() -> Result<Vec<Told>> {
    let text = std::fs::read_to_string(format!("{CHART}/values.yaml"))?;
    let values: Value = serde_saphyr::from_str(&text)?;
    let mut told: Vec<Told> = Vec::new();
    let mut path: Vec<(usize, String)> = Vec::new();
    let mut comment: Vec<&str> = Vec::new();
    for line in text.lines() {
        let trimmed = line.trim_start();
        let indent = line.len() - trimmed.len();
        if let Some(words) = trimmed.strip_prefix("# ") {
            comment.push(words);
            continue;
        }
        if let Some((key, _)) = trimmed.split_once(':').filter(|(key, _)| !comment.is_empty() && !key.contains(' ')) {
            path.retain(|(outer, _)| *outer < indent);
            path.push((indent, key.to_owned()));
            let keys: Vec<String> = path.iter().map(|(_, key)| key.clone()).collect();
            let default =
                values.pointer(&format!("/{}", keys.join("/"))).with_context(|| format!("no {keys:?}"))?.clone();
            told.push(Told { path: keys, comment: comment.join(" "), default });
        }
        comment.clear();
    }
    Ok(told)
}

fn holds_others(told: &[Told], one: &Told) -> bool {
    told.iter().any(|other| other.path.len() > one.path.len() && other.path.starts_with(&one.path))
}

#[test]
fn the_schema_says_what_the_comments_say_and_knows_no_other_value() -> Result<()> {
    let schema = schema::schema()?;
    let told = told()?;
    ensure!(told.len() > 50, "{} values only", told.len());
    for one in &told {
        let found = schema.pointer(&format!("/properties/{}", one.path.join("/properties/")));
        let description = found.and_then(|found| found["description"].as_str());
        assert_eq!(description, Some(one.comment.as_str()), "{}", one.path.join("."));
    }
    let mut known = Vec::new();
    paths(&schema, &mut Vec::new(), &mut known);
    // Helm gives it to charts that others depend on.
    known.retain(|path| path.join(".") != "global");
    let mut commented: Vec<Vec<String>> = told.into_iter().map(|one| one.path).collect();
    commented.sort();
    known.sort();
    assert_eq!(known, commented);
    Ok(())
}

fn paths(schema: &Value, at: &mut Vec<String>, found: &mut Vec<Vec<String>>) {
    for (name, below) in schema["properties"].as_object().into_iter().flatten() {
        at.push(name.clone());
        found.push(at.clone());
        paths(below, at, found);
        at.pop();
    }
}

#[test]
fn the_readme_has_the_table_of_all_values() -> Result<()> {
    let told = told()?;
    let mut table = String::from("| value | default | what it does |\n|---|---|---|\n");
    for one in told.iter().filter(|one| !holds_others(&told, one)) {
        table.push_str(&format!("| `{}` | `{}` | {} |\n", one.path.join("."), one.default, one.comment));
    }
    let readme = std::fs::read_to_string(format!("{CHART}/README.md"))?;
    ensure!(readme.contains(&table), "the README of the chart has another table than this:\n{table}");
    Ok(())
}
