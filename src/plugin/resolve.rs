//! `kubectl brep resolve`: writes a human's decision, after showing what it means.

use jiff::Timestamp;
use kube::ResourceExt;

use super::cluster::Cluster;
use super::confirm::{confirm, has_reader};
use super::credential::{announcement, risk};
use super::decision::{Considered, PlannedDecision, Subject, consider};
use super::failure::PluginFailure;
use super::judgement::{judge, records};
use super::look::look;
use super::meaning::meaning;
use super::narrate;
use super::options::{CloudOptions, ClusterOptions, LookOptions, ResolveOptions};
use super::terminal::print;
use super::words::plain;
use super::write::{Written, write};
use crate::protocol::Decision;
use crate::resource::{BackupReplication, DECISION_ANNOTATION};

/// The operator writes, too: so often the decision is tried again, as long as it is still about the
/// same.
const TRIES: usize = 5;

/// Considers, shows, looks, asks, and writes.
///
/// # Errors
/// The line for the reader; nothing was written then.
pub(super) async fn run(
    cluster: &ClusterOptions,
    options: &ResolveOptions,
) -> Result<(), PluginFailure> {
    let ResolveOptions { name, decision, yes, look } = options;
    let cluster = Cluster::new(cluster).await?;
    let resource = cluster.get(name).await?;
    let Some(decision) = considered(&resource, decision.word())? else {
        return Ok(());
    };
    print(&format!("{}\n\n{}\n", about(&resource, &decision), meaning(&resource, &decision)))?;
    if !look.no_look {
        dare(&resource, &decision, look, *yes)?;
        check(&cluster, &resource, &decision, &look.cloud).await?;
    }
    if !yes {
        confirm("\nWrite this decision?")?;
    }
    commit(&cluster, resource, decision).await
}

/// The decision, where there is one to write; `None` where it is there already, which is printed.
fn considered(
    resource: &BackupReplication,
    word: Decision,
) -> Result<Option<PlannedDecision>, PluginFailure> {
    match consider(resource, word, Timestamp::now()) {
        Considered::Possible(decision) => Ok(Some(*decision)),
        Considered::There(why) => print(&format!("Nothing to do: {why}\n")).map(|()| None),
        Considered::Refused(why) => Err(PluginFailure::new(format!("nothing was written: {why}"))),
    }
}

fn about(resource: &BackupReplication, decision: &PlannedDecision) -> String {
    let of = format!(
        "BackupReplication {} in namespace {}",
        resource.name_any(),
        resource.namespace().unwrap_or_default()
    );
    match &decision.subject {
        Subject::Attempt(attempt) => format!(
            "{of}, attempt {} ({}): {}. {}",
            attempt.number,
            plain(attempt.id.as_str()),
            narrate::outcome(attempt),
            plain(attempt.message.as_deref().unwrap_or_default())
        ),
        Subject::Adopted(record) => format!("{of}, adopted replication record {}.", plain(record)),
    }
}

/// Asks before a credential is tried that the cloud has refused.
fn dare(
    resource: &BackupReplication,
    decision: &PlannedDecision,
    options: &LookOptions,
    yes: bool,
) -> Result<(), PluginFailure> {
    let is_looked_up = matches!(decision.subject, Subject::Attempt(_));
    let Some(why) = risk(resource).filter(|_| is_looked_up && !options.cloud.log_in) else {
        return Ok(());
    };
    // --yes answers the question about the decision, and no other.
    if !yes && has_reader() {
        return confirm(&format!("\n{}. Check the records anyway?", plain(&why)));
    }
    Err(PluginFailure::new(format!(
        "nothing was written: {why}, so the records were not checked. --log-in checks them anyway; \
         --no-look decides without the check"
    )))
}

/// Shows what the cloud has, and refuses what it speaks against.
async fn check(
    cluster: &Cluster,
    resource: &BackupReplication,
    decision: &PlannedDecision,
    options: &CloudOptions,
) -> Result<(), PluginFailure> {
    let Subject::Attempt(attempt) = &decision.subject else {
        return Ok(());
    };
    match look(cluster, resource, attempt, options).await {
        Ok(seen) => {
            let how = announcement(&resource.spec.auth).map(|how| format!("{}\n", plain(&how)));
            let endpoint = plain(&attempt.endpoint);
            print(&format!(
                "\nThe replication records of the backup, as {endpoint} shows them:\n{}{}",
                records(&seen),
                how.unwrap_or_default()
            ))?;
            match judge(&decision.word, attempt, &seen) {
                Ok(note) => print(&format!("{}\n", plain(&note))),
                Err(why) => Err(PluginFailure::new(format!(
                    "nothing was written: {why}. If you know better: --no-look skips this check"
                ))),
            }
        }
        Err(why) => print(&format!(
            "\nThe cloud's records could not be checked from here: {}. That says nothing about the \
             call.\n",
            plain(&why)
        )),
    }
}

/// Writes, and tries again where only something else was changed meanwhile.
async fn commit(
    cluster: &Cluster,
    mut resource: BackupReplication,
    mut decision: PlannedDecision,
) -> Result<(), PluginFailure> {
    for _ in 0..TRIES {
        match write(cluster, &resource, &decision.value).await? {
            Written::Yes => {
                let written = format!("{DECISION_ANNOTATION}={}", decision.value);
                let (name, namespace) =
                    (resource.name_any(), resource.namespace().unwrap_or_default());
                return print(&format!(
                    "\nWritten: {written}\nThe operator carries it out as soon as it sees it. To \
                     follow it: kubectl brep explain {name} -n {namespace}\n"
                ));
            }
            Written::Changed(now) => {
                let same = now.uid() == resource.uid() && now.spec == resource.spec;
                match consider(&now, decision.word.clone(), Timestamp::now()) {
                    Considered::Possible(again) if same && again.subject == decision.subject => {
                        (resource, decision) = (*now, *again);
                    }
                    Considered::Possible(_) | Considered::There(_) | Considered::Refused(_) => {
                        break;
                    }
                }
            }
        }
    }
    Err(PluginFailure::new(
        "nothing was written: the resource has changed since it was read; check it and decide again",
    ))
}
