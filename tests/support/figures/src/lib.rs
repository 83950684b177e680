//! What `cargo bench --bench throughput` measured: kept as JSON, shown as the tables and the plot of
//! `docs/performance.md`. The benchmark and the test of that page share it.

mod crowds;
mod data;
mod line;
mod numbers;
mod page;
mod plan;
mod plot;
mod rates;

pub use data::{Crowd, CrowdKind, Figures, OperatorRun, Row, Run, Setting, Version, Worker};
pub use page::{FILE, PAGE, PLOT, parts, read, write};
pub use plot::plot;
