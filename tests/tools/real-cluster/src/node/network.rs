//! The network of the namespace: loopback, and a bridge that carries the node's address and the
//! pods.

use std::fs;
use std::net::Ipv4Addr;
use std::process::Command;

use anyhow::{Context, Result};
use checklist::commands::output;

/// Of the node and the API server, and of whatever pods are to reach.
pub(crate) const ADDRESS: Ipv4Addr = Ipv4Addr::new(10, 201, 0, 1);

/// Each line is a command.
const COMMANDS: &str = "\
ip link set lo up
ip link add pods0 type bridge
ip address add 10.201.0.1/24 dev pods0
ip link set pods0 up
ip route add default dev pods0
mount -t tmpfs tmpfs /run";

/// Also hides the machine's own `/run`: sockets and network namespaces of other containers are
/// there.
pub(crate) fn set_up() -> Result<()> {
    for line in COMMANDS.lines() {
        let mut words = line.split(' ');
        let program = words.next().context("an empty command")?;
        output(Command::new(program).args(words))?;
    }
    fs::write("/proc/sys/net/ipv4/ip_forward", "1").context("could not let the node forward")
}
