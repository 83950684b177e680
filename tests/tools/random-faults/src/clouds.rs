//! Three clouds, by what they show of an accepted call, and what goes wrong there.

use std::time::Duration;

use anyhow::Result;
use simulator::{
    Answer as Said, Body, Cut, ErrorShape, Fault as Course, Logs, LookUp, OperationLogs, Options,
    Pace, Quota, Records, RetryAfter, Script, Simulator, VaultStatus, View, example,
};

use crate::fault::{Answer, Fault, Refusal};

/// What a cloud shows of its replications.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sight {
    /// Records, some seconds late.
    Records,
    /// No records, but operation logs, some seconds late.
    Logs,
    /// Neither records nor look-ups nor logs.
    Nothing,
}

pub(crate) struct Cloud {
    pub(crate) sight: Sight,
    pub(crate) simulator: Simulator,
}

/// How late a record shows. The settling time is much longer.
const LATE: u64 = 3_000;
/// Half of what a call takes.
const TAKES: Duration = Duration::from_millis(300);
/// How long a copy takes.
const COPY: Duration = Duration::from_secs(8);

impl Cloud {
    /// A cloud that accepts every call, a second one for the same backup, too: only the operator
    /// prevents that.
    pub(crate) fn start(sight: Sight) -> Result<Self> {
        let mut options = Options::default();
        let behaviour = &mut options.behaviour;
        behaviour.accept_duplicates = true;
        behaviour.pace = Pace::takes(COPY);
        let (records, look_up, api) = match sight {
            Sight::Records => {
                let late = Records::Late { milliseconds: Some(LATE) };
                (late, LookUp::Available, OperationLogs::Absent)
            }
            Sight::Logs => {
                (Records::Absent, LookUp::Available, OperationLogs::Late { milliseconds: LATE })
            }
            Sight::Nothing => (Records::Present, LookUp::NotFound, OperationLogs::Absent),
        };
        behaviour.view = View { records, look_up, ..View::default() };
        behaviour.logs = Logs { api, ..Logs::default() };
        let cloud = Self { sight, simulator: Simulator::start(options)? };
        cloud.calm()?;
        Ok(cloud)
    }

    /// No call meets a fault. Each takes its time, as at a real cloud, before and after the service
    /// carries it out, so that a process dies in the midst of it now and then.
    fn calm(&self) -> Result<()> {
        self.simulator.clear_scripts();
        let call = Course::before_commit().delay(TAKES).commit().delay(TAKES).ordinary();
        self.simulator.script(Script::always(call).replicate())?;
        let look = Course::before_commit().delay(TAKES / 3).ordinary();
        self.simulator.script(Script::always(look).show())
    }

    /// All is well from now on.
    pub(crate) fn heal(&self) -> Result<()> {
        self.calm()?;
        self.simulator.come_up()?;
        self.simulator.configure(|behaviour| behaviour.quota = None);
        self.simulator.set_vault_capacity(example::VAULT, None)?;
        self.simulator.set_vault_status(example::VAULT, VaultStatus::Available)
    }

