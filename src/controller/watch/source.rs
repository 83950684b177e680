//! A list in pages that are bounded in bytes, and then the watch.

use std::time::Duration;

use futures::io::AsyncReadExt;
use futures::stream::BoxStream;
use futures::{Stream, StreamExt, stream};
use kube::api::{ListParams, WatchParams};
use kube::core::WatchEvent;
use kube::runtime::watcher::{Error, Event};
use kube::{Api, Client};

use crate::controller::watch::page::{Guarded, ListPage};

/// Objects in a page, where they are of ordinary size: some 3 kB each.
const MOST: u32 = 500;

/// Any user may make an object as large as the API server takes it, so that a page is read to here
/// and no further. What is larger is asked for again in smaller pages, down to single objects.
const PAGE_BYTES: u64 = 4 * 1024 * 1024;

/// All objects, and then each change, up to the first error and with it: each reduced to what is
/// remembered of it. Nobody could tell of a watch that only resumes after an error that it sees its
/// resources again.
pub(super) fn events<T: Send + 'static>(
    client: Client,
    api: Api<Guarded>,
    watch_timeout: Duration,
    reduce: impl Fn(Guarded) -> T + Clone + Send + Sync + 'static,
) -> impl Stream<Item = Result<Event<T>, Error>> + Send {
    let reduce_listed = reduce.clone();
    let list = stream::unfold(Some(List::new(client, api.clone())), move |list| {
        let mut reduce = reduce_listed.clone();
        async move {
            let (events, next) = list?.step(&mut reduce).await;
            Some((stream::iter(events), next))
        }
    })
    .flatten();
    // The list's version goes from the end of the list to the watch.
    let listed = list.scan(api, move |api, step| {
        let events = match step {
            Ok(ListStep::Event(event)) => stream::iter([Ok(event)]).left_stream(),
            Ok(ListStep::Listed(version)) => stream::iter([Ok(Event::InitDone)])
                .chain(changes(api.clone(), version, watch_timeout, reduce.clone()))
                .right_stream(),
            Err(error) => stream::iter([Err(error)]).left_stream(),
        };
        std::future::ready(Some(events))
    });
    listed.flatten()
}

enum ListStep<T> {
    Event(Event<T>),
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

    async fn step<T>(
        mut self,
        reduce: &mut impl FnMut(Guarded) -> T,
    ) -> (Vec<Result<ListStep<T>, Error>>, Option<Self>) {
        if !self.begun {
            self.begun = true;
            return (vec![Ok(ListStep::Event(Event::Init))], Some(self));
        }
        let body = match self.read().await {
            Ok(Some(body)) => body,
            Ok(None) => {
                self.page = smaller(self.page);
                return (Vec::new(), Some(self));
            }
            Err(error) => return (vec![Err(Error::InitialListFailed(error))], None),
        };
        let ListPage { items, token, version } = match ListPage::read(&body, reduce) {
            Ok(page) => page,
            Err(error) => {
                let error = Error::InitialListFailed(kube::Error::SerdeError(error));
                return (vec![Err(error)], None);
            }
        };
        let mut steps: Vec<_> =
            items.into_iter().map(|item| Ok(ListStep::Event(Event::InitApply(item)))).collect();
        self.token = token;
        if self.token.is_some() {
            self.page = self.page.saturating_mul(2).min(MOST);
            return (steps, Some(self));
        }
        steps.push(version.map(ListStep::Listed).ok_or(Error::NoResourceVersion));
        (steps, None)
    }

    /// The next page as it came; `None` where it is too large.
    async fn read(&self) -> kube::Result<Option<Vec<u8>>> {
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
        let fits = u64::try_from(body.len()).is_ok_and(|length| length <= bound);
        Ok(fits.then_some(body))
    }
}

fn smaller(page: u32) -> u32 {
    (page / 4).max(1)
}

/// Each change after a version, for as long as the watch goes on.
fn changes<T: Send>(
    api: Api<Guarded>,
    version: String,
    timeout: Duration,
    reduce: impl Fn(Guarded) -> T + Send + Sync,
) -> impl Stream<Item = Result<Event<T>, Error>> + Send {
    let changes =
        stream::unfold(Some(Watch { api, version, timeout, open: None }), async |watch| {
            let (event, next) = watch?.next().await;
            Some((event, next))
        });
    changes.map(move |change| {
        let Delivered { object, gone } = change?;
        let reduced = reduce(object);
        Ok(if gone { Event::Delete(reduced) } else { Event::Apply(reduced) })
    })
}

struct Delivered {
    object: Guarded,
    gone: bool,
}

struct Watch {
    api: Api<Guarded>,
    version: String,
    /// After which the API server ends the watch, so that one that lives is never silent for longer.
    timeout: Duration,
    open: Option<BoxStream<'static, kube::Result<WatchEvent<Guarded>>>>,
}

impl Watch {
    async fn next(mut self) -> (Result<Delivered, Error>, Option<Self>) {
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
            return (Ok(Delivered { object, gone }), Some(self));
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
