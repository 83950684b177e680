//! Nobody slows another, whatever the cloud does: the one gate for requests to it.

mod handles;
mod neighbours;
mod quota;
mod waiters;
mod walk;

use crate::OPERATOR;
