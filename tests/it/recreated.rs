//! Resources that are deleted and made again under a new UID at each point of a replication: what
//! then happens is a table in docs/once.md, and where records are offered and the operator lives,
//! nothing is called for twice.

use anyhow::{Context, Result, ensure};
use futures::{StreamExt, TryStreamExt, stream};
use harness::{Object, Scene, in_time};
use simulator::{Fault, Options, Pace, Records, Script, example};

use crate::OPERATOR;

const DOCUMENTATION: &str = include_str!("../../docs/once.md");
/// Scenes at a time: most of their time is waiting.
const AT_A_TIME: usize = 28;

/// When it is deleted and made again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Point {
    BeforeTheClaim,
    MidCall,
    MidCallKilled,
    NotVisible,
    NotVisibleKilled,
    Visible,
    Finished,
}

impl Point {
    const ALL: [Self; 7] = [
        Self::BeforeTheClaim,
        Self::MidCall,
        Self::NotVisible,
        Self::Visible,
        Self::Finished,
        Self::MidCallKilled,
        Self::NotVisibleKilled,
    ];

    fn text(self) -> &'static str {
        match self {
            Self::BeforeTheClaim => "before the claim",
            Self::MidCall => "in mid-call",
            Self::MidCallKilled => "in mid-call, and the operator is killed",
            Self::NotVisible => "accepted, the record does not show yet",
            Self::NotVisibleKilled => {
                "accepted, the record does not show yet, and the operator is killed"
            }
            Self::Visible => "the record shows",
            Self::Finished => "finished",
        }
    }

    /// Where its record does not show, it must be deleted and made again within that time, on a busy
    /// machine too. A record that then shows ends the wait at once; without one, the time passes.
    fn settling_time(self, cloud: Cloud) -> &'static str {
        match (self, cloud) {
            (Self::NotVisible, Cloud::Records) => "--settling-time=10m",
            (Self::NotVisible, Cloud::EmptyArray | Cloud::NoKey | Cloud::NoKeyBut1009) => {
                "--settling-time=75s"
            }
            (
                Self::BeforeTheClaim
                | Self::MidCall
                | Self::MidCallKilled
                | Self::NotVisibleKilled
                | Self::Visible
                | Self::Finished,
                _,
            ) => "--settling-time=4s",
        }
    }

    /// Where its request is held, it must be deleted within that time.
    fn request_timeout(self) -> &'static str {
        match self {
            Self::BeforeTheClaim => "--request-timeout=60s",
            Self::MidCall => "--request-timeout=40s",
            Self::MidCallKilled
            | Self::NotVisible
            | Self::NotVisibleKilled
            | Self::Visible
            | Self::Finished => "--request-timeout=15s",
        }
    }

    /// Whether anything is left that knows of the call before its record shows.
    fn is_remembered(self) -> bool {
        match self {
            Self::BeforeTheClaim
            | Self::MidCall
            | Self::NotVisible
            | Self::Visible
            | Self::Finished => true,
            Self::MidCallKilled | Self::NotVisibleKilled => false,
        }
    }
}

/// What the cloud tells. All but the last take each call, so that nothing but the operator keeps a
/// second one back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cloud {
    Records,
    EmptyArray,
    NoKey,
    NoKeyBut1009,
}

impl Cloud {
    const ALL: [Self; 4] = [Self::Records, Self::EmptyArray, Self::NoKey, Self::NoKeyBut1009];

    fn options(self, point: Point) -> Options {
        let mut options = Options::default();
        options.behaviour.accept_duplicates = self != Self::NoKeyBut1009;
        options.behaviour.view.records = match self {
            Self::Records => match point {
                Point::NotVisible | Point::NotVisibleKilled | Point::MidCallKilled => {
                    Records::Late { milliseconds: None }
                }
                Point::BeforeTheClaim | Point::MidCall | Point::Visible | Point::Finished => {
                    Records::Present
                }
            },
            Self::EmptyArray => Records::Empty,
            Self::NoKey | Self::NoKeyBut1009 => Records::Absent,
        };
        if point == Point::Finished {
            options.behaviour.pace = Pace::takes(std::time::Duration::ZERO);
        }
        options
    }
}

fn delete(scene: &Scene) -> Result<()> {
    let deleted = scene.kubectl(&["delete", "brep", "db", "--timeout=60s"])?;
    ensure!(deleted.accepted, "{}", deleted.words);
    Ok(())
}

