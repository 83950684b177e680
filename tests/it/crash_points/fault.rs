//! What happens at a point.

use proxy::Moment;

/// What happens at a point, before the request is forwarded or after the server's answer has
/// arrived and is held back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) kind: FaultKind,
    pub(crate) moment: Moment,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FaultKind {
    /// SIGKILL, then a restart.
    Kill,
    /// The connection is reset; the operator lives on.
    Lose,
    /// SIGKILL and a restart, while every event of a watch comes late.
    KillLagging,
    /// SIGKILL of one of two operators; the other takes over.
    KillBeside,
}

impl Fault {
    /// All kinds, or those of the plain run.
    pub(crate) fn kinds(all: bool) -> Vec<Self> {
        let kinds: &[FaultKind] = if all {
            &[FaultKind::Kill, FaultKind::Lose, FaultKind::KillLagging, FaultKind::KillBeside]
        } else {
            &[FaultKind::Kill]
        };
        let moments = [Moment::Request, Moment::Answer];
        kinds.iter().flat_map(|kind| moments.map(|moment| Self { kind: *kind, moment })).collect()
    }

    pub(crate) fn is_kill(self) -> bool {
        match self.kind {
            FaultKind::Kill | FaultKind::KillLagging | FaultKind::KillBeside => true,
            FaultKind::Lose => false,
        }
    }

    pub(crate) fn text(self) -> &'static str {
        match (self.kind, self.moment) {
            (FaultKind::Kill, Moment::Request) => "killed before the request",
            (FaultKind::Kill, Moment::Answer) => "killed before the answer",
            (FaultKind::Lose, Moment::Request) => "request lost",
            (FaultKind::Lose, Moment::Answer) => "answer lost",
            (FaultKind::KillLagging, Moment::Request) => "late watch, killed before the request",
            (FaultKind::KillLagging, Moment::Answer) => "late watch, killed before the answer",
            (FaultKind::KillBeside, Moment::Request) => "one of two killed before the request",
            (FaultKind::KillBeside, Moment::Answer) => "one of two killed before the answer",
        }
    }
}
