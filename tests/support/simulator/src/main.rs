//! The simulator as a process of its own.

use std::io::Write;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap::Parser;
use serde::de::DeserializeOwned;
use serde_json::json;
use simulator::{Behaviour, Options, Pace, Simulator, World};
use tokio::signal::unix::{SignalKind, signal};

/// A CBR service that behaves, and on request misbehaves, as the real one.
///
/// Prints one line of JSON with its addresses once it serves, then runs until it is interrupted or
/// terminated.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    /// Where to serve plain HTTP; port 0 for a free one
    #[arg(long, default_value = "127.0.0.1:0")]
    http: SocketAddr,

    /// Where to serve TLS; port 0 for a free one
    #[arg(long, default_value = "127.0.0.1:0")]
    https: SocketAddr,

    /// Serve the admin API, which knows no authentication; GET / on it describes it
    #[arg(long, value_name = "ADDRESS", num_args = 0..=1, default_missing_value = "127.0.0.1:0")]
    admin: Option<SocketAddr>,

    /// A name or address for the certificate in addition to localhost and 127.0.0.1; may be repeated
    #[arg(long = "name", value_name = "NAME")]
    names: Vec<String>,

    /// Write the CA's certificate (PEM) to this file
    #[arg(long, value_name = "FILE")]
    ca_file: Option<PathBuf>,

    /// What exists, in JSON (as GET /world of the admin API has it, and "tokens", "users",
    /// "access_keys", "identity_providers" and "agencies"); an example world if left out
    #[arg(long, value_name = "FILE")]
    world: Option<PathBuf>,

    /// How it behaves, in JSON (as GET /behaviour of the admin API has it)
    #[arg(long, value_name = "FILE")]
    behaviour: Option<PathBuf>,

    /// How many seconds a replication takes; it advances only when told to if left out
    #[arg(long, value_name = "SECONDS")]
    takes: Option<u32>,

    /// Every backup exists whose id is a UUID
    #[arg(long)]
    any_backup: bool,

    /// Accept a second replication to the same region instead of refusing it with 1009
    #[arg(long)]
    accept_duplicates: bool,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let Arguments {
        http,
        https,
        admin,
        names,
        ca_file,
        world,
        behaviour,
        takes,
        any_backup,
        accept_duplicates,
    } = Arguments::parse();
    let world: World = world.as_deref().map(read).transpose()?.unwrap_or_default();
    let mut behaviour: Behaviour = behaviour.as_deref().map(read).transpose()?.unwrap_or_default();
    behaviour.any_backup |= any_backup;
    behaviour.accept_duplicates |= accept_duplicates;
    if let Some(seconds) = takes {
        behaviour.pace = Pace::Milliseconds(u64::from(seconds) * 1000);
    }
    let (mut interrupt, mut terminate) =
        (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);

    let simulator = Simulator::start(Options { world, behaviour, http, https, admin, names })?;
    if let Some(path) = ca_file {
        simulator.write_ca(&path)?;
    }
    let addresses = json!({ "http": simulator.http_url(), "https": simulator.https_url(), "admin": simulator.admin_url() });
    let mut output = std::io::stdout();
    writeln!(output, "{addresses}")
        .and_then(|()| output.flush())
        .context("cannot print the addresses")?;

    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    Ok(())
}

fn read<T: DeserializeOwned>(path: &Path) -> Result<T> {
    let text = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    serde_json::from_slice(&text).with_context(|| format!("{} is not as expected", path.display()))
}
