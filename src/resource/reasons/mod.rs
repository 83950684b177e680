//! What every reason means, who acts, what happens next and what cures it: the one table from which
//! Events, logs, `kubectl brep explain` and the documentation are made, or against which a test
//! holds them.

mod after_call;
mod before_call;

use crate::resource::Reason;

/// Where the runbook is, for those who have nothing but a terminal.
const RUNBOOK: &str = concat!(env!("CARGO_PKG_REPOSITORY"), "/blob/main/docs/runbook.md");

/// What there is to say about a reason, whichever resource has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Explained {
    /// What it means, in one or two sentences.
    pub means: &'static str,
    /// Who can end it.
    pub acts: Acts,
    /// What happens next, and what ends it.
    pub next: &'static str,
    /// The commands that end it, or that show what is in the way.
    pub cures: &'static [Cure],
    /// The level of its line in the log while nobody is asked to act. What is stalled is an error.
    pub level: Level,
    /// The type of its Event.
    pub event: EventType,
    /// Whether it is an Event of its own.
    pub told: Telling,
    /// The alert that sees a resource which stays so.
    pub alert: Option<&'static str>,
    /// Whose turn it is while the resource is not stalled.
    pub waits_for: WaitsFor,
}

/// A command, and when to type it. [`Blanks::fill`] puts in what is of the resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cure {
    /// When to type it, or for what purpose.
    pub when: &'static str,
    /// With `{namespace}`, `{name}` and the other blanks.
    pub command: &'static str,
}

/// Who can end it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Acts {
    /// Nobody has to.
    Nobody,
    /// The operator does, automatically.
    Operator,
    /// Who wrote the resource, or owns its namespace.
    Person,
    /// Who runs the operator or the cluster.
    Administrator,
}

impl Acts {
    /// As the documentation names them.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Nobody => "nobody",
            Self::Operator => "the operator",
            Self::Person => "the owner of the resource",
            Self::Administrator => "the administrator",
        }
    }
}

/// A level of the log, the lowest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// All is as it should be.
    Info,
    /// Something is in the way.
    Warn,
    /// A person is needed.
    Error,
}

/// The type of an Event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventType {
    /// All is as it should be.
    Normal,
    /// Somebody should be worried.
    Warning,
}

/// Whether a wait is an Event of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Telling {
    /// It is not: the resource is on its way, or its acceptance or end is told instead.
    Quiet,
    /// Once for each time that it begins.
    Once,
    /// Once for all attempts in a row that end the same way.
    OncePerSeries,
}

/// Whose turn it is while a resource waits and is not stalled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WaitsFor {
    /// The operator or the cloud is at work, or nobody needs to be.
    OperatorOrCloud,
    /// A person has to change something. The operator notices it automatically.
    Person,
    /// The credential has to become another.
    Credential(CredentialNeed),
}

/// What a credential has to become.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CredentialNeed {
    /// It has to be there.
    Exists,
    /// It has to be in its place, whole and usable.
    Holds,
    /// The operator has to be allowed to use it.
    Permitted,
    /// The cloud has to accept it.
    AcceptedByCloud,
    /// IAM has to accept it.
    AcceptedByIam,
}

/// What fills the blanks of a command.
#[derive(Clone, Debug, Default)]
pub struct Blanks {
    /// Of the resource.
    pub namespace: String,
    /// Of the resource.
    pub name: String,
    /// The Secret that it names, if it does.
    pub secret: String,
    /// The service account that it names, if it does.
    pub account: String,
    /// The options of kubectl that fill the Secret from files.
    pub files: String,
    /// Where the cloud is called.
    pub endpoint: String,
    /// IAM, if it issues what the cloud is shown.
    pub iam: String,
}

impl Blanks {
    /// All blanks, with what stands for them where no resource is meant.
    pub const ALL: [(&'static str, &'static str); 7] = [
        ("{namespace}", "NAMESPACE"),
        ("{name}", "NAME"),
        ("{secret}", "SECRET"),
        ("{account}", "ACCOUNT"),
        ("{files}", "--from-file=KEY=FILE"),
        ("{endpoint}", "ENDPOINT"),
        ("{iam}", "https://iam.REGION.DOMAIN"),
    ];

