//! One replication by each kind.

use anyhow::Result;
use harness::Scene;
use serde_json::json;
use simulator::example;

use super::{by_access_key, by_account, by_password, key_secret, ready, trust, user_secret};
use crate::OPERATOR;

#[tokio::test]
async fn each_kind_makes_its_one_call() -> Result<()> {
    let scene = Scene::new(OPERATOR).await?;
    let _operator = scene.operator().start_ready()?;
    scene.valid_secret()?;
    user_secret(&scene, example::PASSWORD)?;
    key_secret(&scene, example::SECRET_KEY)?;
    trust(&scene)?;
    let by_token = json!({"tokenSecretRef": {"name": "cbr-token"}});
    for (name, auth) in [
        ("token", by_token),
        ("password", by_password()),
        ("access-key", by_access_key()),
        ("account", by_account()),
    ] {
        let backup = scene.new_backup();
        scene.applied(&Scene::manifest_with(name, &backup, &auth))?;
        let object = scene.wait(name, "ready", ready).await?;
        assert_eq!(object.text("/status/origin"), Some("Called"), "{name}");
        let counts = scene.simulator.counts(&backup);
        assert_eq!((counts.posts, counts.accepted), (1, 1), "{name}");
    }
    assert_eq!(scene.simulator.logins(example::USER).asked, 1);
    assert_eq!(scene.simulator.exchanges(super::PROVIDER).asked, 1);
    assert_eq!(scene.simulator.signed(example::ACCESS_KEY).refused, 0);
    Ok(())
}

#[tokio::test]
async fn exactly_one_kind_is_needed_and_each_field_is_checked_when_it_is_applied() -> Result<()> {
    let scene = Scene::new(OPERATOR).await?;
    let account = |name: &str, provider: &str, audience: &str| {
        json!({"serviceAccount":
            {"name": name, "identityProvider": provider, "audience": audience}})
    };
    for (auth, words) in [
        (json!({}), "exactly one kind of credential is needed"),
        (
            json!({"passwordSecretRef": {"name": "a"}, "accessKeySecretRef": {"name": "a"}}),
            "exactly one kind of credential is needed: tokenSecretRef, passwordSecretRef, \
             accessKeySecretRef or serviceAccount",
        ),
        (json!({"passwordSecretRef": {"name": "A/b"}}), "must be the name of a Secret"),
        (json!({"accessKeySecretRef": {"name": "../x"}}), "must be the name of a Secret"),
        (account("A", "b", "c"), "must be the name of a service account"),
        (account("a", "b c", "c"), "must be the name of an identity provider"),
        (account("a", "b", "c d"), "must be the client id"),
        (
            json!({"passwordSecretRef": {"name": "a"}, "iamEndpoint": "https://iam.example/v2"}),
            "must not have a path",
        ),
        (
            json!({"passwordSecretRef": {"name": "a"}, "iamEndpoint": "iam.example"}),
            "must begin with https://",
        ),
    ] {
        let said = scene.apply(&Scene::manifest_with("db", example::BACKUP, &auth))?;
        assert!(!said.accepted && said.words.contains(words), "{auth}: {}", said.words);
    }
    for auth in [
        json!({"passwordSecretRef": {"name": "a"}, "iamEndpoint": "https://iam.example/v3"}),
        json!({"passwordSecretRef": {"name": "a"}, "iamEndpoint": "https://iam.example/v3/"}),
        account("a", "b", "https://c"),
    ] {
        scene.applied(&Scene::manifest_with("db", example::BACKUP, &auth))?;
    }
    Ok(())
}
