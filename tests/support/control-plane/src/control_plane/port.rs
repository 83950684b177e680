//! A port for a server.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::net::{Ipv4Addr, TcpListener};
use std::ops::Range;

use anyhow::{Result, bail};

/// Below the ports that systems hand out (from 32768 on Linux), so that no connection
/// and no listener on port 0 takes the port of a server that is stopped and will be back.
const PORTS: Range<u16> = 20_000..32_000;

/// A port on 127.0.0.1 that is free now, chosen at random, since others choose at the same time.
///
/// # Errors
/// None is found.
pub fn free() -> Result<u16> {
    let random = RandomState::new();
    for attempt in 0..1000 {
        let offset = random.hash_one(attempt) % u64::from(PORTS.end - PORTS.start);
        let port = PORTS.start + u16::try_from(offset)?;
        if TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok() {
            return Ok(port);
        }
    }
    bail!("found no free port from {} to {}", PORTS.start, PORTS.end)
}
