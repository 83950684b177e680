//! However many resources there are, and whatever the cloud says of them, the number of series is
//! bounded.

use anyhow::{Result, ensure};
use futures::{StreamExt, TryStreamExt, stream};
use harness::{Scene, in_time};
use simulator::{Answer, ErrorShape, Fault, Options, Script};
use uuid::Uuid;

use super::OPERATOR;
use super::scrape::{Scrape, documented, undocumented};

const RESOURCES: usize = 1_000;
/// So many are made at a time, and worked on before the next.
const CHUNK: usize = 100;
/// How many are created at the same time.
const AT_ONCE: usize = 16;
/// No two are refused with the same words; 401 and 429 would make the others wait.
const STATUSES: [u16; 10] = [400, 402, 403, 404, 409, 418, 422, 451, 500, 503];

fn fault(number: usize) -> Fault {
    let shape = if number.is_multiple_of(2) { ErrorShape::Cbr } else { ErrorShape::Gateway };
    let message = format!("Words of error number {number:04}.");
    // Each fifth is a documented refusal; the others prove nothing.
    let (status, code) = match number % 5 {
        0 => (400, "BackupService.6120".to_owned()),
        _ => (STATUSES[number % STATUSES.len()], format!("BackupService.E{number:04}")),
    };
    Fault::before_commit().answer(Answer::status(status).error(shape, code, message))
}

/// Creates resources with an error each, and waits until the cloud has been asked about all of
/// them.
async fn fail(scene: &Scene, from: usize, to: usize) -> Result<()> {
    stream::iter(from..to)
        .map(|number| async move {
            let backup = Uuid::new_v4().to_string();
            scene.simulator.script(Script::always(fault(number)).replicate().backup(&backup))?;
            // Some are refused a look-up already.
            if number.is_multiple_of(7) {
                scene.simulator.script(Script::once(fault(number)).show().backup(&backup))?;
            }
            scene.create(&Scene::manifest_for(&format!("r-{number:04}"), &backup, "")).await?;
            anyhow::Ok(())
        })
        .buffer_unordered(AT_ONCE)
        .try_collect::<()>()
        .await?;
    let refused = scene
        .simulator
        .wait_for(|log| log.per_backup().values().filter(|counts| counts.posts > 0).count() == to);
    in_time("all are refused", refused).await?;
    Ok(())
}

#[tokio::test]
async fn a_thousand_resources_with_a_thousand_errors_add_no_series() -> Result<()> {
    let scene = Scene::with(OPERATOR, Options::any_backup()).await?;
    scene.valid_secret()?;
    let operator = scene.operator().arg("--concurrency=64").start_ready()?;
    let before = Scrape::of(&operator)?.samples().count();
    for from in (0..RESOURCES).step_by(CHUNK) {
        fail(&scene, from, from + CHUNK).await?;
    }
    let scrape = Scrape::of(&operator)?;
    for outcome in ["Terminal", "Unknown"] {
        ensure!(
            scrape.value(&format!("calls_total{{outcome=\"{outcome}\"}}")) > 0.0,
            "{}",
            scrape.text
        );
    }
    let after = scrape.samples().count();
    println!("{before} series without resources, {after} with {RESOURCES}");
    assert_eq!(before, after, "{}", scrape.text);
    let undocumented = undocumented(&scrape, &documented()?);
    ensure!(undocumented.is_empty(), "{undocumented:?}");
    ensure!(!scrape.text.contains("number 0") && !scrape.text.contains(".E0"), "{}", scrape.text);
    Ok(())
}
