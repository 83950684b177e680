//! Ctrl-C ends the demo at any time, and nothing is left; with `--keep` it is there to look around
//! until then.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};
use control_plane::Exit;
use harness::Tool;
use harness::tool::PATIENCE;

use crate::DEMO;

#[test]
fn with_keep_everything_stays_until_ctrl_c() -> Result<()> {
    let demo = Tool::start(DEMO, &["--keep"])?;
    let kubeconfig = rest_of_line(&demo, "export KUBECONFIG=")?;
    let kubectl = rest_of_line(&demo, "alias kubectl=")?;
    let resources =
        Command::new(kubectl).env("KUBECONFIG", kubeconfig).args(["get", "brep", "-A"]).output()?;
    let resources = String::from_utf8_lossy(&resources.stdout).into_owned();
    assert_eq!(resources.matches("Succeeded").count(), 9, "{resources}");
    // The other addresses that it names: of the metrics, of the log, of the plugin.
    let metrics = rest_of_line(&demo, "curl http://")?;
    let (address, path) = metrics.split_once('/').context("no path")?;
    let mut stream = TcpStream::connect(address)?;
    write!(stream, "GET /{path} HTTP/1.1\r\nHost: operator\r\nConnection: close\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    assert!(answer.contains("backup_replication_build_info"), "{answer}");
    let log = std::fs::read_to_string(rest_of_line(&demo, "less ")?)?;
    assert!(log.contains("Ready: watch"), "{log}");
    let plugin = rest_of_line(&demo, "export PATH=\"$PATH:")?;
    let plugin = Path::new(plugin.trim_matches('"')).join("kubectl-brep");
    assert!(plugin.exists(), "{}", plugin.display());

    let programs = demo.programs()?;
    for program in ["etcd", "kube-apiserver", "backup-replication-operator"] {
        assert!(
            programs.iter().any(|running| running == program),
            "{program} is not among {programs:?}"
        );
    }

    demo.process.interrupt()?;
    assert_eq!(demo.process.wait(PATIENCE)?, Exit::Code(0), "{}", demo.complaints.text());
    demo.nothing_is_left()
}

#[test]
fn ctrl_c_in_a_scene_ends_everything() -> Result<()> {
    let demo = Tool::start(DEMO, &[])?;
    demo.output
        .wait_for(PATIENCE, |line| line.contains("kubectl apply -f docs/examples/minimal.yaml"))?;
    demo.process.interrupt()?;

    assert_eq!(demo.process.wait(PATIENCE)?, Exit::Code(130), "{}", demo.complaints.text());
    assert!(!demo.output.text().contains("Summary"), "it continued");
    demo.nothing_is_left()
}

/// What stands behind the beginning of a line that is printed sooner or later, without its quotes.
fn rest_of_line(demo: &Tool, beginning: &str) -> Result<String> {
    let line = demo.output.wait_for(PATIENCE, |line| line.trim().starts_with(beginning))?;
    let rest = line.trim().strip_prefix(beginning).context("a line that begins so")?;
    Ok(rest.trim_matches('\'').to_owned())
}
