//! Whether this state is one to release.

use std::process::Command;

use anyhow::{Context, Result};
use backup_replication_operator::resource::crd_yaml;
use checklist::commands::output;

/// What speaks against it; nothing if it is ready.
///
/// # Errors
/// Where that cannot be found out.
pub fn problems(version: &str) -> Result<Vec<String>> {
    let mut problems = Vec::new();
    let mut against = |is_so: bool, words: String| problems.extend(is_so.then_some(words));
    let own = env!("CARGO_PKG_VERSION");
    against(version != own, format!("Cargo.toml has version {own}"));
    let changelog = read("docs/CHANGELOG.md")?;
    let newest = changelog.lines().find_map(|line| line.strip_prefix("## "));
    against(
        newest != Some(version),
        format!("the changelog begins with {:?}", newest.unwrap_or_default()),
    );
    let kept = format!("tests/it/crd_compatibility/released/{version}.yaml");
    let is_kept = read(&kept).is_ok_and(|kept| crd_yaml().is_ok_and(|crd| crd == kept));
    against(!is_kept, format!("{kept} is not the CRD"));
    for file in generate::files()?.into_iter().filter(|file| !file.is_current()) {
        against(true, format!("{} is not current: {}", file.path, generate::COMMAND));
    }
    let changed = output(
        Command::new("git").current_dir(repository::root()).args(["status", "--porcelain"]),
    )?;
    against(!changed.is_empty(), "there are changes that are not committed".to_owned());
    Ok(problems)
}

fn read(path: &str) -> Result<String> {
    std::fs::read_to_string(repository::path(path)).with_context(|| path.to_owned())
}

/// The commit that is released.
///
/// # Errors
/// Where git does not say.
pub fn revision() -> Result<String> {
    let mut git = Command::new("git");
    Ok(output(git.current_dir(repository::root()).args(["rev-parse", "HEAD"]))?.trim().to_owned())
}
