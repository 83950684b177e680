//! Silent connections to the port, 40 a second: how many of the kubelet's probes fail.

use std::collections::VecDeque;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Result, anyhow};
use simulator::Options;

use crate::Figures;
use crate::subject::Subject;

const A_SECOND: u32 = 40;
const PROBES: usize = 20;
/// As the kubelet's.
const LIMIT: Duration = Duration::from_secs(1);
const HELD: usize = 2000;

pub(crate) async fn measure(subject: &Subject) -> Result<Figures> {
    let scene = subject.scene(Options::default()).await?;
    let operator = scene.operator().start_ready()?;
    let address = operator.address()?;
    let stop = Arc::new(AtomicBool::new(false));
    let (target, stopped) = (address.clone(), Arc::clone(&stop));
    let flood = std::thread::spawn(move || {
        let mut held = VecDeque::new();
        while !stopped.load(Ordering::Relaxed) {
            held.extend(TcpStream::connect(&target).ok());
            if held.len() > HELD {
                held.pop_front();
            }
            std::thread::sleep(Duration::from_secs(1) / A_SECOND);
        }
    });
    // Until all places are taken.
    tokio::time::sleep(Duration::from_secs(6)).await;
    let failed = (0..PROBES).filter(|_| !answers(&address)).count();
    stop.store(true, Ordering::Relaxed);
    flood.join().map_err(|_| anyhow!("the flood"))?;
    let load = format!("{A_SECOND} silent connections a second to the port");
    Ok(vec![(load, format!("{failed} of {PROBES} probes fail"))])
}

fn answers(address: &str) -> bool {
    let probe = || -> std::io::Result<bool> {
        let mut stream = TcpStream::connect(address)?;
        stream.set_read_timeout(Some(LIMIT))?;
        stream.write_all(b"GET /health HTTP/1.1\r\nHost: operator\r\n\r\n")?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        Ok(answer.starts_with("HTTP/1.1 200"))
    };
    let answered = probe().unwrap_or(false);
    std::thread::sleep(Duration::from_millis(500));
    answered
}
