//! The operator ends at once, with exit code 0, by SIGTERM and by Ctrl-C, in every state that comes
//! before its first list.

use std::fs::{File, OpenOptions};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::mpsc;
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use control_plane::{Exit, Supervised};
use harness::{Cluster, Lines, Operator, OperatorOptions, PATIENCE, Scene, service_account};
use serde_json::{Value, json};
use simulator::Options;

use crate::OPERATOR;

/// Not an error where nobody reads yet.
const NONBLOCKING: i32 = 0o4000;
/// `ENXIO`: nobody has the other end of the pipe.
const NO_READER: i32 = 6;

/// A way to end a process, and its name.
type Signal = (&'static str, fn(&Supervised) -> Result<()>);

const SIGNALS: [Signal; 2] =
    [("SIGTERM", Supervised::terminate), ("SIGINT", Supervised::interrupt)];

/// What holds a state up while the operator is in it.
type Hold = Box<dyn std::any::Any>;

/// Starts an operator, and returns when it is in the state.
fn ends_at_once(state: &str, enter: impl Fn() -> Result<(Operator, Hold)>) -> Result<()> {
    for (name, signal) in SIGNALS {
        let (operator, _hold) = enter().with_context(|| format!("{state}, before {name}"))?;
        signal(&operator.process)?;
        let exit = operator.process.wait(PATIENCE).with_context(|| format!("{state}, {name}"))?;
        ensure!(exit == Exit::Code(0), "{state}, {name}: {exit}\n{}", operator.log.text());
    }
    Ok(())
}

/// With a call's grace far beyond the patience of a test: only what ends at once ends in time.
fn options(kubeconfig: &Path) -> OperatorOptions {
    OperatorOptions::new(OPERATOR, kubeconfig).arg("--request-timeout=1h")
}

fn nothing_held() -> Hold {
    Box::new(())
}

/// Starts one, and waits until it says what it lacks.
fn not_ready(options: &OperatorOptions, what: &str) -> Result<Operator> {
    let operator = options.start()?;
    says(&operator.log, what)?;
    Ok(operator)
}

fn says(log: &Lines, what: &str) -> Result<()> {
    log.wait_for(PATIENCE, |line| line.contains("Not ready") && line.contains(what)).map(drop)
}

/// A kubeconfig with this API server and this user.
fn kubeconfig(folder: &Path, server: &str, user: &Value) -> Result<PathBuf> {
    let file = folder.join("kubeconfig");
    let config = json!({
        "apiVersion": "v1", "kind": "Config", "current-context": "c",
        "clusters": [{"name": "c", "cluster": {"server": server}}],
        "users": [{"name": "c", "user": user}],
        "contexts": [{"name": "c", "context": {"cluster": "c", "user": "c"}}],
    });
    std::fs::write(&file, config.to_string())?;
    Ok(file)
}

/// A file that nobody ever writes: who reads it waits.
struct Silent {
    path: PathBuf,
}

impl Silent {
    fn new(folder: &Path, name: &str) -> Result<Self> {
        let path = folder.join(name);
        let made = Command::new("mkfifo").arg(&path).status()?;
        ensure!(made.success(), "no pipe");
        Ok(Self { path })
    }

    /// Waits until somebody reads it. As long as the answer is held, the reader waits.
    fn read_by(&self, operator: &Operator) -> Result<File> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            match OpenOptions::new().write(true).custom_flags(NONBLOCKING).open(&self.path) {
                Ok(held) => return Ok(held),
                Err(error) if error.raw_os_error() == Some(NO_READER) => {
                    ensure!(operator.process.is_running(), "it has ended: {}", operator.log.text());
                    ensure!(Instant::now() < deadline, "nobody reads {}", self.path.display());
                    std::thread::yield_now();
                }
                Err(error) => return Err(error.into()),
            }
        }
    }
}

/// Accepts connections, tells of each, and never says a word.
fn mute_server() -> Result<(String, mpsc::Receiver<TcpStream>)> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let url = format!("http://{}", listener.local_addr()?);
    let (sender, accepted) = mpsc::channel();
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            if sender.send(stream).is_err() {
                return;
            }
        }
    });
    Ok((url, accepted))
}

#[test]
fn while_it_waits_for_a_file() -> Result<()> {
    let in_a_folder = |enter: fn(&Path, &Silent) -> Result<OperatorOptions>| {
        move || {
            let folder = tempfile::tempdir()?;
            let silent = Silent::new(folder.path(), "silent")?;
            let operator = enter(folder.path(), &silent)?.start()?;
            let held = silent.read_by(&operator)?;
            Ok((operator, Box::new((folder, held)) as Hold))
        }
    };
    ends_at_once(
        "the kubeconfig does not come",
        in_a_folder(|_, silent| Ok(options(&silent.path))),
    )?;
    ends_at_once(
        "the CA bundle does not come",
        in_a_folder(|folder, silent| {
            let kubeconfig = kubeconfig(folder, "http://127.0.0.1:1", &json!({}))?;
            Ok(options(&kubeconfig).arg(format!("--ca-bundle={}", silent.path.display())))
        }),
    )?;
    ends_at_once(
        "the program that gives the credential hangs",
        in_a_folder(|folder, silent| {
            let exec = json!({"exec": {
                "apiVersion": "client.authentication.k8s.io/v1", "command": "cat", "args": [silent.path],
                "interactiveMode": "Never",
            }});
            Ok(options(&kubeconfig(folder, "http://127.0.0.1:1", &exec)?))
        }),
    )
}

