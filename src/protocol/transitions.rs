//! What a status has to say that the one before it had not: for events and counters. Told once for
//! each turn that a resource takes, never again and again while it stands.

use std::time::Duration;

use jiff::Timestamp;

use crate::resource::{
    Attempt, BackupReplicationStatus, ConditionType, EventType, Origin, Outcome, Reason,
    RejectionKind, Telling, TrackingEnd,
};

/// One thing that is new.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transition {
    /// What happened.
    pub kind: TransitionKind,
    /// The same in words, from the status.
    pub note: String,
}

/// A turn that a resource takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TransitionKind {
    /// A call is known to be accepted.
    Accepted(Origin),
    /// The record is not followed any more.
    Ended(TrackingEnd),
    /// It waits for something, and nobody has to act.
    Waits(Reason),
    /// A human must act.
    Stalls(Reason),
}

impl TransitionKind {
    /// The reason of its event.
    pub fn reason(self) -> &'static str {
        match self {
            Self::Accepted(Origin::Called) => "Accepted",
            Self::Accepted(Origin::Adopted) => "Adopted",
            Self::Accepted(Origin::Declared) => "Declared",
            Self::Ended(end) => reason_of(end).as_str(),
            Self::Waits(reason) | Self::Stalls(reason) => reason.as_str(),
        }
    }

    /// The action of its event. A wait that ends in asking a human is another event than the wait,
    /// though its reason is the same: what repeats an event in all but its note is only counted.
    pub fn action(self) -> &'static str {
        match self {
            Self::Accepted(_) | Self::Ended(_) => "Replicate",
            Self::Waits(_) => "Wait",
            Self::Stalls(_) => "AskHuman",
        }
    }

    /// Whether somebody should be worried.
    pub fn is_warning(self) -> bool {
        match self {
            Self::Accepted(_) => false,
            Self::Ended(end) => reason_of(end).explained().event == EventType::Warning,
            Self::Waits(reason) => reason.explained().event == EventType::Warning,
            Self::Stalls(_) => true,
        }
    }
}

/// The reason of the condition `Replicated` once the record is not followed any more.
fn reason_of(end: TrackingEnd) -> Reason {
    match end {
        TrackingEnd::Replicated => Reason::Replicated,
        TrackingEnd::Failed => Reason::ReplicationFailed,
        TrackingEnd::Skipped => Reason::ReplicationSkipped,
        TrackingEnd::NotReported => Reason::NotReported,
        TrackingEnd::RecordGone => Reason::RecordGone,
        TrackingEnd::BackupGone => Reason::BackupGone,
        TrackingEnd::LimitReached => Reason::TrackingLimitReached,
    }
}

/// What is new in `after`.
pub fn transitions(
    before: Option<&BackupReplicationStatus>,
    after: &BackupReplicationStatus,
) -> Vec<Transition> {
    let mut news = Vec::new();
    let was_accepted = before.is_some_and(BackupReplicationStatus::is_accepted);
    if let (false, true, Some(origin)) = (was_accepted, after.is_accepted(), after.origin) {
        news.push(Transition {
            kind: TransitionKind::Accepted(origin),
            note: message(after, ConditionType::Ready),
        });
    }
    if let (None, Some(end)) = (before.and_then(|status| status.tracking_end), after.tracking_end) {
        news.push(Transition {
            kind: TransitionKind::Ended(end),
            note: message(after, ConditionType::Replicated),
        });
    }
    if let Some(turn) = stands(after).filter(|turn| before.and_then(stands) != Some(*turn))
        && news.is_empty()
        && (is_hindered(after) || !is_repeated(turn, &after.attempts))
    {
        let of = if is_hindered(after) { ConditionType::Replicated } else { ConditionType::Ready };
        news.push(Transition { kind: turn, note: message(after, of) });
    }
    news
}

/// What a resource waits or stalls for. Nothing where it is on its way.
fn stands(status: &BackupReplicationStatus) -> Option<TransitionKind> {
    let of = |kind: ConditionType| status.conditions.iter().find(|c| c.type_ == kind.as_str());
    let reason = Reason::parse(&of(ConditionType::Ready)?.reason)?;
    if of(ConditionType::Stalled).is_some() {
        return Some(TransitionKind::Stalls(reason));
    }
    if is_hindered(status) {
        return Reason::parse(&of(ConditionType::Replicated)?.reason).map(TransitionKind::Waits);
    }
    match reason.explained().told {
        Telling::Quiet => None,
        Telling::Once | Telling::OncePerSeries => Some(TransitionKind::Waits(reason)),
    }
}

/// Whether something keeps the operator from following the copy of a resource that is ready
/// already.
fn is_hindered(status: &BackupReplicationStatus) -> bool {
    let ready = status.conditions.iter().find(|c| c.type_ == ConditionType::Ready.as_str());
    status.tracking_issue.is_some() && ready.is_some_and(|ready| ready.status == "True")
}

/// Whether the attempt before ended the same way: what is tried again and again is news once.
fn is_repeated(turn: TransitionKind, attempts: &[Attempt]) -> bool {
    let end = |attempt: &Attempt| -> (Option<Outcome>, Option<RejectionKind>) {
        (attempt.outcome, attempt.rejection)
    };
    match turn {
        TransitionKind::Waits(reason) => match reason.explained().told {
            Telling::OncePerSeries => {
                attempts.first().map(end) == attempts.get(1).map(end) && attempts.len() > 1
            }
            Telling::Quiet | Telling::Once => false,
        },
        TransitionKind::Stalls(_) | TransitionKind::Accepted(_) | TransitionKind::Ended(_) => false,
    }
}

