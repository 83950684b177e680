//! `cargo run -p dashboard` draws the dashboard's panels into `docs/dashboard.svg`, from what a
//! real Prometheus measured of a running operator.

mod ask;
mod chart;
mod data;
mod legend;
mod panel;
mod picture;
mod stage;
mod stat;
mod story;
mod svg;
mod unit;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::Parser;
use harness::Interrupt;
use jiff::Timestamp;

use crate::chart::Span;

const DASHBOARD: &str = "deploy/dashboard/backup-replication-operator.json";
const PICTURE: &str = "docs/dashboard.svg";
/// Some scrapes: with Grafana's four, three minutes would be all spikes.
const RATE_INTERVAL: &str = "20s";
/// Between two points of a curve, in seconds: as often as is scraped.
const STEP: f64 = 2.0;
const HEAD: &str = "The dashboard over three minutes of the operator at a simulated cloud, with \
                    faults in the middle (rates over 20 s; alerts after seconds, not minutes)";

/// Draws the dashboard from what a real Prometheus measured.
#[derive(Debug, Parser)]
struct Options {
    /// Where the picture goes, instead of docs/dashboard.svg.
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
}

fn main() -> ExitCode {
    let options = Options::parse();
    let drawn = tokio::runtime::Runtime::new()
        .context("could not start the runtime")
        .and_then(|runtime| runtime.block_on(dashboard(options)));
    match drawn {
        Ok(code) => code,
        Err(error) => {
            eprintln!("The dashboard is not drawn: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn dashboard(options: Options) -> Result<ExitCode> {
    let file = options.svg.unwrap_or_else(|| repository::path(PICTURE));
    let mut interrupt = Interrupt::new()?;
    tokio::select! {
        () = interrupt.wait() => {
            eprintln!("Interrupted. Everything that was started is ended.");
            Ok(ExitCode::from(130))
        }
        drawn = draw() => {
            std::fs::write(&file, drawn?).with_context(|| file.display().to_string())?;
            println!("{} is written.", file.display());
            Ok(ExitCode::SUCCESS)
        }
    }
}

async fn draw() -> Result<String> {
    let text = std::fs::read_to_string(repository::path(DASHBOARD)).context(DASHBOARD)?;
    let panels = panel::panels(&serde_json::from_str(&text)?, RATE_INTERVAL)?;
    println!("Starting a control plane, two clouds, the operator and Prometheus.");
    let stage = stage::start().await?;
    let begin = now();
    println!("Three minutes of replications, with faults in the middle.");
    story::tell(&stage).await?;
    let span = Span { end: now() - begin, step: STEP };
    let mut drawn = Vec::new();
    for panel in panels {
        let data = ask::ask(&stage.prometheus, &panel, begin, span).await?;
        if data.is_empty() {
            println!("{}: no data.", panel.title);
        }
        drawn.push((panel, data));
    }
    Ok(picture::picture(HEAD, span, &drawn))
}

fn now() -> f64 {
    Timestamp::now().as_duration().as_secs_f64()
}
