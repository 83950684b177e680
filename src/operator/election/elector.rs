//! Carries out what the candidate decides, until the drain; then gives the Lease back.

use std::future::Future;

use jiff::Timestamp;
use k8s_openapi::api::coordination::v1::Lease;
use kube::api::PostParams;
use kube::{Api, Client};
use tokio_util::sync::CancellationToken;

use super::Election;
use super::candidate::{Candidate, LeaseStep};
use crate::controller::{
    Leadership, Part, Readiness, not_allowed, not_known, root_cause, since_boot,
};

/// Where somebody else writes the Lease, too, it is read again at once, so many times in a row.
const READ_AGAIN: u32 = 3;

/// Takes part in the election.
pub(in crate::operator) struct Elector {
    api: Api<Lease>,
    election: Election,
    candidate: Candidate,
    leadership: Leadership,
    readiness: Readiness,
    /// What `/ready` and the log call it.
    what: String,
    /// Our Lease as the API server returned it, while nothing is known against it.
    ours: Option<Lease>,
    /// Whether a request that would make it ours was sent, and nothing has shown since that it is
    /// another's.
    may_be_ours: bool,
}

/// Why the Lease could not be read or written.
enum LeaseFailure {
    /// It is another by now, or gone, or there already; the API server's words.
    Changed(String),
    /// Anything else, for people.
    Told(String),
}

impl Elector {
    /// An elector that has not asked yet. Until it has, this process does not count as ready.
    pub(in crate::operator) fn new(
        client: &Client,
        election: Election,
        leadership: Leadership,
        readiness: Readiness,
    ) -> Self {
        let namespace = election.namespace.as_deref().unwrap_or(client.default_namespace());
        let what = format!("lease {namespace}/{}", election.name);
        readiness.not_ready(Part::Lease, &what, "not read yet");
        Self {
            api: Api::namespaced(client.clone(), namespace),
            candidate: Candidate::new(election.clone()),
            election,
            leadership,
            readiness,
            what,
            ours: None,
            may_be_ours: false,
        }
    }

    /// Leads or stands by until drained.
    pub(in crate::operator) async fn run(mut self, drain: CancellationToken) {
        let leadership = self.leadership.clone();
        loop {
            tokio::select! {
                () = drain.cancelled() => break,
                () = leadership.lapsed() => {
                    leadership.stand_by(None);
                    tracing::warn!(
                        lease = self.what,
                        "Standing by: the lease was not renewed in time. No new call begins; calls \
                         under way end and are recorded"
                    );
                }
                () = self.ask_and_pause() => {}
            }
        }
        self.release().await;
    }

    /// May be dropped at any await: what is not known to be ours is read again.
    async fn ask_and_pause(&mut self) {
        match self.ask_again().await {
            Ok(()) => {
                if self.readiness.ready(Part::Lease, &self.what) {
                    tracing::info!("Ready: {}", self.what);
                }
            }
            Err(LeaseFailure::Changed(why) | LeaseFailure::Told(why)) => {
                if self.readiness.not_ready(Part::Lease, &self.what, &why) {
                    tracing::error!("Not ready: {}: {why}", self.what);
                }
            }
        }
        tokio::time::sleep(self.election.retry_period()).await;
    }

    /// A Lease that changed under us is read and judged again.
    async fn ask_again(&mut self) -> Result<(), LeaseFailure> {
        for _ in 1..READ_AGAIN {
            match self.ask().await {
                Err(LeaseFailure::Changed(_)) => {}
                done @ (Ok(()) | Err(LeaseFailure::Told(_))) => return done,
            }
        }
        self.ask().await
    }

    async fn ask(&mut self) -> Result<(), LeaseFailure> {
        let read = match self.ours.take() {
            Some(lease) => Some(lease),
            None => self.bounded(self.api.get_opt(&self.election.name)).await?,
        };
        let asked_at = since_boot();
        let parameters = PostParams::default();
        let step = self.candidate.judge(read, asked_at, Timestamp::now());
        // Before it is sent: the answer may be lost, and so may this future.
        self.may_be_ours = match step {
            LeaseStep::Create(_) | LeaseStep::Replace(_) => true,
            LeaseStep::Wait { .. } => false,
        };
        let written = match step {
            LeaseStep::Create(lease) => self.bounded(self.api.create(&parameters, &lease)).await?,
            LeaseStep::Replace(lease) => {
                self.bounded(self.api.replace(&self.election.name, &parameters, &lease)).await?
            }
            LeaseStep::Wait { holder } => {
                if self.leadership.stand_by(Some(&holder)) {
                    tracing::info!(
                        lease = self.what,
                        leader = holder,
                        "Standing by: another process leads"
                    );
                }
                return Ok(());
            }
        };
        self.ours = Some(written);
        if self.leadership.hold(asked_at, self.election.renew_deadline()) {
            tracing::info!(lease = self.what, "Leading");
        }
        Ok(())
    }

    /// Lets the next one lead without a wait. A Lease that cannot be released expires.
    async fn release(&mut self) {
        self.leadership.stand_by(None);
        if !self.may_be_ours {
            return;
        }
        for _ in 0..READ_AGAIN {
            match self.try_release().await {
                Ok(()) => return,
                Err(LeaseFailure::Changed(_)) => {}
                Err(LeaseFailure::Told(why)) => {
                    tracing::warn!(
                        lease = self.what,
                        why,
                        "The lease is not released; it expires automatically"
                    );
                    return;
                }
            }
        }
    }

    async fn try_release(&self) -> Result<(), LeaseFailure> {
        let read = self.bounded(self.api.get_opt(&self.election.name)).await?;
        if let Some(free) = read.and_then(|lease| self.candidate.released(lease, Timestamp::now()))
        {
            self.bounded(self.api.replace(&self.election.name, &PostParams::default(), &free))
                .await?;
            tracing::info!(lease = self.what, "The lease is released");
        }
        Ok(())
    }

    async fn bounded<T>(
        &self,
        request: impl Future<Output = kube::Result<T>>,
    ) -> Result<T, LeaseFailure> {
        let limit = self.election.request_limit();
        match tokio::time::timeout(limit, request).await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(kube::Error::Api(status))) => Err(match status.code {
                404 | 409 => LeaseFailure::Changed(status.message),
                401 => LeaseFailure::Told(format!(
                    "{}. The operator keeps trying",
                    not_known(&status.message)
                )),
                403 => LeaseFailure::Told(format!(
                    "{}. The operator keeps trying",
                    not_allowed(&status.message)
                )),
                _ => LeaseFailure::Told(format!("{}. The operator keeps trying", status.message)),
            }),
            Ok(Err(error)) => Err(LeaseFailure::Told(format!(
                "{}. The operator keeps trying",
                root_cause(&error)
            ))),
            Err(_) => Err(LeaseFailure::Told(format!(
                "no answer within {} s. The operator keeps trying",
                limit.as_secs_f32()
            ))),
        }
    }
}
