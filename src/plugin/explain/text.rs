//! The story in plain words.

use std::fmt::Write;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

use super::report::{NamedCondition, NextStep, Report, ShownCondition, ShownEvidence};
use super::to_type::ToType;
use crate::plugin::narrate;
use crate::plugin::words::{plain, short, without_commands};
use crate::resource::{
    Attempt, BackupReplicationSpec, BackupSelector, Origin, Reason, TrackingEnd, TrackingIssue,
};

/// Lines of `name: value` below a heading.
struct Section(String);

impl Section {
    fn new(heading: &str) -> Self {
        Self(format!("\n{heading}\n"))
    }

    fn line(&mut self, text: &str) {
        // Writing to a String cannot fail.
        let _ = writeln!(self.0, "  {}", plain(text));
    }

    fn field(&mut self, name: &str, value: &str) {
        self.line(&format!("{:<17}{value}", format!("{name}:")));
    }

    fn known(&mut self, name: &str, value: Option<&str>) {
        if let Some(value) = value {
            self.field(name, value);
        }
    }
}

/// The whole story, in the order in which a stranger asks.
pub(super) fn text(report: &Report) -> String {
    let head = format!(
        "BackupReplication {} in namespace {}: {}\n",
        report.name, report.namespace, report.summary
    );
    [
        head,
        purpose(&report.call, report.backup_id.as_deref()),
        standing(report),
        attempts(&report.attempts),
        evidence(report),
        turn(&report.next),
    ]
    .into_iter()
    .chain([commands(&report.to_type), reading(report.runbook.as_deref())])
    .collect()
}

fn purpose(call: &BackupReplicationSpec, backup_id: Option<&str>) -> String {
    let mut section = Section::new("What it is for");
    section.line(&format!(
        "One copy of {} (project {}) in region {}, vault {} (project {}).",
        which(call, backup_id),
        call.project_id,
        call.destination_region,
        call.destination_vault_id,
        call.destination_project_id
    ));
    section.line(
        "The operator makes the call to the cloud, and makes sure that no more than one such \
            call is accepted.",
    );
    section.0
}

fn which(call: &BackupReplicationSpec, backup_id: Option<&str>) -> String {
    let Some(selector) = call.backup_selector() else {
        return format!("backup {}", backup_id.unwrap_or("(not named)"));
    };
    let BackupSelector { resource_id, vault_id, created_after } = selector;
    let parts = [("resource", resource_id), ("vault", vault_id), ("created after", created_after)];
    let parts: Vec<String> = parts
        .into_iter()
        .filter_map(|(name, value)| Some(format!("{name} {}", value.as_deref()?)))
        .collect();
    let selected = format!("the newest backup ({})", parts.join(", "));
    match backup_id {
        Some(id) => format!("backup {id}, which was chosen as {selected}"),
        None => format!("{selected}, which is not chosen yet"),
    }
}

fn standing(report: &Report) -> String {
    let mut section = Section::new("Where it stands");
    section.field("phase", report.phase.as_str());
    let told = |told: &ShownCondition| {
        format!("{} ({}), since {}", told.status, told.reason, short(told.since.0))
    };
    section.known("ready", report.ready.as_ref().map(told).as_deref());
    section.known("replicated", report.replicated.as_ref().map(told).as_deref());
    section.known("created", time(report.created_at.as_ref()).as_deref());
    section.known(
        "operator says",
        report.ready.as_ref().map(|ready| without_commands(&ready.message)).as_deref(),
    );
    // Most conditions say the same. What another one adds is told, too, no matter who wrote it.
    let mut messages: Vec<&str> = report.ready.iter().map(|ready| ready.message.as_str()).collect();
    for NamedCondition { kind, told } in &report.conditions {
        // That nothing is accepted yet says less than what is waited for.
        let is_told = told.message.is_empty() || told.reason == Reason::NotAccepted.as_str();
        if !is_told && !messages.contains(&told.message.as_str()) {
            messages.push(&told.message);
            let what = if kind == "Replicated" { "of the copy" } else { kind };
            section.field(what, &without_commands(&told.message));
        }
    }
    section.0
}

fn attempts(attempts: &[Attempt]) -> String {
    let mut section = Section::new("Attempts at the call, newest first");
    if attempts.is_empty() {
        section.line("none");
    }
    for attempt in attempts {
        section.line(&format!("attempt {}: {}", attempt.number, narrate::outcome(attempt)));
        section.field("  id", attempt.id.as_str());
        section.field(
            "  claimed",
            &format!("{} by {}", short(attempt.claimed_at.0), attempt.claimed_by),
        );
        section.field("  endpoint", &attempt.endpoint);
        section.known("  ended", time(attempt.ended_at.as_ref()).as_deref());
        section.known(
            "  next attempt",
            attempt.retry_at.as_ref().map(|at| format!("not before {}", short(at.0))).as_deref(),
        );
        section.known("  cloud", answer(attempt).as_deref());
        section.known("  message", attempt.message.as_deref());
    }
    section.0
}

