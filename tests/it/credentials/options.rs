//! A wrong option ends the process with exit code 2 and one line that names it; http is for what
//! was spelt out.

use std::process::Command;

use anyhow::{Context, Result};

use super::OPERATOR;
use super::tenant::Run;

const IAM: &str = "https://iam.eu-de.otc.t-systems.com";

/// How an option is given.
#[derive(Clone, Copy)]
enum By {
    Argument,
    /// A variable with this prefix.
    Variable(&'static str),
}

fn run(given: &[(&str, &str)], by: By) -> Result<Run> {
    let mut command = Command::new(OPERATOR);
    command.arg("renew-token").env_clear().env("KUBECONFIG", "/no/such/kubeconfig");
    for (option, value) in given {
        if let By::Variable(prefix) = by {
            command.env(format!("{prefix}{}", option.to_uppercase().replace('-', "_")), value);
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
            for by in [By::Argument, By::Variable("BREP_")] {
                let mut given = vec![("iam-endpoint", IAM), ("project-id", "p")];
                given.retain(|(name, _)| *name != option);
                given.push((option, value));
                let named = format!("--{option}");
                run(&given, by)?
                    .failed(2, &[&named])
                    .with_context(|| format!("{option} = {value:?}"))?;
            }
        }
    }
    run(&[("project-id", "p")], By::Argument)?.failed(2, &["--iam-endpoint"])?;
    run(&[("iam-endpoint", IAM)], By::Argument)?.failed(2, &["--project-id"])?;
    // Without the prefix it is a variable of somebody else.
    run(&[("iam-endpoint", IAM), ("project-id", "p")], By::Variable(""))?
        .failed(2, &["--iam-endpoint"])
}

#[test]
fn http_is_for_what_is_spelt_out() -> Result<()> {
    let http = "http://127.0.0.1:1";
    let with = |allowed| {
        run(
            &[("iam-endpoint", http), ("project-id", "p"), ("allowed-iam-endpoint", allowed)],
            By::Argument,
        )
    };
    with("https://127.0.0.1:1")?.failed(2, &["--iam-endpoint", "https://"])?;
    // With all options read, it is the kubeconfig that keeps it from continuing.
    with(http)?.failed(1, &["KUBECONFIG"])
}
