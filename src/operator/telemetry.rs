//! Structured logs to standard error.

use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer, fmt};

use super::options::LogFormat;

/// Starts logging. `RUST_LOG` sets the level (default `info`).
///
/// The Kubernetes client prints whole answers where it cannot read one, and a Secret is an answer, too: whatever
/// `RUST_LOG` says, nothing but its errors is printed.
pub(super) fn init(format: LogFormat) {
    let wanted = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    let printable = filter_fn(|metadata| {
        !metadata.target().starts_with("kube_client::client") || *metadata.level() == tracing::Level::ERROR
    });
    let lines = fmt::layer().with_writer(std::io::stderr);
    let lines = match format {
        LogFormat::Text => lines.boxed(),
        LogFormat::Json => lines.json().flatten_event(true).boxed(),
    };
    tracing_subscriber::registry().with(lines.with_filter(printable)).with(wanted).init();
}
