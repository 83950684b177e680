//! What the programs are made of, as CycloneDX: the crates that are compiled into them, from cargo's
//! own lock.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use anyhow::{Context, Result};
use checklist::commands::output;
use serde_json::{Value, json};

use crate::{NAME, Release};

/// Writes it.
///
/// # Errors
/// Where cargo does not say.
pub fn make(release: &Release) -> Result<Vec<String>> {
    let bom = of(&metadata()?, &checksums()?)?;
    let file = format!("{NAME}-{}.cdx.json", release.version);
    release.write(&file, &(serde_json::to_string_pretty(&bom)? + "\n"))
}

fn metadata() -> Result<Value> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.current_dir(repository::root()).args(["metadata", "--format-version=1", "--locked"]);
    Ok(serde_json::from_str(&output(&mut command)?)?)
}

/// Of each crate by its name and version, what the lock says of its bytes.
fn checksums() -> Result<BTreeMap<String, String>> {
    let lock = std::fs::read_to_string(repository::path("Cargo.lock"))?;
    let mut sums = BTreeMap::new();
    for package in lock.split("[[package]]\n").skip(1) {
        let of = |key: &str| {
            let line = package.lines().find_map(|line| line.strip_prefix(key));
            line.map(|value| value.trim_matches('"').to_owned())
        };
        if let (Some(name), Some(version), Some(sum)) =
            (of("name = "), of("version = "), of("checksum = "))
        {
            sums.insert(format!("{name}@{version}"), sum);
        }
    }
    Ok(sums)
}

/// The document. What only builds or tests is not in it.
fn of(metadata: &Value, sums: &BTreeMap<String, String>) -> Result<Value> {
    let packages = metadata["packages"].as_array().context("no packages")?;
    let by_id: BTreeMap<&str, &Value> =
        packages.iter().filter_map(|package| Some((package["id"].as_str()?, package))).collect();
    let nodes = metadata.pointer("/resolve/nodes").and_then(Value::as_array).context("no nodes")?;
    let needs: BTreeMap<&str, Vec<&str>> =
        nodes.iter().filter_map(|node| Some((node["id"].as_str()?, needed(node)))).collect();
    let root = packages
        .iter()
        .find(|package| package["name"] == NAME)
        .and_then(|package| package["id"].as_str())
        .context("no package of ours")?;
    let mut reached = BTreeSet::from([root]);
    let mut next = vec![root];
    while let Some(id) = next.pop() {
        let new = needs.get(id).into_iter().flatten().filter(|needed| reached.insert(*needed));
        next.extend(new.collect::<Vec<_>>());
    }
    let purl = |id: &str| by_id.get(id).map(|package| purl(package)).unwrap_or_default();
    let component = |id: &&str| {
        let package = by_id.get(*id)?;
        let mut component = json!({
            "type": "library",
            "bom-ref": purl(id),
            "name": package["name"],
            "version": package["version"],
            "purl": purl(id),
        });
        if let Some(license) = package["license"].as_str() {
            component["licenses"] = json!([{"expression": license.replace('/', " OR ")}]);
        }
        if let Some(sum) =
            sums.get(&format!("{}@{}", text(package, "name"), text(package, "version")))
        {
            component["hashes"] = json!([{"alg": "SHA-256", "content": sum}]);
        }
        Some(component)
    };
    let others: Vec<Value> =
        reached.iter().filter(|id| **id != root).filter_map(component).collect();
    let mut own = component(&root).context("no package of ours")?;
    own["type"] = json!("application");
    let dependencies: Vec<Value> = reached
        .iter()
        .map(|id| {
            let on: BTreeSet<String> =
                needs.get(id).into_iter().flatten().map(|needed| purl(needed)).collect();
            json!({"ref": purl(id), "dependsOn": on})
        })
        .collect();
    Ok(json!({
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {"component": own},
        "components": others,
        "dependencies": dependencies,
    }))
}

/// The packages that one is compiled with: a dependency of its tests or of its build alone has
/// another kind.
fn needed(node: &Value) -> Vec<&str> {
    let is_linked = |dependency: &&Value| {
        dependency["dep_kinds"].as_array().into_iter().flatten().any(|kind| kind["kind"].is_null())
    };
    let all = node["deps"].as_array().into_iter().flatten().filter(is_linked);
    all.filter_map(|dependency| dependency["pkg"].as_str()).collect()
}

fn purl(package: &Value) -> String {
    format!("pkg:cargo/{}@{}", text(package, "name"), text(package, "version"))
}

fn text<'a>(package: &'a Value, key: &str) -> &'a str {
    package[key].as_str().unwrap_or_default()
}
