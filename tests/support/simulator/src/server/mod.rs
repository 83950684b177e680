//! Connections: taken, read, answered, and dropped as scripted.

pub(crate) mod admin;
pub(crate) mod body;
mod call;
pub(crate) mod http;
pub(crate) mod listen;
pub(crate) mod tls;
pub(crate) mod wire;
