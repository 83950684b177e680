//! Every option of the binary is a value, with the binary's own default, and what the chart makes
//! of the values is what the binary takes.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::process::Command;

use anyhow::{Context, Result, ensure};

use super::{EVERYTHING, OPERATOR, VALUES, helm};

/// Each option that `--help` names, with its defaults.
pub(crate) fn of_the_binary() -> Result<BTreeMap<String, Vec<String>>> {
    let help = String::from_utf8(
        Command::new(OPERATOR).args(["run", "--help"]).env_clear().output()?.stdout,
    )?;
    let mut options: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut current = String::new();
    for line in help.lines().map(str::trim) {
        if let Some(option) = line.strip_prefix("--") {
            current = option.split([' ', '=', '[']).next().unwrap_or_default().to_owned();
            options.entry(current.clone()).or_default();
        } else if let Some(default) =
            line.strip_prefix("[default: ").and_then(|rest| rest.strip_suffix(']'))
        {
            let defaults = default.split(' ').map(str::to_owned);
            options.entry(current.clone()).or_default().extend(defaults);
        } else if let Some((_, default)) =
            line.strip_suffix(" if left out").and_then(|line| line.rsplit_once("; "))
        {
            // The default of an option that means nothing without another one. More than a word is
            // a description.
            options
                .entry(current.clone())
                .or_default()
                .extend((!default.contains(' ')).then(|| default.to_owned()));
        }
    }
    ensure!(options.contains_key("claim-window"), "no options in {help}");
    Ok(options)
}

/// A command line as options and what each is given.
pub(crate) fn given(arguments: &[String]) -> Result<BTreeMap<String, Vec<String>>> {
    let mut options: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for argument in arguments.iter().filter(|argument| *argument != "run") {
        let option =
            argument.strip_prefix("--").with_context(|| format!("{argument} is no option"))?;
        let (name, value) = option.split_once('=').unwrap_or((option, ""));
        options.entry(name.to_owned()).or_default().push(value.to_owned());
    }
    Ok(options)
}

#[test]
fn every_option_is_a_value() -> Result<()> {
    let given: BTreeSet<String> =
        given(&helm::arguments(&helm::objects(EVERYTHING, &[])?)?)?.into_keys().collect();
    let options: BTreeSet<String> = of_the_binary()?.into_keys().collect();
    assert_eq!(given, options, "what the chart can give, and what the binary takes");
    Ok(())
}

/// The values show what holds; a value that is not set is not given as an option.
#[test]
fn the_defaults_are_the_binary_s() -> Result<()> {
    let mut given = given(&helm::arguments(&helm::objects("", &[])?)?)?;
    let mut defaults = of_the_binary()?;
    defaults.retain(|_, values| !values.is_empty());
    // As in the kustomize base: on, and for machines rather than people.
    for (option, value) in [("leader-election", ""), ("log-format", "json")] {
        assert_eq!(given.remove(option), Some(vec![value.to_owned()]));
        defaults.remove(option);
    }
    assert_eq!(given, defaults);
    Ok(())
}

#[test]
fn the_binary_takes_what_the_chart_gives() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let certificate = folder.path().join("ca.pem");
    simulator::Simulator::start(simulator::Options::default())?.write_ca(&certificate)?;
    for file in VALUES {
        let objects = helm::objects(file, &[])?;
        let arguments = helm::arguments(&objects)?;
        let mut command = Command::new(OPERATOR);
        for argument in &arguments {
            match argument.split_once('=') {
                // Its port may be in use here.
                Some(("--listen", address)) => {
                    address.parse::<SocketAddr>().context(address.to_owned())?;
                }
                Some(("--ca-bundle", _)) => {
                    command.arg(format!("--ca-bundle={}", certificate.display()));
                }
                Some(_) | None => {
                    command.arg(argument);
                }
            }
        }
        // With all options read, it is the kubeconfig that keeps it from starting.
        let environment = [("BREP_LISTEN", "127.0.0.1:0"), ("KUBECONFIG", "/no/such/kubeconfig")];
        let output = command.env_clear().envs(environment).output()?;
        let said = String::from_utf8(output.stderr)?;
        ensure!(output.status.code() == Some(1) && said.contains("KUBECONFIG"), "{file}: {said}");
    }
    Ok(())
}

#[test]
fn the_test_of_the_image_runs_what_the_binary_can_do() -> Result<()> {
    let objects = helm::objects("", &[])?;
    let pod = helm::one(&objects, "Pod")?;
    assert_eq!(pod["metadata"]["annotations"]["helm.sh/hook"], "test");
    let arguments: Vec<String> =
        serde_json::from_value(pod["spec"]["containers"][0]["args"].clone())?;
    let output = Command::new(OPERATOR).args(arguments).env_clear().output()?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Ok(())
}

/// A call that has just begun may take its window and its limit, and its end must still be written.
#[test]
fn a_pod_has_time_to_drain() -> Result<()> {
    const TO_RECORD: u64 = 20;
    for (set, window, limit) in [
        (&[][..], 10, 60),
        (&["options.claimWindow=2m"][..], 120, 60),
        (&["options.requestTimeout=1h", "options.claimWindow=90s"][..], 90, 3600),
    ] {
        let objects = helm::objects("", set)?;
        let pod = &helm::one(&objects, "Deployment")?["spec"]["template"]["spec"];
        // It must listen for SIGTERM before one is sent: a container's first process ignores it.
        let before = pod["containers"][0]["lifecycle"]["preStop"]["sleep"]["seconds"].as_u64();
        let before = before.filter(|seconds| *seconds > 0).context("SIGTERM may come too early")?;
        let grace = pod["terminationGracePeriodSeconds"].as_u64();
        ensure!(
            grace.is_some_and(|grace| grace > before + window + limit + TO_RECORD),
            "{set:?}: {grace:?} s"
        );
    }
    Ok(())
}

#[test]
fn the_port_follows_the_address() -> Result<()> {
    let objects = helm::objects(EVERYTHING, &[])?;
    assert_eq!(helm::container(&objects)?["ports"][0]["containerPort"], 9090);
    assert_eq!(helm::one(&objects, "Service")?["spec"]["ports"][0]["port"], 9090);
    Ok(())
}
