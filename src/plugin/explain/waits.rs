//! What is waited for while nothing is called, for each reason; and what ends the wait.

use crate::plugin::next::{Next, is_followed, leading_condition, next, reason};
use crate::resource::{BackupReplication, CredentialSource, Reason, WaitsFor};

/// The wait in one sentence, with the name of what is waited for.
pub(super) fn summary(resource: &BackupReplication) -> String {
    let Some(reason) = reason(resource) else {
        return "No call is in flight, and none was accepted.".to_owned();
    };
    let source = resource.spec.auth.source();
    let credential = || match &source {
        Some(source) => source.to_string(),
        None => "the credential of spec.auth".to_owned(),
    };
    let one = || source.as_ref().map_or("a credential", CredentialSource::one);
    let stalled = next(resource) == Next::Human;
    match reason {
        Reason::CredentialNotFound => format!("Waiting for {} to be created.", credential()),
        Reason::CredentialMissing => format!("Waiting for {} to hold {}.", credential(), one()),
        Reason::CredentialUnusable => {
            format!("Waiting for {} to hold {} that can be used.", credential(), one())
        }
        Reason::CredentialNotPermitted => {
            let act = source.as_ref().map_or_else(credential, CredentialSource::act);
            format!("Waiting for the operator to be allowed to {act}.")
        }
        Reason::CredentialRejected => format!(
            "Waiting for {} that the cloud accepts, from {}.",
            source.as_ref().map_or("a credential", CredentialSource::kind_shown),
            credential()
        ),
        Reason::LoginRefused => format!("Waiting for IAM to accept the login by {}.", credential()),
        Reason::LoginFailed => "Waiting for IAM to issue a token.".to_owned(),
        Reason::Suspended => "Waiting for spec.suspend to be false.".to_owned(),
        Reason::EndpointMissing => "Waiting for spec.endpoint to be set.".to_owned(),
        Reason::EndpointRefused => "Waiting for an endpoint that is allowed.".to_owned(),
        Reason::SpecInvalid => "Waiting for a spec that can be sent.".to_owned(),
        Reason::ObjectTooLarge => "Waiting for the resource to become smaller.".to_owned(),
        Reason::ClaimRefused => {
            "Waiting for the API server to keep what is written before a call.".to_owned()
        }
        Reason::Throttled => "Waiting, since the cloud throttles requests.".to_owned(),
        Reason::TemporarilyRejected => {
            "Waiting, since the cloud could not take the call when it was made.".to_owned()
        }
        Reason::NotSent => {
            "Waiting for a connection to the cloud. Nothing has been sent.".to_owned()
        }
        Reason::LookUpFailed => "Waiting for an answer about the backup.".to_owned(),
        Reason::NoMatchingBackup => {
            "Waiting for a backup that matches spec.backupSelector.".to_owned()
        }
        Reason::BackupChosen => "Waiting for the look-up of the chosen backup.".to_owned(),
        Reason::SourceNotReady => "Waiting for the backup to be complete.".to_owned(),
        Reason::TooYoung => "Waiting for the time in which a restore may still write.".to_owned(),
        Reason::SameTargetInUse => {
            "Waiting for another resource's call for the same backup and region.".to_owned()
        }
        Reason::OutcomeUnknown | Reason::AlreadyReplicated | Reason::Rejected if stalled => {
            "Waiting for your decision.".to_owned()
        }
        Reason::OutcomeUnknown | Reason::AlreadyReplicated | Reason::Rejected => {
            "Waiting for what the cloud's records show.".to_owned()
        }
        Reason::BeingDeleted
        | Reason::Submitting
        | Reason::Accepted
        | Reason::Replicating
        | Reason::Replicated
        | Reason::ReplicationFailed
        | Reason::ReplicationSkipped
        | Reason::AdditionalRecords
        | Reason::NotReported
        | Reason::RecordGone
        | Reason::BackupGone
        | Reason::TrackingLimitReached
        | Reason::NotAccepted => reason.explained().means.to_owned(),
    }
}

/// What must happen to the credential, where the operator waits for that.
pub(super) fn credential(resource: &BackupReplication) -> Option<String> {
    if is_followed(resource) {
        return None;
    }
    let source = resource.spec.auth.source()?;
    let reason = Reason::parse(&leading_condition(resource)?.reason)?;
    match reason.explained().waits_for {
        WaitsFor::Credential(need) => source.becomes(need),
        WaitsFor::Person | WaitsFor::OperatorOrCloud => None,
    }
}
