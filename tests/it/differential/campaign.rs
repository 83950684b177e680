//! Many histories side by side, their numbers, and the simplest of those that come out differently.

use std::fmt;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use futures::{StreamExt, stream};

use super::history::{History, Post, Step};
use super::real::{self, Ran};
use super::reference::{self, Deed};
use super::simpler::simplest;
use super::strategy;

/// Where none is given: the same histories each time.
pub(crate) const SEED: u64 = 1;
/// Histories for the reference alone.
pub(crate) const PURE: u64 = 300;
/// Histories of a plain run, and the longest that one of them may last.
const FEW: usize = 20;
const LASTS: Duration = Duration::from_secs(45);
/// How many at a time. Mostly they wait.
const AT_A_TIME: usize = 20;
const AT_A_TIME_OF_MANY: usize = 40;
/// How often one is run again that the machine has disturbed.
const TRIES: usize = 5;
/// How much longer than the reference the process may take to come to rest, on a busy machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// What one history came to.
pub(crate) enum Verdict {
    Agreed { posts: u64, accepted: u64, asked: u64, decisions: u64, disturbed: u64 },
    Wrong(Wrong),
}

/// Why a history is wrong, and after how many of its steps that showed.
pub(crate) struct Wrong {
    pub(crate) steps: usize,
    pub(crate) why: String,
}

/// What all of them came to.
#[derive(Default)]
pub(crate) struct Numbers {
    histories: u64,
    posts: u64,
    accepted: u64,
    asked: u64,
    pub(crate) decisions: u64,
    kills: u64,
    recreated: u64,
    disturbed: u64,
    wrong: u64,
}

impl Numbers {
    /// Why it is wrong, if it is.
    pub(crate) fn count(&mut self, history: &History, verdict: Verdict) -> Option<Wrong> {
        let of = |wanted: fn(&Step) -> bool| {
            history.steps.iter().filter(|step| wanted(step)).count() as u64
        };
        self.histories += 1;
        self.kills += of(|step| matches!(step, Step::Kill | Step::Post(Post::Killed { .. })));
        self.kills +=
            history.first.iter().filter(|post| matches!(post, Post::Killed { .. })).count() as u64;
        self.recreated += of(|step| matches!(step, Step::Recreate));
        match verdict {
            Verdict::Agreed { posts, accepted, asked, decisions, disturbed } => {
                self.posts += posts;
                self.accepted += accepted;
                self.asked += asked;
                self.decisions += decisions;
                self.disturbed += disturbed;
                None
            }
            Verdict::Wrong(wrong) => {
                self.wrong += 1;
                Some(wrong)
            }
        }
    }
}

impl fmt::Display for Numbers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            histories,
            posts,
            accepted,
            asked,
            decisions,
            kills,
            recreated,
            disturbed,
            wrong,
        } = self;
        write!(
            f,
            "{histories} histories, {posts} calls, {accepted} accepted, {asked} questions to a \
             human, {decisions} decisions, {kills} kills, {recreated} resources made again, \
             {disturbed} runs repeated for a slow machine, {wrong} wrong (a duplicate is wrong)"
        )
    }
}

/// Runs a history both ways.
pub(crate) async fn judge(history: History, patience: Duration) -> Result<Verdict> {
    let course = reference::course(&history)?;
    if let Some(why) = &course.broken {
        let why = format!("the reference breaks a promise: {why}");
        return Ok(Verdict::Wrong(Wrong { steps: course.expected.len().saturating_sub(1), why }));
    }
    let mut disturbed = 0;
    loop {
        match real::run(&history, &course, patience).await? {
            Ran::Alike(last) => {
                let decisions =
                    course.expected.iter().filter(|e| matches!(e.deed, Deed::Decide(_))).count()
                        as u64;
                let (posts, accepted, asked) = (last.posts, last.accepted, course.questions());
                return Ok(Verdict::Agreed { posts, accepted, asked, decisions, disturbed });
            }
            Ran::Otherwise { steps, why } => return Ok(Verdict::Wrong(Wrong { steps, why })),
            Ran::Disturbed(why) => {
                disturbed += 1;
                ensure!(disturbed < TRIES as u64, "the machine is too slow: {why}");
            }
        }
    }
}

