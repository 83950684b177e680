//! A supervised process: its exit, its signals, its end.

use std::fs;
use std::io::{self, BufRead, BufReader, PipeReader, Read};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result};
use control_plane::{Exit, Supervised};
use rustix::event::{PollFd, PollFlags, Timespec, poll};

/// Far more than anything here takes.
const LIMIT: Duration = Duration::from_secs(60);

fn shell(script: &str) -> Command {
    let mut command = Command::new("/bin/sh");
    command.args(["-c", script]);
    command
}

/// A shell whose output arrives at the reader, and which has begun to run when the first line does.
fn shell_with_output(script: &str) -> Result<(Supervised, BufReader<PipeReader>)> {
    let (reader, writer) = io::pipe()?;
    let mut command = shell(script);
    command.stdout(writer);
    Ok((Supervised::spawn(command)?, BufReader::new(reader)))
}

#[test]
fn the_exit_code_is_the_programs_own() -> Result<()> {
    let supervised = Supervised::spawn(shell("exit 7"))?;
    assert_eq!(supervised.wait(LIMIT)?, Exit::Code(7));
    assert!(!supervised.is_running());
    assert_eq!(supervised.wait(LIMIT)?, Exit::Code(7), "asked again");
    Ok(())
}

#[test]
fn standard_input_is_empty_whatever_the_command_says() -> Result<()> {
    let (input, output) = io::pipe()?;
    let mut command = shell("readlink /proc/self/fd/0");
    command.stdin(Stdio::piped()).stdout(output);
    let supervised = Supervised::spawn(command)?;
    assert_eq!(io::read_to_string(input)?, "/dev/null\n");
    assert_eq!(supervised.wait(LIMIT)?, Exit::Code(0));
    Ok(())
}

#[test]
fn a_killed_program_ends_by_that_signal() -> Result<()> {
    let supervised = Supervised::spawn(shell("exec sleep 600"))?;
    assert!(supervised.is_running());
    assert_eq!(supervised.kill()?, Exit::Signal(9));
    assert_eq!(supervised.kill()?, Exit::Signal(9), "asked again");
    let error = supervised.terminate().expect_err("it has ended");
    assert!(format!("{error:#}").contains("signal 9"), "{error:#}");
    Ok(())
}

#[test]
fn a_program_may_handle_sigterm() -> Result<()> {
    let (supervised, mut output) =
        shell_with_output("trap 'exit 3' TERM; echo ready; while :; do sleep 0.01; done")?;
    output.read_line(&mut String::new())?;
    supervised.terminate()?;
    assert_eq!(supervised.wait(LIMIT)?, Exit::Code(3));
    Ok(())
}

#[test]
fn a_program_that_does_not_handle_sigterm_ends_by_it() -> Result<()> {
    let supervised = Supervised::spawn(shell("exec sleep 600"))?;
    supervised.terminate()?;
    assert_eq!(supervised.wait(LIMIT)?, Exit::Signal(15));
    Ok(())
}

#[test]
fn a_paused_program_stands_still_until_it_is_resumed() -> Result<()> {
    let supervised = Supervised::spawn(shell("exec sleep 600"))?;
    supervised.pause()?;
    assert_eq!(state(&supervised)?, 'T');
    assert!(supervised.is_running());
    supervised.resume()?;
    assert_ne!(state(&supervised)?, 'T');
    Ok(())
}

#[test]
fn a_paused_program_can_be_killed() -> Result<()> {
    let supervised = Supervised::spawn(shell("exec sleep 600"))?;
    supervised.pause()?;
    assert_eq!(supervised.kill()?, Exit::Signal(9));
    Ok(())
}

#[test]
fn what_the_program_started_dies_with_it() -> Result<()> {
    let (supervised, mut output) = shell_with_output("sleep 600 & echo ready; wait")?;
    output.read_line(&mut String::new())?;
    drop(supervised);
    // Both hold the pipe open while they live.
    let limit = Timespec { tv_sec: 60, tv_nsec: 0 };
    let pipe = output.get_ref();
    let ready = poll(&mut [PollFd::new(pipe, PollFlags::IN)], Some(&limit))?;
    assert_eq!(ready, 1, "the grandchild is left behind");
    assert_eq!(output.read(&mut [0])?, 0);
    Ok(())
}

#[test]
fn an_ended_program_leaves_no_zombie() -> Result<()> {
    let supervised = Supervised::spawn(shell("exit 0"))?;
    supervised.wait(LIMIT)?;
    assert!(!fs::exists(format!("/proc/{}", supervised.pid()))?);
    Ok(())
}

#[test]
fn a_program_that_is_not_there_is_named() {
    let error =
        Supervised::spawn(Command::new("/no/such/program")).expect_err("there is no such program");
    assert!(format!("{error:#}").contains("/no/such/program"), "{error:#}");
}

/// The letter for the process's state, from `id (name) state …`.
fn state(supervised: &Supervised) -> Result<char> {
    let stat = fs::read_to_string(format!("/proc/{}/stat", supervised.pid()))?;
    let (_, after) = stat.rsplit_once(") ").context("a name in parentheses")?;
    after.chars().next().context("a state")
}
