//! The command for half a minute, and Ctrl-C in the midst of it.

use anyhow::{Result, ensure};
use control_plane::Exit;
use harness::Tool;
use harness::tool::PATIENCE;

const RANDOM_FAULTS: &str = env!("CARGO_BIN_EXE_random-faults");

#[test]
fn half_a_minute_of_faults_doubles_and_loses_nothing() -> Result<()> {
    let terms = ["--minutes=0.5", "--seed=4", "--resources=25", "--faults-a-minute=60"];
    let tool = Tool::start(RANDOM_FAULTS, &terms)?;
    let exit = tool.process.wait(PATIENCE)?;
    let (output, complaints) = (tool.output.text(), tool.complaints.text());
    assert_eq!(exit, Exit::Code(0), "{output}\n{complaints}");
    for told in
        ["--seed 4", "Kill {", "resources,", "decisions of humans", "0 doubled, 0 lost, 0 other"]
    {
        ensure!(output.contains(told), "{told} is not in\n{output}");
    }
    tool.nothing_is_left()
}

#[test]
fn ctrl_c_ends_everything() -> Result<()> {
    let tool = Tool::start(RANDOM_FAULTS, &["--minutes=60", "--faults-a-minute=120"])?;
    tool.output.wait_for(PATIENCE, |line| line.contains("Stop {") || line.contains("Kill {"))?;
    let programs = tool.programs()?;
    for program in ["etcd", "kube-apiserver", "backup-replication-operator"] {
        ensure!(programs.iter().any(|it| it == program), "{program} is not among {programs:?}");
    }
    tool.process.interrupt()?;
    assert_eq!(tool.process.wait(PATIENCE)?, Exit::Code(130), "{}", tool.complaints.text());
    tool.nothing_is_left()
}
