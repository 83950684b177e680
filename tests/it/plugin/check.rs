//! `check`: every line is right, nothing is changed, and no call is made.

use anyhow::{Context, Result, ensure};
use harness::Scene;
use serde_json::{Value, json};
use simulator::{
    Backup, BackupStatus, ImageType, LookUp, Options, Records, Region, ResourceType, Target, View,
    example,
};

use super::{OPERATOR, Said, plugin};

/// What is checked, with the result of each.
fn results(said: &Said) -> Result<Vec<(String, String)>> {
    let answer: Value = serde_json::from_str(&said.out).with_context(|| format!("{said:?}"))?;
    let checks = answer["items"][0]["checks"].as_array().context("no checks")?;
    let text = |one: &Value, key: &str| one[key].as_str().unwrap_or_default().to_owned();
    Ok(checks.iter().map(|one| (text(one, "check"), text(one, "result"))).collect())
}

/// The checks that say `Not`.
fn failing(said: &Said) -> Result<Vec<String>> {
    let all = results(said)?;
    Ok(all.into_iter().filter(|(_, result)| result == "Not").map(|(check, _)| check).collect())
}

fn check(scene: &Scene, name: &str) -> Result<Said> {
    let endpoint = format!("--default-endpoint={}", scene.simulator.https_url());
    plugin(scene, &["check", name, &endpoint, "-o", "json"])
}

/// A resource that no operator works on.
async fn created(scene: &Scene, name: &str, manifest: &str) -> Result<String> {
    scene.create(manifest).await?;
    Ok(name.to_owned())
}

#[tokio::test]
async fn a_manifest_that_will_do_passes_and_nothing_is_changed() -> Result<()> {
    let scene = Scene::new(OPERATOR).await?;
    scene.valid_secret()?;
    let file = scene.cluster.folder().join(format!("{}.yaml", scene.namespace));
    let more = format!("  endpoint: {}\n", scene.simulator.https_url());
    let two = format!("{}---\n{}", Scene::manifest("db", &more), Scene::manifest("other", &more));
    std::fs::write(&file, two)?;
    let file = file.display().to_string();
    let said = plugin(&scene, &["check", "-f", &file, "-o", "json"])?;
    assert_eq!(said.code, Some(0), "{said:?}");
    for (check, result) in results(&said)? {
        let expected =
            if ["vault", "replicate"].contains(&check.as_str()) { "CannotTell" } else { "Ok" };
        assert_eq!(result, expected, "{check}: {said:?}");
    }
    let text = plugin(&scene, &["check", "-f", &file])?.well()?;
    ensure!(text.contains("BackupReplication other in namespace"), "{text}");
    ensure!(!text.contains('\u{1b}'), "{text:?}");

    // A resource that is there already is tried like a new one.
    scene.applied(&Scene::manifest("db", ""))?;
    assert_eq!(plugin(&scene, &["check", "-f", &file])?.code, Some(0));
    let before = scene.get("db").await?;
    assert_eq!(check(&scene, "db")?.code, Some(0));
    assert_eq!(scene.get("db").await?.0, before.0, "nothing was changed");
    ensure!(scene.get("other").await.is_err(), "nothing was created");
    assert_eq!(scene.simulator.log(|log| log.total()).posts, 0);

    // What the API server would refuse is refused in its words.
    let wrong = Scene::manifest("db", &more).replace("destinationRegion: ", "destinationRegion: /");
    std::fs::write(&file, wrong)?;
    let said = plugin(&scene, &["check", "-f", &file, "-o", "json"])?;
    assert_eq!(
        (said.code, failing(&said)?.first().map(String::as_str)),
        (Some(7), Some("manifest"))
    );
    ensure!(said.out.contains("destinationRegion"), "{said:?}");
    for arguments in [&["check"][..], &["check", "db", "-f", &file]] {
        assert_eq!(plugin(&scene, arguments)?.code, Some(2));
    }
    Ok(())
}

#[tokio::test]
async fn each_thing_that_is_wrong_is_named_and_no_other() -> Result<()> {
    let scene = Scene::new(OPERATOR).await?;
    let is = |said: &Said, expected: &[&str]| -> Result<()> {
        assert_eq!(failing(said)?, expected, "{said:?}");
        assert_eq!(said.code, Some(7), "{said:?}");
        Ok(())
    };
    let db = created(&scene, "db", &Scene::manifest("db", "")).await?;
    is(&check(&scene, &db)?, &["credential"])?;
    scene.secret("a token of nobody")?;
    is(&check(&scene, &db)?, &["credential"])?;
    let other = "0605767b5780d5762fc5c0118072a999";
    scene.simulator.add_token(simulator::Token::new("another-projects-token", other));
    scene.secret("another-projects-token")?;
    is(&check(&scene, &db)?, &["project"])?;
    scene.valid_secret()?;

    scene.simulator.set_backup_status(example::BACKUP, BackupStatus::Protecting)?;
    is(&check(&scene, &db)?, &["complete"])?;
    scene.simulator.set_backup_status(example::BACKUP, BackupStatus::Available)?;
    let disk = Backup { resource_type: ResourceType::Disk, ..server() };
    scene.simulator.add_backup(disk);
    is(&check(&scene, &db)?, &["kind"])?;
    scene.simulator.add_backup(Backup { image_type: ImageType::Replication, ..server() });
    is(&check(&scene, &db)?, &["kind"])?;
    scene.simulator.add_backup(server());
    scene
        .simulator
        .add_region(Region { replication: false, ..Region::new(example::DESTINATION_REGION) });
    is(&check(&scene, &db)?, &["destination"])?;
    scene.simulator.add_region(Region::new(example::DESTINATION_REGION));

    let forbidden = View { look_up: LookUp::Forbidden, ..View::default() };
    scene.simulator.set_view(example::BACKUP, Some(forbidden));
    is(&check(&scene, &db)?, &["look-up"])?;
    scene.simulator.set_view(example::BACKUP, None);

    let gone = Scene::manifest_for("gone", "a5200268-74a5-4806-acc6-000000000000", "");
    let gone = created(&scene, "gone", &gone).await?;
    is(&check(&scene, &gone)?, &["backup"])?;

    // Somebody made a replica in that region, in another vault.
    let elsewhere = Target {
        project_id: example::PROJECT.into(),
        name: None,
        description: None,
        backup_id: example::BACKUP.into(),
        destination_project_id: example::DESTINATION_PROJECT.into(),
        destination_region: example::DESTINATION_REGION.into(),
        destination_vault_id: "another-vault".into(),
    };
    scene.simulator.add_replication(elsewhere)?;
    let said = check(&scene, &db)?;
    is(&said, &["replica"])?;
    ensure!(said.out.contains("BackupService.1009"), "{said:?}");
    assert_eq!(scene.simulator.log(|log| log.total()).posts, 0);
    Ok(())
}

