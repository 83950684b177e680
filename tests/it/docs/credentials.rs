//! docs/credentials.md: the API server takes each `auth` that it shows, its commands fill what the
//! operator reads, and it has a row for each reason that is about a credential.

use std::collections::BTreeSet;

use anyhow::{Context, Result, ensure};
use backup_replication_operator::resource::{Auth, CredentialSource, Reason};
use harness::Scene;
use regex::Regex;
use serde_json::Value;
use simulator::example;

use super::{first_cells, page};
use crate::OPERATOR;

const PAGE: &str = "docs/credentials.md";

/// Each `auth` of the page, in its order.
fn shown(page: &str) -> Result<Vec<Value>> {
    let blocks = page.split("```yaml\n").skip(1).filter_map(|rest| rest.split("```").next());
    blocks
        .map(|block| {
            let value: Value = serde_saphyr::from_str(block)?;
            Ok(value.get("auth").with_context(|| format!("no auth: {block}"))?.clone())
        })
        .collect()
}

#[tokio::test]
async fn the_api_server_takes_each_kind_that_the_page_shows() -> Result<()> {
    let scene = Scene::new(OPERATOR).await?;
    let mut kinds = BTreeSet::new();
    for (at, auth) in shown(&page(PAGE)?)?.iter().enumerate() {
        scene.applied(&Scene::manifest_with(&format!("db-{at}"), example::BACKUP, auth))?;
        kinds.extend(auth.as_object().context("no kind")?.keys().cloned());
    }
    let all = ["accessKeySecretRef", "passwordSecretRef", "serviceAccount", "tokenSecretRef"];
    assert_eq!(kinds, all.map(str::to_owned).into());
    Ok(())
}

/// The keys of the Secret in the command above each `auth`.
#[test]
fn the_commands_of_the_page_fill_what_the_operator_reads() -> Result<()> {
    let page = page(PAGE)?;
    let key = Regex::new(r"--from-(?:literal|file)=(\w+)")?;
    let keys = |text: &str| -> BTreeSet<String> {
        key.captures_iter(text).map(|found| found[1].to_owned()).collect()
    };
    let mut filled = 0;
    for section in page.split("\n## ") {
        for auth in shown(section)? {
            let auth: Auth = serde_json::from_value(auth)?;
            let source = auth.source().context("not exactly one")?;
            if matches!(source, CredentialSource::Password(_) | CredentialSource::AccessKey(_)) {
                assert_eq!(keys(section), keys(&source.files()), "{source}");
                let name = source.secret_name().context("no Secret")?;
                ensure!(section.contains(&format!("secret generic {name} ")), "{name}: {section}");
                filled += 1;
            }
        }
    }
    assert_eq!(filled, 2);
    Ok(())
}

#[test]
fn every_reason_about_a_credential_has_its_row() -> Result<()> {
    let documented = first_cells(&page(PAGE)?, "## What a resource says");
    let about = |reason: &&str| reason.starts_with("Credential") || reason.starts_with("Login");
    let mut expected: BTreeSet<String> =
        Reason::ALL.iter().map(|reason| reason.as_str()).filter(about).map(str::to_owned).collect();
    // Of IAM's endpoint.
    expected.insert(Reason::EndpointRefused.as_str().to_owned());
    assert_eq!(documented, expected);
    Ok(())
}
