//! A real Prometheus, from Debian's package, that scrapes operators and evaluates the alert rules.

mod answer;
mod program;
mod rules;
mod server;

pub use answer::{Sample, Series};
pub use program::{program, promtool};
pub use rules::{RULES, hastened, rules};
pub use server::{Prometheus, Target};
