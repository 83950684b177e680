//! docs/testing.md has every test module, every program and only paths that exist.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::{Context, Result};
use regex::Regex;

use super::page;

const PAGE: &str = "docs/testing.md";

fn entries(folder: &str) -> Result<BTreeSet<String>> {
    let entries = std::fs::read_dir(repository::path(folder)).with_context(|| folder.to_owned())?;
    entries.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned())).collect()
}

#[test]
fn every_module_of_promises_stands_beside_its_promise() -> Result<()> {
    let page = page(PAGE)?;
    let rows = page.split("## Where a test goes").next().unwrap_or_default();
    for file in entries("tests/it")? {
        // What is in a folder belongs to the module with the folder's name.
        let Some(module) = file.strip_suffix(".rs").filter(|module| *module != "main") else {
            continue;
        };
        let named = [format!("`tests/it/{module}.rs`"), format!("`tests/it/{module}/`")];
        assert!(named.iter().any(|name| rows.contains(name)), "{module} has no promise in {PAGE}");
    }
    Ok(())
}

#[test]
fn every_program_for_a_person_is_named_with_its_command() -> Result<()> {
    let page = page(PAGE)?;
    for program in entries("tests/tools")? {
        if Path::new(&repository::path("tests/tools")).join(&program).join("src/main.rs").exists() {
            let command = format!("`cargo run -p {program}`");
            assert!(page.contains(&command), "{command} is not in {PAGE}");
        }
    }
    Ok(())
}

#[test]
fn every_path_and_program_of_the_page_exists() -> Result<()> {
    let page = page(PAGE)?;
    let path = Regex::new(r"`((?:src|tests|docs|crds|deploy)/[^` *…]*)`")?;
    let paths: Vec<&str> =
        path.captures_iter(&page).filter_map(|found| Some(found.get(1)?.as_str())).collect();
    assert!(paths.len() > 30, "{paths:?}");
    for path in paths {
        assert!(repository::path(path).exists(), "{PAGE} names {path}");
    }
    let programs = entries("tests/tools")?;
    for found in Regex::new("cargo run -p ([a-z-]+)")?.captures_iter(&page) {
        assert!(programs.contains(&found[1]), "{PAGE} names the program {}", &found[1]);
    }
    Ok(())
}

/// Each switch of the long runs is one that the sources read.
#[test]
fn every_switch_of_the_page_is_read_somewhere() -> Result<()> {
    let page = page(PAGE)?;
    let sources = ["tests/it/crash_points.rs", "tests/it/differential.rs"];
    let more = [
        "tests/it/differential/campaign.rs",
        "tests/it/gate/walk.rs",
        "tests/it/scale/start.rs",
        "tests/tools/model/src/model.rs",
    ];
    let mut text = String::new();
    for source in sources.into_iter().chain(more) {
        text.push_str(&super::page(source)?);
    }
    let mut switches = BTreeSet::new();
    for found in Regex::new("`([A-Z][A-Z_]+)=")?.captures_iter(&page) {
        assert!(text.contains(&format!("\"{}\"", &found[1])), "nothing reads {}", &found[1]);
        switches.insert(found[1].to_owned());
    }
    assert_eq!(
        switches,
        BTreeSet::from(
            ["CRASH_POINTS", "HISTORIES", "HISTORIES_SEED", "MODEL_FAULTS", "UNFINISHED", "WALK"]
                .map(str::to_owned)
        )
    );
    Ok(())
}
