//! What the demo starts, and ends.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use control_plane::ControlPlane;
use harness::built::{self, Binaries};
use harness::{Lines, Operator, OperatorOptions};
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Client, Config};
use simulator::{AccessKey, IdentityProvider, Mapping, Options, Pace, Simulator, User, example};

use crate::board::Board;
use crate::example::path_of;
use crate::screen::Screen;

/// From the acceptance of a call to the copy. The real service takes minutes or hours.
const COPY_TAKES: Duration = Duration::from_secs(12);
/// Longer than anybody looks around: an operator that says nothing for so long is done.
const A_DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// The running parts. They end with this value, the operator first.
pub(crate) struct Parts {
    pub(crate) operator: Operator,
    pub(crate) simulator: Simulator,
    pub(crate) cluster: ControlPlane,
    pub(crate) client: Client,
    pub(crate) board: Board,
    pub(crate) screen: Screen,
    /// The plugin's binary.
    pub(crate) plugin: PathBuf,
    /// The file with the operator's log.
    pub(crate) log: PathBuf,
}

/// Starts everything, with the CRD in place: seconds, and minutes where something is yet to be
/// built.
pub(crate) async fn start(screen: Screen) -> Result<Parts> {
    let (binaries, cluster, screen) = tokio::task::spawn_blocking(move || {
        screen.step("Building the operator with cargo.");
        let binaries = built::both()?;
        screen.step("Starting etcd and kube-apiserver.");
        let cluster = ControlPlane::start()?;
        anyhow::Ok((binaries, cluster, screen))
    })
    .await??;
    let Binaries { operator: operator_binary, plugin } = binaries;
    screen
        .step("Starting a simulated CBR service, which serves TLS with a certificate of its own.");
    // Examples may name any backup. A copy takes so long that its progress can be seen.
    let mut options = Options::any_backup();
    options.behaviour.pace = Pace::takes(COPY_TAKES);
    let simulator = Simulator::start(options)?;
    let ca_bundle = cluster.folder().join("simulated-cbr.pem");
    simulator.write_ca(&ca_bundle)?;

    screen.step("Installing the CustomResourceDefinition.");
    run(
        &cluster,
        &screen,
        "apply --server-side -f crds/backupreplications.cbr.replication.dev.yaml",
    )
    .await?;
    run(
        &cluster,
        &screen,
        "wait --for=condition=Established crd/backupreplications.cbr.replication.dev",
    )
    .await?;
    run(&cluster, &screen, "create namespace backups").await?;

    screen.step("Starting the operator; the simulated service is its default endpoint.");
    let options = operator_options(&operator_binary, &cluster, &simulator, &ca_bundle);
    let operator = tokio::task::spawn_blocking(move || options.start_ready()).await??;
    let log = cluster.folder().join("operator.log");
    written(operator.log.clone(), File::create(&log)?);
    let kubeconfig = Kubeconfig::read_from(cluster.kubeconfig())?;
    let config = Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default()).await?;
    Ok(Parts {
        operator,
        simulator,
        cluster,
        client: Client::try_from(config)?,
        board: Board::default(),
        screen,
        plugin,
        log,
    })
}

/// Writes the log into a file, as it comes.
fn written(lines: Lines, mut file: File) {
    thread::spawn(move || {
        for number in 1.. {
            let Ok(line) = lines.wait_for_nth(number, A_DAY, |_| true) else { break };
            let _folder_is_gone = writeln!(file, "{line}");
        }
    });
}

fn operator_options(
    binary: &Path,
    cluster: &ControlPlane,
    simulator: &Simulator,
    ca_bundle: &Path,
) -> OperatorOptions {
    OperatorOptions::new(binary, cluster.kubeconfig())
        .arg(format!("--allowed-endpoint={}", simulator.https_url()))
        .arg(format!("--default-endpoint={}", simulator.https_url()))
        .arg(format!("--allowed-iam-endpoint={}", simulator.https_url()))
        .arg(format!("--default-iam-endpoint={}", simulator.https_url()))
        .arg(format!("--ca-bundle={}", ca_bundle.display()))
}

impl Parts {
    /// `kubectl apply` of a file of the examples, shown with its answer.
    pub(crate) async fn apply(&self, file: &str) -> Result<()> {
        self.kubectl(&apply(file)).await
    }

    /// The same for a file that the API server must refuse.
    pub(crate) async fn apply_refused(&self, file: &str) -> Result<()> {
        let accepted = shown(&self.cluster, &self.screen, &apply(file)).await?;
        ensure!(!accepted, "the API server took {}, which is against the limits", path_of(file));
        Ok(())
    }

    /// `kubectl` with arguments that a shell would part at their spaces, shown with its answer.
    pub(crate) async fn kubectl(&self, arguments: &str) -> Result<()> {
        run(&self.cluster, &self.screen, arguments).await
    }

    /// Tells the simulated IAM of the users, keys and service accounts of the examples. Of service
    /// accounts it learns as in reality: by the keys that the API server publishes.
    pub(crate) async fn know_the_examples(&self) -> Result<()> {
        const VALUE: &str = "put-your-own-here";
        let user = User::new(example::DOMAIN, "replicator", VALUE, example::PROJECT);
        self.simulator.add_user(user);
        let key = AccessKey::new("PUT0YOUR0OWN0HERE", VALUE, example::PROJECT);
        self.simulator.add_access_key(key);
        let request = http::Request::get("/openid/v1/jwks").body(Vec::new())?;
        let keys = self.client.request(request).await.context("the API server's keys")?;
        let mapping = Mapping::new(
            "system:serviceaccount:backups:cbr-replication",
            example::DOMAIN,
            example::USER,
            example::PROJECT,
        );
        self.simulator.add_identity_provider(
            IdentityProvider::new(
                "my-cluster",
                "https://kubernetes.default.svc",
                "cbr-replication",
            )
            .jwks(keys)
            .map(mapping),
        )
    }

    /// Ends the operator as a cluster would, and then the rest.
    pub(crate) async fn end(self) {
        // On a thread where waiting is allowed. What does not end is killed as its part is
        // dropped.
        let _ended = tokio::task::spawn_blocking(move || {
            let Self {
                operator,
                simulator,
                cluster,
                client,
                board: _,
                screen: _,
                plugin: _,
                log: _,
            } = self;
            drop(client);
            let _stopped = operator.stop();
            drop((operator, simulator, cluster));
        })
        .await;
    }
}

fn apply(file: &str) -> String {
    format!("apply -f {}", path_of(file))
}

async fn run(cluster: &ControlPlane, screen: &Screen, arguments: &str) -> Result<()> {
    ensure!(shown(cluster, screen, arguments).await?, "kubectl {arguments} failed");
    Ok(())
}

/// Shows the command and what it says, and tells whether it succeeded.
async fn shown(cluster: &ControlPlane, screen: &Screen, arguments: &str) -> Result<bool> {
    screen.command(&format!("kubectl {arguments}"));
    let mut command: Command = cluster.kubectl();
    command.current_dir(repository::root()).args(arguments.split_whitespace());
    let mut command = tokio::process::Command::from(command);
    let output = command.kill_on_drop(true).output().await.context("could not run kubectl")?;
    screen.output(&String::from_utf8_lossy(&[output.stdout, output.stderr].concat()));
    Ok(output.status.success())
}