/// Runs one case, and says in the words of the table what became of it.
async fn run(point: Point, cloud: Cloud) -> Result<String> {
    let scene = Scene::with(OPERATOR, cloud.options(point)).await?;
    // What follows a 1009 is told after all three.
    let limits = [point.settling_time(cloud), "--claim-window=5s", point.request_timeout()];
    let start = || {
        limits
            .into_iter()
            .fold(scene.operator(), |operator, limit| operator.arg(limit))
            .start_ready()
    };
    let mut operator = start()?;
    scene.valid_secret()?;
    let hold = scene.simulator.hold("held");
    let held = Fault::before_commit().hold(&hold).ordinary();
    match point {
        Point::BeforeTheClaim => scene.simulator.script(Script::once(held).show())?,
        Point::MidCall | Point::MidCallKilled => {
            scene.simulator.script(Script::once(held).replicate())?
        }
        Point::NotVisible | Point::NotVisibleKilled | Point::Visible | Point::Finished => {}
    }
    scene.applied(&Scene::manifest("db", ""))?;
    match point {
        Point::BeforeTheClaim | Point::MidCall | Point::MidCallKilled => {
            in_time("the request", hold.arrived()).await?
        }
        Point::NotVisible | Point::NotVisibleKilled => {
            scene
                .wait("db", "accepted", |object| {
                    object.text("/status/replicationRecordId").is_some()
                })
                .await?;
        }
        Point::Visible if cloud == Cloud::Records => {
            scene
                .wait("db", "followed", |object| object.text("/status/recordStatus").is_some())
                .await?;
        }
        Point::Visible | Point::Finished => drop(scene.wait_for_phase("db", "Succeeded").await?),
    }
    if !point.is_remembered() {
        operator.process.kill()?;
    }
    delete(&scene)?;
    hold.release();
    if point == Point::MidCallKilled {
        in_time(
            "the call that nobody waits for",
            scene.simulator.wait_for(|log| {
                log.calls_of(example::BACKUP).any(|call| call.record_id().is_some())
            }),
        )
        .await?;
    }
    let before = scene.simulator.counts(example::BACKUP).posts;
    scene.applied(&Scene::manifest("db", ""))?;
    if !point.is_remembered() {
        operator = start()?;
    }
    if point == Point::NotVisible {
        scene.wait("db", "held back", |object| object.reason() == "SameTargetInUse").await?;
        scene.simulator.reveal(None);
    }
    let object = scene.wait("db", "decided", decided).await?;
    let counts = scene.simulator.counts(example::BACKUP);
    drop(operator);
    let own = u64::from(point == Point::BeforeTheClaim);
    let more = counts.posts.saturating_sub(before + own);
    let ends = match (object.text("/status/origin"), object.is("Stalled")) {
        (Some("Adopted"), false) => "adopted",
        (Some("Called"), false) => "called",
        (None, true) if object.reason() == "AlreadyReplicated" => {
            "refused by 1009, a human is asked"
        }
        other => anyhow::bail!("{point:?}, {cloud:?}: {other:?}: {:#}", object.0),
    };
    ensure!(counts.accepted >= 1, "lost: {point:?}, {cloud:?}");
    if cloud == Cloud::Records && point.is_remembered() {
        ensure!(more == 0 && counts.accepted == 1, "{point:?}, {cloud:?}: {counts:?}");
    }
    Ok(match more {
        0 => ends.to_owned(),
        _ if counts.accepted > 1 => format!("{ends}, **a second replica**"),
        _ => ends.to_owned(),
    })
}

fn decided(object: &Object) -> bool {
    object.is_observed() && (object.is("Ready") || object.is("Stalled"))
}

// A thread for each scene: kubectl keeps the one that it is called on.
#[tokio::test(flavor = "multi_thread", worker_threads = 28)]
async fn at_each_point_the_table_says_what_happens() -> Result<()> {
    let cases = Point::ALL.into_iter().flat_map(|point| Cloud::ALL.map(|cloud| (point, cloud)));
    let cells: Vec<String> = stream::iter(cases)
        .map(|(point, cloud)| async move {
            let cell = tokio::spawn(run(point, cloud)).await?;
            cell.with_context(|| format!("{point:?}, {cloud:?}"))
        })
        .buffered(AT_A_TIME)
        .try_collect()
        .await?;
    let mut missing = Vec::new();
    for (point, cells) in Point::ALL.iter().zip(cells.chunks(Cloud::ALL.len())) {
        let row = format!("| {} | {} |", point.text(), cells.join(" | "));
        println!("{row}");
        if !DOCUMENTATION.contains(&row) {
            missing.push(row);
        }
    }
    ensure!(missing.is_empty(), "not in docs/once.md:\n{}", missing.join("\n"));
    Ok(())
}
