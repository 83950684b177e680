//! The tools of others judge all that users apply.

mod checks;
mod helm;
mod manifests;
mod programs;
mod python;
mod schemas;

use std::process::ExitCode;

use anyhow::Result;
use checklist::report;
use clap::Parser;

/// Have the tools of others judge all that users apply: the chart, and the manifests in deploy/,
/// crds/ and docs/examples.
///
/// helm 3 and helm 4 lint, render and install the chart; chart-testing lints it. kubeconform
/// compares every object with the schemas of a real API server, which then takes each, too (kubectl
/// apply --dry-run=server). kstatus judges the examples for Argo CD's health. A line for each
/// check; exit code 0 if all passed.
///
/// Builds what it needs, once. Needs Rust, Go, and Python with venv.
#[derive(Parser)]
#[command(name = "deploy-lint", version, verbatim_doc_comment)]
struct Options {
    /// Run only the checks whose name contains this; repeatable
    #[arg(long, value_name = "TEXT")]
    only: Vec<String>,
}

fn main() -> ExitCode {
    match run(&Options::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("deploy-lint: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(Options { only }: &Options) -> Result<bool> {
    let tools = report::step("programs there", programs::Tools::find)?;
    report::fact("helm 3 is", &tools.helm_3.version()?);
    report::fact("helm 4 is", &tools.helm_4.version()?);
    let bench = report::step("API server up, with our CRD and the Prometheus operator's", || {
        checks::Bench::new(tools)
    })?;
    report::fact("the API server is", &bench.version()?);
    Ok(bench.run(only))
}
