//! How each resource ended, and whether it should have.

use std::path::Path;

use anyhow::{Error, Result};

use crate::board::Seen;
use crate::example::Example;
use crate::parts::Parts;
use crate::scenes::Expected;
use crate::table::posts;

/// Shows how each ended, and what is wrong with it. Returns the number of what is wrong.
pub(crate) fn show(parts: &Parts, expected: &[Expected], failure: Option<Error>) -> usize {
    let seen = parts.board.now();
    let mut text =
        format!("\n== Summary\n   {:<20}{:<12}{:<9}RECORD\n", "NAME", "ENDED", "ACCEPTED");
    let mut problems: Vec<String> = failure.iter().map(|error| format!("{error:#}")).collect();
    for expected in expected {
        let (example, ended, problem) = judge(parts, &seen, expected);
        let counts = posts(parts.simulator.counts(&example.backup_id));
        let Ended { phase, record } = ended;
        text.push_str(&format!("   {:<20}{phase:<12}{counts:<9}{record}\n", example.name));
        problems.extend(problem.map(|problem| format!("{}: {problem}", example.key())));
    }
    let counts = parts.simulator.log(|log| log.per_backup().values().copied().collect::<Vec<_>>());
    let (received, accepted) =
        counts.iter().fold((0, 0), |(r, a), c| (r + c.posts, a + c.accepted));
    let duplicates: u64 = counts.iter().map(|counts| counts.accepted.saturating_sub(1)).sum();
    text.push_str(&format!(
        "   {received} POSTs received, {accepted} accepted, {duplicates} duplicates.\n"
    ));
    if duplicates > 0 {
        problems.push(format!("{duplicates} calls were accepted a second time"));
    }
    for problem in &problems {
        text.push_str(&format!("   WRONG: {problem}\n"));
    }
    if problems.is_empty() {
        text.push_str("   Each ended as it should.\n");
    } else {
        text.push_str(&log_tail(&parts.operator.log.text()));
    }
    parts.screen.leave_table();
    parts.screen.above(&text);
    problems.len()
}

fn log_tail(log: &str) -> String {
    const LINES: usize = 30;
    let lines: Vec<&str> = log.lines().collect();
    let (_, tail) = lines.split_at(lines.len().saturating_sub(LINES));
    format!("   The end of the operator's log:\n{}\n", tail.join("\n"))
}

/// How a resource ended.
struct Ended {
    phase: String,
    /// Its replication record, or why there is none.
    record: String,
}

/// The example, how it ended, and what is wrong with that.
fn judge<'a>(
    parts: &Parts,
    seen: &Seen,
    expected: &'a Expected,
) -> (&'a Example, Ended, Option<String>) {
    match expected {
        Expected::Refused(example) => {
            let problem = seen
                .0
                .contains_key(&example.key())
                .then(|| "it was refused, and yet it is there".to_owned());
            let record = "by the Kubernetes API server".to_owned();
            (example, Ended { phase: "refused".to_owned(), record }, problem)
        }
        Expected::Accepted(example) => {
            let Some(resource) = seen.0.get(&example.key()) else {
                let ended = Ended { phase: "gone".to_owned(), record: String::new() };
                return (example, ended, Some("it no longer exists".to_owned()));
            };
            let object = &resource.object;
            let record = object.text("/status/replicationRecordId").unwrap_or("none");
            let ended = Ended { phase: object.phase().to_owned(), record: record.to_owned() };
            let records = parts.simulator.records(&example.backup_id);
            let problem = if (object.phase(), object.reason()) != ("Succeeded", "Accepted")
                || !object.is("Ready")
            {
                Some(format!("it is not ready: {}", object.message()))
            } else if records.len() != 1 || parts.simulator.counts(&example.backup_id).accepted != 1
            {
                Some(format!("{} replications of its backup exist instead of one", records.len()))
            } else if records.iter().any(|known| known.id != record) {
                Some("its record is not the one that the simulator has".to_owned())
            } else {
                None
            };
            (example, ended, problem)
        }
    }
}

/// Shows how to look around, while there is something to look at.
///
/// # Errors
/// Where the operator does not say where it listens.
pub(crate) fn show_commands(parts: &Parts, keep: bool) -> Result<()> {
    if !keep {
        parts
            .screen
            .above("\n== Everything ends now.\n   To look around: cargo run -p demo -- --keep\n");
        return Ok(());
    }
    let kubectl = parts.cluster.kubectl().get_program().to_string_lossy().into_owned();
    let plugin = parts.plugin.parent().unwrap_or(Path::new(".")).display();
    parts.screen.above(&format!(
        "\n== Look around in another shell. Everything runs until Ctrl-C.\n   \
         export KUBECONFIG={}\n   export PATH=\"$PATH:{plugin}\"\n   alias kubectl='{kubectl}'\n\n   \
         kubectl get brep -A\n   kubectl brep status -A\n   \
         kubectl brep explain -n backups wrong-vault\n   \
         kubectl describe brep -n backups options\n   kubectl explain brep.spec\n\n   \
         curl http://{}/metrics\n   less {}\n   The simulated cloud: {}\n",
        parts.cluster.kubeconfig().display(),
        parts.operator.address()?,
        parts.log.display(),
        parts.simulator.https_url(),
    ));
    Ok(())
}
