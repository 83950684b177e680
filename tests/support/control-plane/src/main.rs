//! Starts a control plane by hand, or builds its programs, helm and a collector.

use std::{env, thread};

use anyhow::{Result, bail};
use control_plane::{Assets, ControlPlane};

fn main() -> Result<()> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["build"] => {
            println!("{}", Assets::find()?.folder().display());
            println!("{}", control_plane::helm()?.display());
            println!("{}", control_plane::otelcol()?.display());
        }
        ["start"] => {
            let control_plane = ControlPlane::start()?;
            println!("export KUBECONFIG={}", control_plane.kubeconfig().display());
            // Ctrl-C ends this process, and that ends and removes everything.
            loop {
                thread::park();
            }
        }
        _ => bail!(
            "usage: control-plane start (a control plane that runs until Ctrl-C) or control-plane \
             build (only its programs, helm and a collector)"
        ),
    }
    Ok(())
}
