//! With a thousand resources the operator asks the cloud and the API server for as little as it
//! says.

mod cost;
mod idle;
mod polite;
mod start;

use crate::OPERATOR;

/// Resources that are made at a time.
const AT_ONCE: usize = 32;
