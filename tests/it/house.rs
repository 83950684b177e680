//! The rooms of `src` and the walls between them: what is above knows what is below, never the
//! other way. Read from the imports, so that a wall is more than a table in a document.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use regex::Regex;

/// Each room, and the rooms that it may use. docs/architecture.md says why.
const ROOMS: &[(&str, &[&str])] = &[
    ("cbr", &[]),
    ("resource", &[]),
    ("protocol", &["resource", "cbr"]),
    ("controller", &["protocol", "resource", "cbr"]),
    ("operator", &["controller", "protocol", "resource", "cbr"]),
    ("plugin", &["protocol", "resource", "cbr"]),
];

/// A module and the text of its file, without its tests.
type Modules = BTreeMap<String, String>;

/// All modules of a room that are compiled into the product.
fn modules(room: &str) -> Result<Modules> {
    let source = repository::path("src");
    let mut files = Vec::new();
    collect(&source.join(room), &mut files)?;
    let mut modules = Modules::new();
    for file in files {
        let name = file.strip_prefix(&source)?.with_extension("").display().to_string();
        if name.ends_with("_tests") || name.contains("fixtures") {
            continue;
        }
        let text = std::fs::read_to_string(&file).with_context(|| file.display().to_string())?;
        let product = text.split("#[cfg(test)]").next().unwrap_or_default().to_owned();
        modules.insert(name.trim_end_matches("/mod").replace('/', "::"), product);
    }
    Ok(modules)
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    for entry in std::fs::read_dir(folder).with_context(|| folder.display().to_string())? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, files)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    Ok(())
}

#[test]
fn each_room_uses_only_what_lies_below_it() -> Result<()> {
    let reference = Regex::new(r"\bcrate::([a-z_]+)")?;
    let mut crossed = Vec::new();
    for (room, allowed) in ROOMS {
        for (module, text) in modules(room)? {
            for found in reference.captures_iter(&text) {
                let used = &found[1];
                let is_room = ROOMS.iter().any(|(name, _)| *name == used);
                if is_room && used != *room && !allowed.contains(&used) {
                    crossed.push(format!("{module} uses {used}"));
                }
            }
        }
    }
    assert!(crossed.is_empty(), "walls are crossed: {crossed:#?}");
    Ok(())
}

#[test]
fn every_folder_of_src_is_a_room() -> Result<()> {
    let mut folders = BTreeSet::new();
    for entry in std::fs::read_dir(repository::path("src"))? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if entry.file_type()?.is_dir() && name != "bin" {
            folders.insert(name);
        }
    }
    let rooms: BTreeSet<_> = ROOMS.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(folders, rooms);
    Ok(())
}

/// The protocol is pure: it has no client, no clock and no randomness.
#[test]
fn the_protocol_is_pure() -> Result<()> {
    let acts = Regex::new(
        r"\b(Timestamp::now|Instant|SystemTime|tokio|reqwest|kube::(?:Api|Client)|uuid|std::(?:fs|env|net)|async)\b",
    )?;
    let mut done = Vec::new();
    for (module, text) in modules("protocol")? {
        let code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
        for line in code.filter(|line| acts.is_match(line)) {
            done.push(format!("{module}: {}", line.trim()));
        }
    }
    assert!(done.is_empty(), "{done:#?}");
    Ok(())
}

#[test]
fn no_modules_import_each_other_in_a_circle() -> Result<()> {
    for (room, _) in ROOMS {
        let modules = modules(room)?;
        let imports = imports(&modules)?;
        for module in modules.keys() {
            let mut seen = BTreeSet::new();
            let mut next: Vec<&String> = imports.get(module).into_iter().flatten().collect();
            while let Some(used) = next.pop() {
                assert_ne!(used, module, "{module} imports itself by way of {seen:?}");
                if seen.insert(used) {
                    next.extend(imports.get(used).into_iter().flatten());
                }
            }
        }
    }
    Ok(())
}

/// What each module names of the others. What a `mod.rs` declares is no import.
fn imports(modules: &Modules) -> Result<BTreeMap<String, BTreeSet<String>>> {
    let absolute = Regex::new(r"\bcrate::([a-z_0-9]+(?:::[a-z_0-9]+)*)")?;
    let relative = Regex::new(r"\bsuper::([a-z_0-9]+(?:::[a-z_0-9]+)*)")?;
    let mut imports = BTreeMap::new();
    for (module, text) in modules {
        let parent = module.rsplit_once("::").map_or("", |(parent, _)| parent);
        let named = absolute.captures_iter(text).map(|found| found[1].to_owned());
        let beside = relative.captures_iter(text).map(|found| format!("{parent}::{}", &found[1]));
        let used = named
            .chain(beside)
            .filter_map(|path| owner(&path, modules))
            .filter(|used| used != module);
        imports.insert(module.clone(), used.collect());
    }
    Ok(imports)
}

/// The module in which a path leads, if it is one of these.
fn owner(path: &str, modules: &Modules) -> Option<String> {
    let mut path = path;
    loop {
        if modules.contains_key(path) {
            return Some(path.to_owned());
        }
        path = path.rsplit_once("::")?.0;
    }
}

/// A name means one thing.
#[test]
fn no_two_types_have_one_name() -> Result<()> {
    let definition =
        Regex::new(r"(?m)^\s*(?:pub(?:\([a-z :]+\))? )?(?:struct|enum|trait) ([A-Z][A-Za-z0-9]*)")?;
    let mut defined: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (room, _) in ROOMS {
        for (module, text) in modules(room)? {
            for found in definition.captures_iter(&text) {
                defined.entry(found[1].to_owned()).or_default().push(module.clone());
            }
        }
    }
    defined.retain(|_, places| places.len() > 1);
    assert!(defined.is_empty(), "{defined:#?}");
    Ok(())
}
