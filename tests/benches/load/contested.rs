//! Two operators with different options over the same resources: how often they overwrite each
//! other's words.

use std::time::Duration;

use anyhow::Result;
use harness::{OperatorOptions, Scene};
use simulator::Options;

use crate::Figures;
use crate::subject::{Subject, writes};

const OBSERVED: Duration = Duration::from_secs(30);

pub(crate) async fn measure(subject: &Subject) -> Result<Figures> {
    let scene = subject.scene(Options::default()).await?;
    let account = scene.operator_account()?;
    let named = format!("  endpoint: {}\n", scene.simulator.https_url());
    let stranger = OperatorOptions::new(scene.binary(), &account)
        .arg(format!("--namespace={}", scene.namespace))
        .arg("--allowed-endpoint=https://cbr.example.org");
    let operators =
        [scene.operator().env("KUBECONFIG", &account).start_ready()?, stranger.start_ready()?];
    // Without its Secret: one waits for it, the other refuses the endpoint.
    let manifest = Scene::manifest("db", &named).replace("cbr-token", "no-such-secret");
    scene.create(&manifest).await?;
    tokio::time::sleep(OBSERVED).await;
    drop(operators);
    let load =
        format!("two operators with different options, one resource, {} s", OBSERVED.as_secs());
    Ok(vec![(load, format!("{} status writes", writes(&scene, Some("db")).await?))])
}
