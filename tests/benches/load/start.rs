//! A start with many unfinished resources: the peak of its memory.

use std::env;
use std::time::Duration;

use anyhow::Result;
use futures::{StreamExt, TryStreamExt, stream};
use harness::Scene;
use simulator::Options;

use crate::Figures;
use crate::subject::{Subject, memory};

pub(crate) async fn measure(subject: &Subject) -> Result<Figures> {
    let number: usize = env::var("UNFINISHED").map_or(Ok(5000), |text| text.parse())?;
    let scene = subject.scene(Options::any_backup()).await?;
    stream::iter(0..number)
        .map(|number| {
            let name = format!("waits-{number:05}");
            let manifest = Scene::manifest(&name, "").replace("cbr-token", "no-such-secret");
            let scene = &scene;
            async move { scene.create(&manifest).await }
        })
        .buffer_unordered(16)
        .try_collect::<Vec<_>>()
        .await?;
    let operator = scene.operator().start_ready()?;
    // Until each has had its turn: the peak has stood still for a while.
    let (mut peak, mut stood) = (0.0, 0);
    while stood < 10 {
        tokio::time::sleep(Duration::from_secs(2)).await;
        let now = memory(operator.process.pid(), "VmHWM")?;
        stood = if now > peak + 0.25 { 0 } else { stood + 1 };
        peak = now;
    }
    Ok(vec![(format!("a start with {number} unfinished resources"), format!("{peak:.0} MiB"))])
}
