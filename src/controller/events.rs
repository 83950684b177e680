//! Tells what a written status has new: to the counters, and as Events on the resource.

use std::time::Duration;

use k8s_openapi::api::core::v1::ObjectReference;
use kube::runtime::events::{Event, EventType, Recorder, Reporter};
use kube::{Client, Resource, ResourceExt};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::controller::metrics::Metrics;
use crate::protocol::{Transition, since_creation, transitions};
use crate::resource::{BackupReplication, BackupReplicationStatus};

/// Events that wait to be published. What comes beyond is dropped: events are for people, and the
/// status has it all.
const WAITING: usize = 1024;
/// So many Events are remembered, so that the same one counts up instead of being made again. kube
/// remembers all of six minutes, which after a start with many resources are as many.
const REMEMBERED: usize = 256;
/// Longest time of one publication.
const LIMIT: Duration = Duration::from_secs(10);
/// Longest time for those that wait when the controller has ended.
const LAST: Duration = Duration::from_secs(5);
/// The longest note of an Event that the API server takes.
const NOTE_BYTES: usize = 1024;
const CONTROLLER: &str = "backup-replication-operator";
const ANOTHER_OPERATOR: &str = "AnotherOperator";

/// A status was written over what `before` holds.
pub(super) fn announce(
    metrics: &Metrics,
    events: &Events,
    before: &BackupReplication,
    after: &BackupReplicationStatus,
) {
    metrics.rounds.status_written();
    for transition in transitions(before.status.as_ref(), after) {
        let created = before.creation_timestamp().map(|created| created.0);
        let since_creation =
            created.and_then(|created| since_creation(transition.kind, created, after));
        metrics.replications.took(transition.kind, since_creation);
        events.publish(before, transition);
    }
}

/// Publishes Events one after the other, beside the rounds.
#[derive(Debug)]
pub(super) struct Events(mpsc::Sender<(ObjectReference, Event)>);

/// The publisher at work.
pub(super) struct Publisher(JoinHandle<()>);

impl Events {
    /// Starts the publisher. It ends when the last `Events` is gone.
    pub(super) fn start(client: Client, identity: &str) -> (Self, Publisher) {
        let reporter =
            Reporter { controller: CONTROLLER.to_owned(), instance: Some(identity.to_owned()) };
        let recorder = move || Recorder::new(client.clone(), reporter.clone());
        let (sender, receiver) = mpsc::channel(WAITING);
        (Self(sender), Publisher(tokio::spawn(publish_all(recorder, receiver))))
    }

    /// Another operator writes this status, too.
    pub(super) fn another_writes(
        &self,
        regarding: &BackupReplication,
        another: &str,
        theirs: &str,
        own: &str,
    ) {
        let note = format!(
            "Another operator ({another}) writes this status, too: it says {theirs}, this one says \
             {own}. This one writes its words again later, and less and less often. Run one \
             operator for each namespace, or all with one Lease and the same options."
        );
        self.send(
            regarding,
            Event {
                type_: EventType::Warning,
                reason: ANOTHER_OPERATOR.to_owned(),
                note: Some(cut(note)),
                action: "Write".to_owned(),
                secondary: None,
            },
        );
    }

    fn publish(&self, regarding: &BackupReplication, Transition { kind, note }: Transition) {
        let event = Event {
            type_: if kind.is_warning() { EventType::Warning } else { EventType::Normal },
            reason: kind.reason().to_owned(),
            note: Some(cut(note)),
            action: kind.action().to_owned(),
            secondary: None,
        };
        self.send(regarding, event);
    }

    fn send(&self, regarding: &BackupReplication, event: Event) {
        if let Err(error) = self.0.try_send((regarding.object_ref(&()), event)) {
            let (_, Event { reason, .. }) = error.into_inner();
            tracing::debug!(reason, "An Event is dropped: too many wait");
        }
    }
}

impl Publisher {
    /// Waits a little for what is still to be published.
    pub(super) async fn end(self) {
        let Self(mut task) = self;
        if tokio::time::timeout(LAST, &mut task).await.is_err() {
            task.abort();
        }
    }
}

async fn publish_all(
    new: impl Fn() -> Recorder,
    mut receiver: mpsc::Receiver<(ObjectReference, Event)>,
) {
    let mut failing = false;
    let (mut recorder, mut remembered) = (new(), 0);
    while let Some((regarding, event)) = receiver.recv().await {
        if remembered == REMEMBERED {
            (recorder, remembered) = (new(), 0);
        }
        remembered += 1;
        let published = tokio::time::timeout(LIMIT, recorder.publish(&event, &regarding)).await;
        let failure = match published {
            Ok(Ok(())) => None,
            Ok(Err(error)) => Some(crate::controller::api::root_cause(&error)),
            Err(_) => Some("no answer in time".to_owned()),
        };
        match failure {
            None => failing = false,
            Some(_) if failing => {}
            Some(error) => {
                failing = true;
                tracing::warn!(error, "Events cannot be published; nothing else depends on them");
            }
        }
    }
}

fn cut(mut note: String) -> String {
    note.truncate(note.floor_char_boundary(NOTE_BYTES));
    note
}