#[test]
fn while_no_api_server_answers() -> Result<()> {
    ends_at_once("nobody listens", || {
        let folder = tempfile::tempdir()?;
        let nobody = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let kubeconfig = kubeconfig(folder.path(), &format!("http://{nobody}"), &json!({}))?;
        Ok((not_ready(&options(&kubeconfig), "keeps trying")?, Box::new(folder)))
    })?;
    ends_at_once("the name does not resolve", || {
        let folder = tempfile::tempdir()?;
        let kubeconfig = kubeconfig(folder.path(), "http://nowhere.invalid", &json!({}))?;
        Ok((not_ready(&options(&kubeconfig), "keeps trying")?, Box::new(folder)))
    })?;
    for elected in [false, true] {
        ends_at_once(
            &format!("it accepts connections and never answers; elected: {elected}"),
            || {
                let folder = tempfile::tempdir()?;
                let (url, accepted) = mute_server()?;
                let mut options = options(&kubeconfig(folder.path(), &url, &json!({}))?);
                if elected {
                    // A request for the Lease is given up after a quarter of this: far beyond the
                    // patience.
                    options = options.arg("--leader-election").arg("--lease-duration=1h");
                }
                let operator = options.start()?;
                // One for the watch, and one for the Lease.
                let held: Vec<_> = (0..if elected { 2 } else { 1 })
                    .map(|_| accepted.recv_timeout(PATIENCE))
                    .collect::<Result<_, _>>()?;
                Ok((operator, Box::new((folder, accepted, held))))
            },
        )?;
    }
    ends_at_once("it is no API server", || {
        let folder = tempfile::tempdir()?;
        let (url, accepted) = mute_server()?;
        let kubeconfig = kubeconfig(folder.path(), &url, &json!({}))?;
        std::thread::spawn(move || accepted.into_iter().for_each(drop));
        Ok((not_ready(&options(&kubeconfig), "keeps trying")?, Box::new(folder)))
    })
}

#[tokio::test]
async fn while_the_api_server_refuses() -> Result<()> {
    let scene = Scene::new(OPERATOR).await?;
    let of =
        |kubeconfig: &Path| options(kubeconfig).arg(format!("--namespace={}", scene.namespace));
    let elected = |options: OperatorOptions| {
        options
            .arg("--leader-election")
            .arg("--lease-name=l")
            .arg(format!("--lease-namespace={}", scene.namespace))
    };
    let unknown = scene.cluster.kubeconfig_for_token("nobody", "no-such-token")?;
    let powerless = service_account(&scene.cluster, &scene.namespace, "powerless")?;
    for (state, kubeconfig) in [("wrong credentials", &unknown), ("no role", &powerless)] {
        ends_at_once(state, || Ok((not_ready(&of(kubeconfig), "watch")?, nothing_held())))?;
        ends_at_once(&format!("{state}, elected"), || {
            let operator = not_ready(&elected(of(kubeconfig)), "watch")?;
            says(&operator.log, "lease")?;
            Ok((operator, nothing_held()))
        })?;
    }
    // One of two watches has its list.
    ends_at_once("a role in one of two namespaces", || {
        let here = scene.operator_account()?;
        let operator = not_ready(&of(&here).arg("--namespace=elsewhere"), "namespace elsewhere")?;
        operator.log.wait_for(PATIENCE, |line| line.contains("Ready: watch"))?;
        Ok((operator, nothing_held()))
    })
}

#[tokio::test]
async fn while_another_leads() -> Result<()> {
    let scene = Scene::new(OPERATOR).await?;
    let elected = || {
        scene
            .operator()
            .arg("--request-timeout=1h")
            .arg("--leader-election")
            .arg("--lease-name=l")
            .arg(format!("--lease-namespace={}", scene.namespace))
    };
    let _leader = {
        let leader = elected().start_ready()?;
        leader.log.wait_for(PATIENCE, |line| line.contains("\"Leading\""))?;
        leader
    };
    ends_at_once("another leads", || {
        let operator = elected().start()?;
        operator.log.wait_for(PATIENCE, |line| line.contains("Standing by"))?;
        Ok((operator, nothing_held()))
    })
}

#[tokio::test]
async fn while_the_crd_is_missing() -> Result<()> {
    let cluster = &Cluster::own()?;
    let scene = Scene::on(cluster, OPERATOR, Options::default()).await?;
    ends_at_once("no CRD", || {
        let operator = not_ready(&scene.operator().arg("--request-timeout=1h"), "Install the CRD")?;
        Ok((operator, nothing_held()))
    })?;
    ends_at_once("no CRD, and leading", || {
        let elected = scene
            .operator()
            .arg("--request-timeout=1h")
            .arg("--leader-election")
            .arg("--lease-name=l")
            .arg(format!("--lease-namespace={}", scene.namespace));
        let operator = not_ready(&elected, "Install the CRD")?;
        operator.log.wait_for(PATIENCE, |line| line.contains("\"Leading\""))?;
        Ok((operator, nothing_held()))
    })
}
