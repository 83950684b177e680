//! Output.

use std::io::{ErrorKind, Write};

use serde::Serialize;

use super::failure::PluginFailure;

/// Prints a text. A reader that went away is no failure of ours.
///
/// # Errors
/// Where it cannot be written.
pub(super) fn print(text: &str) -> Result<(), PluginFailure> {
    match std::io::stdout().write_all(text.as_bytes()) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        Err(error) => Err(PluginFailure::new(format!("the output cannot be written: {error}"))),
    }
}

/// Prints JSON, indented.
///
/// # Errors
/// Where it cannot be written.
pub(super) fn print_json(value: &impl Serialize) -> Result<(), PluginFailure> {
    let json = serde_json::to_string_pretty(value).map_err(|error| {
        PluginFailure::new(format!("the output cannot be written as JSON: {error}"))
    })?;
    print(&format!("{json}\n"))
}

/// Prints YAML.
///
/// # Errors
/// Where it cannot be written.
pub(super) fn print_yaml(value: &impl Serialize) -> Result<(), PluginFailure> {
    let yaml = serde_saphyr::to_string(value).map_err(|error| {
        PluginFailure::new(format!("the output cannot be written as YAML: {error}"))
    })?;
    print(&yaml)
}

/// Rows below their heading, in columns that are three spaces apart.
pub(super) fn table<const COLUMNS: usize>(
    heading: [&str; COLUMNS],
    rows: &[[String; COLUMNS]],
) -> String {
    let widths: [usize; COLUMNS] = std::array::from_fn(|column| {
        let cells = rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count());
        cells.chain(heading.get(column).map(|cell| cell.chars().count())).max().unwrap_or_default()
    });
    let line = |cells: [&str; COLUMNS]| {
        let padded: Vec<String> =
            cells.iter().zip(widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
        format!("{}\n", padded.join("   ").trim_end())
    };
    std::iter::once(line(heading))
        .chain(rows.iter().map(|row| line(row.each_ref().map(String::as_str))))
        .collect()
}
