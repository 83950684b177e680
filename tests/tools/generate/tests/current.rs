//! What is generated is current, and what it promises holds.

use std::collections::BTreeMap;

use anyhow::{Context, Result, ensure};
use control_plane::ControlPlane;
use generate::{COMMAND, files};
use serde_json::Value;

#[test]
fn every_generated_file_is_current() -> Result<()> {
    let files = files()?;
    ensure!(files.len() > 5, "{} files only", files.len());
    let stale: Vec<&str> =
        files.iter().filter(|file| !file.is_current()).map(|file| file.path).collect();
    ensure!(stale.is_empty(), "not current; `{COMMAND} -- --files` writes them: {stale:?}");
    Ok(())
}

fn documents(text: &str) -> Result<BTreeMap<String, Value>> {
    let mut documents = BTreeMap::new();
    for object in serde_saphyr::from_multiple::<Value>(text)? {
        let name = object["metadata"]["name"].as_str().context("no name")?;
        documents.insert(format!("{} {name}", object["kind"]), object);
    }
    Ok(documents)
}

/// In one go, on a cluster that has none of it, and once more. The chart is held to the kustomize
/// base elsewhere, so that all three install the same.
#[test]
fn the_one_file_is_applied_in_one_go_and_is_what_kustomize_makes_of_the_base() -> Result<()> {
    let cluster = ControlPlane::start()?;
    let file = repository::path("deploy/install.yaml");
    let deployment = ["--namespace", "backup-replication", "deploy/backup-replication-operator"];
    let apply = || -> Result<()> {
        let output =
            cluster.kubectl().args(["apply", "--server-side", "-f"]).arg(&file).output()?;
        let words = String::from_utf8_lossy(&output.stderr).into_owned();
        ensure!(output.status.success() && words.is_empty(), "{words}");
        Ok(())
    };
    apply()?;
    let set =
        cluster.kubectl().args(["set", "env"]).args(deployment).arg("BREP_CLOUD=otc").output()?;
    ensure!(set.status.success(), "{}", String::from_utf8_lossy(&set.stderr));
    apply()?;
    // What docs/install.md says of it: the second `apply` left it as it was.
    let env = ["-o", "jsonpath={.spec.template.spec.containers[0].env[*].name}"];
    let found = cluster.kubectl().arg("get").args(deployment).args(env).output()?;
    assert_eq!(String::from_utf8(found.stdout)?, "BREP_CLOUD");
    let output =
        cluster.kubectl().arg("kustomize").arg(repository::path("deploy/kustomize")).output()?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let base = documents(&String::from_utf8(output.stdout)?)?;
    let file = documents(&std::fs::read_to_string(file)?)?;
    assert_eq!(file.keys().collect::<Vec<_>>(), base.keys().collect::<Vec<_>>());
    for (name, object) in file {
        assert_eq!(Some(&object), base.get(&name), "{name}: the file's, and the base's");
    }
    Ok(())
}

/// A release puts its own image there, and nothing else.
#[test]
fn another_image_takes_the_place_of_ours() -> Result<()> {
    let crd = std::fs::read_to_string(repository::path(
        "crds/backupreplications.cbr.replication.dev.yaml",
    ))?;
    let other = "registry.example/operator@sha256:0123";
    let text = generate::install(&crd, other)?;
    let ours = generate::install(&crd, generate::IMAGE)?;
    assert_eq!(text.replace(other, generate::IMAGE), ours);
    Ok(())
}

/// Every field of the CRD has its row, with words; and an optional one of the spec its default.
#[test]
fn the_reference_has_every_field() -> Result<()> {
    let page = std::fs::read_to_string(repository::path("docs/reference.md"))?;
    let rows: Vec<Vec<&str>> = page
        .lines()
        .filter(|line| line.starts_with("| `"))
        .map(|line| line.trim_matches('|').split(" | ").map(str::trim).collect())
        .collect();
    ensure!(rows.len() > 60, "{} rows", rows.len());
    for row in rows {
        ensure!(row.iter().all(|cell| !cell.is_empty()), "{row:?}");
        let optional_leaf = row[0].starts_with("`spec.") && row.len() == 4 && row[1] != "object";
        ensure!(!optional_leaf || row[2] != "none", "no `Default: …` in the words of {}", row[0]);
    }
    Ok(())
}
