//! Each option is an environment variable with the prefix `BREP_`, too; a wrong one ends the
//! process with exit code 2 and one line that names it, and what else keeps it from starting, with
//! 1 and one line.

use std::collections::BTreeSet;
use std::net::TcpListener;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use harness::{OperatorOptions, PATIENCE};
use regex::Regex;

use crate::OPERATOR;

/// Every option with values that it does not take.
const WRONG: [(&str, &[&str]); 24] = [
    ("cloud", &["", "aws", "OTC", "otc,aws", "otc,"]),
    (
        "allowed-endpoint",
        &[
            "",
            "ftp://cbr.example.com",
            "cbr.example.com",
            "https://c*.example.com",
            "https://a.example.com/v3",
        ],
    ),
    (
        "default-endpoint",
        &[
            "",
            "https://evil.example.com",
            "http://cbr.eu-de.otc.t-systems.com",
            "https://a.b@cbr.eu-de.otc.t-systems.com",
        ],
    ),
    (
        "allowed-iam-endpoint",
        &[
            "",
            "ftp://iam.example.com",
            "iam.example.com",
            "https://i*.example.com",
            "https://a.example.com/v3",
        ],
    ),
    (
        "default-iam-endpoint",
        &[
            "",
            "https://evil.example.com",
            "http://iam.eu-de.otc.t-systems.com",
            "https://a.b@iam.eu-de.otc.t-systems.com",
            "https://iam.eu-de.otc.t-systems.com/v2",
        ],
    ),
    ("namespace", &["", "a/b", "..", "A", "-a", "a,b/c", "a,"]),
    ("listen", &["", "nowhere", "127.0.0.1", "127.0.0.1:99999"]),
    ("concurrency", &["", "0", "-1", "many", "70000"]),
    ("connect-timeout", &["", "0s", "-1s", "10", "soon", "25h"]),
    ("request-timeout", &["", "0s", "-1s", "10", "soon", "25h"]),
    ("claim-window", &["", "0s", "-1s", "10", "soon", "25h"]),
    ("settling-time", &["", "0s", "-1s", "10", "soon", "25h"]),
    ("look-up-patience", &["", "0s", "-1s", "10", "soon", "25h"]),
    ("first-call-after", &["", "0s", "-1s", "10", "soon", "25h"]),
    ("tracking-limit", &["", "0s", "-1s", "10", "soon", "721h"]),
    ("requests-per-minute", &["", "0", "-1", "many", "5000000000"]),
    ("watch-timeout", &["", "0s", "-1s", "10", "soon", "1500ms", "291s"]),
    ("ca-bundle", &["", "/no/such/file", "/"]),
    ("require-secret-label", &["", "key", "=value"]),
    ("leader-election", &["", "maybe", "1"]),
    ("lease-name", &["", "a/b", "..", "A", "-a", "a."]),
    ("lease-namespace", &["", "a/b", "..", "A", "-a", "a.b"]),
    ("lease-duration", &["", "0s", "-1s", "10", "soon", "1s", "2500ms", "61m"]),
    ("log-format", &["", "xml"]),
];

struct Answer {
    code: Option<i32>,
    stdout: String,
    stderr: String,
}

/// Runs the binary to its end. It never finds an API server, so that it ends in any case.
fn run(arguments: &[&str], environment: &[(&str, &str)]) -> Result<Answer> {
    let output = Command::new(OPERATOR)
        .args(arguments)
        .env_clear()
        .envs([("BREP_LISTEN", "127.0.0.1:0"), ("KUBECONFIG", "/no/such/kubeconfig")])
        .envs(environment.iter().copied())
        .output()?;
    Ok(Answer {
        code: output.status.code(),
        stdout: String::from_utf8(output.stdout)?,
        stderr: String::from_utf8(output.stderr)?,
    })
}

/// One line on standard error, and this exit code.
fn ends_with(answer: &Answer, code: i32, words: &str) -> Result<()> {
    let Answer { code: ended, stdout, stderr } = answer;
    ensure!(
        *ended == Some(code)
            && stdout.is_empty()
            && stderr.trim_end().lines().count() == 1
            && stderr.contains(words),
        "wanted exit code {code} and one line with {words:?}; it was {ended:?} and {stderr:?}"
    );
    Ok(())
}

