//! The cloud is reached through a SOCKS proxy, too, and one that lets nothing through is named.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use anyhow::{Context, Result, ensure};
use harness::Scene;
use simulator::example;

use crate::OPERATOR;

/// A SOCKS proxy (RFC 1928) that asks for no password.
struct Socks {
    address: SocketAddr,
    /// The names that it was asked to connect to.
    asked: Arc<Mutex<Vec<String>>>,
}

impl Socks {
    /// `allows`: whether it connects to anything.
    fn start(allows: bool) -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = listener.local_addr()?;
        let asked = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&asked);
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let seen = Arc::clone(&seen);
                thread::spawn(move || {
                    let _ended = serve(client, allows, &seen);
                });
            }
        });
        Ok(Self { address, asked })
    }

    fn url(&self) -> String {
        format!("socks5h://{}", self.address)
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

fn serve(mut client: TcpStream, allows: bool, seen: &Mutex<Vec<String>>) -> Result<()> {
    let [_version, methods] = bytes(&mut client)?;
    client.read_exact(&mut vec![0; methods.into()])?;
    client.write_all(&[5, 0])?;
    let [_version, _connect, _reserved, kind, length] = bytes(&mut client)?;
    ensure!(kind == 3, "not by its name");
    let mut name = vec![0; length.into()];
    client.read_exact(&mut name)?;
    let port = u16::from_be_bytes(bytes(&mut client)?);
    let name = String::from_utf8(name)?;
    seen.lock().unwrap_or_else(PoisonError::into_inner).push(name.clone());
    // 2: not allowed by the rules.
    let answer = if allows { 0 } else { 2 };
    let server = allows.then(|| TcpStream::connect((name.as_str(), port))).transpose()?;
    client.write_all(&[5, answer, 0, 1, 0, 0, 0, 0, 0, 0])?;
    let server = server.context("refused")?;
    let (mut from, mut to) = (client.try_clone()?, server.try_clone()?);
    thread::spawn(move || {
        let _copied = std::io::copy(&mut from, &mut to);
        let _closed = to.shutdown(Shutdown::Write);
    });
    std::io::copy(&mut &server, &mut client)?;
    Ok(client.shutdown(Shutdown::Write)?)
}

fn bytes<const LENGTH: usize>(client: &mut TcpStream) -> Result<[u8; LENGTH]> {
    let mut bytes = [0; LENGTH];
    client.read_exact(&mut bytes)?;
    Ok(bytes)
}

#[tokio::test]
async fn a_replication_goes_through_a_socks_proxy_which_resolves_the_name() -> Result<()> {
    let scene = Scene::new(OPERATOR).await?;
    scene.valid_secret()?;
    let socks = Socks::start(true)?;
    let _operator = scene.operator().env("ALL_PROXY", socks.url()).start_ready()?;
    scene.applied(&Scene::manifest("db", ""))?;
    scene.wait("db", "accepted", |object| object.is("Ready")).await?;
    assert_eq!(scene.simulator.counts(example::BACKUP).accepted, 1);
    let asked = socks.asked();
    // A look-up and the call at least, each on a connection of its own.
    ensure!(asked.len() >= 2 && asked.iter().all(|name| name == "localhost"), "{asked:?}");
    Ok(())
}

/// Nothing was sent: the call stays to be made.
#[tokio::test]
async fn a_socks_proxy_that_lets_nothing_through_is_named() -> Result<()> {
    let scene = Scene::new(OPERATOR).await?;
    scene.valid_secret()?;
    let socks = Socks::start(false)?;
    let _operator = scene.operator().env("ALL_PROXY", socks.url()).start_ready()?;
    scene.applied(&Scene::manifest("db", ""))?;
    let object =
        scene.wait("db", "without a look-up", |object| object.reason() == "LookUpFailed").await?;
    ensure!(object.message().contains("the proxy opened no connection"), "{}", object.message());
    ensure!(!socks.asked().is_empty(), "nobody asked it");
    assert_eq!(scene.simulator.counts(example::BACKUP).posts, 0);
    Ok(())
}