    /// Whether the command is about what this resource names: a Secret, a service account, or IAM.
    pub fn fits(&self, command: &str) -> bool {
        let about = |blank: &str, value: &str| !command.contains(blank) || !value.is_empty();
        about("{secret}", &self.secret)
            && about("{account}", &self.account)
            && about("{iam}", &self.iam)
            && about("iamEndpoint", &self.iam)
    }

    /// The command for this resource. What a shell could take for more than a word is left blank:
    /// not all of a status is written by the operator.
    pub fn fill(&self, command: &str) -> String {
        let Self { namespace, name, secret, account, files, endpoint, iam } = self;
        let values = [namespace, name, secret, account, files, endpoint, iam];
        let filled = |text: String, ((blank, nothing), value): (&(&str, &str), &&String)| {
            let fits = !value.is_empty() && value.chars().all(is_plain);
            text.replace(blank, if fits { value } else { nothing })
        };
        Self::ALL.iter().zip(&values).fold(command.to_owned(), filled)
    }
}

/// Whether a shell takes it for itself. (A blank separates the options for several files.)
fn is_plain(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || matches!(letter, '.' | '_' | '-' | '/' | ':' | '=' | ' ')
}

impl Reason {
    /// What there is to say about it.
    pub fn explained(self) -> &'static Explained {
        match self {
            Self::BeingDeleted => &before_call::BEING_DELETED,
            Self::Suspended => &before_call::SUSPENDED,
            Self::EndpointMissing => &before_call::ENDPOINT_MISSING,
            Self::EndpointRefused => &before_call::ENDPOINT_REFUSED,
            Self::SpecInvalid => &before_call::SPEC_INVALID,
            Self::CredentialNotFound => &before_call::CREDENTIAL_NOT_FOUND,
            Self::CredentialMissing => &before_call::CREDENTIAL_MISSING,
            Self::CredentialUnusable => &before_call::CREDENTIAL_UNUSABLE,
            Self::CredentialNotPermitted => &before_call::CREDENTIAL_NOT_PERMITTED,
            Self::CredentialRejected => &before_call::CREDENTIAL_REJECTED,
            Self::LoginRefused => &before_call::LOGIN_REFUSED,
            Self::LoginFailed => &before_call::LOGIN_FAILED,
            Self::Throttled => &before_call::THROTTLED,
            Self::TemporarilyRejected => &before_call::TEMPORARILY_REJECTED,
            Self::NotSent => &before_call::NOT_SENT,
            Self::Submitting => &after_call::SUBMITTING,
            Self::OutcomeUnknown => &after_call::OUTCOME_UNKNOWN,
            Self::Rejected => &after_call::REJECTED,
            Self::AlreadyReplicated => &after_call::ALREADY_REPLICATED,
            Self::LookUpFailed => &before_call::LOOK_UP_FAILED,
            Self::NoMatchingBackup => &before_call::NO_MATCHING_BACKUP,
            Self::BackupChosen => &before_call::BACKUP_CHOSEN,
            Self::SourceNotReady => &before_call::SOURCE_NOT_READY,
            Self::TooYoung => &before_call::TOO_YOUNG,
            Self::ClaimRefused => &before_call::CLAIM_REFUSED,
            Self::ObjectTooLarge => &before_call::OBJECT_TOO_LARGE,
            Self::SameTargetInUse => &before_call::SAME_TARGET_IN_USE,
            Self::Accepted => &after_call::ACCEPTED,
            Self::Replicating => &after_call::REPLICATING,
            Self::Replicated => &after_call::REPLICATED,
            Self::ReplicationFailed => &after_call::REPLICATION_FAILED,
            Self::ReplicationSkipped => &after_call::REPLICATION_SKIPPED,
            Self::AdditionalRecords => &after_call::ADDITIONAL_RECORDS,
            Self::NotReported => &after_call::NOT_REPORTED,
            Self::RecordGone => &after_call::RECORD_GONE,
            Self::BackupGone => &after_call::BACKUP_GONE,
            Self::TrackingLimitReached => &after_call::TRACKING_LIMIT_REACHED,
            Self::NotAccepted => &before_call::NOT_ACCEPTED,
        }
    }

    /// Its section in the runbook.
    pub fn anchor(self) -> String {
        self.as_str().to_lowercase()
    }

    /// Where the runbook has it.
    pub fn runbook_url(self) -> String {
        format!("{RUNBOOK}#{}", self.anchor())
    }
}

