//! Endpoints to which no token goes.

use anyhow::Result;
use harness::{OperatorOptions, Scene};
use serde_json::json;
use simulator::example;

use super::{OPERATOR, apply, assert_says, counts, ready, told};

#[tokio::test]
async fn an_endpoint_that_is_not_allowed_gets_not_one_byte() -> Result<()> {
    let scene = Scene::new(OPERATOR).await?;
    let allowed = scene.simulator.https_url();
    let authority = allowed.trim_start_matches("https://").to_owned();
    let port = scene.simulator.https_address().port();
    let cases = [
        ("plain", scene.simulator.http_url(), "must begin with https://"),
        ("downgraded", format!("http://{authority}"), "must begin with https://"),
        (
            "another-name",
            format!("https://127.0.0.1:{port}"),
            "is not on the operator's allow-list",
        ),
        (
            "another-port",
            scene.simulator.http_url().replace("http:", "https:"),
            "is not on the operator's allow-list",
        ),
        ("subdomain", format!("https://evil.{authority}"), "is not on the operator's allow-list"),
        ("no-such-port", format!("{allowed}0000"), "not a URL"),
    ];
    let _operator = scene.operator().env("RUST_LOG", "trace").start_ready()?;
    scene.valid_secret()?;
    let backup = scene.new_backup();
    let wrong = |(name, endpoint, _): &(&str, String, &str)| {
        Scene::manifest_but(name, &backup, &json!({"endpoint": endpoint}))
    };
    apply(&scene, cases.iter().map(wrong).collect())?;
    for (name, _, words) in &cases {
        let object = scene.wait(name, "refused", told).await?;
        assert_eq!((object.phase(), object.reason()), ("Pending", "EndpointRefused"), "{name}");
        assert!(object.is("Stalled") && !object.is("Reconciling"), "{name}");
        assert_says(&object, &["Nothing was sent", "--allowed-endpoint", words]);
    }
    assert_eq!(scene.simulator.log(|log| (log.connections(), log.failed_handshakes())), (0, 0));

    // Corrected, one of them is called.
    scene.patched("plain", &json!({"spec": {"endpoint": allowed}}))?;
    scene.wait("plain", "ready", ready).await?;
    assert_eq!(counts(&scene, &backup), (1, 1));
    Ok(())
}

#[tokio::test]
async fn without_any_endpoint_it_stalls_until_one_is_named() -> Result<()> {
    let scene = Scene::new(OPERATOR).await?;
    let _operator = OperatorOptions::new(OPERATOR, scene.cluster.kubeconfig())
        .arg(format!("--namespace={}", scene.namespace))
        .arg(format!("--allowed-endpoint={}", scene.simulator.https_url()))
        .arg(format!("--ca-bundle={}", scene.ca_file().display()))
        .start_ready()?;
    scene.valid_secret()?;
    scene.applied(&Scene::manifest("db", ""))?;
    let object = scene.wait("db", "stalled", told).await?;
    assert_eq!((object.phase(), object.reason()), ("Pending", "EndpointMissing"));
    assert!(object.is("Stalled"));
    assert_says(&object, &["spec.endpoint", "--default-endpoint"]);

    scene.patched("db", &json!({"spec": {"endpoint": scene.simulator.https_url()}}))?;
    scene.wait("db", "ready", ready).await?;
    assert_eq!(counts(&scene, example::BACKUP), (1, 1));
    Ok(())
}
