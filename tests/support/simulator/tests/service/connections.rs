//! TLS, and connections that end early.

use anyhow::{Context, Result};
use simulator::{CallEnding, Counts, Fault, Options, Script, Simulator, example};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::caller::{Caller, soon, was_reset};

/// The error that a call ends with.
async fn failure(caller: &Caller) -> Result<anyhow::Error> {
    caller.replicate(example::BACKUP).await.err().context("an answer came in spite of the script")
}

#[tokio::test]
async fn a_connection_can_be_reset_or_closed_before_and_after_the_commit() -> Result<()> {
    let cases = [
        (Fault::before_commit().reset(), true, 0),
        (Fault::after_commit().reset(), true, 1),
        (Fault::before_commit().close(), false, 0),
        (Fault::after_commit().close(), false, 1),
    ];
    for (fault, reset, accepted) in cases {
        let simulator = Simulator::start(Options::default())?;
        for caller in [Caller::plain(&simulator)?, Caller::tls(&simulator, simulator.ca_pem())?] {
            simulator.configure(|behaviour| behaviour.accept_duplicates = true);
            simulator.script(Script::once(fault.clone()).replicate())?;
            let before = simulator.counts(example::BACKUP).accepted;
            let error = failure(&caller).await?;
            assert_eq!(was_reset(error.as_ref()), reset, "{fault:?}: {error:?}");
            assert_eq!(simulator.counts(example::BACKUP).accepted - before, accepted, "{fault:?}");
            let ending =
                simulator.log(|log| log.calls().last().and_then(|call| call.ending.clone()));
            assert_eq!(ending, Some(if reset { CallEnding::Reset } else { CallEnding::Closed }));
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_call_can_hang_until_the_client_goes_away() -> Result<()> {
    for (fault, accepted) in [(Fault::before_commit().hang(), 0), (Fault::after_commit().hang(), 1)]
    {
        let simulator = Simulator::start(Options::default())?;
        simulator.script(Script::once(fault))?;
        let caller = Caller::plain(&simulator)?;
        let call = tokio::spawn(async move { caller.replicate(example::BACKUP).await.map(|_| ()) });
        soon(
            simulator.wait_for(|log| {
                log.calls().iter().any(|call| call.ending == Some(CallEnding::Hung))
            }),
        )
        .await?;
        assert!(!call.is_finished());
        call.abort();
        soon(simulator.wait_for(|log| log.calls()[0].client_gone)).await?;
        assert_eq!(simulator.counts(example::BACKUP).accepted, accepted);
    }
    Ok(())
}

#[tokio::test]
async fn tls_is_served_with_a_certificate_of_the_services_own_ca() -> Result<()> {
    let simulator = Simulator::start(Options::default())?;
    let caller = Caller::tls(&simulator, simulator.ca_pem())?;
    caller.accepted(example::BACKUP).await?;
    assert!(simulator.log(|log| log.calls()[0].over_tls));

    let stranger = Simulator::start(Options::default())?;
    let distrustful = Caller::tls(&simulator, stranger.ca_pem())?;
    failure(&distrustful).await?;
    soon(simulator.wait_for(|log| log.failed_handshakes() == 1)).await?;
    assert_eq!(simulator.counts(example::BACKUP), Counts { posts: 1, accepted: 1, gets: 0 });
    Ok(())
}

#[tokio::test]
async fn the_certificate_is_valid_for_further_names() -> Result<()> {
    let names = vec!["cbr.eu-de.example.com".to_owned(), "127.0.0.9".to_owned()];
    let simulator = Simulator::start(Options { names, ..Options::default() })?;
    let ca = reqwest::Certificate::from_pem(simulator.ca_pem().as_bytes())?;
    let address = simulator.https_address();
    for (name, valid) in
        [("cbr.eu-de.example.com", true), ("localhost", true), ("cbr.eu-nl.example.com", false)]
    {
        let client = reqwest::Client::builder()
            .no_proxy()
            .tls_certs_only([ca.clone()])
            .resolve(name, address)
            .build()?;
        let result = client.get(format!("https://{name}:{}/", address.port())).send().await;
        assert_eq!(result.is_ok(), valid, "{name}: {result:?}");
    }
    let client = reqwest::Client::builder().no_proxy().tls_certs_only([ca]).build()?;
    assert!(client.get(format!("https://127.0.0.1:{}/", address.port())).send().await.is_ok());
    Ok(())
}

#[test]
fn the_ca_can_be_had_as_a_file() -> Result<()> {
    let simulator = Simulator::start(Options::default())?;
    let directory = tempfile::tempdir()?;
    let path = directory.path().join("ca.pem");
    simulator.write_ca(&path)?;
    assert_eq!(std::fs::read_to_string(path)?, simulator.ca_pem());
    Ok(())
}

#[tokio::test]
async fn a_request_that_breaks_off_is_logged_and_not_processed() -> Result<()> {
    let simulator = Simulator::start(Options::default())?;
    let mut stream = TcpStream::connect(simulator.http_address()).await?;
    let head = format!(
        "POST /v3/{}/backups/{}/replicate HTTP/1.1\r\nhost: cbr\r\nx-auth-token: \
         {}\r\ncontent-length: 500\r\n\r\n{{",
        example::PROJECT,
        example::BACKUP,
        example::TOKEN,
    );
    stream.write_all(head.as_bytes()).await?;
    stream.shutdown().await?;
    soon(simulator.wait_for(|log| log.calls().first().is_some_and(|call| call.client_gone)))
        .await?;
    let call = simulator.log(|log| log.calls()[0].clone());
    assert_eq!((call.complete, call.body.as_slice(), call.verdict), (false, b"{".as_slice(), None));
    assert_eq!(simulator.counts(example::BACKUP), Counts::default());
    Ok(())
}

#[tokio::test]
async fn a_service_that_is_down_refuses_connections_and_comes_up_on_the_same_ports() -> Result<()> {
    let simulator = Simulator::start(Options::default())?;
    let hold = simulator.hold("down");
    simulator.script(Script::once(Fault::before_commit().hold(&hold).ordinary()))?;
    let caller = Caller::plain(&simulator)?;
    let call = tokio::spawn(async move { caller.show(example::BACKUP).await.map(|_| ()) });
    soon(hold.arrived()).await?;
    simulator.go_down()?;
    assert!(soon(call).await??.is_err(), "the connection ends with the service");

    let caller = Caller::plain(&simulator)?;
    let error = failure(&caller).await?;
    let error = error.downcast_ref::<reqwest::Error>().context("not an error of the client")?;
    assert!(error.is_connect(), "{error:?}");
    simulator.come_up()?;
    caller.accepted(example::BACKUP).await?;
    Ok(())
}

#[tokio::test]
async fn a_connection_serves_several_calls() -> Result<()> {
    let simulator = Simulator::start(Options::default())?;
    let mut stream = TcpStream::connect(simulator.http_address()).await?;
    for _ in 0..2 {
        stream.write_all(b"GET /v3 HTTP/1.1\r\nhost: cbr\r\n\r\n").await?;
        let mut seen = Vec::new();
        while !seen.ends_with(b"}") {
            anyhow::ensure!(stream.read_buf(&mut seen).await? > 0, "the connection was closed");
        }
    }
    assert_eq!(simulator.log(|log| (log.connections(), log.calls().len())), (1, 2));
    Ok(())
}
