//! What comes from Debian.

use std::path::Path;
use std::process::Command;

use anyhow::{Result, ensure};
use checklist::commands::output;

/// A file of each package, and the package.
const NEEDED: [(&str, &str); 11] = [
    ("/bin/bash-static", "bash-static"),
    ("/usr/share/doc/busybox-static", "busybox-static"),
    ("/usr/bin/buildah", "buildah"),
    ("/usr/bin/containerd", "containerd"),
    ("/usr/sbin/runc", "runc"),
    ("/usr/lib/cni/bridge", "containernetworking-plugins"),
    ("/usr/sbin/conntrack", "conntrack"),
    ("/usr/sbin/iptables", "iptables"),
    ("/usr/sbin/nft", "nftables"),
    ("/usr/bin/redis-server", "redis-server"),
    ("/etc/ssl/certs/ca-certificates.crt", "ca-certificates"),
];

/// Installs those that are missing.
pub(crate) fn install() -> Result<()> {
    let is_missing = |(file, _): &&(&str, &str)| !Path::new(file).exists();
    let missing: Vec<&str> =
        NEEDED.iter().filter(is_missing).map(|(_, package)| *package).collect();
    if missing.is_empty() {
        return Ok(());
    }
    ensure!(
        Path::new("/usr/bin/apt-get").exists(),
        "not installed, and there is no apt-get: {}",
        missing.join(", ")
    );
    eprintln!("real-cluster: installing {}", missing.join(" "));
    let apt = |arguments: &[&str]| {
        output(Command::new("apt-get").env("DEBIAN_FRONTEND", "noninteractive").args(arguments))
    };
    let install: Vec<&str> =
        ["install", "-y", "--no-install-recommends"].into_iter().chain(missing).collect();
    if apt(&install).is_err() {
        apt(&["update"])?;
        apt(&install)?;
    }
    Ok(())
}
