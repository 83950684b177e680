//! Tells on stderr what takes long.

use std::io::{self, Write};

/// Writes a line to the real stderr: what `eprintln!` prints stays hidden until a test has failed.
pub(super) fn say(message: &str) {
    let _nobody_reads = writeln!(io::stderr(), "control-plane: {message}");
}