fn server() -> Backup {
    Backup::server(example::BACKUP, example::PROJECT)
}

#[tokio::test]
async fn what_cannot_be_known_is_not_said_to_be_wrong() -> Result<()> {
    let scene = Scene::new(OPERATOR).await?;
    scene.valid_secret()?;
    let db = created(&scene, "db", &Scene::manifest("db", "")).await?;
    let result = |said: &Said, item: &str| -> Result<String> {
        let all = results(said)?;
        let found = all.into_iter().find(|(check, _)| check == item);
        found.map(|(_, result)| result).with_context(|| item.to_owned())
    };
    scene
        .simulator
        .set_view(example::BACKUP, Some(View { records: Records::Absent, ..View::default() }));
    let said = check(&scene, &db)?;
    assert_eq!(
        (said.code, result(&said, "replica")?.as_str()),
        (Some(0), "CannotTell"),
        "{said:?}"
    );
    let none = View { look_up: LookUp::NotFound, ..View::default() };
    scene.simulator.set_view(example::BACKUP, Some(none));
    let said = check(&scene, &db)?;
    assert_eq!(
        (said.code, result(&said, "look-up")?.as_str()),
        (Some(0), "CannotTell"),
        "{said:?}"
    );

    // An endpoint that is not on the list gets no request at all, nor does a default nobody knows.
    let before = scene.simulator.log(|log| log.calls().len());
    for endpoint in [&["--default-endpoint=https://cbr.eu-de.example.org"][..], &[]] {
        let said = plugin(&scene, &[&["check", "db", "-o", "json"], endpoint].concat())?;
        assert_eq!(said.code, Some(0), "{said:?}");
        assert_eq!(result(&said, "endpoint")?, "CannotTell");
        assert_eq!(result(&said, "credential")?, "CannotTell");
    }
    assert_eq!(scene.simulator.log(|log| log.calls().len()), before);

    // One that does not answer, or shows a certificate that is not trusted.
    scene.simulator.go_down()?;
    let said = check(&scene, &db)?;
    assert_eq!(failing(&said)?, ["connection"], "{said:?}");
    scene.simulator.come_up()?;
    let endpoint = format!("--default-endpoint={}", scene.simulator.https_url());
    let other_ca = scene.cluster.ca_file().display().to_string();
    let arguments = ["check", "db", "-o", "json", &endpoint, "--ca-bundle", &other_ca];
    let said = plugin(&scene, &arguments)?;
    assert_eq!(failing(&said)?, ["certificate"], "{said:?}");
    Ok(())
}

/// IAM locks a user after some wrong passwords: a refusal that is known is not provoked again.
#[tokio::test]
async fn a_login_that_iam_refused_is_not_repeated_unasked() -> Result<()> {
    let scene = Scene::with(OPERATOR, Options::default()).await?;
    let auth = json!({"passwordSecretRef": {"name": "user"}});
    let user = json!({
        "username": example::USER, "password": "wrong", "domain": example::DOMAIN,
    });
    scene.secret_with("user", &user)?;
    scene.create(&Scene::manifest_with("db", example::BACKUP, &auth)).await?;
    let iam = format!("--allowed-iam-endpoint={}", scene.simulator.https_url());
    let default = format!("--default-iam-endpoint={}", scene.simulator.https_url());
    let endpoint = format!("--default-endpoint={}", scene.simulator.https_url());
    let check = |more: &[&str]| {
        let options = ["check", "db", "-o", "json", &iam, &default, &endpoint];
        plugin(&scene, &[&options, more].concat())
    };
    let logins = || scene.simulator.logins(example::USER).refused;
    assert_eq!(failing(&check(&[])?)?, ["credential"]);
    let first = logins();
    assert_eq!(first, 1);
    let refused = json!({"observedGeneration": 1, "conditions": [
        {"type": "Ready", "status": "False", "reason": "LoginRefused", "message": "",
         "observedGeneration": 1, "lastTransitionTime": "2026-11-23T10:00:00Z"},
    ]});
    scene.set_status("db", &refused).await?;
    let said = check(&[])?;
    ensure!(said.code == Some(0) && said.out.contains("--log-in"), "{said:?}");
    assert_eq!(logins(), first);
    check(&["--log-in"])?;
    assert_eq!(logins(), first + 1);
    Ok(())
}