/// What the cloud's support asks for.
fn answer(attempt: &Attempt) -> Option<String> {
    let parts = [
        attempt.http_status.map(|status| format!("HTTP {status}")),
        attempt.code.as_ref().map(|code| format!("code {code}")),
        attempt.request_id.as_ref().map(|id| format!("request id {id}")),
    ];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

fn evidence(report: &Report) -> String {
    let ShownEvidence {
        records_before,
        replication_record_id,
        operation_log_id,
        record_created_at,
        origin,
        accepted_at,
        additional_records,
        decision,
        record_status,
        progress,
        replica_backup_id,
        fail_code,
        fail_reason,
        completed_at,
        tracking_end,
        tracking_issue,
    } = &report.evidence;
    let mut section = Section::new("Evidence");
    if !report.attempts.is_empty() {
        section.field(
            "before the call",
            &match records_before.as_deref() {
                None => "the cloud's records could not be checked".to_owned(),
                Some([]) => "the cloud showed no record of a replication to that vault".to_owned(),
                Some(ids) => format!("the cloud showed the records {}", ids.join(", ")),
            },
        );
    }
    let record =
        replication_record_id.as_deref().map(|id| match time(record_created_at.as_ref()) {
            Some(began) => format!("{id}, which began {began}"),
            None => id.to_owned(),
        });
    section.field("record", record.as_deref().unwrap_or("none is known"));
    section.known("operation log", operation_log_id.as_deref());
    section.known("known by", origin.map(known_by));
    section.known("accepted", time(accepted_at.as_ref()).as_deref());
    section.known("cloud says", record_status.as_deref());
    section.known("progress", progress.map(|percent| format!("{percent}%")).as_deref());
    section.known("replica", replica_backup_id.as_deref());
    section.known("fail code", fail_code.as_deref());
    section.known("fail reason", fail_reason.as_deref());
    section.known("completed", time(completed_at.as_ref()).as_deref());
    section.known("tracking", tracking_end.map(end_of_tracking).or(tracking_issue.map(blocked_by)));
    section.known("decided", decision.as_deref());
    if !additional_records.is_empty() {
        section.field("more records", &additional_records.join(", "));
    }
    section.0
}

fn known_by(origin: Origin) -> &'static str {
    match origin {
        Origin::Called => "the operator's own call",
        Origin::Adopted => "the cloud's records: it was there before",
        Origin::Declared => "a person's decision",
    }
}

fn end_of_tracking(end: TrackingEnd) -> &'static str {
    match end {
        TrackingEnd::Replicated => "finished, the copy exists",
        TrackingEnd::Failed => "finished, the replication failed",
        TrackingEnd::Skipped => "finished, the cloud did not carry it out",
        TrackingEnd::NotReported => "stopped, the cloud does not report this record",
        TrackingEnd::RecordGone => "stopped, the cloud no longer lists the record",
        TrackingEnd::BackupGone => "stopped, the source backup no longer exists",
        TrackingEnd::LimitReached => "stopped, it took longer than --tracking-limit",
    }
}

fn blocked_by(issue: TrackingIssue) -> &'static str {
    match issue {
        TrackingIssue::EndpointRefused => "blocked, the endpoint is not allowed any more",
        TrackingIssue::CredentialNotFound => {
            "blocked, the Secret or service account no longer exists"
        }
        TrackingIssue::CredentialMissing => "blocked, the Secret lacks what is needed",
        TrackingIssue::CredentialUnusable => "blocked, what the Secret holds cannot be used",
        TrackingIssue::CredentialNotPermitted => "blocked, the operator may not get the credential",
        TrackingIssue::CredentialRejected => "blocked, the cloud rejects the credential",
        TrackingIssue::LoginRefused => "blocked, IAM refuses to issue a token",
        TrackingIssue::LoginFailed => "blocked, IAM issues no token at the moment",
        TrackingIssue::LookUpFailed => "blocked, the backup cannot be looked up",
    }
}

fn turn(next: &NextStep) -> String {
    let mut section = Section::new("What happens next");
    section.line(&next.what);
    section.0
}

fn commands(commands: &[ToType]) -> String {
    if commands.is_empty() {
        return String::new();
    }
    let mut section = Section::new("What to type");
    for ToType { when, command } in commands {
        section.line(&format!("{when}:"));
        section.line(&format!("  {command}"));
    }
    section.0
}

fn reading(runbook: Option<&str>) -> String {
    let Some(url) = runbook else {
        return String::new();
    };
    let mut section = Section::new("Read more");
    section.line(url);
    section.0
}

fn time(at: Option<&Time>) -> Option<String> {
    at.map(|at| short(at.0))
}
