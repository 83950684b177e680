//! How a command ends, as a pipeline sees it.

use std::process::ExitCode;

/// The exit codes. They are documented, and never change their meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Exit {
    /// It ended as asked.
    Done,
    /// It could not be done, or was refused.
    Failed,
    /// The command line is wrong.
    Usage,
    /// A person has to act first.
    NeedsPerson,
    /// The cloud refused the call, or the replication failed.
    Refused,
    /// The time was over.
    TimedOut,
    /// There is no such resource, or it was deleted meanwhile.
    NotFound,
    /// A check found something that is not as it must be.
    NotAsItMustBe,
}

impl Exit {
    pub(super) fn number(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Failed => 1,
            Self::Usage => 2,
            Self::NeedsPerson => 3,
            Self::Refused => 4,
            Self::TimedOut => 5,
            Self::NotFound => 6,
            Self::NotAsItMustBe => 7,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.number())
    }
}