/// All options were fine: what keeps it from starting is the kubeconfig.
fn starts(answer: &Answer) -> Result<()> {
    ends_with(answer, 1, "KUBECONFIG")
}

fn environment_name(option: &str) -> String {
    format!("BREP_{}", option.to_uppercase().replace('-', "_"))
}

#[test]
fn a_wrong_value_is_named_on_the_command_line() -> Result<()> {
    for (option, values) in WRONG {
        for value in values {
            let answer = run(&[&format!("--{option}={value}")], &[])?;
            ends_with(&answer, 2, &format!("--{option}"))
                .with_context(|| format!("--{option}={value}"))?;
        }
    }
    Ok(())
}

#[test]
fn a_wrong_value_is_named_in_the_environment() -> Result<()> {
    for (option, values) in WRONG {
        for value in values {
            let answer = run(&[], &[(&environment_name(option), value)])?;
            ends_with(&answer, 2, &format!("--{option}"))
                .with_context(|| format!("{option} = {value:?}"))?;
        }
    }
    Ok(())
}

/// A shell or a CI job may have a `NAMESPACE` or a `CA_BUNDLE` of its own, with whatever in it.
#[test]
fn a_variable_without_the_prefix_is_ignored() -> Result<()> {
    for (option, values) in WRONG {
        let prefixed = environment_name(option);
        let stray = prefixed.strip_prefix("BREP_").context("no prefix")?;
        for value in values {
            starts(&run(&[], &[(stray, value)])?)
                .with_context(|| format!("{stray} = {value:?}"))?;
        }
    }
    Ok(())
}

#[test]
fn what_is_no_option_is_named() -> Result<()> {
    for arguments in [["--nonsense"], ["nonsense"], ["--listen"], ["-x"]] {
        ends_with(&run(&arguments, &[])?, 2, arguments[0])?;
    }
    ends_with(&run(&["run", "--nonsense"], &[])?, 2, "--nonsense")?;
    ends_with(&run(&["crd", "--nonsense"], &[])?, 2, "--nonsense")
}

/// Wrong alone: together with the election each of them is fine.
#[test]
fn what_the_lease_is_like_means_nothing_without_an_election() -> Result<()> {
    for option in ["--lease-name=a.b", "--lease-namespace=a", "--lease-duration=2s"] {
        let (name, value) = option.split_once('=').context("no value")?;
        ends_with(&run(&[option], &[])?, 2, name)?;
        ends_with(&run(&[option], &[("BREP_LEADER_ELECTION", "false")])?, 2, "--leader-election")?;
        starts(&run(&[option, "--leader-election"], &[])?)?;
        let variable = environment_name(name.trim_start_matches('-'));
        starts(&run(&[], &[(&variable, value), ("BREP_LEADER_ELECTION", "true")])?)?;
    }
    Ok(())
}

#[test]
fn a_ca_bundle_must_hold_certificates() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    for (name, text) in
        [("empty.pem", ""), ("prose.pem", "no certificate\n"), ("broken.pem", broken)]
    {
        let file = folder.path().join(name);
        std::fs::write(&file, text)?;
        let file = file.to_str().context("a path that is no text")?;
        ends_with(&run(&["--ca-bundle", file], &[])?, 2, "--ca-bundle").context(name)?;
    }
    Ok(())
}

