//! Starts kube-apiserver.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};

use crate::assets::Assets;
use crate::folder::TemporaryFolder;
use crate::supervised::Supervised;
use crate::{audit, certificates, etcd};

pub(crate) const LOG: &str = "kube-apiserver.log";
const TOKENS: &str = "tokens.csv";

/// Writes the files that the server reads at its start, but for the certificates.
pub(crate) fn write_files(folder: &Path, admin_token: &str) -> Result<()> {
    let tokens = folder.join(TOKENS);
    fs::write(&tokens, format!("{admin_token},admin,admin,\"system:masters\"\n"))
        .with_context(|| format!("could not write {}", tokens.display()))?;
    audit::write_policy(folder)
}

/// Starts the server. It ends by itself if the port is taken or etcd does not answer in time.
pub(crate) fn start(
    assets: &Assets,
    folder: &TemporaryFolder,
    port: u16,
    extra_flags: &[String],
) -> Result<Supervised> {
    let path = folder.path();
    let log = path.join(LOG);
    let log = File::create(&log).with_context(|| format!("could not write {}", log.display()))?;
    let mut command = Command::new(assets.kube_apiserver());
    command
        .current_dir(path)
        .args(flags(path, port))
        .args(extra_flags)
        .stdin(folder.hold()?)
        .stdout(log.try_clone().context("could not duplicate a file handle")?)
        .stderr(log);
    Supervised::spawn_with_stdin(command)
}

fn flags(folder: &Path, port: u16) -> Vec<String> {
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
            "--bind-address=127.0.0.1",
            // Otherwise the address comes from the default route, which an offline machine lacks. Nobody uses it: the service
            // `kubernetes` gets no endpoints, whose rules forbid a loopback address.
            "--advertise-address=127.0.0.1",
            "--endpoint-reconciler-type=none",
            "--authorization-mode=RBAC",
            "--service-account-issuer=https://kubernetes.default.svc",
            "--service-cluster-ip-range=10.0.0.0/24",
            // It refuses pods until a controller, absent here, has made the namespace's default service account.
            "--disable-admission-plugins=ServiceAccount",
            "--profiling=false",
        ]
        .map(String::from),
    );
    flags
}

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
