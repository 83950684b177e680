//! The table of an operator that starts with many resources.

use std::fmt::Write as _;

use crate::data::{Crowd, CrowdKind, Figures, Version};
use crate::numbers::{megabytes, seconds, thousands};

pub(crate) fn kind(kind: CrowdKind) -> &'static str {
    match kind {
        CrowdKind::Unfinished => "unfinished",
        CrowdKind::Finished => "finished",
    }
}

pub(crate) fn table(figures: &Figures) -> String {
    let mut table = "| resources | start to `/ready` | LIST requests | memory | peak | objects a \
        second, with them |\n|---|---|---|---|---|---|\n"
        .to_owned();
    for crowd in &figures.crowds {
        let Crowd {
            version,
            kind: of,
            resources,
            seconds_to_ready,
            lists,
            resident_bytes,
            peak_bytes,
            per_second,
        } = crowd;
        let before = match version {
            Version::Before => ", the operator before",
            Version::Now => "",
        };
        let _infallible = writeln!(
            table,
            "| {} {}{before} | {} | {lists} | {} | {} | {per_second:.0} |",
            thousands(*resources),
            kind(*of),
            seconds(*seconds_to_ready),
            megabytes(*resident_bytes as f64),
            megabytes(*peak_bytes as f64),
        );
    }
    table
}
