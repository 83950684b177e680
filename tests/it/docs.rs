//! What the documentation says is so: every reason, phase and option is in it and no other, its
//! links lead somewhere, and the API server takes its manifests.

mod alerts;
mod clouds;
mod credentials;
mod performance;
mod pictures;
mod reasons;
mod testing;
mod words;

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};
use backup_replication_operator::cbr::{CODELESS, Class, DOCUMENTED};
use backup_replication_operator::resource::Reason;
use harness::Scene;

use crate::OPERATOR;

fn page(name: &str) -> Result<String> {
    std::fs::read_to_string(repository::path(name)).with_context(|| name.to_owned())
}

fn pages() -> Result<Vec<PathBuf>> {
    let of_chart = "deploy/helm/backup-replication-operator/README.md";
    let mut pages = vec![repository::path("README.md"), repository::path(of_chart)];
    for entry in std::fs::read_dir(repository::path("docs"))? {
        pages.push(entry?.path());
    }
    pages.retain(|path| path.extension().is_some_and(|extension| extension == "md"));
    Ok(pages)
}

/// The first cells of the table under a heading, without their backticks.
fn first_cells(page: &str, heading: &str) -> BTreeSet<String> {
    let section = page.split_once(heading).map(|(_, rest)| rest).unwrap_or_default();
    let section = section.split("\n## ").next().unwrap_or_default();
    let rows = section.lines().filter(|line| line.starts_with("| `") || line.starts_with("| [`"));
    rows.filter_map(|row| row.split('`').nth(1)).map(str::to_owned).collect()
}

#[test]
fn every_reason_has_its_row_and_no_row_is_of_another() -> Result<()> {
    let documented = first_cells(&page("docs/status.md")?, "## Reasons");
    // It stands at `Replicated`, and at `Ready` for a moment alone: a sentence of its own below the
    // table.
    let of_ready = Reason::ALL.iter().filter(|reason| !matches!(reason, Reason::NotAccepted));
    assert_eq!(documented, of_ready.map(|reason| reason.as_str().to_owned()).collect());
    Ok(())
}

#[test]
fn every_phase_of_the_crd_has_its_row() -> Result<()> {
    let crd: serde_json::Value =
        serde_saphyr::from_str(&page("crds/backupreplications.cbr.replication.dev.yaml")?)?;
    let phases = crd
        .pointer("/spec/versions/0/schema/openAPIV3Schema/properties/status/properties/phase/enum")
        .and_then(serde_json::Value::as_array)
        .context("no phases in the CRD")?;
    let phases = phases.iter().filter_map(|phase| phase.as_str().map(str::to_owned)).collect();
    assert_eq!(first_cells(&page("docs/status.md")?, "## Phases"), phases);
    Ok(())
}

/// The cells of the table rows under a heading, without the table's own head.
fn cells(page: &str, heading: &str) -> Vec<Vec<String>> {
    let section = page.split_once(heading).map(|(_, rest)| rest).unwrap_or_default();
    let rows = section
        .split("\n## ")
        .next()
        .unwrap_or_default()
        .lines()
        .filter(|line| line.starts_with("| "));
    let cells = rows.map(|row| {
        row.trim_matches('|').split('|').map(|cell| cell.trim().replace('`', "")).collect()
    });
    cells.filter(|cells: &Vec<String>| !cells.iter().any(|cell| cell == "HTTP")).collect()
}

fn joined(texts: impl IntoIterator<Item = impl ToString>) -> String {
    texts.into_iter().map(|text| text.to_string()).collect::<Vec<_>>().join(", ")
}

#[test]
fn every_answer_that_proves_something_has_its_row() -> Result<()> {
    let means = |class| match class {
        Class::Rejected(kind) | Class::Undocumented { refusal_if_unseen: Some(kind) } => {
            kind.to_string()
        }
        Class::Ambiguous | Class::Undocumented { refusal_if_unseen: None } => {
            "proves nothing".to_owned()
        }
    };
    let page = page("docs/answers.md")?;
    let documented = DOCUMENTED.iter().flat_map(|(prefixes, rows)| {
        rows.iter().map(|row| {
            let codes = row.codes.iter().map(|number| format!("{}{number}", prefixes[0]));
            vec![joined(codes), joined(row.statuses), means(row.class)]
        })
    });
    assert_eq!(cells(&page, "## Codes"), documented.collect::<Vec<_>>());
    let codeless = CODELESS
        .iter()
        .map(|row| vec![row.http_status.to_string(), means(row.class), row.why.to_owned()]);
    assert_eq!(cells(&page, "## Without a documented code"), codeless.collect::<Vec<_>>());
    Ok(())
}