/// A list of `--help` that lacks one of ours, or has one more, is a test that lacks it.
#[test]
fn help_names_every_option_and_its_variable() -> Result<()> {
    let help = run(&["--help"], &[])?;
    ensure!(help.code == Some(0) && help.stderr.is_empty(), "{}", help.stderr);
    let told: BTreeSet<&str> = help
        .stdout
        .lines()
        .filter_map(|line| line.trim_start().strip_prefix("--")?.split([' ', '=']).next())
        .collect();
    let ours: BTreeSet<&str> = WRONG.iter().map(|(option, _)| *option).collect();
    assert_eq!(told, ours);
    for option in ours {
        let variable = format!("[env: {}=", environment_name(option));
        ensure!(help.stdout.contains(&variable), "no {variable} in {}", help.stdout);
    }
    ensure!(
        help.stdout.contains("run") && help.stdout.contains("crd"),
        "no commands in {}",
        help.stdout
    );
    let of_run = run(&["run", "--help"], &[])?;
    for (option, _) in WRONG {
        ensure!(of_run.stdout.contains(&format!("--{option}")), "no {option} in {}", of_run.stdout);
    }
    Ok(())
}

#[test]
fn run_is_the_default_command() -> Result<()> {
    starts(&run(&[], &[])?)?;
    starts(&run(&["run"], &[])?)?;
    starts(&run(&["--concurrency=2"], &[])?)?;
    starts(&run(&["run", "--concurrency=2"], &[])?)
}

#[test]
fn version_and_crd_are_printed() -> Result<()> {
    let version = run(&["--version"], &[])?;
    ensure!(version.code == Some(0) && version.stderr.is_empty(), "{}", version.stderr);
    assert_eq!(
        version.stdout,
        concat!("backup-replication-operator ", env!("CARGO_PKG_VERSION"), "\n")
    );
    let crd = run(&["crd"], &[])?;
    ensure!(crd.code == Some(0) && crd.stderr.is_empty(), "{}", crd.stderr);
    ensure!(crd.stdout.contains("kind: CustomResourceDefinition"), "{}", crd.stdout);
    Ok(())
}

/// The default endpoint must be one of the allowed, so that it shows which are.
#[test]
fn allowed_endpoints_replace_the_default_list_and_stand_between_commas() -> Result<()> {
    let default = |endpoint, more: &[(&str, &str)]| {
        run(&[], &[&[("BREP_DEFAULT_ENDPOINT", endpoint)], more].concat())
    };
    let ours = [("BREP_ALLOWED_ENDPOINT", "https://cbr.a.example,https://*.b.example")];
    starts(&default("https://cbr.eu-de.otc.t-systems.com", &[])?)?;
    starts(&default("https://cbr.ap-southeast-1.myhuaweicloud.com", &[])?)?;
    starts(&default("https://cbr.a.example", &ours)?)?;
    starts(&default("https://cbr.b.example", &ours)?)?;
    ends_with(&default("https://cbr.eu-de.otc.t-systems.com", &ours)?, 2, "--default-endpoint")?;
    ends_with(&default("https://x.y.b.example", &ours)?, 2, "--default-endpoint")?;
    let repeated = [
        "--allowed-endpoint=https://cbr.a.example",
        "--allowed-endpoint=http://cbr.b.example",
        "--default-endpoint=http://cbr.b.example",
    ];
    starts(&run(&repeated, &ours)?)
}

/// Of both services; and a cloud that is not named is not allowed.
#[test]
fn clouds_by_name_allow_their_endpoints_and_what_is_named_beyond_them() -> Result<()> {
    let otc = ("https://cbr.eu-de.otc.t-systems.com", "https://iam.eu-de.otc.t-systems.com");
    let swiss =
        ("https://cbr.eu-ch2.sc.otc.t-systems.com", "https://iam-pub.eu-ch2.sc.otc.t-systems.com");
    let own = ("https://cbr.own.example", "https://iam.own.example");
    let both = [
        ("BREP_CLOUD", "otc,otc-swiss"),
        ("BREP_ALLOWED_ENDPOINT", own.0),
        ("BREP_ALLOWED_IAM_ENDPOINT", own.1),
    ];
    let defaults = |(cbr, iam): (&str, &str), environment: &[(&str, &str)]| {
        let options =
            [format!("--default-endpoint={cbr}"), format!("--default-iam-endpoint={iam}")];
        options.map(|option| run(&[&option], environment))
    };
    for allowed in [otc, swiss, own] {
        for answer in defaults(allowed, &both) {
            starts(&answer?).with_context(|| format!("{allowed:?}"))?;
        }
    }
    let huawei = ("https://cbr.ap-southeast-1.myhuaweicloud.com", "https://iam.myhuaweicloud.com");
    for (refused, environment) in
        [(huawei, &both[..]), (swiss, &[]), (own, &both[..1]), (otc, &both[1..])]
    {
        for answer in defaults(refused, environment) {
            ends_with(&answer?, 2, "not on the operator's allow-list")
                .with_context(|| format!("{refused:?}"))?;
        }
    }
    // The command line wins.
    let options = ["--cloud=huawei", &format!("--default-endpoint={}", otc.0)];
    ends_with(&run(&options, &both[..1])?, 2, "--default-endpoint")
}

