//! The same history with the operator's own process, a real API server and the simulated cloud.

mod cloud;
mod deeds;
mod rest;

use std::time::Duration;

use anyhow::{Context, Result};
use harness::{Operator, OperatorOptions, Scene};
use simulator::{Operation, Options, Pace, Token, Vault, example};

use super::history::{History, View};
use super::reference::{Course, Deed, Expected, OTHER_VAULT, POLICY};
use super::summary::{Summary, Surroundings};
use crate::OPERATOR;
use cloud::Holds;
use rest::Rest;

/// The token that is in the Secret when the first is not.
pub(crate) const SECOND_TOKEN: &str = "gAAAAABsecond-token-of-the-simulator";
const NAME: &str = "db";

/// How a run went.
#[allow(clippy::large_enum_variant, reason = "a few at a time, in a test")]
pub(crate) enum Ran {
    /// As the reference says.
    Alike(Summary),
    /// Otherwise.
    Otherwise { steps: usize, why: String },
    /// The machine was too slow for a limit of the operator, which the reference has no machine
    /// for.
    Disturbed(String),
}

struct Real<'a> {
    history: &'a History,
    scene: Scene,
    operator: Operator,
    holds: Holds,
    second_token: bool,
    /// The Secret's.
    secret_version: String,
    /// By how many hours each record has been aged, in their order.
    aged: Vec<u32>,
}

/// Runs a history, step by step, each to its rest.
pub(crate) async fn run(history: &History, course: &Course, patience: Duration) -> Result<Ran> {
    let mut real = Real::start(history).await?;
    let mut last = Summary::default();
    for (steps, expected) in course.expected.iter().enumerate() {
        let Expected { deed, within: _, looks, summary: _ } = expected;
        let looked = real.looks();
        let refused =
            real.carry_out(deed).await.with_context(|| format!("step {steps}, {deed:?}"))?;
        if let Some(why) = refused {
            return Ok(Ran::Otherwise { steps, why: format!("step {steps}, {deed:?}: {why}") });
        }
        // Two writes of the process can bring one round or two, each with its look-up; after an odd
        // answer the next one counts.
        let due = match deed {
            Deed::Look(_) => (*looks).min(2),
            _ => (*looks).min(1),
        };
        match real
            .come_to(expected, looked + due, patience)
            .await
            .with_context(|| format!("step {steps}, {deed:?}"))?
        {
            Rest::Alike(summary) => last = summary,
            Rest::Otherwise(why) => {
                return Ok(Ran::Otherwise {
                    steps,
                    why: format!("step {steps}, {deed:?}:\n{why}"),
                });
            }
            Rest::Disturbed(why) => return Ok(Ran::Disturbed(why)),
        }
    }
    Ok(Ran::Alike(last))
}

impl<'a> Real<'a> {
    async fn start(history: &'a History) -> Result<Self> {
        let mut options = Options::default();
        options.behaviour.accept_duplicates = true;
        options.behaviour.any_spelling = true;
        options.behaviour.pace = Pace::Manual;
        let (project, region) = (example::DESTINATION_PROJECT, example::DESTINATION_REGION);
        options.world.vaults.push(Vault::replication(OTHER_VAULT, project, region));
        options.world.tokens.push(Token::new(SECOND_TOKEN, example::PROJECT));
        let scene = Scene::with(OPERATOR, options).await?;
        let operator = operator(&scene).start_ready()?;
        let holds = Holds::default();
        let mut real = Self {
            history,
            scene,
            operator,
            holds,
            second_token: false,
            secret_version: String::new(),
            aged: Vec::new(),
        };
        for second in [false, true] {
            real.show_as_said(second);
        }
        real.put_token().await?;
        for post in &history.first {
            real.say(*post)?;
        }
        Ok(real)
    }

    /// What this token is to be shown.
    fn view(&self, second: bool) -> View {
        if second { self.history.cloud.second } else { self.history.cloud.first }
    }

    /// Look-ups so far.
    fn looks(&self) -> u64 {
        self.scene.simulator.counts(example::BACKUP).gets
    }

    async fn summary(&self) -> Result<(harness::Object, Summary)> {
        let object = self.scene.get(NAME).await?;
        let records: Vec<String> = self.records().into_iter().map(|record| record.id).collect();
        let counts = self.scene.simulator.counts(example::BACKUP);
        let scripts = self.scene.simulator.scripts();
        let of =
            |operation| scripts.iter().filter(|script| script.operation == Some(operation)).count();
        let summary = Summary::of(
            &object,
            &Surroundings {
                records: &records,
                secret_version: &self.secret_version,
                posts: counts.posts,
                accepted: counts.accepted,
                posts_to_come: of(Operation::Replicate),
                looks_to_come: of(Operation::Show),
            },
        );
        Ok((object, summary))
    }
}

fn operator(scene: &Scene) -> OperatorOptions {
    let limits = [
        ("claim-window", POLICY.window),
        ("request-timeout", POLICY.limit),
        ("settling-time", POLICY.settling_time),
        ("look-up-patience", POLICY.lookup_patience),
        ("first-call-after", POLICY.first_call_after),
        ("rejection-retry", POLICY.rejection_retry),
    ];
    limits.into_iter().fold(scene.operator(), |operator, (name, limit)| {
        operator.arg(format!("--{name}={}s", limit.as_secs()))
    })
}
