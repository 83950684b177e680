//! What may be typed next.

use jiff::Timestamp;
use kube::ResourceExt;
use serde::Serialize;

use crate::plugin::decision::{Considered, consider};
use crate::plugin::meaning::option;
use crate::plugin::next::{Next, condition, next};
use crate::protocol::Decision;
use crate::resource::{BackupReplication, ConditionType, Reason};

/// A command, and when to type it.
#[derive(Serialize)]
pub(super) struct ToType {
    pub(super) when: &'static str,
    pub(super) command: String,
}

/// The commands that fit the resource as it is. Those that decide are tried out by the operator's own rules.
pub(super) fn to_type(resource: &BackupReplication, now: Timestamp) -> Vec<ToType> {
    let place = format!("-n {} {}", resource.namespace().unwrap_or_default(), resource.name_any());
    let mut commands = decisions(resource, &place, now);
    let reason = condition(resource, ConditionType::Ready).map(|ready| ready.reason.as_str()).unwrap_or_default();
    let is = |wanted: Reason| wanted.as_str() == reason;
    if is(Reason::SecretNotFound)
        && let Some(secret) = &resource.spec.auth.token_secret_ref
    {
        commands.push(ToType {
            when: "to give it the token that it waits for, from a file",
            command: format!(
                "kubectl create secret generic -n {} {} --from-file={}=FILE",
                resource.namespace().unwrap_or_default(),
                secret.name,
                secret.key()
            ),
        });
    }
    if is(Reason::Suspended) {
        commands.push(ToType {
            when: "to let it go on",
            command: format!("kubectl patch brep {place} --type=merge -p '{{\"spec\":{{\"suspend\":false}}}}'"),
        });
    }
    if next(resource) == Next::Operator {
        commands.push(ToType { when: "to see how it goes on", command: format!("kubectl get brep {place} --watch") });
    }
    commands
}

fn decisions(resource: &BackupReplication, place: &str, now: Timestamp) -> Vec<ToType> {
    let words = [
        (Decision::NotAccepted, "", "if the call was not accepted: the operator calls again"),
        (Decision::Accepted(None), " RECORD", "if it was accepted, as this replication record"),
        (Decision::Accepted(None), "", "if it was accepted, and the record is not known"),
        (Decision::CallAnew, "", "to call once more although nothing changed; it is for you to know that it is wanted"),
    ];
    let possible = words
        .into_iter()
        .filter(|(word, _, _)| matches!(consider(resource, word.clone(), now), Considered::Possible(_)));
    let command = |word: &Decision, more: &str| format!("kubectl brep resolve {place} {}{more}", option(word));
    possible.map(|(word, more, when)| ToType { when, command: command(&word, more) }).collect()
}
