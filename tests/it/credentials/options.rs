//! A wrong option ends the process with exit code 2 and one line that names it; http is for what was spelt out.

use std::process::Command;

use anyhow::{Context, Result};

use super::OPERATOR;
use super::tenant::Run;

const IAM: &str = "https://iam.eu-de.otc.t-systems.com";

fn run(given: &[(&str, &str)], by_environment: bool) -> Result<Run> {
    let mut command = Command::new(OPERATOR);
    command.arg("renew-token").env_clear().env("KUBECONFIG", "/no/such/kubeconfig");
    for (option, value) in given {
        if by_environment {
            command.env(option.to_uppercase().replace('-', "_"), value);
        } else {
            command.arg(format!("--{option}={value}"));
        }
    }
    Run::of(&mut command)
}

#[test]
fn a_wrong_value_is_named() -> Result<()> {
    let values: [(&str, &[&str]); 8] = [
        (
            "iam-endpoint",
            &[
                "",
                "http://iam.eu-de.otc.t-systems.com",
                "https://iam.example.com",
                "https://a.b@iam.eu-de.otc.t-systems.com",
            ],
        ),
        ("allowed-iam-endpoint", &["", "ftp://iam.example.com", "https://i*.example.com"]),
        ("project-id", &["", "a/b", "..", "a b"]),
        ("user-secret", &["", "a/b", "..", "A", "-a"]),
        ("token-secret", &["", "a/b", "..", "A", "-a"]),
        ("token-key", &["", "a/b", "..", "a b"]),
        ("namespace", &["", "a/b", "..", "A", "-a"]),
        ("ca-bundle", &["", "/no/such/file", "/"]),
    ];
    for (option, values) in values {
        for value in values {
            for by_environment in [false, true] {
                let mut given = vec![("iam-endpoint", IAM), ("project-id", "p")];
                given.retain(|(name, _)| *name != option);
                given.push((option, value));
                let named = format!("--{option}");
                run(&given, by_environment)?.failed(2, &[&named]).with_context(|| format!("{option} = {value:?}"))?;
            }
        }
    }
    run(&[("project-id", "p")], false)?.failed(2, &["--iam-endpoint"])?;
    run(&[("iam-endpoint", IAM)], false)?.failed(2, &["--project-id"])
}

#[test]
fn http_is_for_what_is_spelt_out() -> Result<()> {
    let http = "http://127.0.0.1:1";
    let with = |allowed| run(&[("iam-endpoint", http), ("project-id", "p"), ("allowed-iam-endpoint", allowed)], false);
    with("https://127.0.0.1:1")?.failed(2, &["--iam-endpoint", "https://"])?;
    // With all options read, it is the kubeconfig that keeps it from going on.
    with(http)?.failed(1, &["KUBECONFIG"])
}
