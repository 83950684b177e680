//! Listeners, which can be taken down and put up again on the same port.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

/// How many connections may wait to be taken.
const BACKLOG: u32 = 1024;

/// How long a port of ours that somebody else took meanwhile is waited for.
const PATIENCE: Duration = Duration::from_secs(30);

/// How long to leave a listener alone that cannot take a connection, for want of file descriptors
/// say.
const PAUSE: Duration = Duration::from_millis(10);

/// Up or down, with an answer once it is so.
pub(crate) struct Switch {
    pub(crate) up: bool,
    pub(crate) done: std::sync::mpsc::Sender<io::Result<()>>,
}

/// A port of ours: it stays bound while it is down, so that nobody else gets it.
enum Port {
    Up(TcpListener),
    Down(TcpSocket),
}

/// A port that is bound, and not yet served.
pub(crate) struct Bound {
    pub(crate) address: SocketAddr,
    listener: TcpListener,
}

/// Binds a port and lets connections queue up. Needs a runtime around it.
pub(crate) fn bind(address: SocketAddr) -> Result<Bound> {
    let listener = reserve(address)
        .and_then(|socket| socket.listen(BACKLOG))
        .with_context(|| format!("cannot listen on {address}"))?;
    let address = listener.local_addr().context("a listener without an address")?;
    Ok(Bound { address, listener })
}

fn reserve(address: SocketAddr) -> io::Result<TcpSocket> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    Ok(socket)
}

/// Serves a port until all switches are gone. Its connections end with it.
pub(crate) async fn listen<F>(
    bound: Bound,
    mut switches: mpsc::UnboundedReceiver<Switch>,
    serve: impl Fn(TcpStream) -> F,
) where
    F: Future<Output = ()> + Send + 'static,
{
    let Bound { address, listener } = bound;
    let mut port = Port::Up(listener);
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = accept(&port) => match accepted {
                Ok(stream) => {
                    connections.spawn(serve(stream));
                }
                Err(_) => tokio::time::sleep(PAUSE).await,
            },
            Some(_ended) = connections.join_next() => {}
            switch = switches.recv() => {
                let Some(Switch { up, done }) = switch else { return };
                if !up {
                    connections.shutdown().await;
                }
                match turn(port, up, address).await {
                    Ok(turned) => {
                        port = turned;
                        let _nobody_waits = done.send(Ok(()));
                    }
                    Err(error) => {
                        let _nobody_waits = done.send(Err(error));
                        return;
                    }
                }
            }
        }
    }
}

async fn accept(port: &Port) -> io::Result<TcpStream> {
    match port {
        Port::Up(listener) => listener.accept().await.map(|(stream, _)| stream),
        Port::Down(_) => std::future::pending().await,
    }
}

async fn turn(port: Port, up: bool, address: SocketAddr) -> io::Result<Port> {
    match (port, up) {
        (port @ Port::Up(_), true) | (port @ Port::Down(_), false) => Ok(port),
        (Port::Down(socket), true) => socket.listen(BACKLOG).map(Port::Up),
        (Port::Up(listener), false) => {
            drop(listener);
            reserve_again(address).await.map(Port::Down)
        }
    }
}

/// For an instant the port is nobody's, and somebody's connection may leave from it.
async fn reserve_again(address: SocketAddr) -> io::Result<TcpSocket> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        match reserve(address) {
            Err(error) if error.kind() == io::ErrorKind::AddrInUse && Instant::now() < deadline => {
                tokio::time::sleep(PAUSE).await;
            }
            reserved => return reserved,
        }
    }
}
