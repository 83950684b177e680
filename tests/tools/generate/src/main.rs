//! Writes all that is generated.

use std::env;
use std::process::{Command, ExitCode};

use anyhow::{Context, Result, bail};
use clap::Parser;

/// Writes all that is generated: the CRD and its copies, deploy/install.yaml, the reference of all
/// fields with its schema, the generated parts of the pages, and the examples that Argo CD's health
/// is tested with.
///
/// The parts of the pages are real output: tests of a real API server and a simulated cloud write
/// them, which takes minutes. They run even where the files alone have changed.
#[derive(Parser)]
#[command(name = "generate", version, verbatim_doc_comment)]
struct Options {
    /// Write only the files that are generated as a whole, which takes no time
    #[arg(long)]
    files: bool,
    /// Write nothing; exit code 1 if such a file is not current
    #[arg(long, conflicts_with = "files")]
    check: bool,
}

fn main() -> ExitCode {
    match generate(&Options::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("generate: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn generate(Options { files, check }: &Options) -> Result<bool> {
    let mut stale = 0;
    for file in generate::files()?.into_iter().filter(|file| !file.is_current()) {
        stale += 1;
        if *check {
            println!("not current: {}", file.path);
        } else {
            file.write()?;
            println!("written: {}", file.path);
        }
    }
    if *check {
        return Ok(stale == 0);
    }
    if !files {
        pages()?;
    }
    Ok(true)
}

/// The tests that hold the generated parts write them, where they are told to. Their features are
/// those of a plain `cargo test`, so that nothing is compiled twice.
fn pages() -> Result<()> {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let status = Command::new(cargo)
        .current_dir(repository::root())
        .args(["test", "--test", "it", "--", "docs::", "argocd::", "alerts::", "pages::"])
        .envs([("UPDATE_DOCS", "1"), ("UPDATE_TESTDATA", "1")])
        .status()
        .context("cargo is needed")?;
    if !status.success() {
        bail!("a test of the pages failed for another reason than that they were not current");
    }
    Ok(())
}
