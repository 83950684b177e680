//! Where the programs come from, and the message when there are none.

use std::fs;
use std::io::{self, BufRead, BufReader, PipeReader};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use anyhow::{Context, Result};
use control_plane::{Exit, Supervised};
use tempfile::TempDir;

use crate::support::run;

const LIMIT: Duration = Duration::from_secs(60);

/// A Go that writes a line into `$BUILDS` for each build. While the named pipe `$GATE` exists, a
/// build first waits for a line in it.
const FAKE_GO: &str = r#"#!/bin/sh
case $1 in
version) echo "go version ${GO_VERSION-go1.999.0} linux/amd64" ;;
list) echo example.com/package ;;
build)
    echo build >>"$BUILDS"
    if [ -p "$GATE" ]; then read -r _ <"$GATE"; rm "$GATE"; fi
    if [ -n "$BUILD_ERROR" ]; then echo "$BUILD_ERROR" >&2; exit 1; fi
    while [ "$1" != -o ]; do shift; done
    echo >"$2"
    ;;
esac
"#;

/// A target folder of its own with nothing but our program in it, and a `PATH` with nothing but a
/// fake Go.
struct Machine {
    target: TempDir,
}

impl Machine {
    fn without_go() -> Result<Self> {
        let program = Path::new(env!("CARGO_BIN_EXE_control-plane"));
        let beside = program.parent().context("the program lies in a folder")?;
        let target = tempfile::tempdir_in(beside)?;
        fs::write(target.path().join("CACHEDIR.TAG"), "")?;
        fs::create_dir(target.path().join("debug"))?;
        fs::create_dir(target.path().join("path"))?;
        fs::hard_link(program, target.path().join("debug/control-plane"))?;
        Ok(Self { target })
    }

    fn with_go() -> Result<Self> {
        let machine = Self::without_go()?;
        let path = machine.path("path");
        // A shell writes it: a program that we wrote could not be run while a child of another
        // test's thread, still to run its own program, had our file open.
        run(Command::new("/bin/sh")
            .args(["-c", "printf %s \"$1\" >go && chmod +x go", "sh", FAKE_GO])
            .current_dir(&path))?;
        symlink("/bin/rm", path.join("rm"))?;
        Ok(machine)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.target.path().join(name)
    }

    fn build_command(&self) -> Command {
        let mut command = Command::new(self.path("debug/control-plane"));
        command
            .arg("build")
            .env_remove("KUBEBUILDER_ASSETS")
            .env("PATH", self.path("path"))
            .env("BUILDS", self.path("builds"))
            .env("GATE", self.path("gate"));
        command
    }

    fn builds(&self) -> Result<usize> {
        Ok(fs::read_to_string(self.path("builds"))?.lines().count())
    }
}

fn build(command: &mut Command) -> Result<(Output, String)> {
    let output = command.output()?;
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    Ok((output, errors))
}

#[test]
fn an_incomplete_folder_is_named_with_what_it_lacks() -> Result<()> {
    let folder = tempfile::tempdir()?;
    fs::write(folder.path().join("etcd"), "")?;
    let (output, errors) = build(
        Command::new(env!("CARGO_BIN_EXE_control-plane"))
            .arg("build")
            .env("KUBEBUILDER_ASSETS", folder.path()),
    )?;
    assert!(!output.status.success());
    assert!(errors.contains(&folder.path().display().to_string()), "{errors}");
    assert!(errors.contains("lacks kube-apiserver, kubectl:"), "{errors}");
    Ok(())
}

#[test]
fn without_go_it_says_what_to_install_or_to_set() -> Result<()> {
    let machine = Machine::without_go()?;
    let (output, errors) = build(&mut machine.build_command())?;
    assert!(!output.status.success());
    for part in ["no `go` in PATH", "install Go 1.", "KUBEBUILDER_ASSETS"] {
        assert!(errors.contains(part), "{part} is not in: {errors}");
    }
    Ok(())
}

#[test]
fn an_old_go_is_refused_with_its_version() -> Result<()> {
    let machine = Machine::with_go()?;
    let (output, errors) = build(machine.build_command().env("GO_VERSION", "go1.9.7"))?;
    assert!(!output.status.success());
    for part in ["is go1.9.7", "install Go 1.", "KUBEBUILDER_ASSETS"] {
        assert!(errors.contains(part), "{part} is not in: {errors}");
    }
    Ok(())
}

#[test]
fn a_failed_build_says_why_and_the_next_one_starts_afresh() -> Result<()> {
    let machine = Machine::with_go()?;
    let (output, errors) =
        build(machine.build_command().env("BUILD_ERROR", "no space left on device"))?;
    assert!(!output.status.success());
    assert!(errors.contains("no space left on device"), "{errors}");

    let (output, errors) = build(&mut machine.build_command())?;
    assert!(output.status.success(), "{errors}");
    Ok(())
}

#[test]
fn one_builds_while_the_other_says_that_it_waits() -> Result<()> {
    let machine = Machine::with_go()?;
    run(Command::new("mkfifo").arg(machine.path("gate")))?;
    let (first, mut first_says) = start(&machine)?;
    let line = first_line(&mut first_says)?;
    assert!(line.contains("building"), "{line}");
    let (second, mut second_says) = start(&machine)?;
    let line = first_line(&mut second_says)?;
    assert!(line.contains("waiting for another process"), "{line}");
    fs::write(machine.path("gate"), "\n")?;

    assert_eq!(first.wait(LIMIT)?, Exit::Code(0));
    assert_eq!(second.wait(LIMIT)?, Exit::Code(0));
    assert_eq!(machine.builds()?, 5, "etcd, kube-apiserver, kubectl, helm and otelcol, once each");

    let built = run(&mut machine.build_command())?;
    let (folder, others) =
        built.trim_end().split_once('\n').context("a folder and other programs")?;
    for program in ["etcd", "kube-apiserver", "kubectl"] {
        assert!(Path::new(folder).join(program).is_file(), "{program} is missing");
    }
    for program in others.lines() {
        assert!(Path::new(program).is_file(), "{program} is missing");
    }
    assert_eq!(machine.builds()?, 5, "the third found them");
    Ok(())
}

#[test]
fn when_the_builder_is_killed_the_one_that_waits_builds() -> Result<()> {
    let machine = Machine::with_go()?;
    run(Command::new("mkfifo").arg(machine.path("gate")))?;
    let (first, mut first_says) = start(&machine)?;
    let line = first_line(&mut first_says)?;
    assert!(line.contains("building"), "{line}");
    let (second, mut second_says) = start(&machine)?;
    let line = first_line(&mut second_says)?;
    assert!(line.contains("waiting for another process"), "{line}");

    fs::remove_file(machine.path("gate"))?;
    first.kill()?;
    assert_eq!(second.wait(LIMIT)?, Exit::Code(0));
    Ok(())
}

fn start(machine: &Machine) -> Result<(Supervised, BufReader<PipeReader>)> {
    let (reader, writer) = io::pipe()?;
    let mut command = machine.build_command();
    command.stdout(Stdio::null()).stderr(writer);
    Ok((Supervised::spawn(command)?, BufReader::new(reader)))
}

fn first_line(output: &mut impl BufRead) -> Result<String> {
    let mut line = String::new();
    output.read_line(&mut line)?;
    Ok(line)
}
