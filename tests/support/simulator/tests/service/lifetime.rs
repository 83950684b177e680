//! Starting and stopping, from code with and without a runtime.

use std::io::{Read, Write};
use std::net::TcpStream;

use anyhow::Result;
use simulator::{Fault, Options, Script, Simulator, example};

use crate::caller::{Caller, soon};

#[test]
fn it_serves_as_long_as_there_is_a_handle() -> Result<()> {
    let first = Simulator::start(Options::default())?;
    let address = first.http_address();
    let second = first.clone();
    drop(first);
    let mut connection = TcpStream::connect(address)?;
    connection.write_all(b"GET / HTTP/1.1\r\nhost: cbr\r\n\r\n")?;
    let mut answer = [0; 12];
    connection.read_exact(&mut answer)?;
    assert_eq!(&answer, b"HTTP/1.1 404");
    drop(second);
    // Ends, with or without an error, only when the other side has ended.
    let _ended = connection.read_to_end(&mut Vec::new());
    Ok(())
}

#[tokio::test]
async fn it_stops_with_calls_under_way() -> Result<()> {
    let simulator = Simulator::start(Options::default())?;
    let hold = simulator.hold("for ever");
    simulator.script(Script::once(Fault::before_commit().hold(&hold).ordinary()))?;
    let caller = Caller::plain(&simulator)?;
    let call = tokio::spawn(async move { caller.replicate(example::BACKUP).await.map(|_| ()) });
    soon(hold.arrived()).await?;
    drop(simulator);
    assert!(soon(call).await??.is_err());
    Ok(())
}

#[test]
fn a_port_that_is_taken_is_reported() -> Result<()> {
    let simulator = Simulator::start(Options::default())?;
    let taken = Options { http: simulator.http_address(), ..Options::default() };
    let error = Simulator::start(taken).err().map(|error| format!("{error:#}")).unwrap_or_default();
    assert!(error.contains(&simulator.http_address().to_string()), "{error}");
    Ok(())
}
