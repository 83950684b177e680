//! A history that is wrong, made simpler for as long as it stays wrong. A run takes half a minute
//! of waiting, so all that is a little simpler is run side by side; proptest would try one after
//! the other.

use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use futures::future::join_all;

use super::campaign::{Verdict, Wrong, judge};
use super::history::{Cloud, History, Instead, Post, Spelling, Step, View};

/// How long a history is made simpler.
const TIME: Duration = Duration::from_secs(10 * 60);
/// How long the process may take to come to rest, where it is known not to come to the expected
/// one.
const PATIENCE: Duration = Duration::from_secs(20);

/// The simplest history that is wrong as well.
pub(crate) async fn simplest(mut history: History, mut wrong: Wrong) -> Result<(History, Wrong)> {
    let begun = Instant::now();
    // What was to follow does not matter.
    history.steps.truncate(wrong.steps);
    while begun.elapsed() < TIME {
        let running = simpler(&history).into_iter().map(|simpler| async move {
            let verdict = tokio::spawn(judge(simpler.clone(), PATIENCE))
                .await
                .context("a run panicked")??;
            anyhow::Ok((simpler, verdict))
        });
        let judged: Vec<_> = join_all(running).await.into_iter().collect::<Result<_>>()?;
        let found = judged.into_iter().find_map(|(simpler, verdict)| match verdict {
            Verdict::Wrong(wrong) => Some((simpler, wrong)),
            Verdict::Agreed { .. } => None,
        });
        let Some((simpler, why)) = found else { break };
        (history, wrong) = (simpler, why);
        history.steps.truncate(wrong.steps);
    }
    Ok((history, wrong))
}

/// A little simpler, each in another way; what leaves out the most comes first.
fn simpler(history: &History) -> Vec<History> {
    let mut all = Vec::new();
    for at in 0..history.steps.len() {
        let mut simpler = history.clone();
        simpler.steps.remove(at);
        all.push(simpler);
    }
    for at in 0..history.first.len() {
        let mut simpler = history.clone();
        simpler.first.remove(at);
        all.push(simpler);
    }
    let Cloud { first, second, spelling, calls_again } = history.cloud.clone();
    let clouds = [
        Cloud { first: View::Present, second, spelling, calls_again },
        Cloud { first, second: View::Present, spelling, calls_again },
        Cloud { first, second, spelling: Spelling::AsAsked, calls_again },
        Cloud { first, second, spelling, calls_again: false },
    ];
    all.extend(clouds.map(|cloud| History { cloud, ..history.clone() }));
    let mut plain = history.clone();
    plain.first.iter_mut().for_each(|post| *post = plainer(*post));
    for step in &mut plain.steps {
        if let Step::Post(post) = step {
            *post = plainer(*post);
        }
    }
    all.push(plain);
    all.retain(|simpler| simpler != history);
    all
}

fn plainer(post: Post) -> Post {
    match post {
        Post::Lost(_) => Post::Lost(Instead::Reset),
        Post::NeverArrived(_) => Post::NeverArrived(Instead::Reset),
        Post::Accepted | Post::Nameless | Post::Refused(_) | Post::Killed { .. } => post,
    }
}