/// What it waits for shows which namespaces it watches. Nobody answers at the address of its API
/// server.
#[test]
fn namespaces_stand_between_commas() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let kubeconfig = folder.path().join("kubeconfig");
    std::fs::write(
        &kubeconfig,
        r#"{"apiVersion": "v1", "kind": "Config", "current-context": "c",
            "clusters": [{"name": "c", "cluster": {"server": "http://127.0.0.1:1"}}],
            "users": [{"name": "c", "user": {}}],
            "contexts": [{"name": "c", "context": {"cluster": "c", "user": "c"}}]}"#,
    )?;
    let options = OperatorOptions::new(OPERATOR, &kubeconfig);
    let by_variable = options.clone().env("BREP_NAMESPACE", "a,b").start()?;
    let by_option = options.arg("--namespace=a").arg("--namespace=b").start()?;
    for operator in [by_variable, by_option] {
        let (status, waiting) = operator.get("/ready")?;
        let watches = ["namespace a:", "namespace b:"];
        ensure!(
            status == 503 && watches.iter().all(|watch| waiting.contains(watch)),
            "{status}: {waiting}"
        );
        ensure!(waiting.lines().count() == watches.len(), "{waiting}");
        // The line in the log says where nobody answers.
        operator.log.wait_for(PATIENCE, |line| {
            line.contains("Not ready: watch") && line.contains("http://127.0.0.1:1/")
        })?;
    }
    Ok(())
}

#[test]
fn a_port_in_use_is_reported() -> Result<()> {
    let taken = TcpListener::bind("127.0.0.1:0")?;
    let address = taken.local_addr()?.to_string();
    ends_with(&run(&[&format!("--listen={address}")], &[])?, 1, &address)
}

#[test]
fn a_missing_cluster_is_reported() -> Result<()> {
    let home = tempfile::tempdir()?;
    let output = Command::new(OPERATOR)
        .env_clear()
        .envs([("BREP_LISTEN", "127.0.0.1:0")])
        .env("HOME", home.path())
        .output()?;
    let answer = Answer {
        code: output.status.code(),
        stdout: String::from_utf8(output.stdout)?,
        stderr: String::from_utf8(output.stderr)?,
    };
    starts(&answer)
}

/// What each reads is the operator's or the plugin's own, or has a name that others share: no
/// variable of a shell or a CI job changes what is called.
#[test]
fn every_variable_that_the_sources_read_has_the_prefix_or_is_a_known_one() -> Result<()> {
    let known = ["KUBECONFIG", "NO_COLOR", "RUST_LOG", "TERM", "COLUMNS", "HOME"];
    let read = Regex::new(r#"(?:\benv = |\bvar(?:_os)?\(|variable\()"([A-Z][A-Z0-9_]*)"#)?;
    let mut folders = vec![repository::path("src")];
    let mut seen = BTreeSet::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder)? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let text = std::fs::read_to_string(&path)?;
                let product = text.split("#[cfg(test)]").next().unwrap_or_default();
                seen.extend(read.captures_iter(product).map(|found| found[1].to_owned()));
            }
        }
    }
    ensure!(seen.len() > WRONG.len(), "{seen:?}");
    let others: Vec<&String> = seen
        .iter()
        .filter(|name| !name.starts_with("BREP_") && !name.starts_with("OTEL_"))
        .filter(|name| !known.contains(&name.as_str()))
        .collect();
    ensure!(others.is_empty(), "{others:?}");
    Ok(())
}
