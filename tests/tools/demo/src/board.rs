//! What is seen of the resources, kept by a watch.

use std::collections::BTreeMap;

use anyhow::{Context, Result, bail};
use futures::StreamExt;
use harness::{Object, PATIENCE};
use kube::api::{ApiResource, DynamicObject};
use kube::runtime::watcher::{self, Event};
use kube::runtime::{WatchStreamExt, watcher as watch_resources};
use kube::{Api, ResourceExt};
use tokio::sync::watch;

use crate::example::Example;
use crate::parts::Parts;
use crate::table;

/// What was seen so far; it can be waited for.
#[derive(Default)]
pub(crate) struct Board(watch::Sender<Seen>);

/// The resources, by namespace and name.
#[derive(Clone, Default)]
pub(crate) struct Seen(pub(crate) BTreeMap<String, Resource>);

/// A resource as it is, and as it was.
#[derive(Clone)]
pub(crate) struct Resource {
    pub(crate) object: Object,
    been: Vec<Object>,
}

impl Board {
    /// What is seen now.
    pub(crate) fn now(&self) -> Seen {
        self.0.borrow().clone()
    }

    /// Waits until a resource is, or was meanwhile, as wanted; returns it as it was then.
    pub(crate) async fn wait(
        &self,
        example: &Example,
        what: &str,
        wanted: impl Fn(&Object) -> bool,
    ) -> Result<Object> {
        let key = example.key();
        let mut seen = self.0.subscribe();
        let find =
            |seen: &Seen| seen.0.get(&key)?.been.iter().find(|object| wanted(object)).cloned();
        let waited =
            tokio::time::timeout(PATIENCE, seen.wait_for(|seen| find(seen).is_some())).await;
        let found = waited.ok().and_then(|seen| find(&*seen.ok()?));
        match (found, self.now().0.remove(&key)) {
            (Some(object), _) => Ok(object),
            (None, Some(Resource { object, been: _ })) => bail!(
                "{key} is not {what} after {} s, but {} ({}): {}",
                PATIENCE.as_secs(),
                object.phase(),
                object.reason(),
                object.message()
            ),
            (None, None) => bail!("{key} was not seen in {} s", PATIENCE.as_secs()),
        }
    }
}

impl Seen {
    fn take(&mut self, object: &DynamicObject) -> Result<()> {
        let read = Object(serde_json::to_value(object)?);
        let fresh = || Resource { object: read.clone(), been: Vec::new() };
        let resource = self.0.entry(key(object)).or_insert_with(fresh);
        resource.been.push(read.clone());
        resource.object = read;
        Ok(())
    }
}

fn key(object: &DynamicObject) -> String {
    format!("{}/{}", object.namespace().unwrap_or_default(), object.name_any())
}

/// Follows the resources of all namespaces, and shows them as they and the counts of the simulator
/// change. Never ends but by an error.
pub(crate) async fn follow(parts: &Parts) -> Result<()> {
    let kind = ApiResource {
        group: "cbr.replication.dev".into(),
        version: "v1alpha1".into(),
        api_version: "cbr.replication.dev/v1alpha1".into(),
        kind: "BackupReplication".into(),
        plural: "backupreplications".into(),
    };
    let resources = Api::<DynamicObject>::all_with(parts.client.clone(), &kind);
    let mut events =
        watch_resources(resources, watcher::Config::default()).default_backoff().boxed();
    loop {
        let counts = parts.simulator.log(|log| log.total());
        parts.screen.show(table::rows(&parts.board.now(), &parts.simulator));
        tokio::select! {
            event = events.next() => match event.context("the watch ended")? {
                Ok(Event::Apply(object) | Event::InitApply(object)) => {
                    let mut taken = Ok(());
                    parts.board.0.send_modify(|seen| taken = seen.take(&object));
                    taken?;
                }
                Ok(Event::Delete(object)) => parts.board.0.send_modify(|seen| {
                    seen.0.remove(&key(&object));
                }),
                Ok(Event::Init | Event::InitDone) => {}
                // The watch continues; a scene that waits too long says so.
                Err(_) => {}
            },
            () = parts.simulator.wait_for(|log| log.total() != counts) => {}
        }
    }
}
