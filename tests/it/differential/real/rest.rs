//! When the process has come to rest: all is as expected, for as long as the reference took at
//! least, and stays so.

use std::time::Duration;

use anyhow::Result;
use futures::future::select_all;
use harness::Object;
use tokio::time::{Instant, sleep};

use super::Real;
use crate::differential::reference::Expected;
use crate::differential::summary::Summary;

/// How long it stays so. Not shorter than the settling time of these operators.
const QUIET: Duration = Duration::from_millis(1_500);
/// Between two looks of ours.
const PACE: Duration = Duration::from_millis(300);

/// What the process has come to.
#[allow(clippy::large_enum_variant, reason = "a few at a time, in a test")]
pub(super) enum Rest {
    Alike(Summary),
    Otherwise(String),
    Disturbed(String),
}

impl Real<'_> {
    /// Waits until the process has come to what is expected, and to so many look-ups.
    pub(super) async fn come_to(
        &mut self,
        expected: &Expected,
        looks: u64,
        patience: Duration,
    ) -> Result<Rest> {
        let &Expected { deed: _, within, looks: _, summary: ref expected } = expected;
        let begun = Instant::now();
        self.sleep(within).await?;
        let mut alike_since = None;
        loop {
            let (object, summary) = self.summary().await?;
            let same = summary == *expected && self.looks() >= looks;
            let since: Instant = *alike_since.get_or_insert_with(Instant::now);
            if same && since.elapsed() >= QUIET {
                return Ok(Rest::Alike(summary));
            }
            if let Some(why) = disturbed(&object) {
                return Ok(Rest::Disturbed(why));
            }
            if !same {
                alike_since = None;
                if begun.elapsed() > within + patience {
                    return Ok(Rest::Otherwise(self.words(expected, &summary, &object)));
                }
            }
            self.sleep(PACE).await?;
        }
    }

    /// Waits, and kills the process in each call in which it is to be killed.
    async fn sleep(&mut self, time: Duration) -> Result<()> {
        let until = Instant::now() + time;
        while !self.holds.waiting.is_empty() {
            let arrivals = self.holds.waiting.iter().map(|hold| Box::pin(hold.arrived()));
            let at = tokio::select! {
                ((), at, _) = select_all(arrivals) => at,
                () = tokio::time::sleep_until(until) => return Ok(()),
            };
            let hold = self.holds.waiting.swap_remove(at);
            self.operator.process.kill()?;
            hold.release();
            self.operator = super::operator(&self.scene).start_ready()?;
        }
        sleep(until.saturating_duration_since(Instant::now())).await;
        Ok(())
    }

    fn words(&self, expected: &Summary, seen: &Summary, object: &Object) -> String {
        let difference = Summary::difference(expected, seen);
        let tail: Vec<String> =
            self.operator.log.text().lines().rev().take(12).map(str::to_owned).collect();
        let tail: String = tail.into_iter().rev().map(|line| format!("  {line}\n")).collect();
        let looks = self.looks();
        format!(
            "{difference}  {looks} look-ups; message: {}\nThe last of its log:\n{tail}",
            object.message()
        )
    }
}

/// What only a machine does that was too slow.
fn disturbed(object: &Object) -> Option<String> {
    let slow = |attempt: &&serde_json::Value| {
        let message = attempt["message"].as_str().unwrap_or_default();
        attempt["outcome"] == "NotSent" || message.contains("no complete answer in time")
    };
    object.attempts().iter().find(slow).map(|attempt| attempt["message"].to_string())
}
