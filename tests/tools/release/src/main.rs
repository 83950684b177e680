//! Makes all that a release consists of.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result, ensure};
use checklist::report;
use clap::{Parser, ValueEnum};
use release::{Release, chart, image, install, krew, plugin, ready, sbom, sign, sums};

/// Makes all that a release consists of, in a folder, and pushes what belongs into a registry.
///
/// - plugin: an archive of `kubectl brep` for each platform that this machine can build for
/// - image: the image for amd64 and arm64, pushed (needs docker with buildx, and --registry)
/// - chart: the chart as a package, which names that image; pushed where there is a --registry
/// - install: install.yaml, which names that image
/// - sbom: what the programs are made of, as CycloneDX
/// - krew: the plugin's manifest, from the archives that lie in the folder
/// - sums: SHA256SUMS of all that lies in the folder
/// - sign: a signature of SHA256SUMS and of what was pushed (needs cosign)
///
/// Machines of other kinds add their archives: `--only plugin` there, their folders put together,
/// the rest here. Nothing is uploaded to a forge: .github/workflows/release.yml does that.
#[derive(Parser)]
#[command(name = "release", verbatim_doc_comment)]
struct Options {
    /// The version, as Cargo.toml has it
    version: String,
    /// Folder for all of it; target/release-VERSION if left out
    #[arg(long, value_name = "FOLDER")]
    out: Option<PathBuf>,
    /// Registry and path for image and chart, e.g. ghcr.io/backup-replication
    #[arg(long, value_name = "HOST/PATH")]
    registry: Option<String>,
    /// The registry speaks http: for a trial
    #[arg(long)]
    plain_http: bool,
    /// Digest of an image that was pushed elsewhere (sha256:…)
    #[arg(long, value_name = "DIGEST")]
    image_digest: Option<String>,
    /// Rust's name of a platform for the plugin; repeatable. All that are installed if left out
    #[arg(long, value_name = "TRIPLE")]
    target: Vec<String>,
    /// Make only this; repeatable
    #[arg(long, value_name = "PART")]
    only: Vec<Part>,
    /// Private key for cosign; without it, the identity of the workflow signs
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
    /// A trial: go on although this state is not one to release, and say why it is not
    #[arg(long)]
    trial: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Part {
    Plugin,
    Image,
    Chart,
    Install,
    Sbom,
    Krew,
    Sums,
    Sign,
}

impl Part {
    /// In the order in which one needs the other.
    const ALL: [Self; 8] = [
        Self::Plugin,
        Self::Image,
        Self::Chart,
        Self::Install,
        Self::Sbom,
        Self::Krew,
        Self::Sums,
        Self::Sign,
    ];
}

fn main() -> ExitCode {
    match run(Options::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("release: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(options: Options) -> Result<()> {
    let Options { version, out, registry, plain_http, image_digest, target, only, key, trial } =
        options;
    let against = ready::problems(&version)?;
    for problem in &against {
        eprintln!("not ready: {problem}");
    }
    ensure!(against.is_empty() || trial, "nothing was made; --trial goes on all the way");
    let folder = out.unwrap_or_else(|| repository::path(&format!("target/release-{version}")));
    std::fs::create_dir_all(&folder).with_context(|| folder.display().to_string())?;
    let mut release = Release { version, folder, registry, plain_http, image_digest };
    for part in Part::ALL.into_iter().filter(|part| only.is_empty() || only.contains(part)) {
        // What is asked for by name must be made; what is not is made where it can be.
        let is_wanted = only.contains(&part);
        let made = report::step(&format!("{part:?}").to_lowercase(), || match part {
            Part::Plugin => plugin::make(&release, &target),
            Part::Image => image::push(&mut release, is_wanted),
            Part::Chart => chart::make(&release),
            Part::Install => install::make(&release),
            Part::Sbom => sbom::make(&release),
            Part::Krew => krew::make(&release),
            Part::Sums => sums::make(&release),
            Part::Sign => sign::make(&release, key.as_deref(), is_wanted),
        })?;
        for line in made {
            report::fact("made", &line);
        }
    }
    report::fact("all of it is in", &release.folder.display().to_string());
    Ok(())
}