/// Random ones: a few, or as many as begin in the time that was asked for. The first that is wrong
/// ends it.
pub(crate) async fn random(seed: u64, asked: Option<Duration>) -> Result<()> {
    println!("HISTORIES_SEED={seed}");
    let begun = Instant::now();
    let in_time = move |number: &Result<u64>| {
        number.is_err() || asked.is_none_or(|asked| begun.elapsed() < asked)
    };
    let all = (0..).map(move |number| {
        Ok(asked.is_some() || lasts(seed, number)? <= LASTS).map(|is| is.then_some(number))
    });
    let chosen = all
        .filter_map(Result::transpose)
        .take_while(in_time)
        .take(asked.map_or(FEW, |_| usize::MAX));
    let judged = stream::iter(chosen).map(|number| async move {
        let number = number?;
        let history = strategy::history(seed, number)?;
        let verdict =
            tokio::spawn(judge(history.clone(), PATIENCE)).await.context("a run panicked")?;
        let verdict = verdict.with_context(|| format!("history {number}: {history:?}"))?;
        anyhow::Ok((number, history, verdict))
    });
    let mut judged = judged.buffer_unordered(asked.map_or(AT_A_TIME, |_| AT_A_TIME_OF_MANY));
    let (mut numbers, mut told) = (Numbers::default(), 0);
    while let Some(one) = judged.next().await {
        let (number, history, verdict) = one?;
        if let Some(wrong) = numbers.count(&history, verdict) {
            let why = &wrong.why;
            println!(
                "{numbers}\nhistory {number} of seed {seed} is wrong: {history:?}\n{why}\nIt is \
                 made simpler ..."
            );
            drop(judged);
            let (simplest, Wrong { steps: _, why }) = simplest(history, wrong).await?;
            bail!(
                "a line for differential/regressions.jsonl:\n{}\n{simplest:#?}\n{why}",
                line(&simplest)?
            );
        }
        if begun.elapsed().as_secs() / 60 > told {
            told = begun.elapsed().as_secs() / 60;
            println!("after {told} min: {numbers}");
        }
    }
    println!("{numbers}; {:?}, seed {seed}", begun.elapsed());
    Ok(())
}

fn lasts(seed: u64, number: u64) -> Result<Duration> {
    Ok(reference::course(&strategy::history(seed, number)?)?.lasts())
}

/// As it stands in the file of those that are always run.
pub(crate) fn line(history: &History) -> Result<String> {
    Ok(serde_json::to_string(history)?)
}

/// The seed from the environment; else one that has not been before for a long run, and the same
/// each time for a short one.
pub(crate) fn seed(long: bool) -> Result<u64> {
    match std::env::var("HISTORIES_SEED") {
        Ok(seed) => seed.parse().with_context(|| format!("HISTORIES_SEED={seed} is no number")),
        Err(_) if long => Ok(u64::try_from(jiff::Timestamp::now().as_millisecond())?),
        Err(_) => Ok(SEED),
    }
}

/// `1h`, `20m`, `90s`.
pub(crate) fn duration(text: &str) -> Result<Duration> {
    let wrong = || format!("HISTORIES={text}: a number and h, m or s, such as 1h");
    let unit = text.chars().last().with_context(wrong)?;
    let seconds = match unit {
        'h' => 60 * 60,
        'm' => 60,
        's' => 1,
        _ => bail!(wrong()),
    };
    let number: u64 = text.trim_end_matches(unit).parse().with_context(wrong)?;
    Ok(Duration::from_secs(number * seconds))
}
