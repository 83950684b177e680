//! What happens to resources, as long as the reader waits. An API server that is away is waited for.

use futures::stream::{self, BoxStream};
use futures::{Stream, StreamExt};
use kube::Api;
use kube::runtime::WatchStreamExt;
use kube::runtime::watcher::{self, Event, watcher};

use super::failure::root_cause;
use crate::resource::BackupReplication;

/// What came from a watch.
pub(super) enum News {
    /// The resource as it is now.
    Seen(Box<BackupReplication>),
    /// It was deleted.
    Deleted(Box<BackupReplication>),
    /// All that there is has been seen. Whether it was anything.
    Listed {
        /// Whether there was none.
        none: bool,
    },
    /// The API server does not answer, or refuses. It is asked again.
    Away(String),
}

/// Everything that happens from now on, beginning with all that there is.
pub(super) fn watched(
    api: Api<BackupReplication>,
    config: watcher::Config,
) -> BoxStream<'static, News> {
    let watch = move || until_error(watcher(api.clone(), config.clone()));
    let events = stream::repeat_with(watch).flatten().default_backoff();
    let mut none = true;
    let news = events.filter_map(move |event| {
        let news = match event {
            Ok(Event::Init) => {
                none = true;
                None
            }
            Ok(Event::InitApply(resource)) => {
                none = false;
                Some(News::Seen(Box::new(resource)))
            }
            Ok(Event::InitDone) => Some(News::Listed { none }),
            Ok(Event::Apply(resource)) => Some(News::Seen(Box::new(resource))),
            Ok(Event::Delete(resource)) => Some(News::Deleted(Box::new(resource))),
            Err(error) => Some(News::Away(root_cause(&error))),
        };
        std::future::ready(news)
    });
    news.boxed()
}

/// A watch that resumes after an error says nothing until the next event. After an error it begins
/// again, with a list, so that the reader learns that the API server is back.
fn until_error<T, E>(events: impl Stream<Item = Result<T, E>>) -> impl Stream<Item = Result<T, E>> {
    stream::unfold(Some(Box::pin(events)), async |events| {
        let mut events = events?;
        let event = events.next().await?;
        let rest = event.is_ok().then_some(events);
        Some((event, rest))
    })
}
