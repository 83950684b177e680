//! The listener, and the server behind it.

use std::net::{Ipv4Addr, SocketAddr};

use anyhow::{Context, Result};
use reqwest::{Certificate, Client, redirect, retry};
use tokio::net::TcpListener;
use tokio::task::{JoinHandle, JoinSet};

use crate::connection;
use crate::forward::Forward;
use crate::gate::Gate;

/// The server behind a proxy.
#[derive(Clone, Debug)]
pub struct Upstream {
    url: String,
    ca_pem: Option<Vec<u8>>,
}

impl Upstream {
    /// A server over plain HTTP; the URL has no path.
    pub fn http(url: impl Into<String>) -> Self {
        Self { url: url.into(), ca_pem: None }
    }

    /// A server over TLS, whose certificate this CA (PEM) has signed.
    pub fn https(url: impl Into<String>, ca_pem: Vec<u8>) -> Self {
        Self { url: url.into(), ca_pem: Some(ca_pem) }
    }

    fn client(&self) -> Result<Client> {
        let builder = Client::builder()
            .no_proxy()
            .redirect(redirect::Policy::none())
            .retry(retry::never())
            .http1_only()
            // A connection of its own for each message: none meets one that the server is about to
            // close.
            .pool_max_idle_per_host(0);
        let builder = match &self.ca_pem {
            Some(pem) => builder.tls_certs_only([Certificate::from_pem(pem)?]),
            None => builder,
        };
        builder.build().context("no client for the server behind the proxy")
    }
}

/// A running proxy. It ends, with all its connections, when it is dropped.
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    listener: JoinHandle<()>,
}

impl Proxy {
    /// Listens on a free port, in the runtime of the caller.
    ///
    /// # Errors
    /// There is no port, or the CA's certificate is unusable.
    pub async fn start(upstream: Upstream, gate: Gate) -> Result<Self> {
        let forward = Forward::new(upstream.client()?, upstream.url, gate);
        let listener =
            TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.context("no port for a proxy")?;
        let address = listener.local_addr()?;
        Ok(Self { address, listener: tokio::spawn(listen(listener, forward)) })
    }

    /// Where it listens: `http://127.0.0.1:` and its port.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.listener.abort();
    }
}

async fn listen(listener: TcpListener, forward: Forward) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            // A connection that could not be taken is its client's to try again.
            accepted = listener.accept() => if let Ok((stream, _)) = accepted {
                connections.spawn(connection::serve(stream, forward.clone()));
            },
            Some(_ended) = connections.join_next() => {}
        }
    }
}
