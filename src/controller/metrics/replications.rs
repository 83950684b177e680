//! What becomes of resources: acceptances, ends, and what a human is asked for.

use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::{Registry, Unit};

use crate::protocol::{CredentialProblem, CredentialReading, TransitionKind};
use crate::resource::{Origin, TrackingEnd};

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct TurnLabels {
    turn: TurnLabel,
}

closed_list! {
    enum TurnLabel {
        Accepted,
        Adopted,
        Declared,
        Replicated,
        Failed,
        Skipped,
        NotReported,
        RecordGone,
        BackupGone,
        LimitReached,
    }
}

impl TurnLabel {
    /// `None` for what is counted as it stands, by the resources themselves.
    fn of(turn: TransitionKind) -> Option<Self> {
        Some(match turn {
            TransitionKind::Accepted(Origin::Called) => Self::Accepted,
            TransitionKind::Accepted(Origin::Adopted) => Self::Adopted,
            TransitionKind::Accepted(Origin::Declared) => Self::Declared,
            TransitionKind::Ended(TrackingEnd::Replicated) => Self::Replicated,
            TransitionKind::Ended(TrackingEnd::Failed) => Self::Failed,
            TransitionKind::Ended(TrackingEnd::Skipped) => Self::Skipped,
            TransitionKind::Ended(TrackingEnd::NotReported) => Self::NotReported,
            TransitionKind::Ended(TrackingEnd::RecordGone) => Self::RecordGone,
            TransitionKind::Ended(TrackingEnd::BackupGone) => Self::BackupGone,
            TransitionKind::Ended(TrackingEnd::LimitReached) => Self::LimitReached,
            TransitionKind::Waits(_) | TransitionKind::Stalls(_) => return None,
        })
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct SecretLabels {
    failure: SecretFailure,
}

closed_list! {
    /// Why a Secret gave no token.
    pub(in crate::controller) enum SecretFailure {
        NotFound,
        CredentialMissing,
        CredentialUnusable,
        NotPermitted,
        /// IAM's endpoint may not be called.
        IamEndpointRefused,
        LoginRefused,
        LoginFailed,
        /// The API server gave no answer.
        NoAnswer,
    }
}

impl SecretFailure {
    /// `None` where there was a token.
    pub(in crate::controller) fn of(reading: &CredentialReading) -> Option<Self> {
        match reading {
            CredentialReading::Usable { .. } => None,
            CredentialReading::Problem(CredentialProblem::NotFound) => Some(Self::NotFound),
            CredentialReading::Problem(CredentialProblem::Missing(_)) => {
                Some(Self::CredentialMissing)
            }
            CredentialReading::Problem(CredentialProblem::Unusable(_)) => {
                Some(Self::CredentialUnusable)
            }
            CredentialReading::Problem(CredentialProblem::NotPermitted(_)) => {
                Some(Self::NotPermitted)
            }
            CredentialReading::Problem(CredentialProblem::IamEndpointRefused(_)) => {
                Some(Self::IamEndpointRefused)
            }
            CredentialReading::Problem(CredentialProblem::LoginRefused(_)) => {
                Some(Self::LoginRefused)
            }
            CredentialReading::Problem(CredentialProblem::LoginFailed(_)) => {
                Some(Self::LoginFailed)
            }
        }
    }
}

/// Turns that replications take, and failures to read their Secrets.
pub(in crate::controller) struct ReplicationMetrics {
    turns: Family<TurnLabels, Counter>,
    time_to_acceptance: Histogram,
    time_to_completion: Histogram,
    secret_failures: Family<SecretLabels, Counter>,
}

impl ReplicationMetrics {
    pub(super) fn register(registry: &mut Registry) -> Self {
        let metrics = Self {
            turns: Family::default(),
            time_to_acceptance: Histogram::new(exponential_buckets(1.0, 3.0, 11)),
            time_to_completion: Histogram::new(exponential_buckets(15.0, 2.0, 14)),
            secret_failures: Family::default(),
        };
        TurnLabel::ALL
            .iter()
            .for_each(|turn| drop(metrics.turns.get_or_create(&TurnLabels { turn: *turn })));
        SecretFailure::ALL.iter().for_each(|failure| {
            drop(metrics.secret_failures.get_or_create(&SecretLabels { failure: *failure }))
        });
        registry.register(
            "replications",
            "Replications that reached this milestone",
            metrics.turns.clone(),
        );
        registry.register_with_unit(
            "time_to_acceptance",
            "Time from a resource's creation to the acceptance of its call",
            Unit::Seconds,
            metrics.time_to_acceptance.clone(),
        );
        registry.register_with_unit(
            "time_to_completion",
            "Time from a resource's creation until its copy was seen to exist",
            Unit::Seconds,
            metrics.time_to_completion.clone(),
        );
        registry.register(
            "secret_read_failures",
            "Reads of a Secret that gave no token, by reason",
            metrics.secret_failures.clone(),
        );
        metrics
    }

    /// `since_creation` where the turn measures the resource's own call.
    pub(in crate::controller) fn took(
        &self,
        turn: TransitionKind,
        since_creation: Option<Duration>,
    ) {
        if let Some(turn) = TurnLabel::of(turn) {
            self.turns.get_or_create(&TurnLabels { turn }).inc();
        }
        let Some(time) = since_creation.map(|time| time.as_secs_f64()) else {
            return;
        };
        match turn {
            TransitionKind::Accepted(_) => self.time_to_acceptance.observe(time),
            TransitionKind::Ended(_) => self.time_to_completion.observe(time),
            TransitionKind::Waits(_) | TransitionKind::Stalls(_) => {}
        }
    }

    pub(in crate::controller) fn secret_failed(&self, failure: SecretFailure) {
        self.secret_failures.get_or_create(&SecretLabels { failure }).inc();
    }
}
