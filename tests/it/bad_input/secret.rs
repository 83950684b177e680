//! Secrets that are not there yet, or hold no token.

use anyhow::Result;
use harness::Scene;
use serde_json::{Value, json};
use simulator::example;

use super::{OPERATOR, apply, assert_says, counts, ready, told};

#[tokio::test]
async fn a_secret_without_a_token_is_waited_for_in_words_that_name_it() -> Result<()> {
    /// The resource and its Secret's name, the key it names, what the Secret holds, the reason, and
    /// some of its words.
    type Case = (&'static str, Option<&'static str>, Option<Value>, &'static str, &'static str);
    let cases: [Case; 7] = [
        ("missing", None, None, "CredentialNotFound", "does not exist"),
        (
            "no-key",
            None,
            Some(json!({"other": example::TOKEN})),
            "CredentialMissing",
            "missing or empty",
        ),
        (
            "other-key",
            Some("pass.word"),
            Some(json!({"token": example::TOKEN})),
            "CredentialMissing",
            "missing or empty",
        ),
        ("empty", None, Some(json!({"token": ""})), "CredentialMissing", "missing or empty"),
        ("blank", None, Some(json!({"token": " \n\t "})), "CredentialMissing", "missing or empty"),
        (
            "control",
            None,
            Some(json!({"token": "abc\u{1}def"})),
            "CredentialUnusable",
            "control character",
        ),
        ("two-lines", None, Some(json!({"token": "abc\ndef"})), "CredentialUnusable", "line break"),
    ];
    let scene = Scene::new(OPERATOR).await?;
    let _operator = scene.operator().start_ready()?;
    let (mut backups, mut manifests) = (Vec::new(), Vec::new());
    for (name, key, data, ..) in &cases {
        if let Some(data) = data {
            scene.secret_with(name, data)?;
        }
        let backup = scene.new_backup();
        let reference = json!({"name": name, "key": key.unwrap_or("token")});
        manifests.push(Scene::manifest_but(
            name,
            &backup,
            &json!({"auth": {"tokenSecretRef": reference}}),
        ));
        backups.push(backup);
    }
    apply(&scene, manifests)?;
    for (name, key, _, reason, words) in &cases {
        let object = scene.wait(name, "waiting", told).await?;
        assert_eq!((object.phase(), object.reason()), ("Pending", *reason), "{name}");
        assert_says(&object, &[&format!("Secret {name} (key {})", key.unwrap_or("token")), words]);
        assert!(object.is("Reconciling") && !object.is("Stalled"), "{name}");
        assert!(object.attempts().is_empty(), "{name}");
    }
    assert_eq!(scene.simulator.log(|log| log.connections()), 0);

    for (name, key, ..) in &cases {
        scene.secret_with(name, &json!({key.unwrap_or("token"): example::TOKEN}))?;
    }
    scene.wait_for_all(cases.len(), ready).await?;
    for backup in &backups {
        assert_eq!(counts(&scene, backup), (1, 1));
    }
    Ok(())
}

#[tokio::test]
async fn white_space_around_a_token_is_no_part_of_it() -> Result<()> {
    let scene = Scene::new(OPERATOR).await?;
    let _operator = scene.operator().start_ready()?;
    scene.secret(&format!("\n \t{}\r\n\n", example::TOKEN))?;
    scene.applied(&Scene::manifest("db", ""))?;
    scene.wait("db", "ready", ready).await?;
    let posts = scene.posts(example::BACKUP);
    assert_eq!(posts.len(), 1);
    assert_eq!(posts[0].headers.get("x-auth-token"), Some(example::TOKEN));
    Ok(())
}

#[tokio::test]
async fn a_secret_without_the_label_that_the_administrator_wants_is_not_used() -> Result<()> {
    let scene = Scene::new(OPERATOR).await?;
    let _operator =
        scene.operator().arg("--require-secret-label=example.org/for=cbr").start_ready()?;
    scene.valid_secret()?;
    scene.applied(&Scene::manifest("db", ""))?;
    let object = scene.wait("db", "waiting", told).await?;
    assert_eq!((object.phase(), object.reason()), ("Pending", "CredentialNotPermitted"));
    assert_says(&object, &["Secret cbr-token (key token)", "example.org/for=cbr"]);

    let wrong = scene.kubectl(&["label", "secret", "cbr-token", "example.org/for=other"])?;
    assert!(wrong.accepted, "{}", wrong.words);
    // A generation of its own makes the operator look again.
    scene.patched("db", &json!({"spec": {"suspend": false}}))?;
    let object = scene
        .wait("db", "looked at again", |o| told(o) && o.0["metadata"]["generation"] == 2)
        .await?;
    assert_eq!(object.reason(), "CredentialNotPermitted");
    assert_eq!(scene.simulator.log(|log| log.connections()), 0);

    let right =
        scene.kubectl(&["label", "--overwrite", "secret", "cbr-token", "example.org/for=cbr"])?;
    assert!(right.accepted, "{}", right.words);
    scene.wait("db", "ready", ready).await?;
    assert_eq!(counts(&scene, example::BACKUP), (1, 1));
    Ok(())
}
