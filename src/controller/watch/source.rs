//! A list in pages that are bounded in bytes, and then the watch.

use std::time::Duration;

use futures::io::AsyncReadExt;
use futures::stream::BoxStream;
use futures::{Stream, StreamExt, stream};
use kube::api::{ListParams, WatchParams};
use kube::core::{DeserializeGuard, ObjectList, WatchEvent};
use kube::runtime::watcher::{Error, Event};
use kube::{Api, Client};

use crate::resource::BackupReplication;

/// An object that may not be readable.
pub(super) type Guarded = DeserializeGuard<BackupReplication>;

/// Objects in a page, where they are of ordinary size: some 3 kB each.
const MOST: u32 = 500;

/// Any user may make an object as large as the API server takes it, so that a page is read to here
/// and no further. What is larger is asked for again in smaller pages, down to single objects.
const PAGE_BYTES: u64 = 4 * 1024 * 1024;

/// All objects, and then each change, up to the first error and with it. Nobody could tell of a
/// watch that only resumes after an error that it sees its resources again.
pub(super) fn events(
    client: Client,
    api: Api<Guarded>,
    watch_timeout: Duration,
) -> impl Stream<Item = Result<Event<Guarded>, Error>> + Send {
    let list = stream::unfold(Some(List::new(client, api.clone())), async |list| {
        let (events, next) = list?.step().await;
        Some((stream::iter(events), next))
    })
    .flatten();
    // The list's version goes from the end of the list to the watch.
    let listed = list.scan(api, move |api, step| {
        let events = match step {
            Ok(ListStep::Event(event)) => stream::iter([Ok(*event)]).left_stream(),
            Ok(ListStep::Listed(version)) => stream::iter([Ok(Event::InitDone)])
                .chain(changes(api.clone(), version, watch_timeout))
                .right_stream(),
            Err(error) => stream::iter([Err(error)]).left_stream(),
        };
        std::future::ready(Some(events))
    });
    listed.flatten()
}

enum ListStep {
    Event(Box<Event<Guarded>>),
    /// All have been seen, as of this version.
    Listed(String),
}

/// A list that is being read.
struct List {
    client: Client,
    api: Api<Guarded>,
    begun: bool,
    page: u32,
    token: Option<String>,
}

impl List {
    fn new(client: Client, api: Api<Guarded>) -> Self {
        Self { client, api, begun: false, page: MOST, token: None }
    }

    async fn step(mut self) -> (Vec<Result<ListStep, Error>>, Option<Self>) {
        if !self.begun {
            self.begun = true;
            return (vec![Ok(ListStep::Event(Box::new(Event::Init)))], Some(self));
        }
        let list = match self.read().await {
            Ok(Some(list)) => list,
            Ok(None) => {
                self.page = smaller(self.page);
                return (Vec::new(), Some(self));
            }
            Err(error) => return (vec![Err(Error::InitialListFailed(error))], None),
        };
        let ObjectList { types: _, metadata, items } = list;
        let mut steps: Vec<_> = items
            .into_iter()
            .map(|object| Ok(ListStep::Event(Box::new(Event::InitApply(object)))))
            .collect();
        self.token = metadata.continue_.filter(|token| !token.is_empty());
        if self.token.is_some() {
            self.page = self.page.saturating_mul(2).min(MOST);
            return (steps, Some(self));
        }
        steps.push(match metadata.resource_version.filter(|version| !version.is_empty()) {
            Some(version) => Ok(ListStep::Listed(version)),
            None => Err(Error::NoResourceVersion),
        });
        (steps, None)
    }

    /// The next page; `None` where it is too large.
    async fn read(&self) -> kube::Result<Option<ObjectList<Guarded>>> {
        let mut parameters = ListParams::default().limit(self.page);
        parameters.continue_token.clone_from(&self.token);
        let request = kube::core::Request::new(self.api.resource_url())
            .list(&parameters)
            .map_err(kube::Error::BuildRequest)?;
        let answer = self.client.request_stream(request).await?;
        let mut body = Vec::new();
        let bound = if self.page == 1 { u64::MAX } else { PAGE_BYTES };
        let read = answer.take(bound.saturating_add(1)).read_to_end(&mut body).await;
        read.map_err(kube::Error::ReadEvents)?;
        if u64::try_from(body.len()).is_ok_and(|length| length > bound) {
            return Ok(None);
        }
        serde_json::from_slice(&body).map(Some).map_err(kube::Error::SerdeError)
    }
}

fn smaller(page: u32) -> u32 {
    (page / 4).max(1)
}

/// Each change after a version, for as long as the watch goes on.
fn changes(
    api: Api<Guarded>,
    version: String,
    timeout: Duration,
) -> impl Stream<Item = Result<Event<Guarded>, Error>> + Send {
    stream::unfold(Some(Watch { api, version, timeout, open: None }), async |watch| {
        let (event, next) = watch?.next().await;
        Some((event, next))
    })
}

struct Watch {
    api: Api<Guarded>,
    version: String,
    /// After which the API server ends the watch, so that one that lives is never silent for longer.
    timeout: Duration,
    open: Option<BoxStream<'static, kube::Result<WatchEvent<Guarded>>>>,
}

impl Watch {
    async fn next(mut self) -> (Result<Event<Guarded>, Error>, Option<Self>) {
        loop {
            let mut open = match self.open.take() {
                Some(open) => open,
                None => {
                    // No option allows more than fits.
                    let seconds = u32::try_from(self.timeout.as_secs()).unwrap_or(u32::MAX);
                    let parameters = WatchParams::default().timeout(seconds.clamp(1, 290));
                    match patiently(self.timeout, self.api.watch(&parameters, &self.version)).await
                    {
                        Some(Ok(open)) => open.boxed(),
                        Some(Err(error)) => return (Err(Error::WatchStartFailed(error)), None),
                        // On another connection.
                        None => continue,
                    }
                }
            };
            let event = match patiently(self.timeout, open.next()).await {
                // It ends every minute, and goes on from where it was; so does one on a connection
                // that has died without a word.
                None | Some(None) => continue,
                Some(Some(Ok(event))) => event,
                Some(Some(Err(error))) => return (Err(Error::WatchFailed(error)), None),
            };
            self.open = Some(open);
            let (object, gone) = match event {
                WatchEvent::Added(object) | WatchEvent::Modified(object) => (object, false),
                WatchEvent::Deleted(object) => (object, true),
                WatchEvent::Bookmark(bookmark) => {
                    self.version = bookmark.metadata.resource_version;
                    continue;
                }
                WatchEvent::Error(status) => return (Err(Error::WatchError(status)), None),
            };
            let Some(version) = version_of(&object) else {
                return (Err(Error::NoResourceVersion), None);
            };
            self.version = version;
            let event = if gone { Event::Delete(object) } else { Event::Apply(object) };
            return (Ok(event), Some(self));
        }
    }
}

/// `None` where the API server has been silent for half as long again as it may be.
async fn patiently<T>(timeout: Duration, coming: impl Future<Output = T>) -> Option<T> {
    tokio::time::timeout(timeout + timeout / 2, coming).await.ok()
}

fn version_of(object: &Guarded) -> Option<String> {
    let metadata = match &object.0 {
        Ok(object) => &object.metadata,
        Err(invalid) => &invalid.metadata,
    };
    metadata.resource_version.clone().filter(|version| !version.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_get_smaller_down_to_single_objects() {
        let pages: Vec<_> =
            std::iter::successors(Some(MOST), |page| (*page > 1).then(|| smaller(*page))).collect();
        assert_eq!(pages, [500, 125, 31, 7, 1]);
    }
}
