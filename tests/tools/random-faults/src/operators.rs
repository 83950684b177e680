//! The operator's processes, and what happens to them.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Result, bail, ensure};
use control_plane::Exit;
use harness::{Operator, OperatorOptions};
use tokio::sync::Mutex;
use tokio::task::block_in_place;

/// The Lease that they take turns with.
pub(crate) const LEASE: &str = "random-faults";
/// How long a process may take to say its first word.
const BEGUN: Duration = Duration::from_secs(60);
/// Longer than what a drain may take: the claim's window, the limit, and what the write takes.
const DRAINED: Duration = Duration::from_secs(90);

/// One of the operators, while it runs.
pub(crate) struct Slot {
    number: usize,
    options: OperatorOptions,
    running: Mutex<Running>,
    /// Where to leave the logs.
    logs: Option<PathBuf>,
}

#[derive(Default)]
struct Running {
    operator: Option<Operator>,
    starts: usize,
}

impl Slot {
    pub(crate) fn new(number: usize, options: OperatorOptions, logs: Option<PathBuf>) -> Self {
        Self { number, options, running: Mutex::default(), logs }
    }

    pub(crate) async fn start(&self) -> Result<()> {
        self.run(&mut *self.running.lock().await)
    }

    fn run(&self, running: &mut Running) -> Result<()> {
        running.starts += 1;
        running.operator = Some(self.options.start()?);
        Ok(())
    }

    /// The process id, unless something is happening to it right now.
    pub(crate) fn pid(&self) -> Option<u32> {
        let running = self.running.try_lock().ok()?;
        running.operator.as_ref().map(|operator| operator.process.pid())
    }

    pub(crate) async fn kill(&self, back_after: Duration) -> Result<()> {
        let mut running = self.running.lock().await;
        let exit = self.ended(&running)?;
        if let Some(operator) = &running.operator {
            block_in_place(|| operator.process.kill())?;
        }
        self.keep_log(&mut running)?;
        tokio::time::sleep(back_after).await;
        self.run(&mut running)?;
        exit.map_or(Ok(()), |exit| bail!("operator {} ended by itself: {exit}", self.number))
    }

    pub(crate) async fn terminate(&self, back_after: Duration) -> Result<()> {
        let mut running = self.running.lock().await;
        let mut ended = self.ended(&running)?;
        if let (Some(operator), None) = (&running.operator, ended) {
            // Before its first word it is not the operator that the signal meets.
            block_in_place(|| operator.log.wait_for(BEGUN, |_| true))?;
            operator.process.terminate()?;
            let exit = block_in_place(|| operator.process.exit_within(DRAINED));
            ended = match exit {
                Some(Exit::Code(0)) => None,
                Some(exit) => Some(exit),
                None => {
                    block_in_place(|| operator.process.kill())?;
                    self.keep_log(&mut running)?;
                    self.run(&mut running)?;
                    bail!("operator {} did not end in {DRAINED:?} after SIGTERM", self.number)
                }
            };
        }
        self.keep_log(&mut running)?;
        tokio::time::sleep(back_after).await;
        self.run(&mut running)?;
        ended.map_or(Ok(()), |exit| bail!("operator {} ended with {exit}", self.number))
    }

    pub(crate) async fn stop(&self, lasts: Duration) -> Result<()> {
        let running = self.running.lock().await;
        if let Some(exit) = self.ended(&running)? {
            bail!("operator {} ended by itself: {exit}", self.number);
        }
        if let Some(operator) = &running.operator {
            block_in_place(|| operator.process.pause())?;
            tokio::time::sleep(lasts).await;
            operator.process.resume()?;
        }
        Ok(())
    }

    /// The last end: SIGTERM, and exit code 0.
    pub(crate) async fn finish(&self) -> Result<()> {
        let mut running = self.running.lock().await;
        let ended = self.ended(&running)?;
        if let (Some(operator), None) = (&running.operator, ended) {
            operator.process.terminate()?;
            let exit = block_in_place(|| operator.process.exit_within(DRAINED));
            ensure!(
                exit == Some(Exit::Code(0)),
                "operator {} ended with {exit:?} after SIGTERM",
                self.number
            );
        }
        self.keep_log(&mut running)?;
        running.operator = None;
        ended.map_or(Ok(()), |exit| bail!("operator {} ended by itself: {exit}", self.number))
    }

    /// How it ended, if it did.
    fn ended(&self, running: &Running) -> Result<Option<Exit>> {
        let exited = |operator: &Operator| operator.process.exit_within(Duration::ZERO);
        Ok(running.operator.as_ref().and_then(exited))
    }

    fn keep_log(&self, running: &mut Running) -> Result<()> {
        if let (Some(folder), Some(operator)) = (&self.logs, &running.operator) {
            let file = folder.join(format!("operator-{}-{}.log", self.number, running.starts));
            fs::write(file, operator.log.text())?;
        }
        Ok(())
    }
}
