//! The operator under random faults: whatever happens, each resource leads to one accepted call.

mod clouds;
mod crowd;
mod draw;
mod fault;
mod human;
mod insist;
mod memory;
mod operators;
mod report;
mod run;
mod settle;
mod strike;
mod tenants;
mod truth;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use clap::Parser;
use harness::{Interrupt, built};

use crate::run::Terms;

/// Has faults of all kinds strike at random, and checks what the operator promises.
///
/// Starts a real etcd and kube-apiserver, three simulated clouds (one shows records, one only
/// operation logs, one neither), and three operators that take turns with a Lease. Resources of four
/// namespaces come throughout the run, with each kind of credential. Meanwhile processes are killed
/// and stopped, the API server and etcd restart, the clouds lose answers, refuse, hang and throttle,
/// and people edit, suspend, delete and make again, and change Secrets.
///
/// Then the faults end, people answer what they are asked, all settles, and it is checked that no
/// resource led to two accepted calls, that none was lost, that each status names the cloud's
/// record, and that memory stayed flat. Exit code 1 where a promise is broken.
#[derive(Parser)]
#[command(name = "random-faults", version, verbatim_doc_comment)]
struct Options {
    /// How long faults strike
    #[arg(long, default_value_t = 60.0)]
    minutes: f64,
    /// Repeats the faults of an earlier run; what they meet is up to the machine
    #[arg(long)]
    seed: Option<u64>,
    /// How many resources there are at a time
    #[arg(long, default_value_t = 240)]
    resources: usize,
    /// How many faults strike in a minute
    #[arg(long, default_value_t = 15)]
    faults_a_minute: u64,
    /// An operator to run instead of the one that cargo builds, such as an optimised one
    #[arg(long, value_name = "FILE")]
    operator: Option<PathBuf>,
    /// A folder for the logs of all processes of the operator
    #[arg(long, value_name = "FOLDER")]
    logs: Option<PathBuf>,
}

fn main() -> ExitCode {
    let options = Options::parse();
    let runtime = match tokio::runtime::Runtime::new().context("could not start the runtime") {
        Ok(runtime) => runtime,
        Err(error) => return failed(&error),
    };
    let outcome = runtime.block_on(random_faults(options));
    // What strikes at this moment ends, and with it all that was started.
    runtime.shutdown_timeout(Duration::from_secs(10));
    match outcome {
        Ok(code) => code,
        Err(error) => failed(&error),
    }
}

fn failed(error: &anyhow::Error) -> ExitCode {
    eprintln!("The run failed: {error:#}");
    ExitCode::FAILURE
}

async fn random_faults(options: Options) -> Result<ExitCode> {
    let Options { minutes, seed, resources, faults_a_minute, operator, logs } = options;
    ensure!(minutes > 0.0 && resources > 0, "there is nothing to do");
    let seed = seed.unwrap_or_else(|| uuid::Uuid::new_v4().as_u64_pair().0);
    println!(
        "random-faults --minutes {minutes} --seed {seed} --resources {resources} --faults-a-minute {faults_a_minute}"
    );
    if let Some(folder) = &logs {
        std::fs::create_dir_all(folder)?;
    }
    let mut interrupt = Interrupt::new()?;
    let run = async {
        let operator = match operator {
            Some(file) => file,
            None => tokio::task::spawn_blocking(built::operator).await??,
        };
        let lasts = Duration::from_secs_f64(minutes * 60.0);
        let terms = Terms { lasts, seed, resources, faults_a_minute, operator, logs };
        let terms = std::sync::Arc::new(terms);
        // A task of its own, so that it may block.
        let mut task = tokio::task::JoinSet::new();
        task.spawn(async move { run::run(&terms).await });
        task.join_next().await.context("no run")??
    };
    let report = tokio::select! {
        () = interrupt.wait() => {
            eprintln!("Interrupted. Everything that was started is ended.");
            return Ok(ExitCode::from(130));
        }
        report = run => report?,
    };
    report.print();
    Ok(if report.is_good() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
