//! `cargo run -p kubernetes-versions [1.33 …]` runs the tests that depend on the API server against
//! the real one of each version of Kubernetes, or of these. It builds them, once. A line for each
//! test; exit code 0 if all passed.

mod apiservers;
mod tests;

use std::process::{Command, ExitCode};
use std::time::Instant;
use std::{env, fs};

use anyhow::{Context, Result, bail, ensure};
use control_plane::assets::FOLDER_VARIABLE;
use control_plane::{Assets, TemporaryFolder};

use crate::apiservers::{APISERVERS, ApiServer};
use crate::tests::TESTS;

fn main() -> Result<ExitCode> {
    // It would be taken in place of each of them.
    ensure!(env::var_os(FOLDER_VARIABLE).is_none(), "{FOLDER_VARIABLE} is set: unset it");
    let asked: Vec<String> = env::args().skip(1).collect();
    if let Some(unknown) =
        asked.iter().find(|asked| !APISERVERS.iter().any(|known| known.minor == **asked))
    {
        let known: Vec<_> = APISERVERS.iter().map(|known| known.minor).collect();
        bail!("usage: kubernetes-versions [VERSION …]; {unknown} is none of {}", known.join(" "));
    }
    let start = Instant::now();
    let (mut run, mut failed) = (0, 0);
    for apiserver in APISERVERS
        .iter()
        .filter(|one| asked.is_empty() || asked.iter().any(|asked| one.minor == asked))
    {
        let folder = folder(apiserver)?;
        let version = version(&folder)?;
        for test in TESTS {
            let begin = Instant::now();
            let (verdict, said) = match test.run(folder.path()) {
                Ok(count) => ("ok    ", format!("{count} tests")),
                Err(error) => ("FAILED", format!("{error:#}")),
            };
            println!(
                "{verdict} {:>6.1} s  {version}  {}: {said}",
                begin.elapsed().as_secs_f64(),
                test.name
            );
            run += 1;
            failed += usize::from(verdict == "FAILED");
        }
    }
    println!("{run} sets of tests, {failed} failed, in {:.0} s.", start.elapsed().as_secs_f64());
    Ok(if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// A folder with this API server, and otherwise with what the tests use anyway.
fn folder(apiserver: &ApiServer) -> Result<TemporaryFolder> {
    let usual = Assets::find()?;
    let folder = TemporaryFolder::create()?;
    let link = |from: &std::path::Path, name: &str| {
        std::os::unix::fs::symlink(from.join(name), folder.path().join(name))
            .with_context(|| name.to_owned())
    };
    link(&apiserver.folder(&usual)?, "kube-apiserver")?;
    link(usual.folder(), "etcd")?;
    link(usual.folder(), "kubectl")?;
    Ok(folder)
}

/// In its own words, such as `Kubernetes v1.36.3`.
fn version(folder: &TemporaryFolder) -> Result<String> {
    let program = fs::canonicalize(folder.path().join("kube-apiserver"))?;
    let said = Command::new(program).arg("--version").output()?;
    Ok(String::from_utf8(said.stdout)?.trim().to_owned())
}