    /// What happens at this cloud, and what ends it after a while.
    pub(crate) async fn strike(&self, fault: &Fault) -> Result<()> {
        let simulator = &self.simulator;
        match *fault {
            Fault::Call { times, answer, .. } => {
                simulator.script(Script::times(times, answer.script()).replicate())?;
            }
            Fault::LateCommit { times, delay, lost, .. } => {
                let steps = Course::before_commit().delay(delay).commit();
                let fault = if lost { steps.reset() } else { steps.ordinary() };
                simulator.script(Script::times(times, fault).replicate())?;
            }
            Fault::Refusal { times, refusal, .. } => {
                let fault = Course::before_commit().answer(refusal.answer());
                simulator.script(Script::times(times, fault).replicate())?;
            }
            Fault::Look { times, answer, .. } => {
                simulator.script(Script::times(times, answer.script()).show())?;
            }
            Fault::List { times, answer, .. } => {
                simulator.script(Script::times(times, answer.script()).list())?;
                simulator.script(Script::times(times, answer.script()).list_logs())?;
            }
            Fault::Login { times, answer, .. } => {
                simulator.script(Script::times(times, answer.script()).issue_token())?;
                simulator.script(Script::times(times, answer.script()).exchange())?;
            }
            Fault::Hang { lasts, .. } => {
                // More than are asked in that time; what is left of it is forgotten.
                let hang = || Course::before_commit().hang();
                for script in [
                    Script::times(100_000, hang()),
                    Script::times(100_000, hang()).list(),
                    Script::times(100_000, hang()).list_logs(),
                    Script::times(100_000, hang()).issue_token(),
                    Script::times(100_000, hang()).exchange(),
                ] {
                    simulator.script(script)?;
                }
                tokio::time::sleep(lasts).await;
                self.calm()?;
            }
            Fault::Down { lasts, .. } => {
                simulator.go_down()?;
                tokio::time::sleep(lasts).await;
                simulator.come_up()?;
            }
            Fault::VaultLocked { lasts, .. } => {
                simulator.set_vault_status(example::VAULT, VaultStatus::Locked)?;
                tokio::time::sleep(lasts).await;
                simulator.set_vault_status(example::VAULT, VaultStatus::Available)?;
            }
            Fault::VaultFull { lasts, .. } => {
                simulator.set_vault_capacity(example::VAULT, Some(0))?;
                tokio::time::sleep(lasts).await;
                simulator.set_vault_capacity(example::VAULT, None)?;
            }
            Fault::Quota { lasts, .. } => {
                let quota = Quota { requests: 10, milliseconds: 5_000 };
                simulator.configure(|behaviour| behaviour.quota = Some(quota));
                tokio::time::sleep(lasts).await;
                simulator.configure(|behaviour| behaviour.quota = None);
            }
            Fault::Unauthorized { .. }
            | Fault::TokensEnd { .. }
            | Fault::Kill { .. }
            | Fault::KillAll { .. }
            | Fault::Terminate { .. }
            | Fault::Stop { .. }
            | Fault::LeaseDeleted
            | Fault::ApiServerRestarts { .. }
            | Fault::ApiServerHangs { .. }
            | Fault::EtcdRestarts { .. }
            | Fault::SpecEdited { .. }
            | Fault::WishEdited { .. }
            | Fault::MetadataEdited { .. }
            | Fault::Suspended { .. }
            | Fault::Recreated { .. }
            | Fault::SecretGone { .. }
            | Fault::SecretWrong { .. }
            | Fault::SecretRotated { .. } => anyhow::bail!("{fault:?} is no fault of a cloud"),
        }
        Ok(())
    }
}

impl Answer {
    fn script(self) -> Course {
        let at = |committed| {
            if committed { Course::after_commit() } else { Course::before_commit() }
        };
        match self {
            Self::Reset { committed } => at(committed).reset(),
            Self::Close { committed } => at(committed).close(),
            Self::Hang { committed } => at(committed).hang(),
            Self::Page { committed, status } => {
                let page = "<html><h1>Not today</h1><p>event {request_id}</p></html>";
                at(committed).answer(Said::status(status).page(page))
            }
            Self::CutOff => {
                let whole = Said::status(200).body(Body::Ordinary { keep: None });
                at(true).answer(whole.cut_off(20, Cut::Reset))
            }
            Self::OddBody => at(true).answer(Said::status(200).text("<html>maintenance</html>")),
            Self::Redirect { committed } => {
                at(committed).answer(Said::redirect(302, "https://login.example/"))
            }
            Self::Gateway { committed } => {
                let said = Said::status(502).error(ErrorShape::Gateway, "APIG.0201", "Backend");
                at(committed).answer(said)
            }
            Self::Throttled { retry_after } => {
                let retry_after = retry_after.map(|seconds| match u64::try_from(seconds) {
                    Ok(seconds) => RetryAfter::Seconds(seconds),
                    Err(_) => RetryAfter::DateInSeconds(seconds),
                });
                at(false).answer(Said::throttled(retry_after))
            }
            Self::Failing => {
                let said =
                    Said::status(500).error(ErrorShape::Cbr, "BackupService.9910", "internal");
                at(false).answer(said)
            }
        }
    }
}

impl Refusal {
    fn answer(self) -> Said {
        let (status, code) = match self {
            Self::Busy => (400, "6112"),
            Self::NoVault => (400, "6120"),
            Self::NoRoom => (400, "6129"),
            Self::NotPermitted => (403, "8600"),
            Self::NoBackup => (404, "6200"),
            Self::NotADestination => (400, "1005"),
            Self::Malformed => (400, "9900"),
            Self::AlreadyReplicated => (400, "1009"),
        };
        Said::status(status).error(ErrorShape::Cbr, format!("BackupService.{code}"), "as it says")
    }
}
