//! `/health` fails only where a restart would help, and nobody can keep others from asking.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use harness::{Cluster, Operator, PATIENCE, Scene, install_crd};
use simulator::{Fault, Options, Script, example};

use super::OPERATOR;

fn address(operator: &Operator) -> Result<String> {
    let line = operator.log.wait_for(PATIENCE, |line| line.contains("\"listen\""))?;
    let starting: serde_json::Value = serde_json::from_str(&line)?;
    Ok(starting["listen"].as_str().context("no address")?.to_owned())
}

#[tokio::test]
async fn what_is_only_waited_for_is_no_matter_of_health() -> Result<()> {
    let cluster = &Cluster::own()?;
    install_crd(cluster)?;
    let scene = Scene::on(cluster, OPERATOR, Options::default()).await?;
    scene.valid_secret()?;
    // A call that is never answered, and then an API server that is away.
    scene.simulator.script(Script::always(Fault::after_commit().hang()).replicate())?;
    let operator = scene.operator().start_ready()?;
    scene.applied(&Scene::manifest("db", ""))?;
    harness::in_time(
        "the call",
        scene.simulator.wait_for(|log| log.counts(example::BACKUP).posts == 1),
    )
    .await?;
    assert_eq!(operator.get("/health")?, (200, "ok\n".to_owned()));
    cluster.stop_apiserver();
    operator.log.wait_for(PATIENCE, |line| line.contains("Not ready: watch"))?;
    let (status, missing) = operator.get("/ready")?;
    ensure!(
        status == 503 && missing.contains("watch of backupreplications"),
        "{status}: {missing}"
    );
    assert_eq!(operator.get("/health")?, (200, "ok\n".to_owned()));
    Ok(())
}

#[tokio::test]
async fn a_silent_client_is_cut_off_and_keeps_nobody_out() -> Result<()> {
    let scene = Scene::new(OPERATOR).await?;
    let operator = scene.operator().start_ready()?;
    let address = address(&operator)?;
    let mut silent = Vec::new();
    for number in 0..300 {
        let mut stream = TcpStream::connect(&address)?;
        stream.set_read_timeout(Some(Duration::from_secs(60)))?;
        if number % 2 == 0 {
            stream.write_all(b"GET /health HTTP/1.1\r\nHost: oper")?;
        }
        silent.push(stream);
    }
    assert_eq!(operator.get("/health")?.0, 200);
    let mut first = silent.swap_remove(0);
    let mut answer = Vec::new();
    // Closed or reset, but not left open.
    match first.read_to_end(&mut answer) {
        Ok(_) => {}
        Err(error) => assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset, "{error}"),
    }
    ensure!(!String::from_utf8_lossy(&answer).contains("200"), "an answer to half a request");
    Ok(())
}

/// 60 a second from anywhere, for as long as the operator is asked: each takes a place that it does
/// not need.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn silent_clients_keep_no_probe_from_its_answer() -> Result<()> {
    /// As the kubelet probes.
    const PROBE_TIMEOUT: Duration = Duration::from_secs(1);
    /// More than there are places.
    const AT_ONCE: usize = 500;
    let scene = Scene::new(OPERATOR).await?;
    let operator = scene.operator().start_ready()?;
    let address = address(&operator)?;
    let mut silent: Vec<TcpStream> = Vec::new();
    for _ in 0..AT_ONCE {
        silent.push(TcpStream::connect(&address)?);
    }
    let (target, stop) =
        (address.clone(), std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false)));
    let stopped = stop.clone();
    let flood = std::thread::spawn(move || -> std::io::Result<usize> {
        let mut held = std::collections::VecDeque::new();
        let mut number = 0;
        while !stopped.load(std::sync::atomic::Ordering::Relaxed) {
            held.push_back(TcpStream::connect(&target)?);
            number += 1;
            if held.len() > AT_ONCE {
                held.pop_front();
            }
            std::thread::sleep(Duration::from_secs(1) / 60);
        }
        Ok(number)
    });
    let mut slowest = Duration::ZERO;
    for _ in 0..40 {
        let asked = std::time::Instant::now();
        let mut stream = TcpStream::connect(&address)?;
        stream.set_read_timeout(Some(PROBE_TIMEOUT))?;
        stream.write_all(b"GET /health HTTP/1.1\r\nHost: operator\r\n\r\n")?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).context("a probe has no answer")?;
        ensure!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        slowest = slowest.max(asked.elapsed());
        std::thread::sleep(Duration::from_millis(50));
    }
    stop.store(true, std::sync::atomic::Ordering::Relaxed);
    let number = flood.join().expect("the flood")?;
    println!("{number} silent clients; the slowest probe took {slowest:?}");
    Ok(())
}
