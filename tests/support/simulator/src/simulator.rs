//! Starts the service, and stops it with its last handle.

use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::thread::JoinHandle;

use anyhow::{Context, Result};
use tokio::net::TcpStream;
use tokio::sync::{mpsc, oneshot};
use tokio_rustls::TlsAcceptor;

use crate::command::Command;
use crate::options::Options;
use crate::server::listen::{Switch, bind, listen};
use crate::server::tls::Identity;
use crate::server::wire::{Fuse, Wire};
use crate::server::{admin, http};
use crate::service::Service;
use crate::state::{Shared, State};

/// A running service. Clones are the same service; it stops, and all its connections end, with the
/// last of them.
///
/// It runs on a thread of its own, so it serves callers with and without a runtime. All that is not
/// `async` here returns at once.
#[derive(Clone)]
pub struct Simulator(Arc<Running>);

struct Running {
    shared: Arc<Shared>,
    http: SocketAddr,
    https: SocketAddr,
    admin: Option<SocketAddr>,
    ca_pem: String,
    switches: [mpsc::UnboundedSender<Switch>; 2],
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // An error would be a panic of that thread, which has been printed.
            let _stopped = thread.join();
        }
    }
}

impl Simulator {
    /// Binds the ports and serves them. Fails where a port is taken or a name cannot stand in a
    /// certificate.
    pub fn start(options: Options) -> Result<Self> {
        let Options { world, behaviour, http, https, admin, names } = options;
        let identity = Identity::new(&names)?;
        let shared = Arc::new(Shared::new(Service::new(world, behaviour)));
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .context("cannot start a runtime for the simulator")?;
        let context = runtime.enter();
        let (plain, tls) = (bind(http)?, bind(https)?);
        let admin = admin.map(bind).transpose()?;
        drop(context);

        let (http, https, admin_address) =
            (plain.address, tls.address, admin.as_ref().map(|bound| bound.address));
        let (plain_switch, plain_switches) = mpsc::unbounded_channel();
        let (tls_switch, tls_switches) = mpsc::unbounded_channel();
        let (admin_switch, admin_switches) = mpsc::unbounded_channel();
        let (stop, stopped) = oneshot::channel::<()>();
        let acceptor = TlsAcceptor::from(identity.config);
        let (plain_shared, tls_shared, admin_shared) =
            (shared.clone(), shared.clone(), shared.clone());
        let ca_pem: Arc<str> = identity.ca_pem.as_str().into();

        let serve = async move {
            tokio::spawn(listen(plain, plain_switches, move |stream| {
                serve_plain(plain_shared.clone(), stream)
            }));
            tokio::spawn(listen(tls, tls_switches, move |stream| {
                serve_tls(tls_shared.clone(), acceptor.clone(), stream)
            }));
            if let Some(bound) = admin {
                let serve =
                    move |stream| admin::serve(admin_shared.clone(), ca_pem.clone(), stream);
                tokio::spawn(listen(bound, admin_switches, serve));
            }
            // Ends when the handle drops the other side.
            let _dropped = stopped.await;
            drop(admin_switch);
        };
        let thread = std::thread::Builder::new()
            .name("simulator".into())
            .spawn(move || runtime.block_on(serve))
            .context("cannot start a thread for the simulator")?;
        Ok(Self(Arc::new(Running {
            shared,
            http,
            https,
            admin: admin_address,
            ca_pem: identity.ca_pem,
            switches: [plain_switch, tls_switch],
            stop: Some(stop),
            thread: Some(thread),
        })))
    }

    /// The endpoint over plain HTTP, without a trailing slash.
    pub fn http_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.0.http.port())
    }

    /// The endpoint over TLS, without a trailing slash. Its certificate is signed by
    /// [`Simulator::ca_pem`].
    pub fn https_url(&self) -> String {
        format!("https://localhost:{}", self.0.https.port())
    }

    /// The admin API, if there is one, without a trailing slash.
    pub fn admin_url(&self) -> Option<String> {
        self.0.admin.map(|address| format!("http://127.0.0.1:{}", address.port()))
    }

    /// Where plain HTTP is served.
    pub fn http_address(&self) -> SocketAddr {
        self.0.http
    }

    /// Where TLS is served.
    pub fn https_address(&self) -> SocketAddr {
        self.0.https
    }

    /// The CA's certificate in PEM form; it is another one in each service.
    pub fn ca_pem(&self) -> &str {
        &self.0.ca_pem
    }

    /// Writes the CA's certificate to a file.
    pub fn write_ca(&self, path: &Path) -> Result<()> {
        std::fs::write(path, self.ca_pem())
            .with_context(|| format!("cannot write the CA to {}", path.display()))
    }

    /// Refuses connections from now on, and ends those that there are. The ports stay reserved;
    /// calls that have arrived are processed nevertheless. The admin API stays up.
    pub fn go_down(&self) -> Result<()> {
        self.switch(false).context("cannot take the service down")
    }

    /// Takes connections again, on the same ports.
    pub fn come_up(&self) -> Result<()> {
        self.switch(true).context("cannot put the service up again")
    }

    fn switch(&self, up: bool) -> Result<()> {
        for port in &self.0.switches {
            let (done, answer) = std::sync::mpsc::channel::<io::Result<()>>();
            port.send(Switch { up, done }).ok().context("the listener has ended")?;
            answer.recv().context("the listener has ended")??;
        }
        Ok(())
    }

    pub(crate) fn shared(&self) -> &Shared {
        &self.0.shared
    }

    pub(crate) fn with<T>(&self, act: impl FnOnce(&mut State) -> T) -> T {
        self.0.shared.with(act)
    }

    /// Carries out a command of the admin API.
    pub fn apply(&self, command: Command) -> Result<()> {
        self.with(|state| command.apply(state))
    }
}

async fn serve_plain(shared: Arc<Shared>, stream: TcpStream) {
    shared.record(|state| state.log.connected());
    let fuse = Fuse::default();
    http::serve(shared, Wire::new(stream, fuse.clone()), fuse, false).await;
}

async fn serve_tls(shared: Arc<Shared>, acceptor: TlsAcceptor, stream: TcpStream) {
    shared.record(|state| state.log.connected());
    let fuse = Fuse::default();
    match acceptor.accept(Wire::new(stream, fuse.clone())).await {
        Ok(stream) => http::serve(shared, stream, fuse, true).await,
        Err(_) => shared.record(|state| state.log.handshake_failed()),
    }
}
