//! The watches: all resources are seen, finished ones are kept by name alone and never worked on.

pub(super) mod entry;
pub(super) mod kept;
pub(super) mod newest;
mod page;
mod source;
pub(super) mod store;
pub(super) mod stores;

use std::sync::Arc;

use futures::{Stream, StreamExt, stream};
use kube::runtime::WatchStreamExt;
use kube::runtime::watcher::{self, Event};
use kube::{Api, Client};

use crate::controller::api::{not_allowed, not_known, root_cause};
use crate::controller::key::ResourceKey;
use crate::controller::readiness::{Part, Readiness};
use crate::controller::settings::Settings;
use crate::controller::watch::entry::WatchEntry;
use crate::controller::watch::kept::Room;
use crate::controller::watch::page::Guarded;
use crate::controller::watch::store::{WatchStore, WatchWriter};
use crate::resource::BackupReplication;

/// Starts watching one namespace, or all. What comes out is what there may be something to do for.
pub(crate) fn unfinished(
    client: &Client,
    namespace: Option<&str>,
    readiness: &Readiness,
    settings: &Settings,
    room: Room,
    on_object: impl Fn(&BackupReplication) + Send + Sync + 'static,
    mut on_event: impl FnMut(&Event<Arc<WatchEntry>>, &WatchStore) + Send + 'static,
) -> (WatchStore, impl Stream<Item = ResourceKey> + Send + 'static) {
    let api: Api<Guarded> = match namespace {
        Some(namespace) => Api::namespaced(client.clone(), namespace),
        None => Api::all(client.clone()),
    };
    let (settling_time, watch_timeout) = (settings.policy.settling_time, settings.watch_timeout);
    let what = what(namespace);
    let readiness = readiness.clone();
    let mut writer = WatchWriter::default();
    let store = writer.store();
    let (seen, known) = (store.clone(), store.clone());
    let client = client.clone();
    let reduce = Arc::new(move |watched: Guarded| {
        if let Ok(object) = &watched.0 {
            on_object(object);
        }
        Arc::new(WatchEntry::new(watched, settling_time, &room, |key| known.get(key)))
    });
    let watch = move || {
        let reduce = reduce.clone();
        let reduce = move |watched| reduce(watched);
        Box::pin(source::events(client.clone(), api.clone(), watch_timeout, reduce))
    };
    let stream = stream::repeat_with(watch)
        .flatten()
        .default_backoff()
        .map(move |event| {
            if let Ok(event) = &event {
                writer.note(event);
            }
            tell(&readiness, &what, &event);
            let Ok(event) = event else { return Vec::new() };
            on_event(&event, &seen);
            match event {
                Event::Apply(entry) if !entry.finished => vec![entry.key.clone()],
                // What a list shows is known when it is whole.
                Event::InitDone => seen.unfinished(),
                Event::Apply(_) | Event::Delete(_) | Event::Init | Event::InitApply(_) => {
                    Vec::new()
                }
            }
        })
        .flat_map(stream::iter);
    (store, stream)
}

/// Notes what a watch is going to need, so that nobody takes a process that has only begun for one
/// that sees its resources.
pub(crate) fn announce(namespace: Option<&str>, readiness: &Readiness) {
    readiness.not_ready(Part::Watch, &what(namespace), "waiting for the first list");
}

fn what(namespace: Option<&str>) -> String {
    match namespace {
        Some(namespace) => format!("watch of backupreplications in namespace {namespace}"),
        None => "watch of backupreplications in all namespaces".to_owned(),
    }
}

/// Says in the log and at `/ready` what the watch is missing, once for each news.
fn tell(readiness: &Readiness, what: &str, event: &Result<Event<Arc<WatchEntry>>, watcher::Error>) {
    match event {
        Ok(Event::InitDone | Event::Apply(_) | Event::Delete(_)) => {
            if readiness.ready(Part::Watch, what) {
                tracing::info!("Ready: {what}");
            }
        }
        Ok(Event::Init | Event::InitApply(_)) => {}
        Err(error) => {
            let why = explain(error);
            if readiness.not_ready(Part::Watch, what, &why) {
                let api_server = readiness.api_server();
                tracing::error!(api_server, "Not ready: {what}: {why}");
            }
        }
    }
}

fn explain(error: &watcher::Error) -> String {
    let code = match error {
        watcher::Error::InitialListFailed(kube::Error::Api(status))
        | watcher::Error::WatchStartFailed(kube::Error::Api(status))
        | watcher::Error::WatchFailed(kube::Error::Api(status))
        | watcher::Error::WatchError(status) => Some(status.code),
        watcher::Error::InitialListFailed(_)
        | watcher::Error::WatchStartFailed(_)
        | watcher::Error::WatchFailed(_)
        | watcher::Error::NoResourceVersion => None,
    };
    match code {
        Some(404) => {
            "the API server does not know backupreplications.cbr.replication.dev. Install the CRD \
             (backup-replication-operator crd | kubectl apply -f -). The operator keeps trying"
                .to_owned()
        }
        Some(401) => format!("{}. The operator keeps trying", not_known(&root_cause(error))),
        Some(403) => format!("{}. The operator keeps trying", not_allowed(&root_cause(error))),
        Some(_) | None => format!("{}. The operator keeps trying", root_cause(error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_refusal_says_what_to_check() {
        let refused = |code: u16| {
            let status =
                serde_json::from_value(serde_json::json!({"code": code, "message": "said"}))
                    .unwrap();
            explain(&watcher::Error::InitialListFailed(kube::Error::Api(Box::new(status))))
        };
        for (code, cure, not) in [
            (
                401,
                "Check whether the token of its service account, or of its kubeconfig, has expired",
                "role",
            ),
            (403, "Apply the roles", "credentials"),
            (404, "Install the CRD", "role"),
            (503, "keeps trying", "role"),
        ] {
            let said = refused(code);
            assert!(said.contains(cure) && !said.contains(not), "{code}: {said}");
            assert!(code == 404 || said.contains("said"), "{code}: {said}");
        }
    }
}
