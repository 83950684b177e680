//! The operator at work: a real Kubernetes API server, a simulated cloud, and manifests as users
//! write them.

mod board;
mod colour;
mod example;
mod parts;
mod recording;
mod scenes;
mod screen;
mod summary;
mod table;
mod wrap;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::Parser;
use harness::Interrupt;

use crate::parts::Parts;
use crate::screen::Screen;

/// Watch BackupReplications being replicated, once each.
///
/// Starts a real etcd and kube-apiserver (built with Go the first time, which takes minutes;
/// KUBEBUILDER_ASSETS names a folder with ready-made ones), a simulated CBR service over TLS, and
/// the operator's own binary. Then applies the manifests of docs/examples with kubectl, and shows
/// what becomes of them: a success, one with each other kind of credential, a wrong token and a wrong vault that are then corrected, a
/// throttled call, a manifest against the limits, a call whose answer is lost and then found,
/// and one about which its user decides. The copies are followed as they come into being.
///
/// Needs no cluster and no cloud. It uses free ports of 127.0.0.1 and a temporary folder, and
/// leaves nothing behind. Exits 0 only if each resource ended as it should: one accepted call each,
/// and no duplicate.
#[derive(Parser)]
#[command(name = "demo", version, verbatim_doc_comment)]
struct Options {
    /// Leave everything running in the end, to look around with kubectl, until Ctrl-C
    #[arg(long)]
    keep: bool,
    /// Write a moving picture of what is printed: `docs/demo.svg` is made so
    #[arg(long, value_name = "FILE", conflicts_with = "keep")]
    svg: Option<PathBuf>,
}

fn main() -> ExitCode {
    let Options { keep, svg } = Options::parse();
    let runtime = match tokio::runtime::Runtime::new().context("could not start the runtime") {
        Ok(runtime) => runtime,
        Err(error) => return failed(&error),
    };
    let outcome = runtime.block_on(demo(keep, svg));
    // A start that was interrupted may still be under way. It ends with this process, and with it
    // all that it has started.
    runtime.shutdown_background();
    match outcome {
        Ok(code) => code,
        Err(error) => failed(&error),
    }
}

fn failed(error: &anyhow::Error) -> ExitCode {
    eprintln!("The demo failed: {error:#}");
    ExitCode::FAILURE
}

async fn demo(keep: bool, svg: Option<PathBuf>) -> Result<ExitCode> {
    let mut interrupt = Interrupt::new()?;
    let screen = if svg.is_some() { Screen::recorded() } else { Screen::default() };
    let parts = tokio::select! {
        () = interrupt.wait() => return Ok(interrupted()),
        started = parts::start(screen) => started?,
    };
    let all_is_well = tokio::select! {
        () = interrupt.wait() => {
            parts.end().await;
            return Ok(interrupted());
        }
        ended = play(&parts, keep) => ended?,
    };
    if keep {
        interrupt.wait().await;
    }
    if let (Some(file), Some(recording)) = (svg, parts.screen.recording()) {
        let written = std::fs::write(&file, recording.svg());
        written.with_context(|| file.display().to_string())?;
    }
    parts.end().await;
    Ok(if all_is_well { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn play(parts: &Parts, keep: bool) -> Result<bool> {
    let mut expected = Vec::new();
    let played = tokio::select! {
        played = scenes::play(parts, &mut expected) => played,
        followed = board::follow(parts) => followed,
    };
    let problems = summary::show(parts, &expected, played.err());
    summary::show_commands(parts, keep)?;
    Ok(problems == 0)
}

fn interrupted() -> ExitCode {
    eprintln!("Interrupted. Everything that was started is ended.");
    // What a shell makes of the end by SIGINT.
    ExitCode::from(130)
}
