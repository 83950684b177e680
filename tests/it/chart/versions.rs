//! The chart is of the binary's version, and its CRD the repository's.

use anyhow::{Context, Result, ensure};
use harness::crd_file;
use serde_json::Value;

use super::{CHART, VALUES, helm};

#[test]
fn helm_finds_nothing_to_complain_about() -> Result<()> {
    for file in VALUES {
        let said = helm::lint(file)?;
        ensure!(
            said.accepted && said.words.contains("0 chart(s) failed"),
            "{file}: {}",
            said.words
        );
        ensure!(
            !said.words.contains("[WARNING]") && !said.words.contains("[ERROR]"),
            "{file}: {}",
            said.words
        );
    }
    Ok(())
}

#[test]
fn the_chart_has_the_binary_s_version() -> Result<()> {
    let chart: Value = serde_saphyr::from_str(&std::fs::read_to_string(repository::path(
        &format!("{CHART}/Chart.yaml"),
    ))?)?;
    assert_eq!(chart["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(chart["appVersion"], env!("CARGO_PKG_VERSION"));
    let objects = helm::objects("", &[])?;
    let image = helm::container(&objects)?["image"].as_str().context("no image")?;
    assert_eq!(image.rsplit_once(':').map(|(_, tag)| tag), Some(env!("CARGO_PKG_VERSION")));
    Ok(())
}

#[test]
fn the_chart_has_the_repository_s_crd() -> Result<()> {
    let theirs = std::fs::read(crd_file()).context("the CRD")?;
    ensure!(
        std::fs::read(repository::path(&format!("{CHART}/files/crd.yaml")))? == theirs,
        "the CRD has changed; write its copies, too: cargo run --bin generate"
    );
    let objects = helm::objects("", &[])?;
    let mut rendered = helm::one(&objects, "CustomResourceDefinition")?.clone();
    let metadata = rendered["metadata"].as_object_mut().context("no metadata")?;
    metadata.remove("labels");
    assert_eq!(
        metadata.remove("annotations"),
        Some(serde_json::json!({"helm.sh/resource-policy": "keep"}))
    );
    assert_eq!(
        rendered,
        serde_saphyr::from_str::<Value>(&String::from_utf8(theirs)?)?,
        "not what the file says"
    );
    Ok(())
}
