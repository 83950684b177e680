//! Every situation, with every status in which an accepted resource can be: for tests that must
//! walk over all that a reader can be told.

use std::time::Duration;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use schemars::{JsonSchema, schema_for};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::describe;
use super::situation::Situation;
use crate::protocol::credential::CredentialProblem;
use crate::protocol::evidence::OtherVault;
use crate::protocol::fixtures::{at, resource};
use crate::resource::{
    Attempt, Auth, BackupReplication, BackupReplicationStatus, CredentialSource, Origin, Outcome,
    ReadyWhen, RejectionKind, TrackingEnd, TrackingIssue,
};

/// A situation, and the resource as it is described in it.
pub(crate) struct Described {
    pub(crate) situation: String,
    pub(crate) resource: BackupReplication,
}

/// All of them.
pub(crate) fn every_description() -> Vec<Described> {
    let mut all = Vec::new();
    let mut add = |situation: &Situation, name: String, mut resource: BackupReplication| {
        let mut status = resource.status.take().unwrap_or_default();
        for note in [None, Some("The annotation is ignored: it is too long.")] {
            describe(&resource, &mut status, situation, note, at(0));
            let resource = BackupReplication { status: Some(status.clone()), ..resource.clone() };
            all.push(Described { situation: name.clone(), resource });
        }
    };
    for situation in every_situation() {
        if matches!(situation, Situation::Accepted | Situation::AcceptedWithUnknown(..)) {
            for (name, resource) in every_acceptance() {
                add(&situation, format!("{situation:?}, {name}"), resource);
            }
        } else {
            add(&situation, format!("{situation:?}"), resource());
        }
    }
    all
}

/// Each value of a choice of the CRD.
fn every<T: JsonSchema + DeserializeOwned>() -> Vec<T> {
    let schema = schema_for!(T).to_value();
    let mut texts = Vec::new();
    collect(&schema, &mut texts);
    assert!(!texts.is_empty(), "{schema}");
    texts.into_iter().map(|text| serde_json::from_value(text).unwrap()).collect()
}

fn collect(schema: &Value, texts: &mut Vec<Value>) {
    texts.extend(schema.get("const").cloned());
    texts.extend(schema.get("enum").and_then(Value::as_array).cloned().unwrap_or_default());
    for choice in schema.get("oneOf").and_then(Value::as_array).into_iter().flatten() {
        collect(choice, texts);
    }
}

/// However a resource can be accepted: by whom, how far, with what in the way.
fn every_acceptance() -> Vec<(String, BackupReplication)> {
    let ends = every::<TrackingEnd>().into_iter().map(|end| (Some(end), None));
    let issues = every::<TrackingIssue>().into_iter().map(|issue| (None, Some(issue)));
    let tracking: Vec<_> = ends.chain(issues).chain([(None, None)]).collect();
    let mut all = Vec::new();
    for origin in every::<Origin>() {
        for ready_when in every::<ReadyWhen>() {
            for additional in [vec![], vec!["r-2".to_owned()]] {
                for (tracking_end, tracking_issue) in tracking.clone() {
                    let name = format!(
                        "{origin:?}, {ready_when:?}, {additional:?}, {tracking_end:?}, \
                         {tracking_issue:?}"
                    );
                    let mut resource = resource();
                    resource.spec.ready_when = Some(ready_when);
                    resource.status = Some(BackupReplicationStatus {
                        origin: Some(origin),
                        replication_record_id: Some("r-1".into()),
                        additional_records: additional.clone(),
                        tracking_end,
                        tracking_issue,
                        ..BackupReplicationStatus::default()
                    });
                    all.push((name, resource));
                }
            }
        }
    }
    all
}

/// One of each, in the order of the source.
fn every_situation() -> Vec<Situation> {
    let mut all: Vec<Situation> =
        std::iter::successors(Some(Situation::BeingDeleted), next).collect();
    // A retry is told by how the call ended, and so is what follows an end.
    for attempt in every_failed_attempt() {
        all.push(Situation::WaitingToRetry(attempt.clone()));
        all.push(Situation::CallEnded(attempt));
    }
    for source in sources() {
        all.push(Situation::CredentialRejected(source.clone(), "The cloud's words".into()));
        let problems = std::iter::successors(Some(CredentialProblem::NotFound), next_problem);
        all.extend(problems.map(|problem| Situation::NoCredential(source.clone(), problem)));
    }
    let retried =
        Attempt { retry_at: Some(Time(at(600))), ..attempt(Some(Outcome::Rejected), None) };
    all.push(Situation::Rejected(retried, true));
    all.push(Situation::TooYoung(true));
    all.push(Situation::SameTargetInUse("db".into()));
    all.push(Situation::AlreadyReplicated(attempt(Some(Outcome::Rejected), None), None, None));
    all
}

