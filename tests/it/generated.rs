//! Parts of the documentation that are made from the source, or are real output. A test holds each
//! to what it is made from; with `UPDATE_DOCS` set, it writes it instead.

use std::env;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use anyhow::{Context, Result, ensure};
use regex::Regex;

/// Set, what is generated is written.
const UPDATE: &str = "UPDATE_DOCS";
/// Several tests write parts of one page.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

/// Whether what is generated is to be written.
pub(crate) fn is_written() -> bool {
    [UPDATE, "UPDATE_TESTDATA"].iter().any(|name| env::var_os(name).is_some())
}

/// While it is held, nobody else writes a page.
pub(crate) fn alone() -> MutexGuard<'static, ()> {
    ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What to do where a generated part is not current.
pub(crate) const HOW: &str = "`cargo run --bin generate` writes all that is generated";

/// Holds a part of a page, which stands between `<!-- NAME -->` and `<!-- end of NAME -->`.
pub(crate) fn part(page: &str, name: &str, now: &str) -> Result<()> {
    part_like(page, name, now, |text| Ok(text.to_owned()))
}

/// The same where what varies from run to run is masked.
pub(crate) fn part_like(
    page: &str,
    name: &str,
    now: &str,
    masked: impl Fn(&str) -> Result<String>,
) -> Result<()> {
    let _alone = alone();
    let path = repository::path(page);
    let text = std::fs::read_to_string(&path)?;
    let (begin, end) = (format!("<!-- {name} -->\n"), format!("<!-- end of {name} -->"));
    let (before, rest) =
        text.split_once(&begin).with_context(|| format!("{page} has no {begin}"))?;
    let (shown, after) = rest.split_once(&end).with_context(|| format!("{page} has no {end}"))?;
    let current = masked(shown)?.trim() == masked(now)?.trim();
    if !current && is_written() {
        return written(&path, &format!("{before}{begin}{}\n{end}{after}", now.trim_end()));
    }
    ensure!(current, "{name} of {page} is not current: {HOW}. Now:\n{now}");
    Ok(())
}

/// Holds the block of output on a page that begins with this line, where what varies is masked.
pub(crate) fn block_like(
    page: &str,
    first: &str,
    now: &str,
    masked: impl Fn(&str) -> Result<String>,
) -> Result<()> {
    let _alone = alone();
    let path = repository::path(page);
    let text = std::fs::read_to_string(&path)?;
    let begin = format!("```console\n{first}\n");
    let (before, rest) =
        text.split_once(&begin).with_context(|| format!("{page} does not show: {first}"))?;
    let (shown, after) = rest.split_once("```").context("the block has no end")?;
    let current = masked(shown)? == masked(now)?;
    if !current && is_written() {
        return written(&path, &format!("{before}{begin}{}\n```{after}", now.trim_end()));
    }
    ensure!(current, "{first} of {page} is not current: {HOW}. Now:\n{now}");
    Ok(())
}

/// At once, as other tests read the page meanwhile.
fn written(path: &Path, text: &str) -> Result<()> {
    let beside = path.with_extension("new");
    std::fs::write(&beside, text)?;
    Ok(std::fs::rename(beside, path)?)
}

/// Output as the pages show it: with the names of the examples.
pub(crate) fn presentable(output: &str, namespace: &str) -> Result<String> {
    let replaced = output.replace(namespace, "backups");
    let replaced = Regex::new(r"https://(localhost|127\.0\.0\.1):\d+")?
        .replace_all(&replaced, "https://cbr.eu-de.otc.t-systems.com")
        .into_owned();
    let pod = r"[\w.-]+/([0-9a-f]{8}-[0-9a-f-]{27})";
    let pod = Regex::new(pod)?
        .replace_all(&replaced, "backup-replication-operator-7d9f6c5b8-x2x4q/$1")
        .into_owned();
    Ok(pod.lines().map(|line| line.trim_end().to_owned() + "\n").collect())
}