fn message(status: &BackupReplicationStatus, kind: ConditionType) -> String {
    let condition = status.conditions.iter().find(|condition| condition.type_ == kind.as_str());
    condition.map(|condition| condition.message.clone()).unwrap_or_default()
}

/// How long after its creation a resource came to this turn; `None` where the turn says nothing of
/// its own call.
pub fn since_creation(
    turn: TransitionKind,
    created: Timestamp,
    status: &BackupReplicationStatus,
) -> Option<Duration> {
    let at = match turn {
        TransitionKind::Accepted(Origin::Called) => status.accepted_at.as_ref()?.0,
        TransitionKind::Ended(TrackingEnd::Replicated) if status.origin == Some(Origin::Called) => {
            status.completed_at.as_ref()?.0
        }
        TransitionKind::Accepted(Origin::Adopted | Origin::Declared)
        | TransitionKind::Ended(_)
        | TransitionKind::Waits(_)
        | TransitionKind::Stalls(_) => {
            return None;
        }
    };
    Duration::try_from(at.duration_since(created)).ok()
}

#[cfg(test)]
mod tests {
    use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

    use super::*;
    use crate::protocol::fixtures::Scene;

    fn kinds(
        before: Option<&BackupReplicationStatus>,
        after: &BackupReplicationStatus,
    ) -> Vec<TransitionKind> {
        transitions(before, after).into_iter().map(|transition| transition.kind).collect()
    }

    #[test]
    fn a_wait_is_news_once() {
        let mut scene = Scene::new();
        scene.credential = Some(crate::protocol::CredentialReading::Problem(
            crate::protocol::CredentialProblem::NotFound,
        ));
        let (waits, _) = scene.settled();
        assert_eq!(
            kinds(scene.resource.status.as_ref(), &waits),
            [TransitionKind::Waits(Reason::CredentialNotFound)]
        );
        assert_eq!(kinds(Some(&waits), &waits), []);
    }

    #[test]
    fn what_is_tried_again_and_again_is_news_once() {
        let mut scene = Scene::new();
        let mut told = Vec::new();
        for id in ["a-1", "a-2", "a-3"] {
            scene.claim(id);
            let claimed = scene.resource.status.clone();
            let now = scene.now;
            let head = &mut scene.status().attempts[0];
            (head.outcome, head.rejection) =
                (Some(Outcome::Rejected), Some(RejectionKind::Temporary));
            head.retry_at = now.checked_add(Duration::from_secs(60)).ok().map(Time);
            let (after, _) = scene.settled();
            told.extend(kinds(claimed.as_ref(), &after));
            scene.resource.status = Some(after);
            scene.now = now.checked_add(Duration::from_secs(120)).unwrap();
        }
        assert_eq!(told, [TransitionKind::Waits(Reason::TemporarilyRejected)]);
    }

    #[test]
    fn what_blocks_the_tracking_of_a_ready_resource_is_reported_and_names_the_secret() {
        let mut scene = Scene::new();
        scene.claim("a-1");
        scene.lookup = None;
        scene.history.known_for = Duration::ZERO;
        let status = scene.status();
        status.attempts[0].outcome = Some(Outcome::Accepted);
        status.origin = Some(Origin::Called);
        status.replication_record_id = Some("r-1".into());
        let (accepted, _) = scene.settled();
        let hindered = |status: &BackupReplicationStatus, scene: &mut Scene| {
            let issue = Some(crate::resource::TrackingIssue::CredentialRejected);
            scene.resource.status =
                Some(BackupReplicationStatus { tracking_issue: issue, ..status.clone() });
            scene.settled().0
        };
        let hindered = hindered(&accepted, &mut scene);
        let news = transitions(Some(&accepted), &hindered);
        let [Transition { kind: TransitionKind::Waits(Reason::CredentialRejected), note }] =
            &news[..]
        else {
            panic!("{news:?}");
        };
        assert!(note.contains("Secret cbr-token (key token)"), "{note}");
        assert_eq!(kinds(Some(&hindered), &hindered), []);
    }

    #[test]
    fn an_acceptance_and_an_end_are_reported_separately() {
        let mut scene = Scene::new();
        scene.claim("a-1");
        scene.lookup = None;
        scene.history.known_for = Duration::ZERO;
        let claimed = scene.resource.status.clone();
        let status = scene.status();
        status.attempts[0].outcome = Some(Outcome::Accepted);
        status.origin = Some(Origin::Called);
        status.replication_record_id = Some("r-1".into());
        let (accepted, _) = scene.settled();
        assert_eq!(kinds(claimed.as_ref(), &accepted), [TransitionKind::Accepted(Origin::Called)]);
        let ended =
            BackupReplicationStatus { tracking_end: Some(TrackingEnd::Failed), ..accepted.clone() };
        scene.resource.status = Some(ended);
        let (failed, _) = scene.settled();
        assert_eq!(kinds(Some(&accepted), &failed), [TransitionKind::Ended(TrackingEnd::Failed)]);
        assert_eq!(kinds(Some(&failed), &failed), []);
    }
}