/// The one after this. A new situation must be put into the chain: without its place it does not
/// compile.
fn next(situation: &Situation) -> Option<Situation> {
    let source = || sources().remove(0);
    let why = || "it cannot be read".to_owned();
    let unknown = || attempt(Some(Outcome::Unknown), None);
    let rejected = |kind| attempt(Some(Outcome::Rejected), Some(kind));
    let elsewhere = || Some(OtherVault { record: "r-9".into(), vault: "v-9".into() });
    let wait = Duration::from_secs(60);
    Some(match situation {
        Situation::BeingDeleted => Situation::Suspended,
        Situation::Suspended => Situation::NoEndpoint,
        Situation::NoEndpoint => Situation::EndpointRefused(why()),
        Situation::EndpointRefused(_) => Situation::SpecInvalid(why()),
        Situation::SpecInvalid(_) => Situation::NoCredential(source(), CredentialProblem::NotFound),
        Situation::NoCredential(..) => Situation::CredentialRejected(source(), why()),
        Situation::CredentialRejected(..) => Situation::ThrottledByOthers(Some(at(60))),
        Situation::ThrottledByOthers(Some(_)) => Situation::ThrottledByOthers(None),
        Situation::ThrottledByOthers(None) => Situation::TurnToCome,
        Situation::TurnToCome => Situation::WaitingToRetry(attempt(None, None)),
        Situation::WaitingToRetry(_) => Situation::Submitting(attempt(None, None), elsewhere()),
        Situation::Submitting(..) => Situation::CallEnded(unknown()),
        Situation::CallEnded(_) => Situation::UnknownLookedUp(unknown(), wait),
        Situation::UnknownLookedUp(..) => Situation::UnknownHeld(unknown(), Some(why())),
        Situation::UnknownHeld(..) => Situation::UnknownThenCalledAgain(unknown(), wait),
        Situation::UnknownThenCalledAgain(..) => {
            Situation::AlreadyReplicatedLookedUp(rejected(RejectionKind::AlreadyReplicated))
        }
        Situation::AlreadyReplicatedLookedUp(_) => {
            Situation::Rejected(rejected(RejectionKind::Terminal), false)
        }
        Situation::Rejected(..) => Situation::AlreadyReplicated(
            rejected(RejectionKind::AlreadyReplicated),
            elsewhere(),
            Some(why()),
        ),
        Situation::AlreadyReplicated(..) => Situation::LooksFail(why(), wait),
        Situation::LooksFail(..) => Situation::LookupDoubted(why(), wait),
        Situation::LookupDoubted(..) => Situation::TooYoung(false),
        Situation::TooYoung(_) => Situation::ClaimRefused(why(), at(60)),
        Situation::ClaimRefused(..) => Situation::ObjectTooLarge(1024 * 1024),
        Situation::ObjectTooLarge(_) => Situation::NoMatchingBackup("it is empty".to_owned()),
        Situation::NoMatchingBackup(_) => Situation::NewestUnclear(why()),
        Situation::NewestUnclear(_) => Situation::ListFails(why(), wait),
        Situation::ListFails(..) => Situation::BackupChosen("b-1".to_owned(), at(0)),
        Situation::BackupChosen(..) => Situation::SourceNotReady,
        Situation::SourceNotReady => Situation::SameTargetInUse("other".into()),
        Situation::SameTargetInUse(_) => Situation::Accepted,
        Situation::Accepted => Situation::AcceptedWithUnknown(unknown(), Some(why())),
        Situation::AcceptedWithUnknown(..) => return None,
    })
}

/// One of each kind.
pub(crate) fn sources() -> Vec<CredentialSource> {
    [
        json!({"tokenSecretRef": {"name": "cbr-token"}}),
        json!({"passwordSecretRef": {"name": "cbr-user"}}),
        json!({"accessKeySecretRef": {"name": "cbr-key"}}),
        json!({"serviceAccount": {"name": "cbr", "identityProvider": "k8s", "audience": "iam"}}),
    ]
    .map(|auth| serde_json::from_value::<Auth>(auth).unwrap().source().unwrap())
    .into()
}

/// The one after this, as for situations.
fn next_problem(problem: &CredentialProblem) -> Option<CredentialProblem> {
    let why = || "it cannot be read".to_owned();
    Some(match problem {
        CredentialProblem::NotFound => CredentialProblem::Missing("is empty".to_owned()),
        CredentialProblem::Missing(_) => CredentialProblem::Unusable(why()),
        CredentialProblem::Unusable(_) => CredentialProblem::NotPermitted(why()),
        CredentialProblem::NotPermitted(_) => CredentialProblem::IamEndpointRefused(why()),
        CredentialProblem::IamEndpointRefused(_) => CredentialProblem::LoginRefused(why()),
        CredentialProblem::LoginRefused(_) => CredentialProblem::LoginFailed(why()),
        CredentialProblem::LoginFailed(_) => return None,
    })
}

fn every_failed_attempt() -> Vec<Attempt> {
    let rejected = every::<RejectionKind>().into_iter().map(|kind| (Outcome::Rejected, Some(kind)));
    let others = [Outcome::NotSent, Outcome::NotAccepted].map(|outcome| (outcome, None));
    rejected.chain(others).map(|(outcome, kind)| attempt(Some(outcome), kind)).collect()
}

fn attempt(outcome: Option<Outcome>, rejection: Option<RejectionKind>) -> Attempt {
    let claimed = json!({
        "id": "a-1", "number": 1, "generation": 1, "endpoint": "https://cbr.example",
        "claimedAt": "2026-11-23T10:00:00Z", "claimedBy": "me", "window": "10s", "limit": "1m",
        "message": "The cloud's words",
    });
    Attempt { outcome, rejection, ..serde_json::from_value(claimed).unwrap() }
}
