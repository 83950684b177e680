//! Calls that could not leave: nothing was sent, so the call is made when it can.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use anyhow::Result;
use control_plane::Exit;
use harness::{Object, Scene};
use serde_json::json;
use simulator::{Options, Simulator, example};

use super::{OPERATOR, apply, assert_says, counts, ready};

#[tokio::test]
async fn without_a_connection_nothing_is_sent_and_it_continues_when_there_is_one() -> Result<()> {
    let scene = Scene::new(OPERATOR).await?;
    let stranger = Simulator::start(Options::default())?;
    let nowhere = "https://cbr.invalid";
    let _operator = scene
        .operator()
        .arg(format!("--allowed-endpoint={},{nowhere}", stranger.https_url()))
        .arg("--connect-timeout=5s")
        .start_ready()?;
    scene.valid_secret()?;
    scene.simulator.go_down()?;
    let right = scene.simulator.https_url();
    let cases = [
        ("refused", right.clone(), "the connection was refused"),
        ("other-ca", stranger.https_url(), "pass the CA's certificate with --ca-bundle"),
        (
            "no-address",
            nowhere.to_owned(),
            "the name does not resolve (check the endpoint's name, and the cluster's DNS)",
        ),
    ];
    let backups: Vec<String> = cases.iter().map(|_| scene.new_backup()).collect();
    let manifests = cases.iter().zip(&backups);
    apply(
        &scene,
        manifests
            .map(|((name, url, _), id)| Scene::manifest_but(name, id, &json!({"endpoint": url})))
            .collect(),
    )?;
    for (name, url, words) in &cases {
        let waiting = |object: &Object| object.reason() == "LookUpFailed" && object.is_observed();
        let object = scene.wait(name, "waiting for a connection", waiting).await?;
        assert_eq!(object.phase(), "Pending", "{name}");
        assert!(object.is("Reconciling") && !object.is("Stalled"), "{name}");
        assert!(object.attempts().is_empty(), "{name}: what was not claimed cannot be unknown");
        assert_says(&object, &[words, url, "The operator retries automatically"]);
    }

    scene.simulator.come_up()?;
    for name in ["other-ca", "no-address"] {
        scene.patched(name, &json!({"spec": {"endpoint": right}}))?;
    }
    scene.wait_for_all(cases.len(), ready).await?;
    for backup in &backups {
        assert_eq!(counts(&scene, backup), (1, 1));
    }
    assert_eq!(stranger.log(|log| log.calls().len()), 0);
    assert!(stranger.log(|log| log.failed_handshakes()) > 0);
    Ok(())
}

/// Passes connections on to a server, and ends the second before a byte of it was passed on.
/// Returns its port, and how many connections there were.
fn second_connection_fails(server: SocketAddr) -> Result<(u16, Arc<AtomicU64>)> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let port = listener.local_addr()?.port();
    let seen = Arc::new(AtomicU64::new(0));
    let count = seen.clone();
    let pass_on = move |client: TcpStream| -> io::Result<()> {
        let upstream = TcpStream::connect(server)?;
        for (mut from, mut to) in [(client.try_clone()?, upstream.try_clone()?), (upstream, client)]
        {
            thread::spawn(move || {
                // A connection that breaks off is the callers' matter.
                let _passed = io::copy(&mut from, &mut to);
                let _ended = to.shutdown(std::net::Shutdown::Write);
            });
        }
        Ok(())
    };
    thread::spawn(move || {
        for client in listener.incoming() {
            let Ok(client) = client else { return };
            if count.fetch_add(1, Ordering::SeqCst) != 1 && pass_on(client).is_err() {
                return;
            }
        }
    });
    Ok((port, seen))
}

#[tokio::test]
async fn a_call_whose_connection_fails_after_a_look_that_worked_is_not_sent_and_is_made_later()
-> Result<()> {
    let scene = Scene::new(OPERATOR).await?;
    let (port, connections) = second_connection_fails(scene.simulator.https_address())?;
    let endpoint = format!("https://localhost:{port}");
    let _operator = scene.operator().arg(format!("--allowed-endpoint={endpoint}")).start_ready()?;
    scene.valid_secret()?;
    scene.applied(
        &Scene::manifest_but("db", example::BACKUP, &json!({"endpoint": endpoint})).to_string(),
    )?;
    let waiting = |object: &Object| object.reason() == "NotSent";
    let object = scene.wait("db", "not sent", waiting).await?;
    assert_eq!(
        (object.phase(), object.text("/status/attempts/0/outcome")),
        ("Pending", Some("NotSent"))
    );
    assert!(object.is("Reconciling") && !object.is("Stalled"));
    let when = object.text("/status/attempts/0/retryAt").unwrap_or_default().to_owned();
    assert_says(&object, &["Nothing was sent", &format!("the next attempt is made after {when}")]);

    let object = scene.wait("db", "ready", ready).await?;
    assert_eq!(object.attempts().len(), 2, "{:#}", object.0);
    assert_eq!(counts(&scene, example::BACKUP), (1, 1));
    assert_eq!(
        connections.load(Ordering::SeqCst),
        4,
        "a look and a call, twice: each on a connection of its own"
    );
    Ok(())
}

#[tokio::test]
async fn a_call_whose_window_is_over_is_not_sent_and_another_process_makes_it() -> Result<()> {
    let scene = Scene::new(OPERATOR).await?;
    // Shorter than any claim takes.
    let operator = scene.operator().arg("--claim-window=1us").start_ready()?;
    scene.valid_secret()?;
    scene.applied(&Scene::manifest("db", ""))?;
    let object = scene.wait("db", "not sent", |object| object.reason() == "NotSent").await?;
    assert_eq!(object.text("/status/attempts/0/outcome"), Some("NotSent"));
    assert_says(&object, &["The claim's window was over", "Nothing was sent"]);
    assert_eq!(operator.stop()?, Exit::Code(0));
    assert_eq!(counts(&scene, example::BACKUP), (0, 0));

    let _operator = scene.operator().start_ready()?;
    scene.wait("db", "ready", ready).await?;
    assert_eq!(counts(&scene, example::BACKUP), (1, 1));
    Ok(())
}
