//! Structured logs to standard error.

use tracing_subscriber::filter::Directive;
use tracing_subscriber::{EnvFilter, fmt};

use super::options::LogFormat;

/// Starts logging. `RUST_LOG` sets the level (default `info`).
///
/// The Kubernetes client prints whole answers where it cannot read one, and a Secret is an answer, too: whatever
/// `RUST_LOG` says, it is held to errors.
pub(super) fn init(format: LogFormat) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    let filter =
        QUIET.iter().filter_map(|directive| directive.parse::<Directive>().ok()).fold(filter, EnvFilter::add_directive);
    let builder = fmt().with_env_filter(filter).with_writer(std::io::stderr);
    match format {
        LogFormat::Text => builder.init(),
        LogFormat::Json => builder.json().flatten_event(true).init(),
    }
}

const QUIET: [&str; 1] = ["kube_client::client=error"];
