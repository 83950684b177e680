//! An access key: each request is signed, and a key that is refused is not shown by each resource,
//! because the gateway locks it for all who use it.

use anyhow::Result;
use harness::{Object, Scene};
use serde_json::json;
use simulator::{AccessKey, example};

use super::{apply_many, by_access_key, key_secret, ready};
use crate::OPERATOR;

const MANY: usize = 200;

fn rejected(object: &Object) -> bool {
    object.reason() == "CredentialRejected" && object.is_observed()
}

#[tokio::test]
async fn a_wrong_key_is_shown_once_by_two_hundred_resources_and_all_go_on_with_the_right_one()
-> Result<()> {
    let scene = Scene::new(OPERATOR).await?;
    let _operator = scene.operator().start_ready()?;
    key_secret(&scene, "not-the-secret-key-of-this-access-key")?;
    let backups = apply_many(&scene, MANY, &by_access_key())?;
    for object in scene.wait_for_all(MANY, rejected).await? {
        let message = object.message();
        assert!(message.contains("the access key in Secret cbr-key"), "{message}");
        assert!(object.attempts().is_empty(), "{:#}", object.0);
    }
    assert_eq!(scene.simulator.signed(example::ACCESS_KEY).refused, 1);
    key_secret(&scene, example::SECRET_KEY)?;
    scene.wait_for_all(MANY, ready).await?;
    assert_eq!(scene.simulator.signed(example::ACCESS_KEY).refused, 1);
    for backup in &backups {
        let counts = scene.simulator.counts(backup);
        assert_eq!((counts.posts, counts.accepted), (1, 1), "{backup}");
    }
    Ok(())
}

#[tokio::test]
async fn a_temporary_key_is_sent_with_its_security_token() -> Result<()> {
    let scene = Scene::new(OPERATOR).await?;
    let _operator = scene.operator().start_ready()?;
    let key = AccessKey::new("ASTEMPORARY00000001", "a-secret-key", example::PROJECT);
    let token = "a-security-token/+=".repeat(40);
    scene.simulator.add_access_key(AccessKey { security_token: Some(token.clone()), ..key });
    let data = json!({"OS_ACCESS_KEY": "ASTEMPORARY00000001", "OS_SECRET_KEY": "a-secret-key",
        "OS_SECURITY_TOKEN": token});
    scene.secret_with("cbr-key", &data)?;
    let backup = scene.new_backup();
    scene.applied(&Scene::manifest_with("db", &backup, &by_access_key()))?;
    scene.wait("db", "ready", ready).await?;
    assert_eq!(scene.simulator.counts(&backup).posts, 1);
    assert_eq!(scene.simulator.signed("ASTEMPORARY00000001").refused, 0);
    Ok(())
}

#[tokio::test]
async fn a_clock_that_is_off_is_told_as_such() -> Result<()> {
    let scene = Scene::new(OPERATOR).await?;
    let _operator = scene.operator().start_ready()?;
    key_secret(&scene, example::SECRET_KEY)?;
    scene.simulator.advance_clock(jiff::SignedDuration::from_mins(22));
    scene.applied(&Scene::manifest_with("db", &scene.new_backup(), &by_access_key()))?;
    let object = scene.wait("db", "refused", rejected).await?;
    let words = "the clock of this machine is some 20 minutes behind the cloud's";
    assert!(object.message().contains(words), "{}", object.message());
    Ok(())
}
