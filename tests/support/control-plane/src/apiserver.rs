//! Starts kube-apiserver.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::net::Ipv4Addr;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};

use crate::assets::Assets;
use crate::folder::TemporaryFolder;
use crate::supervised::Supervised;
use crate::{audit, certificates, etcd};

pub(crate) const LOG: &str = "kube-apiserver.log";
const TOKENS: &str = "tokens.csv";

/// Somebody with a static token.
#[derive(Clone, Debug)]
pub(crate) struct User {
    pub(crate) name: String,
    pub(crate) group: String,
    pub(crate) token: String,
}

/// Writes the files that the server reads at its start, except the certificates.
pub(crate) fn write_files(folder: &Path, users: &[User]) -> Result<()> {
    let tokens = folder.join(TOKENS);
    let lines = users
        .iter()
        .map(|User { name, group, token }| format!("{token},{name},{name},\"{group}\"\n"));
    fs::write(&tokens, lines.collect::<String>())
        .with_context(|| format!("could not write {}", tokens.display()))?;
    audit::write_policy(folder)
}

/// Starts the server. It ends if the port is taken or etcd does not answer in time.
pub(crate) fn start(
    assets: &Assets,
    folder: &TemporaryFolder,
    port: u16,
    node: Option<Ipv4Addr>,
    extra_flags: &[String],
) -> Result<Supervised> {
    let path = folder.path();
    let log = path.join(LOG);
    let log = File::create(&log).with_context(|| format!("could not write {}", log.display()))?;
    let mut command = Command::new(assets.kube_apiserver());
    command
        .current_dir(path)
        .args(flags(path, port, node))
        .args(extra_flags)
        .stdin(folder.hold()?)
        .stdout(log.try_clone().context("could not duplicate a file handle")?)
        .stderr(log);
    Supervised::spawn_with_stdin(command)
}

fn flags(folder: &Path, port: u16, node: Option<Ipv4Addr>) -> Vec<String> {
    let file = |name: &str| folder.join(name).display().to_string();
    let mut flags: Vec<String> = [
        ("etcd-servers", etcd::URL.to_owned()),
        ("secure-port", port.to_string()),
        ("tls-cert-file", file(certificates::SERVING_CERTIFICATE)),
        ("tls-private-key-file", file(certificates::SERVING_KEY)),
        ("token-auth-file", file(TOKENS)),
        ("service-account-key-file", file(certificates::SERVICE_ACCOUNT_PUBLIC_KEY)),
        ("service-account-signing-key-file", file(certificates::SERVICE_ACCOUNT_KEY)),
    ]
    .into_iter()
    .map(|(name, value)| format!("--{name}={value}"))
    .collect();
    flags.extend(audit::flags(folder));
    flags.extend(
        [
            "--service-account-issuer=https://kubernetes.default.svc",
            "--service-cluster-ip-range=10.0.0.0/24",
            "--profiling=false",
        ]
        .map(String::from),
    );
    match node {
        None => flags.extend(ALONE.map(String::from)),
        Some(address) => {
            flags.extend(WITH_NODES.map(String::from));
            flags.push(format!("--advertise-address={address}"));
        }
    }
    flags
}

const ALONE: [&str; 5] = [
    "--bind-address=127.0.0.1",
    // Otherwise the address comes from the default route, which an offline machine lacks. Nobody
    // uses it: the service `kubernetes` gets no endpoints, whose rules forbid a loopback address.
    "--advertise-address=127.0.0.1",
    "--endpoint-reconciler-type=none",
    "--authorization-mode=RBAC",
    // It refuses pods until a controller, absent here, has made the namespace's default service
    // account.
    "--disable-admission-plugins=ServiceAccount",
];

const WITH_NODES: [&str; 5] = [
    "--bind-address=0.0.0.0",
    "--authorization-mode=Node,RBAC",
    "--enable-admission-plugins=NodeRestriction",
    // A node's name is known to no resolver.
    "--kubelet-preferred-address-types=InternalIP",
    // Of the node's own pods.
    "--allow-privileged=true",
];

/// The last lines of a log, for an error message.
pub(crate) fn tail(folder: &Path, log: &str) -> String {
    let path = folder.join(log);
    let text = fs::read(&path).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let lines: Vec<&str> = text.lines().collect();
    let from = lines.len().saturating_sub(15);
    let mut tail = format!("the end of {log}:");
    for line in &lines[from..] {
        let _infallible = write!(tail, "\n  {line}");
    }
    tail
}
