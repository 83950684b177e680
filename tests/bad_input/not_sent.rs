//! Endpoints that cannot be reached: nothing was sent, so the call is made when they can.

use anyhow::Result;
use harness::{Object, Scene};
use serde_json::json;
use simulator::{Options, Simulator};

use crate::{OPERATOR, apply, assert_says, counts, manifest, ready};

#[tokio::test]
async fn without_a_connection_nothing_is_sent_and_it_goes_on_when_there_is_one() -> Result<()> {
    let scene = Scene::new(OPERATOR).await?;
    let stranger = Simulator::start(Options::default())?;
    let nowhere = "https://cbr.invalid";
    let _operator = scene
        .operator()
        .arg(format!("--allowed-endpoint={},{nowhere}", stranger.https_url()))
        .arg("--connect-timeout=5s")
        .start_ready()?;
    scene.valid_secret()?;
    scene.simulator.go_down()?;
    let right = scene.simulator.https_url();
    let cases = [
        ("refused", right.clone(), "refused"),
        ("other-ca", stranger.https_url(), "certificate"),
        ("no-address", nowhere.to_owned(), "Nothing was sent"),
    ];
    let backups: Vec<String> = cases.iter().map(|_| scene.new_backup()).collect();
    let manifests = cases.iter().zip(&backups);
    apply(&scene, manifests.map(|((name, url, _), id)| manifest(name, id, &json!({"endpoint": url}))).collect())?;
    for (name, _, words) in &cases {
        let waiting = |object: &Object| object.phase() == "Pending" && object.reason() == "NotSent";
        let object = scene.wait(name, "waiting for a connection", waiting).await?;
        assert!(object.is("Reconciling") && !object.is("Stalled"), "{name}");
        assert_eq!(object.text("/status/attempts/0/outcome"), Some("NotSent"), "{name}");
        let when = object.text("/status/attempts/0/retryAt").unwrap_or_default().to_owned();
        assert_says(&object, &["Nothing was sent", words, &format!("The next one is made after {when}")]);
    }

    scene.simulator.come_up()?;
    for name in ["other-ca", "no-address"] {
        scene.patched(name, &json!({"spec": {"endpoint": right}}))?;
    }
    scene.wait_for_all(cases.len(), ready).await?;
    for backup in &backups {
        assert_eq!(counts(&scene, backup), (1, 1));
    }
    assert_eq!(stranger.log(|log| log.calls().len()), 0);
    assert!(stranger.log(|log| log.failed_handshakes()) > 0);
    Ok(())
}