/// The operator deals with it, and nobody needs to know.
const QUIET: Explained = Explained {
    means: "",
    acts: Acts::Operator,
    next: "",
    cures: &[WATCH],
    level: Level::Info,
    event: EventType::Normal,
    told: Telling::Quiet,
    alert: None,
    waits_for: WaitsFor::OperatorOrCloud,
};
/// Somebody should know.
const WARNS: Explained =
    Explained { level: Level::Warn, event: EventType::Warning, told: Telling::Once, ..QUIET };
const STALLED: Option<&str> = Some("BackupReplicationStalled");

const WATCH: Cure = Cure {
    when: "to see how it continues",
    command: "kubectl get brep -n {namespace} {name} --watch",
};
const EDIT: Cure = Cure {
    when: "to correct the spec here (or correct it where you apply it from)",
    command: "kubectl edit brep -n {namespace} {name}",
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_says_all() {
        for reason in Reason::ALL {
            let Explained { means, acts, next, cures, level, event, told, alert, waits_for } =
                reason.explained();
            let name = reason.as_str();
            for text in [means, next] {
                assert!(text.ends_with('.') && text.len() > 10, "{name}: {text}");
            }
            assert!(*acts == Acts::Nobody || !cures.is_empty(), "{name} has no command");
            // What worries in one place worries in all.
            assert_eq!(*level == Level::Info, *event == EventType::Normal, "{name}");
            assert_eq!(
                *event == EventType::Warning,
                alert.is_some(),
                "{name} is seen by no alert, or without need"
            );
            let is_worth_an_event = *acts != Acts::Nobody && *event == EventType::Warning;
            assert!(!is_worth_an_event || *told != Telling::Quiet, "{name}");
            let by_others = *waits_for != WaitsFor::OperatorOrCloud;
            assert!(!by_others || *acts != Acts::Operator, "{name} is nobody's to end");
        }
    }

    #[test]
    fn nothing_of_a_resource_becomes_a_command() {
        for odd in
            ["x;id", "$(id)", "`id`", "x|id", "x&id", "x\nid", "'x", "\"x", "${IFS}", "<x", "x>y"]
        {
            let blanks = Blanks {
                namespace: odd.into(),
                name: odd.into(),
                secret: odd.into(),
                account: odd.into(),
                files: odd.into(),
                endpoint: odd.into(),
                iam: odd.into(),
            };
            for (blank, nothing) in Blanks::ALL {
                assert_eq!(blanks.fill(blank), nothing, "{odd}");
            }
        }
    }

    #[test]
    fn every_command_is_filled_in_whole() {
        let blanks = Blanks {
            namespace: "ns".into(),
            name: "db".into(),
            secret: "cbr-token".into(),
            account: "replication".into(),
            files: "--from-file=token=FILE".into(),
            endpoint: "https://cbr.example".into(),
            iam: "https://iam.example".into(),
        };
        for reason in Reason::ALL {
            for Cure { when, command } in reason.explained().cures {
                for filled in [blanks.fill(command), Blanks::default().fill(command)] {
                    assert!(
                        filled.starts_with("kubectl ") || filled.starts_with("helm "),
                        "{filled}"
                    );
                    assert!(
                        !Blanks::ALL.iter().any(|(blank, _)| filled.contains(blank)),
                        "{filled}"
                    );
                }
                let starts_small = when.starts_with(|c: char| c.is_lowercase());
                assert!(starts_small && !when.ends_with(['.', ':']), "{}: {when}", reason.as_str());
                // A word in braces that is no blank would stay.
                let left = blanks.fill(command).replace("{\"", "").replace("{.", "");
                assert!(!left.contains('{') || left.contains("[*]"), "{left}");
            }
        }
    }
}
