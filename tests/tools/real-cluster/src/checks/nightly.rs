//! Every night's backup, as docs/nightly.md has it: its CronJob makes a resource for each night.

use std::fs;

use anyhow::{Context, Result, bail, ensure};
use checklist::report;
use jiff::{SignedDuration, Timestamp};
use simulator::{Backup, example};

use super::install::once;
use crate::cluster::Cluster;
use crate::pages::{self, Terminal};

const PAGE: &str = "docs/nightly.md";
const EXAMPLE: &str = "docs/examples/nightly.yaml";
/// The page's.
const NAMESPACE: &str = "backups";
const CRON_JOB: &str = "cronjob/nightly-replication";

/// What a night left behind.
struct Night {
    resource: String,
    backup: String,
}

/// The first night was yesterday, by the clock of the job's pod.
pub(super) fn each_night(cluster: &Cluster) -> Result<()> {
    cluster.no_namespace(NAMESPACE)?;
    cluster.namespace(NAMESPACE)?;
    let restricted = "pod-security.kubernetes.io/enforce=restricted";
    cluster.kubectl(&["label", "namespace", NAMESPACE, restricted])?;
    let terminal = Terminal::open(cluster)?;
    let commands = pages::block(PAGE, "kubectl create job")?;
    let [copy, edit, apply, make_job, show] = commands.lines().collect::<Vec<_>>()[..] else {
        bail!("not five commands:\n{commands}");
    };
    let set = |variable| cluster.kubectl(&["-n", NAMESPACE, "set", "env", CRON_JOB, variable]);
    let (hour, day) = (SignedDuration::from_hours(1), SignedDuration::from_hours(24));

    terminal.types(&[copy, edit, apply].join("\n"), "")?;
    add(cluster, day * 2)?;
    set("DAYS_AGO=1")?;
    let first = night(cluster, &terminal, make_job, "first-night", day)?;
    // What comes later on the same day is not chosen any more.
    add(cluster, day - hour)?;
    set("DAYS_AGO-")?;
    let make_job = make_job.replace("first-night", "second-night");
    let second = night(cluster, &terminal, &make_job, "second-night", SignedDuration::ZERO)?;

    ensure!(first.resource != second.resource, "one resource for two nights: {}", first.resource);
    for night in [&first, &second] {
        is_of(cluster, night)?;
    }
    report::fact("two nights", &format!("\n{}", terminal.types(show, "")?));
    cluster.no_namespace(NAMESPACE)
}

/// Runs the job, before that night's backup is there, which then is so old.
fn night(
    cluster: &Cluster,
    terminal: &Terminal,
    make_job: &str,
    job: &str,
    age: SignedDuration,
) -> Result<Night> {
    terminal.types(make_job, "")?;
    let job = format!("job/{job}");
    cluster.wait(&["-n", NAMESPACE, "--for=condition=Complete", &job])?;
    let said = cluster.kubectl(&["-n", NAMESPACE, "logs", &job])?;
    let name = said.strip_prefix("backupreplication.cbr.replication.dev/");
    let name = name.and_then(|rest| rest.split(' ').next()).with_context(|| said.clone())?;
    let resource = format!("brep/{name}");
    let reason = "{.status.conditions[?(@.type==\"Ready\")].reason}";
    let waits = format!("--for=jsonpath={reason}=NoMatchingBackup");
    cluster.wait(&["-n", NAMESPACE, &waits, &resource])?;
    let backup = add(cluster, age)?;
    cluster.wait(&["-n", NAMESPACE, "--for=condition=Ready", &resource])?;
    let night = Night { resource, backup };
    is_of(cluster, &night)?;
    Ok(night)
}

/// Its resource is of its backup, for which there was one call.
fn is_of(cluster: &Cluster, Night { resource, backup }: &Night) -> Result<()> {
    let status = &cluster.get(NAMESPACE, resource)?["status"];
    ensure!(status["chosenBackupId"] == backup.as_str(), "not of {backup}: {status:#}");
    once(cluster, backup)
}

/// A backup of the server that the example names, so old.
fn add(cluster: &Cluster, age: SignedDuration) -> Result<String> {
    let text = fs::read_to_string(repository::path(EXAMPLE)).context(EXAMPLE)?;
    let server = text.lines().find_map(|line| line.trim().strip_prefix("resourceId: "));
    let id = uuid::Uuid::new_v4().to_string();
    cluster.simulator.add_backup(Backup {
        resource_id: Some(server.context("the example names no server")?.to_owned()),
        created_at: Timestamp::now().checked_sub(age)?,
        ..Backup::server(&id, example::PROJECT)
    });
    Ok(id)
}
