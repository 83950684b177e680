//! The demo plays to its end: each resource ends as it should, with one accepted call,
//! and nothing is left.

use anyhow::{Context, Result};
use control_plane::Exit;
use harness::Tool;
use harness::tool::PATIENCE;

use crate::DEMO;

#[test]
fn each_resource_ends_with_one_accepted_call_and_nothing_is_left() -> Result<()> {
    let demo = Tool::start(DEMO, &[])?;
    let exit = demo.process.wait(PATIENCE)?;
    let (output, complaints) = (demo.output.text(), demo.complaints.text());
    assert_eq!(exit, Exit::Code(0), "{output}\n{complaints}");

    let (_, summary) = output.split_once("== Summary").context("no summary")?;
    let accepted = [
        "named",
        "by-password",
        "by-access-key",
        "by-service-account",
        "wrong-token",
        "wrong-vault",
        "db-to-eu-nl",
        "web-to-eu-nl",
        "options",
    ];
    for name in accepted {
        let line = line_of(summary, &format!("{name} "))?;
        assert!(line.contains(" Succeeded ") && line.contains(" 1 of "), "{line}");
    }
    assert!(line_of(summary, "refused ")?.contains("by the Kubernetes API server"), "{summary}");
    assert!(summary.contains(" 9 accepted, 0 duplicates."), "{summary}");
    for told in [
        "CredentialRejected",
        "BackupService.6120",
        "APIG.0308",
        "OutcomeUnknown",
        "spec.destinationRegion: Invalid",
    ] {
        assert!(output.contains(told), "{told} is not in\n{output}");
    }
    assert!(!output.contains('\u{1b}'), "control sequences where there is no terminal:\n{output}");
    assert_reads_well(&output);
    demo.nothing_is_left()?;
    Ok(())
}

fn line_of<'a>(text: &'a str, name: &str) -> Result<&'a str> {
    text.lines()
        .find(|line| line.trim_start().starts_with(name))
        .with_context(|| format!("no {name}in {text}"))
}

/// What is longer than 80 columns is a command, or a word that cannot be broken. A state is told
/// once. Nothing is named that is gone by then.
fn assert_reads_well(output: &str) {
    for line in output.lines().filter(|line| line.chars().count() > 80) {
        let bare = line.trim_start();
        let is_command = ["$ ", "kubectl "].iter().any(|begin| bare.starts_with(begin));
        assert!(is_command || !bare.contains(' '), "wider than 80 columns: {line}");
    }
    let states: Vec<&str> = output.lines().filter(|line| line.starts_with("   > ")).collect();
    assert!(states.len() > 20, "{states:?}");
    for state in &states {
        let name = state.split_whitespace().nth(1);
        let of_it: Vec<&&str> =
            states.iter().filter(|other| other.split_whitespace().nth(1) == name).collect();
        assert!(of_it.windows(2).all(|pair| pair[0] != pair[1]), "{of_it:?}");
    }
    assert!(!output.contains("KUBECONFIG"), "{output}");
}
