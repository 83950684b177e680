//! How many replications a second the operator makes, and what each costs: against an ideal client
//! in the same run, at a real API server, with a simulated cloud that answers at once.
//!
//! `cargo bench --bench throughput`. `docs/performance.md` says what is measured and has the
//! figures of one run. Environment variables: `REPLICATIONS` of each run, `ROUNDS`, `UNFINISHED`
//! and `FINISHED` resources to start with (0: none), `BEFORE` (a folder with another
//! `backup-replication-operator` and its `crd.yaml`, to compare with), `UPDATE_DOCS` (keeps the
//! figures, and writes them into the page).

mod crowd;
mod ideal;
mod pilot;
mod process;
mod requests;
mod small;
mod work;

use std::path::PathBuf;
use std::{env, thread};

use anyhow::{Context, Result};
use control_plane::ControlPlane;
use figures::{CrowdKind, Figures, Row, Run, Setting, Version, Worker};
use harness::{Cluster, crd_file};

use crate::crowd::Ground;
use crate::ideal::Under;
use crate::pilot::Pilot;
use crate::work::{Side, read};

const OPERATOR: &str = env!("CARGO_BIN_EXE_backup-replication-operator");
const AT_ONCE: usize = 64;

/// An operator's binary and the text of its CRD.
struct Source {
    version: Version,
    binary: String,
    crd: String,
}

#[tokio::main]
async fn main() -> Result<()> {
    let number = |name: &str, default: usize| -> Result<usize> {
        let given = env::var(name).ok().filter(|text| !text.is_empty());
        given.map_or(Ok(default), |text| text.parse().with_context(|| format!("{name}={text}")))
    };
    let mut figures = Figures {
        setting: Setting {
            processors: thread::available_parallelism()?.get(),
            replications: number("REPLICATIONS", 200)?,
            rounds: number("ROUNDS", 9)?,
            at_once: AT_ONCE,
            unfinished_bytes: 0,
            finished_bytes: 0,
        },
        ..Figures::default()
    };
    let crowds = [
        (CrowdKind::Unfinished, number("UNFINISHED", 10_000)?),
        (CrowdKind::Finished, number("FINISHED", 50_000)?),
    ];
    let sources = sources()?;
    figures.rows = throughput(&sources, &figures.setting).await?;
    for (kind, most) in crowds.into_iter().filter(|(_, most)| *most > 0) {
        let bytes = many(&sources, kind, most, &mut figures).await?;
        match kind {
            CrowdKind::Unfinished => figures.setting.unfinished_bytes = bytes,
            CrowdKind::Finished => figures.setting.finished_bytes = bytes,
        }
    }
    for (name, text) in figures::parts(&figures) {
        println!("\n{name}\n{text}");
    }
    if env::var_os("UPDATE_DOCS").is_some() {
        figures::write(&figures)?;
    }
    Ok(())
}

/// What to compare with, if anything, and these sources.
fn sources() -> Result<Vec<Source>> {
    let mut sources = Vec::new();
    if let Some(folder) = env::var_os("BEFORE").filter(|folder| !folder.is_empty()) {
        let folder = PathBuf::from(folder).canonicalize()?;
        let binary = folder.join("backup-replication-operator").display().to_string();
        let crd = read(&folder.join("crd.yaml"))?;
        sources.push(Source { version: Version::Before, binary, crd });
    }
    let crd = read(&crd_file())?;
    sources.push(Source { version: Version::Now, binary: OPERATOR.to_owned(), crd });
    Ok(sources)
}

/// Nobody's audit log is in the way: it is written for each request, and no part of the work.
fn control_plane() -> Result<Cluster> {
    Cluster::own_with(ControlPlane::options().apiserver_flag("--audit-log-path="))
}

/// All workers in turns, the order turned in each second round.
async fn throughput(sources: &[Source], setting: &Setting) -> Result<Vec<Row>> {
    let mut sides: Vec<(Side, Pilot)> = Vec::new();
    for Source { version, binary, crd } in sources {
        let side = Side { version: *version, cluster: control_plane()?, binary: binary.to_owned() };
        small::install_ours(&side.cluster, crd)?;
        small::install(&side.cluster)?;
        let pilot = side.pilot().await?;
        sides.push((side, pilot));
    }
    let newest = sides.len() - 1;
    let mut workers = vec![(newest, Worker::IdealUnderSmallCrd)];
    for (place, (side, _)) in sides.iter().enumerate() {
        workers.push((place, Worker::Ideal(side.version)));
        workers.push((place, Worker::Operator(side.version)));
    }
    let mut rows: Vec<Row> =
        workers.iter().map(|(_, worker)| Row { worker: *worker, runs: Vec::new() }).collect();
    // What the API server makes of a CRD at its first use is no part of the work.
    for (side, worker) in &workers {
        let (side, pilot) = &sides[*side];
        run(side, pilot, *worker, AT_ONCE).await?;
    }
    for round in 0..setting.rounds {
        let mut order: Vec<usize> = (0..workers.len()).collect();
        if round % 2 == 1 {
            order.reverse();
        }
        for place in order {
            let (side, worker) = workers[place];
            let (side, pilot) = &sides[side];
            let run = run(side, pilot, worker, setting.replications).await?;
            println!(
                "round {}, {worker:?}: {:.0} a second, API server {:.2} ms each",
                round + 1,
                run.replications as f64 / run.seconds,
                run.api_server_seconds / run.replications as f64 * 1e3,
            );
            rows[place].runs.push(run);
        }
    }
    Ok(rows)
}

async fn run(side: &Side, pilot: &Pilot, worker: Worker, replications: usize) -> Result<Run> {
    match worker {
        Worker::IdealUnderSmallCrd => side.ideal(pilot, Under::Small, replications).await,
        Worker::Ideal(_) => side.ideal(pilot, Under::Ours, replications).await,
        Worker::Operator(_) => side.operator(replications).await,
    }
}

/// A crowd that grows in three steps. Says how large one of its resources is.
async fn many(
    sources: &[Source],
    kind: CrowdKind,
    most: usize,
    figures: &mut Figures,
) -> Result<usize> {
    let newest = sources.last().context("no source")?;
    let operators: Vec<_> =
        sources.iter().map(|source| (source.version, source.binary.clone())).collect();
    let cluster = control_plane()?;
    let ground = Ground {
        cluster: &cluster,
        crd: &newest.crd,
        operators: &operators,
        binary: &newest.binary,
    };
    let (crowds, bytes) = crowd::measure(&ground, kind, &[most / 10, most / 3, most]).await?;
    figures.crowds.extend(crowds);
    Ok(bytes)
}
