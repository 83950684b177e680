//! With a thousand resources the operator asks the cloud and the API server for as little as it
//! says.

mod idle;
mod polite;

use crate::OPERATOR;

/// Resources that are made at a time.
const AT_ONCE: usize = 32;
