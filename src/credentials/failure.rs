//! Why there is no new token: one line that says what to do, and an exit code that says whether to
//! try again.

use std::fmt;
use std::process::ExitCode;

use crate::cbr::{NotIssued, ProjectId};

/// Why nothing was written, but where the write itself gave no answer.
#[derive(Debug)]
pub(super) enum Failure {
    /// An option is wrong.
    Usage(String),
    /// It may pass without anybody's help.
    Later(String),
    /// Somebody has to fix something. To try again before that is useless, and IAM locks users
    /// after too many wrong passwords.
    NeedsAFix(String),
}

impl Failure {
    pub(super) fn exit_code(&self) -> ExitCode {
        ExitCode::from(match self {
            Self::Later(_) => 1,
            Self::Usage(_) => 2,
            Self::NeedsAFix(_) => 3,
        })
    }

    /// IAM has issued no token to the user of this Secret.
    pub(super) fn of_iam(error: &NotIssued, user: &str, project: &ProjectId) -> Self {
        let advice = match error {
            NotIssued::Unauthorized(_) => format!(
                "Correct username, password and domain in {user}, and see that the user has rights \
                 in project {project}"
            ),
            NotIssued::Forbidden(_) => {
                format!(
                    "Have the user of {user} unlocked, or allowed to log in by password from here"
                )
            }
            NotIssued::Rejected(_) => "Check --iam-endpoint and --project-id".to_owned(),
            NotIssued::OtherScope => {
                format!("Check --project-id {project}, and the rights of the user of {user} there")
            }
            NotIssued::Unusable(_) => {
                "Check that --iam-endpoint is IAM, and what is on the way to it".to_owned()
            }
            NotIssued::Throttled(_) => "Another try may do".to_owned(),
            NotIssued::Unavailable(_) => {
                "Check --iam-endpoint, names, network and certificates if this lasts".to_owned()
            }
        };
        let line = format!("{error}. {advice}. The token that was there stays");
        if error.may_pass() { Self::Later(line) } else { Self::NeedsAFix(line) }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Usage(line) | Self::Later(line) | Self::NeedsAFix(line) => f.write_str(line),
        }
    }
}
