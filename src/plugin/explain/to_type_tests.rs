//! For every reason, with every kind of credential: what is to be typed is what cures it.

use serde_json::{Value, json};

use super::*;
use crate::plugin::fixtures::{resource, with_reason};
use crate::resource::Acts;

const KINDS: [&str; 4] = ["token", "password", "accessKey", "serviceAccount"];

fn auth(kind: &str) -> Value {
    match kind {
        "password" => json!({"passwordSecretRef": {"name": "s"}}),
        "accessKey" => json!({"accessKeySecretRef": {"name": "s"}}),
        "serviceAccount" => json!({
            "serviceAccount": {"name": "a", "identityProvider": "p", "audience": "x"},
        }),
        _ => json!({"tokenSecretRef": {"name": "s"}}),
    }
}

fn typed(actor: &str, reason: Reason, kind: &str) -> Vec<String> {
    let mut resource = resource(with_reason(actor, reason.as_str()));
    resource.spec.auth = serde_json::from_value(auth(kind)).unwrap();
    resource.spec.endpoint = Some("https://cbr.eu-de.example".to_owned());
    let list = to_type(&resource, Some(reason), Timestamp::UNIX_EPOCH);
    list.into_iter().map(|one| one.command).collect()
}

const PATCH_ENDPOINT: &str = "\"endpoint\":\"https://cbr.";
const NEW_SECRET: &str = "create secret generic -n backups s --from-file=";
const WATCH: &str = "--watch";

/// What cures it, where a Secret with a password is named. A decision needs an attempt, and so is
/// not among them.
fn cure(reason: Reason) -> &'static [&'static str] {
    match reason {
        Reason::BeingDeleted => &["{.metadata.finalizers}"],
        Reason::Suspended => &["\"suspend\":false"],
        Reason::EndpointMissing => &[PATCH_ENDPOINT],
        Reason::EndpointRefused => &[PATCH_ENDPOINT, "\"iamEndpoint\":", "get deployments"],
        Reason::SpecInvalid | Reason::Rejected => &["kubectl edit brep -n backups db"],
        Reason::CredentialNotFound
        | Reason::CredentialMissing
        | Reason::CredentialUnusable
        | Reason::CredentialRejected
        | Reason::LoginRefused => &[NEW_SECRET],
        Reason::CredentialNotPermitted => &["can-i get secrets/s", "--show-labels"],
        Reason::LoginFailed => &["-sv https://iam.eu-de.example"],
        Reason::NotSent | Reason::LookUpFailed => &["-sv https://cbr.eu-de.example"],
        Reason::ClaimRefused => &["webhookconfigurations", "can-i patch backupreplications/status"],
        Reason::ObjectTooLarge => &["--show-managed-fields", "kubectl edit brep"],
        Reason::SameTargetInUse => &["kubectl brep status -n backups"],
        Reason::ReplicationFailed | Reason::ReplicationSkipped => &["kubectl replace --force"],
        Reason::AdditionalRecords => &["{.status.additionalRecords}", "kubectl replace --force"],
        Reason::NotReported
        | Reason::RecordGone
        | Reason::BackupGone
        | Reason::TrackingLimitReached => &["\"readyWhen\":\"Accepted\""],
        Reason::NoMatchingBackup => &["{.spec.backupSelector}"],
        Reason::BackupChosen
        | Reason::Throttled
        | Reason::TemporarilyRejected
        | Reason::Submitting
        | Reason::SourceNotReady
        | Reason::TooYoung
        | Reason::Replicating
        | Reason::NotAccepted => &[WATCH],
        Reason::OutcomeUnknown
        | Reason::AlreadyReplicated
        | Reason::Accepted
        | Reason::Replicated => &[],
    }
}

#[test]
fn every_reason_is_answered_with_its_cure() {
    for reason in Reason::ALL {
        let commands = typed("Stalled", *reason, "password");
        for part in cure(*reason) {
            assert!(
                commands.iter().any(|command| command.contains(part)),
                "{}: {part} is not in {commands:#?}",
                reason.as_str()
            );
        }
    }
}

#[test]
fn a_command_is_about_what_the_resource_names() {
    for reason in Reason::ALL {
        for kind in KINDS {
            for actor in ["Stalled", "Reconciling"] {
                for command in typed(actor, *reason, kind) {
                    let about = format!("{} {kind}: {command}", reason.as_str());
                    let secret = [" secret ", "secrets/", " secret generic "];
                    let is_about_secret = secret.iter().any(|word| command.contains(word));
                    assert!(!(kind == "serviceAccount" && is_about_secret), "{about}");
                    let is_about_account = ["serviceaccounts/a", " serviceaccount "]
                        .iter()
                        .any(|w| command.contains(w));
                    assert!(kind == "serviceAccount" || !is_about_account, "{about}");
                    let is_about_iam =
                        command.contains("iamEndpoint") || command.contains("//iam.");
                    assert!(!(is_about_iam && ["token", "accessKey"].contains(&kind)), "{about}");
                    assert!(
                        !command.contains("SECRET") && !command.contains("KEY=FILE"),
                        "{about}"
                    );
                }
            }
        }
    }
}

/// Nobody is left without a command who is asked to act.
#[test]
fn those_who_have_to_act_have_something_to_type() {
    for reason in Reason::ALL {
        let by_decision = matches!(reason, Reason::OutcomeUnknown | Reason::AlreadyReplicated);
        let acts = matches!(reason.explained().acts, Acts::Person | Acts::Administrator);
        for kind in KINDS {
            // A service account has nothing that could be missing, or be put into a Secret; and the
            // token that was rejected is replaced automatically.
            let without = kind == "serviceAccount"
                && matches!(
                    reason,
                    Reason::CredentialMissing
                        | Reason::CredentialUnusable
                        | Reason::CredentialRejected
                );
            let of_iam = matches!(reason, Reason::LoginFailed | Reason::LoginRefused);
            let without = without || of_iam && ["token", "accessKey"].contains(&kind);
            let commands = typed("Stalled", *reason, kind);
            assert!(
                !acts || by_decision || without || !commands.is_empty(),
                "{} {kind}",
                reason.as_str()
            );
        }
    }
}

/// What the operator settles automatically is not decided in passing.
#[test]
fn no_decision_is_offered_while_the_operator_checks() {
    let attempt = json!({
        "id": "attempt-1", "number": 1, "generation": 1, "endpoint": "https://cbr.eu-de.example",
        "claimedAt": "2026-11-23T10:00:00Z", "claimedBy": "x", "window": "10s", "limit": "20s",
        "outcome": "Unknown",
    });
    for reason in [Reason::OutcomeUnknown, Reason::AlreadyReplicated] {
        for (actor, offered) in [("Stalled", true), ("Reconciling", false)] {
            let mut status = with_reason(actor, reason.as_str());
            status["attempts"] = json!([attempt]);
            let resource = resource(status);
            let list = to_type(&resource, Some(reason), Timestamp::now());
            let decides = list.iter().any(|one| one.command.contains(" resolve "));
            assert_eq!(decides, offered, "{} {actor}", reason.as_str());
        }
    }
}
