//! `kubectl brep wait`: ends when it is accepted, or the copy exists; and at once when waiting is
//! of no use. It watches, and continues where the API server is away for a while.

mod bar;
mod lines;
mod standing;

use std::time::Duration;

use futures::StreamExt;
use futures::stream::{self, BoxStream, SelectAll};
use kube::ResourceExt;
use kube::runtime::watcher;
use tokio::time::{Instant, sleep_until};

use super::cluster::Cluster;
use super::color::is_drawn_on;
use super::exit::Exit;
use super::failure::PluginFailure;
use super::options::{ClusterOptions, Progress, WaitOptions};
use super::terminal::print;
use super::watch::{News, watched};
use super::words::plain;
use crate::resource::BackupReplication;
use bar::Bar;
use lines::Lines;
use standing::{Standing, standing};

/// What one of the resources shows.
struct Waited {
    name: String,
    resource: BackupReplication,
    standing: Standing,
    /// Since when it waits for a person without a break.
    idle_since: Option<Instant>,
}

impl Waited {
    fn new(name: &str, resource: BackupReplication, options: &WaitOptions) -> Self {
        let mut waited = Self {
            name: name.to_owned(),
            standing: Standing::UnderWay,
            resource,
            idle_since: None,
        };
        waited.judge(options);
        waited
    }

    fn judge(&mut self, options: &WaitOptions) {
        self.standing = standing(&self.resource, options.goal);
        self.idle_since = match self.standing {
            Standing::WaitsForPerson => self.idle_since.or_else(|| Some(Instant::now())),
            Standing::Reached | Standing::Refused | Standing::NeedsPerson | Standing::UnderWay => {
                None
            }
        };
    }
}

/// Where it is shown how far they are.
enum Shown {
    Bar(Bar),
    Lines(Lines),
}

impl Shown {
    fn new(progress: Progress) -> Self {
        match progress {
            Progress::Auto if is_drawn_on() => Self::Bar(Bar::default()),
            Progress::Bar => Self::Bar(Bar::default()),
            Progress::Auto | Progress::Lines => Self::Lines(Lines::default()),
        }
    }

    fn show(&mut self, waited: &[Waited]) -> Result<(), PluginFailure> {
        match self {
            Self::Bar(bar) => print(&bar.draw(waited)),
            Self::Lines(lines) => print(&lines.of(waited)),
        }
    }

    fn say(&mut self, line: &str) -> Result<(), PluginFailure> {
        match self {
            Self::Bar(bar) => print(&bar.above(line)),
            Self::Lines(_) => print(&Lines::said(line)),
        }
    }
}

/// Waits.
///
/// # Errors
/// The line for the reader, with the code of what ended it.
pub(super) async fn run(
    cluster: &ClusterOptions,
    options: &WaitOptions,
) -> Result<Exit, PluginFailure> {
    let deadline = Instant::now().checked_add(options.timeout);
    let cluster = Cluster::new(cluster).await?;
    let mut waited = Vec::new();
    for name in &options.names {
        if !waited.iter().any(|other: &Waited| other.name == *name) {
            waited.push(Waited::new(name, cluster.get(name).await?, options));
        }
    }
    let mut shown = Shown::new(options.progress);
    shown.show(&waited)?;
    let mut news = news_of(&cluster, &waited);
    let mut away = false;
    loop {
        if let Some(end) = ended(&waited, options, Instant::now(), deadline) {
            return end;
        }
        let next = tokio::select! {
            next = news.next() => next,
            () = sleep_until(next_look(&waited, options, deadline)) => continue,
        };
        match next {
            Some((name, News::Seen(resource))) => {
                if let Some(one) = waited.iter_mut().find(|one| one.name == name) {
                    one.resource = *resource;
                    one.judge(options);
                }
                shown.show(&waited)?;
            }
            Some((_, News::Listed { none: false })) => {
                if std::mem::take(&mut away) {
                    shown.say("The API server answers again.")?;
                    shown.show(&waited)?;
                }
            }
            Some((name, News::Deleted(_) | News::Listed { none: true })) => {
                return Err(PluginFailure::of(
                    Exit::NotFound,
                    format!("BackupReplication {name} was deleted while it was waited for"),
                ));
            }
            Some((_, News::Away(why))) => {
                if !std::mem::replace(&mut away, true) {
                    shown.say(&format!(
                        "The API server is away: {}. Waiting for it.",
                        plain(&why)
                    ))?;
                }
            }
            None => {
                return Err(PluginFailure::new("the watch ended, which it never should"));
            }
        }
    }
}

/// What happens to them: one watch for each, which needs no right on any other.
fn news_of(cluster: &Cluster, waited: &[Waited]) -> SelectAll<BoxStream<'static, (String, News)>> {
    stream::select_all(waited.iter().map(|one| {
        let name = one.name.clone();
        let config = watcher::Config::default().fields(&format!("metadata.name={name}"));
        watched(cluster.resources(), config).map(move |news| (name.clone(), news)).boxed()
    }))
}

/// Whether, and how, it is over. One that cannot succeed ends it for all.
fn ended(
    waited: &[Waited],
    options: &WaitOptions,
    now: Instant,
    deadline: Option<Instant>,
) -> Option<Result<Exit, PluginFailure>> {
    let is = |standing: Standing| move |one: &&Waited| one.standing == standing;
    if let Some(one) = waited.iter().find(is(Standing::Refused)) {
        return Some(Err(hopeless(one, Exit::Refused)));
    }
    if let Some(one) = waited.iter().find(is(Standing::NeedsPerson)) {
        return Some(Err(hopeless(one, Exit::NeedsPerson)));
    }
    if waited.iter().all(|one| one.standing == Standing::Reached) {
        return Some(Ok(Exit::Done));
    }
    let over = |since: Instant, patience: Duration| {
        since.checked_add(patience).is_some_and(|until| now >= until)
    };
    let idle =
        waited.iter().find(|one| one.idle_since.is_some_and(|since| over(since, options.patience)));
    if let Some(one) = idle {
        return Some(Err(hopeless(one, Exit::NeedsPerson)));
    }
    if deadline.is_some_and(|deadline| now >= deadline) {
        let late = waited.iter().filter(|one| one.standing != Standing::Reached);
        let names: Vec<_> = late.map(|one| plain(&one.name)).collect();
        return Some(Err(PluginFailure::of(
            Exit::TimedOut,
            format!(
                "the time is over, and not {} yet: {}; to see why: kubectl brep explain NAME",
                options.goal.as_str(),
                names.join(", ")
            ),
        )));
    }
    None
}

/// When something ends it without an event.
fn next_look(waited: &[Waited], options: &WaitOptions, deadline: Option<Instant>) -> Instant {
    let patience = |one: &Waited| one.idle_since?.checked_add(options.patience);
    // With neither it is looked after a day, which ends nothing.
    let none = Instant::now() + Duration::from_secs(24 * 60 * 60);
    waited.iter().filter_map(patience).chain(deadline).min().unwrap_or(none)
}

/// Why waiting longer is of no use.
fn hopeless(one: &Waited, exit: Exit) -> PluginFailure {
    let name = plain(&one.name);
    let message = lines::message(&one.resource);
    let namespace = one.resource.namespace().unwrap_or_default();
    PluginFailure::of(
        exit,
        format!("{name}: {message} What to type: kubectl brep explain -n {namespace} {name}"),
    )
}
