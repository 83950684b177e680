//! An HTTP/1.1 proxy between a client and one server, where single messages can be stopped: before
//! the request is forwarded, or after the server's whole answer has arrived here. What was stopped
//! passes, or its connection is reset.
//!
//! It listens on a free port of 127.0.0.1 over plain HTTP, forwards over HTTP or TLS with the
//! client's own headers, and repeats nothing. Several proxies can share one [`Gate`], which then
//! numbers the messages of all of them in one order.

mod connection;
mod forward;
mod gate;
mod message;
mod proxy;
mod stop;

pub use gate::Gate;
pub use message::Message;
pub use proxy::{Proxy, Upstream};
pub use stop::{Moment, Stop};
