//! What is fixed at start.

use std::net::{Ipv4Addr, SocketAddr};

use crate::behaviour::Behaviour;
use crate::world::World;

/// What is fixed at start. The default suits a test: free ports of 127.0.0.1, the default world, no
/// admin API.
#[derive(Clone, Debug)]
pub struct Options {
    pub world: World,
    pub behaviour: Behaviour,
    /// Plain HTTP; port 0 for a free one.
    pub http: SocketAddr,
    /// TLS; port 0 for a free one.
    pub https: SocketAddr,
    /// The admin API, plain HTTP without authentication: anyone who reaches it may change everything.
    pub admin: Option<SocketAddr>,
    /// Names or addresses for the certificate, in addition to `localhost` and `127.0.0.1`.
    pub names: Vec<String>,
}

impl Default for Options {
    fn default() -> Self {
        let free = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        Self {
            world: World::default(),
            behaviour: Behaviour::default(),
            http: free,
            https: free,
            admin: None,
            names: Vec::new(),
        }
    }
}

impl Options {
    /// The default, where every backup exists whose id is a UUID: for load tests.
    pub fn any_backup() -> Self {
        Self {
            behaviour: Behaviour { any_backup: true, ..Behaviour::default() },
            ..Self::default()
        }
    }
}