#[test]
fn every_option_has_its_row_with_its_default() -> Result<()> {
    let help = Command::new(OPERATOR).args(["run", "--help"]).env_clear().output()?;
    let help = String::from_utf8(help.stdout)?;
    let options: BTreeSet<String> = help
        .lines()
        .filter_map(|line| line.trim().strip_prefix("--"))
        .map(|option| format!("--{}", option.split(' ').next().unwrap_or_default()))
        .collect();
    let page = page("docs/options.md")?;
    let rows = first_cells(&page, "# Options");
    let documented = rows.iter().filter(|cell| cell.starts_with("--"));
    let documented =
        documented.map(|cell| cell.split(' ').next().unwrap_or_default().to_owned()).collect();
    assert_eq!(options, documented);
    for default in
        help.lines().filter_map(|line| line.trim().strip_prefix("[default: ")?.strip_suffix(']'))
    {
        for value in default.split(' ') {
            assert!(
                page.contains(&format!("`{value}`")),
                "the default {value} is not in docs/options.md"
            );
        }
    }
    Ok(())
}

/// The headings of a page, as GitHub makes anchors of them.
fn anchors(page: &str) -> BTreeSet<String> {
    let headings = page
        .lines()
        .filter(|line| line.starts_with('#'))
        .map(|line| line.trim_start_matches('#').trim());
    let kept = |c: &char| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_');
    headings
        .map(|heading| {
            heading.to_lowercase().chars().filter(kept).collect::<String>().replace(' ', "-")
        })
        .collect()
}

#[test]
fn the_table_of_kubernetes_versions_is_of_those_that_are_tested() -> Result<()> {
    let mut pins = vec![repository::path("tests/support/control-plane/go/kubernetes")];
    for entry in std::fs::read_dir(repository::path("tests/tools/kubernetes-versions/go"))? {
        pins.push(entry?.path());
    }
    let mut pinned = BTreeSet::new();
    for pin in pins {
        let go_mod = std::fs::read_to_string(pin.join("go.mod"))?;
        let version = go_mod
            .lines()
            .find_map(|line| line.trim().strip_prefix("k8s.io/kubernetes v")?.split(' ').next());
        pinned.insert(version.with_context(|| pin.display().to_string())?.to_owned());
    }
    assert_eq!(first_cells(&page("docs/install.md")?, "## Versions of Kubernetes"), pinned);
    Ok(())
}

#[test]
fn every_link_leads_somewhere() -> Result<()> {
    for path in pages()? {
        let text = std::fs::read_to_string(&path)?;
        let links = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
        for link in links.filter(|link| !link.contains("://")) {
            let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
            let target = if file.is_empty() {
                path.clone()
            } else {
                path.parent().context("no folder")?.join(file)
            };
            assert!(target.exists(), "{} links to {link}", path.display());
            if !anchor.is_empty() {
                let sections = anchors(&std::fs::read_to_string(&target)?);
                assert!(sections.contains(anchor), "{} links to {link}", path.display());
            }
        }
    }
    Ok(())
}

/// Forges show this page to people who found a weakness, from these folders alone. Where file
/// systems fold case, two names that differ in case alone are one file.
#[test]
fn the_security_policy_is_where_forges_look_and_no_two_pages_differ_in_case_alone() -> Result<()> {
    assert!(page("docs/SECURITY.md")?.contains("\n## Report a weakness\n"));
    let mut seen = BTreeSet::new();
    for entry in std::fs::read_dir(repository::path("docs"))? {
        let name = entry?.file_name().to_string_lossy().to_lowercase();
        assert!(seen.insert(name.clone()), "docs has {name} twice");
    }
    Ok(())
}

#[tokio::test]
async fn the_api_server_takes_the_manifests_of_the_readme() -> Result<()> {
    let scene = Scene::new(OPERATOR).await?;
    let readme = page("README.md")?;
    let manifests: Vec<&str> =
        readme.split("```yaml\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    assert!(!manifests.is_empty());
    for manifest in manifests {
        scene.applied(
            &manifest.replace("namespace: backups", &format!("namespace: {}", scene.namespace)),
        )?;
    }
    Ok(())
}

/// From `eu-de` a backup goes to `eu-nl`. `eu-ch2` is a cloud of its own, with an IAM of its own:
/// no replication leads there.
#[test]
fn every_destination_that_is_shown_exists() -> Result<()> {
    let mut files = pages()?;
    for folder in ["docs/examples", "deploy/flux/replications", "deploy/argocd/sync-waves"] {
        for entry in std::fs::read_dir(repository::path(folder))? {
            files.push(entry?.path());
        }
    }
    let mut destinations = BTreeSet::new();
    for path in files {
        let text = std::fs::read_to_string(&path)?;
        // There it is said what it is.
        let is_of_clouds = path.file_name().is_some_and(|name| name == "clouds.md");
        assert!(is_of_clouds || !text.contains("eu-ch2"), "{}", path.display());
        let shown =
            text.lines().filter_map(|line| line.trim_start().strip_prefix("destinationRegion: "));
        // One example is refused, for the blank in it.
        destinations.extend(shown.map(|region| region.replace("eu nl", "eu-nl")));
    }
    assert_eq!(destinations, BTreeSet::from(["eu-nl".to_owned()]));
    Ok(())
}
