//! The work: begins a round for whatever is due, as far as there are permits, and says when each is
//! due again. All rounds run in one task.

mod next_round;
mod turns;

use std::sync::Arc;
use std::time::Instant;

use futures::stream::FuturesUnordered;
use futures::{FutureExt, Stream, StreamExt};

pub(crate) use self::next_round::NextRound;
pub(crate) use self::turns::RoundKind;
use self::turns::Turns;
use crate::controller::key::ResourceKey;
use crate::controller::state::last_round::Due;
use crate::controller::state::permits::{Permits, RoundPermit};

/// What is done for each resource.
pub(super) trait Rounds {
    /// Kept for each resource that waits for its turn.
    type Waiting;

    /// When this one is due, as far as is known.
    fn due(&self, key: &ResourceKey) -> Due;

    /// This one waits for its turn.
    fn waits(&self, key: &ResourceKey) -> (RoundKind, Self::Waiting);

    /// A round.
    fn round(
        &self,
        key: ResourceKey,
        permit: RoundPermit,
    ) -> impl Future<Output = NextRound> + Send + 'static;
}

/// Works on what changes until no more changes come, and then until what is under way has ended.
pub(super) async fn work<R: Rounds>(
    changes: impl Stream<Item = ResourceKey>,
    permits: &Arc<Permits>,
    rounds: &R,
) {
    let mut changes = std::pin::pin!(changes);
    let mut turns = Turns::default();
    let mut under_way = FuturesUnordered::new();
    // One for each namespace that waits, so that they take turns.
    let mut asking = FuturesUnordered::new();
    let mut closed = false;
    let timer = tokio::time::sleep_until(tokio::time::Instant::now());
    let mut timer = std::pin::pin!(timer);
    while !closed || !under_way.is_empty() {
        let next_time = turns.next_time();
        if let Some(at) = next_time
            && timer.deadline().into_std() != at
        {
            timer.as_mut().reset(at.into());
        }
        // What may have changed, if anything.
        let changed = tokio::select! {
            next = changes.next(), if !closed => {
                if next.is_none() {
                    closed = true;
                    turns.close();
                    asking.clear();
                }
                next
            }
            () = &mut timer, if next_time.is_some() => turns.whose_time_has_come(Instant::now()),
            Some((namespace, permit)) = asking.next(), if !asking.is_empty() => {
                let namespace: Box<str> = namespace;
                if let Some(permit) = permit
                    && let Some(key) = turns.begin(&namespace)
                {
                    let ended = rounds.round(key.clone(), permit).map(move |next| (key, next));
                    under_way.push(ended);
                }
                if turns.is_waited_for(&namespace) {
                    asking.push(ask(permits, namespace));
                }
                None
            }
            Some((key, next)) = under_way.next(), if !under_way.is_empty() => {
                let again = next.after().filter(|_| !closed);
                let changed = turns.ended(&key, Instant::now(), again);
                (changed && !closed).then_some(key)
            }
        };
        if let Some(key) = changed {
            let namespace: Box<str> = key.namespace().into();
            let is_first = !turns.is_waited_for(&namespace);
            let due = |key: &ResourceKey| rounds.due(key);
            if turns.changed(key, Instant::now(), due, |key| rounds.waits(key)) && is_first {
                asking.push(ask(permits, namespace));
            }
        }
    }
}

/// A permit for one resource of a namespace.
fn ask(
    permits: &Arc<Permits>,
    namespace: Box<str>,
) -> impl Future<Output = (Box<str>, Option<RoundPermit>)> + Send + 'static {
    let permits = permits.clone();
    async move {
        let permit = permits.acquire(&namespace).await;
        (namespace, permit)
    }
}

#[cfg(test)]
#[path = "queue_tests.rs"]
mod tests;
