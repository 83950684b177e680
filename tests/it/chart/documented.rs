//! Each value is told in the same words where it is written, where it is checked, and in the README
//! of the chart.

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use super::{CHART, NAMESPACE, helm, schema};

/// A value: its path, the comment above it, and its default.
struct Told {
    path: Vec<String>,
    comment: String,
    default: Value,
}

/// From `values.yaml`: a key with a comment above it is a value, or holds some.
fn told() -> Result<Vec<Told>> {
    let text = std::fs::read_to_string(repository::path(&format!("{CHART}/values.yaml")))?;
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
        if let Some((key, _)) =
            trimmed.split_once(':').filter(|(key, _)| !comment.is_empty() && !key.contains(' '))
        {
            path.retain(|(outer, _)| *outer < indent);
            path.push((indent, key.to_owned()));
            let keys: Vec<String> = path.iter().map(|(_, key)| key.clone()).collect();
            let default = values
                .pointer(&format!("/{}", keys.join("/")))
                .with_context(|| format!("no {keys:?}"))?
                .clone();
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
        table.push_str(&format!(
            "| `{}` | `{}` | {} |\n",
            one.path.join("."),
            one.default,
            one.comment
        ));
    }
    let readme = std::fs::read_to_string(repository::path(&format!("{CHART}/README.md")))?;
    ensure!(
        readme.contains(&table),
        "the README of the chart has another table than this:\n{table}"
    );
    Ok(())
}

#[test]
fn the_chart_takes_what_the_page_about_installing_sets() -> Result<()> {
    let page = std::fs::read_to_string(repository::path("docs/install.md"))?;
    let by_command = page
        .split("--set ")
        .skip(1)
        .filter_map(|rest| rest.split_whitespace().next())
        .map(str::to_owned);
    let mut set: Vec<String> = by_command.collect();
    ensure!(!set.is_empty(), "no command with a value");
    // In the text they stand by their names alone, or with a value.
    let values: Vec<String> = told()?.into_iter().map(|one| one.path.join(".")).collect();
    for code in
        page.split('`').skip(1).step_by(2).filter(|code| !code.contains([' ', '\n', '/', ':']))
    {
        let name = code.split('=').next().unwrap_or_default();
        let section = name.split('.').next().unwrap_or_default();
        if name.contains('.') && values.iter().any(|value| value == section) {
            ensure!(values.iter().any(|value| value == name), "`{code}` is no value of the chart");
            set.extend(code.contains('=').then(|| code.to_owned()));
        }
    }
    let set: Vec<&str> = set.iter().map(String::as_str).collect();
    helm::text(NAMESPACE, "", &set)?;
    Ok(())
}
