//! What docs/plugin.md shows is what the plugin prints.

use std::collections::BTreeSet;

use anyhow::{Context, Result, ensure};
use harness::Scene;
use serde_json::Value;

use super::look::accepted_unseen;
use super::situations::situations;
use super::{OPERATOR, Said, bare, plugin, with_default_endpoint};
use crate::generated::{block_like, is_written, presentable};

fn page() -> Result<String> {
    Ok(std::fs::read_to_string(repository::path("docs/plugin.md"))?)
}

/// A command of the page, and what the page shows as its output.
struct Shown {
    command: String,
    output: String,
}

fn shown() -> Result<Vec<Shown>> {
    let page = page()?;
    let blocks = page.split("```console\n").skip(1).filter_map(|rest| rest.split("```").next());
    let shown = blocks.map(|block| {
        let (command, output) = block.split_once('\n').context("no output")?;
        let command =
            command.strip_prefix("$ kubectl brep ").with_context(|| command.to_owned())?;
        Ok(Shown { command: command.to_owned(), output: output.to_owned() })
    });
    shown.collect()
}

/// A text with what is another in each run replaced: ids, times, ages, places, and the spaces that
/// columns need for them.
fn masked(text: &str, scene: &Scene) -> String {
    let text = text
        .replace(&scene.namespace, "backups")
        .replace(&scene.simulator.https_url(), "https://cbr.eu-de.otc.t-systems.com");
    text.lines()
        .map(|line| line.split_whitespace().map(masked_word).collect::<Vec<_>>().join(" ") + "\n")
        .collect()
}

fn masked_word(word: &str) -> String {
    let shapes = [
        ("00000000-0000-0000-0000-000000000000", "ID"),
        ("00000000000000000000000000000000", "ID"),
        ("0000-00-00T00:00:00Z", "TIME"),
    ];
    let mut word = word.to_owned();
    for (shape, mask) in shapes {
        while let Some(at) =
            (0..word.len()).find(|at| word.get(*at..).is_some_and(|rest| has_shape(rest, shape)))
        {
            word.replace_range(at..at + shape.len(), mask);
        }
    }
    let is_age = word.ends_with(['s', 'm'])
        && word.chars().all(|c| c.is_ascii_digit() || matches!(c, 's' | 'm'));
    match word.split_once("/ID") {
        _ if is_age => "AGE".to_owned(),
        Some((_, rest)) => format!("HOST/ID{rest}"),
        None => word,
    }
}

fn has_shape(text: &str, shape: &str) -> bool {
    let fits = |(is, wanted): (char, char)| {
        if wanted == '0' { is.is_ascii_hexdigit() } else { is == wanted }
    };
    text.len() >= shape.len() && text.chars().zip(shape.chars()).all(fits)
}

#[tokio::test]
async fn every_output_on_the_page_is_the_plugins_own() -> Result<()> {
    let (many, _operator) = situations().await?;
    let unseen = Scene::new(OPERATOR).await?;
    accepted_unseen(&unseen).await?;
    let shown = shown()?;
    ensure!(shown.len() >= 4, "{} outputs are shown", shown.len());
    for Shown { command, output } in shown {
        let scene = if command.contains(" db ") { &unseen } else { &many };
        let words: Vec<&str> = command
            .split(' ')
            .map(|word| if word == "backups" { scene.namespace.as_str() } else { word })
            .collect();
        let said = with_default_endpoint(scene, &words)?;
        let printed = format!("{}{}", said.out, said.err);
        let lines = |text: &str| {
            let masked = masked(text, scene);
            let mut lines: Vec<_> = masked.lines().map(str::to_owned).collect();
            // Which are in the same second is another in each run.
            if command.starts_with("status") {
                lines.sort();
            }
            lines
        };
        if is_written() && lines(&printed) != lines(&output) {
            let now = presentable(&printed, &scene.namespace)?;
            let first = format!("$ kubectl brep {command}");
            block_like("docs/plugin.md", &first, &now, |text| Ok(text.to_owned()))?;
        } else {
            assert_eq!(lines(&printed), lines(&output), "{command}\n{printed}");
        }
    }
    Ok(())
}

/// Every key of an object, and of those in it that are not of the resource's own form.
fn keys(value: &Value, into: &mut BTreeSet<String>) {
    match value {
        Value::Object(members) => {
            for (key, member) in members {
                into.insert(key.clone());
                if key != "call" && key != "attempts" {
                    keys(member, into);
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| keys(item, into)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[tokio::test]
async fn every_key_of_the_json_is_on_the_page() -> Result<()> {
    let scene = Scene::new(OPERATOR).await?;
    let _operator = scene.operator().start_ready()?;
    scene.applied(&Scene::manifest("db", ""))?;
    scene.wait("db", "waiting", |object| object.reason() == "CredentialNotFound").await?;
    let page = page()?;
    for command in [
        &["status", "-o", "json"][..],
        &["explain", "db", "-o", "json"],
        &["check", "db", "-o", "json"],
    ] {
        let mut found = BTreeSet::new();
        keys(&serde_json::from_str(&plugin(&scene, command)?.out)?, &mut found);
        for key in found {
            ensure!(
                page.contains(&format!("`{key}`")),
                "{key} of {command:?} is not in docs/plugin.md"
            );
        }
    }
    Ok(())
}

#[test]
fn every_exit_code_is_on_the_page() -> Result<()> {
    let page = page()?;
    let source = std::fs::read_to_string(repository::path("src/plugin/exit.rs"))?;
    let codes: Vec<_> = source
        .lines()
        .filter_map(|line| {
            line.trim().strip_prefix("Self::")?.strip_suffix(',')?.split_once(" => ")
        })
        .map(|(_, code)| code)
        .collect();
    ensure!(codes.len() == 8, "{codes:?}");
    for code in codes {
        ensure!(page.contains(&format!("\n| {code} | ")), "exit code {code} is not explained");
    }
    Ok(())
}

#[test]
fn every_option_is_on_the_page() -> Result<()> {
    let page = page()?;
    for command in ["status", "wait", "explain", "check", "new", "resolve"] {
        let help = Said::of(bare().args([command, "--help"]).output()?)?.well()?;
        let long = |line: &str| {
            line.split([' ', ',']).find(|word| word.starts_with("--")).map(str::to_owned)
        };
        let options =
            help.lines().map(str::trim).filter(|line| line.starts_with('-')).filter_map(long);
        for option in options.filter(|option| option != "--help") {
            let forms = [format!("`{option}`"), format!("`{option} ")];
            ensure!(
                forms.iter().any(|form| page.contains(form)),
                "{option} of {command} is not in docs/plugin.md"
            );
        }
    }
    Ok(())
}
