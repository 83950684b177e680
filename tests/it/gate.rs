//! Nobody slows another, whatever the cloud does: the one gate for requests to it.

mod neighbours;
mod quota;
mod walk;

use crate::OPERATOR;
