//! `cargo run -p mutants [NAME…]`

use std::process::ExitCode;

fn main() -> anyhow::Result<ExitCode> {
    let names: Vec<String> = std::env::args().skip(1).collect();
    Ok(if mutants::run(&names)? { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
