//! What may be typed next: the commands of the reason's own row, filled in for the resource.

use jiff::Timestamp;
use kube::ResourceExt;
use serde::Serialize;

use crate::plugin::decision::{Considered, consider};
use crate::plugin::meaning::option;
use crate::plugin::next::{Next, condition, next};
use crate::protocol::{Decision, without_version};
use crate::resource::{BackupReplication, Blanks, ConditionType, CredentialSource, Cure, Reason};

/// A command, and when to type it.
#[derive(Serialize)]
pub(super) struct ToType {
    pub(super) when: &'static str,
    pub(super) command: String,
}

/// The commands that fit the resource as it is. Those that decide are tried out by the operator's
/// own rules.
pub(super) fn to_type(
    resource: &BackupReplication,
    reason: Option<Reason>,
    now: Timestamp,
) -> Vec<ToType> {
    let blanks = blanks(resource);
    let fits = |command: &str| match decision_of(command) {
        Some(word) => matches!(consider(resource, word, now), Considered::Possible(_)),
        None => blanks.fits(command),
    };
    // What the operator settles automatically, is not to be decided in passing.
    let is_ready =
        condition(resource, ConditionType::Ready).is_some_and(|ready| ready.status == "True");
    let decides = is_ready || next(resource) == Next::Human;
    let decisions = if decides { DECISIONS } else { &[] };
    let of_reason = reason.map(|reason| reason.explained().cures).unwrap_or_default().iter();
    let cures =
        of_reason.filter(|cure| decides || decision_of(cure.command).is_none()).chain(decisions);
    let mut commands: Vec<ToType> = Vec::new();
    for Cure { when, command } in cures.filter(|cure| fits(cure.command)) {
        let command = blanks.fill(command);
        if !commands.iter().any(|listed| listed.command == command) {
            commands.push(ToType { when, command });
        }
    }
    // Watching fits only where the operator continues without the reader.
    let watch = |one: &ToType| one.command.ends_with("--watch");
    if next(resource) == Next::Operator && !commands.iter().any(watch) {
        let command = blanks.fill("kubectl get brep -n {namespace} {name} --watch");
        commands.push(ToType { when: "to see how it continues", command });
    }
    commands
}

/// What may be decided whatever the reason is, if the operator's rules allow it.
const DECISIONS: &[Cure] = &[
    Cure {
        when: "if the call was not accepted: the operator calls again",
        command: "kubectl brep resolve -n {namespace} {name} --not-accepted",
    },
    Cure {
        when: "if it was accepted, as this replication record",
        command: "kubectl brep resolve -n {namespace} {name} --accepted RECORD",
    },
    Cure {
        when: "if it was accepted, and the record is not known",
        command: "kubectl brep resolve -n {namespace} {name} --accepted",
    },
    Cure {
        when: "to call again with the same spec (only if you are sure you want another call)",
        command: "kubectl brep resolve -n {namespace} {name} --retry",
    },
];

/// The word that a command decides by.
fn decision_of(command: &str) -> Option<Decision> {
    let words = [Decision::NotAccepted, Decision::Accepted(None), Decision::Retry];
    let decides = command.starts_with("kubectl brep resolve ");
    words.into_iter().find(|word| decides && command.split(' ').any(|part| part == option(word)))
}

fn blanks(resource: &BackupReplication) -> Blanks {
    let source = resource.spec.auth.source();
    let source = source.as_ref();
    let attempt = resource.status.as_ref().and_then(|status| status.attempts.first());
    let endpoint = resource.spec.endpoint.clone().or_else(|| Some(attempt?.endpoint.clone()));
    Blanks {
        namespace: resource.namespace().unwrap_or_default(),
        name: resource.name_any(),
        secret: source.and_then(CredentialSource::secret_name).unwrap_or_default().to_owned(),
        account: source.and_then(CredentialSource::account_name).unwrap_or_default().to_owned(),
        files: source.map(CredentialSource::files).unwrap_or_default(),
        iam: source.filter(|source| source.is_issued()).map_or_else(String::new, |_| {
            iam(resource.spec.auth.iam_endpoint.as_deref(), endpoint.as_deref())
        }),
        endpoint: endpoint.unwrap_or_default(),
    }
}

/// IAM as the resource names it, else the one that stands beside CBR.
fn iam(own: Option<&str>, cbr: Option<&str>) -> String {
    let beside = || {
        let (scheme, host) = cbr?.split_once("://cbr.")?;
        Some(format!("{scheme}://iam.{host}"))
    };
    let iam = own.map(|own| without_version(own).to_owned()).or_else(beside);
    iam.unwrap_or_else(|| "https://iam.REGION.DOMAIN".to_owned())
}

#[cfg(test)]
#[path = "to_type_tests.rs"]
mod every_reason;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_that_decides_is_one_that_the_operator_knows() {
        let of_reasons = Reason::ALL.iter().flat_map(|reason| reason.explained().cures);
        for Cure { when: _, command } in of_reasons.chain(DECISIONS) {
            assert_eq!(command.contains(" resolve "), decision_of(command).is_some(), "{command}");
        }
    }
}
