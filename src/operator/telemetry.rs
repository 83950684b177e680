//! Structured logs to standard error, and traces to a collector where one is named.

mod exporter;
mod traces;

use std::ffi::OsString;
use std::io::IsTerminal;
use std::time::Duration;

use opentelemetry::trace::TracerProvider;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tracing::Metadata;
use tracing_subscriber::filter::{FilterExt, filter_fn};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer, fmt};

use super::options::LogFormat;

/// Longest time at the end for what has not been sent to the collector yet.
const LAST: Duration = Duration::from_secs(3);
const NAME: &str = "backup-replication-operator";

/// Logs and traces of a process.
#[must_use = "what has not been sent to the collector is lost without `end`"]
pub(super) struct Telemetry(Option<SdkTracerProvider>);

impl Telemetry {
    /// Starts logging, and tracing where the environment asks for it. `RUST_LOG` sets the level of
    /// the log (see [`directives`]); the traces do not depend on it. Tracing that cannot be set up is
    /// said and left out. Call it outside of a runtime.
    pub(super) fn start(format: LogFormat, instance: &str) -> Self {
        let variable = std::env::var(EnvFilter::DEFAULT_ENV).unwrap_or_default();
        let wanted = EnvFilter::try_new(directives(&variable))
            .unwrap_or_else(|_| EnvFilter::new(directives("")));
        let colours = has_colours(std::io::stderr().is_terminal(), |name| std::env::var_os(name));
        let lines = fmt::layer().with_ansi(colours).with_writer(std::io::stderr);
        let lines = match format {
            LogFormat::Text => lines.boxed(),
            LogFormat::Json => lines.json().flatten_event(true).with_span_list(false).boxed(),
        };
        let provider = traces::provider(instance);
        let spans = provider.as_ref().ok().and_then(Option::as_ref).map(|provider| {
            tracing_opentelemetry::layer()
                .with_tracer(provider.tracer(NAME))
                .with_location(false)
                .with_threads(false)
                .with_target(false)
                .with_tracked_inactivity(false)
                .with_context_activation(false)
                .with_filter(filter_fn(is_traced))
        });
        tracing_subscriber::registry()
            .with(lines.with_filter(wanted.and(filter_fn(is_printable))))
            .with(spans)
            .init();
        Self(provider.unwrap_or_else(|why| {
            tracing::warn!(why, "No traces are sent; nothing else depends on them");
            None
        }))
    }

    /// Sends what has not been sent yet, for a bounded time. Call it outside of a runtime.
    pub(super) fn end(self) {
        if let Self(Some(provider)) = self {
            // What could not be sent has been said by the exporter.
            let _sent = provider.shutdown_with_timeout(LAST);
        }
    }
}

/// What `RUST_LOG` asks for. A level alone, or none, is the operator's own: of the libraries, which
/// tell the same failure in words of theirs, only warnings are printed. `trace` is everything, and
/// what names parts is taken as it is.
fn directives(variable: &str) -> String {
    let own = env!("CARGO_CRATE_NAME");
    match variable.trim().to_lowercase().as_str() {
        "" => format!("warn,{own}=info"),
        level @ ("error" | "off") => level.to_owned(),
        level @ ("warn" | "info" | "debug") => format!("warn,{own}={level}"),
        _ => variable.to_owned(),
    }
}

/// Colours are for a terminal that has them, and for people who want them (<https://no-color.org>):
/// in a file or a pipe their codes are noise between the words.
fn has_colours(is_terminal: bool, variable: impl Fn(&str) -> Option<OsString>) -> bool {
    let unwanted = variable("NO_COLOR").is_some_and(|value| !value.is_empty());
    let none = variable("TERM").is_some_and(|value| value == "dumb");
    is_terminal && !unwanted && !none
}

/// The Kubernetes client prints whole answers where it cannot read one, and a Secret is an answer,
/// too: whatever `RUST_LOG` says, nothing but its errors is printed. And what has a kind in a trace
/// is for traces alone.
fn is_printable(metadata: &Metadata<'_>) -> bool {
    let of_client = metadata.target().starts_with("kube_client::client");
    (!of_client || *metadata.level() == tracing::Level::ERROR)
        && metadata.fields().field("otel.kind").is_none()
}

/// Our own spans. What is logged in them stays in the log.
fn is_traced(metadata: &Metadata<'_>) -> bool {
    metadata.is_span() && metadata.target().starts_with(env!("CARGO_CRATE_NAME"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_level_alone_is_the_operator_s_own() {
        for (variable, expected) in [
            ("", "warn,backup_replication_operator=info"),
            (" info ", "warn,backup_replication_operator=info"),
            ("DEBUG", "warn,backup_replication_operator=debug"),
            ("warn", "warn,backup_replication_operator=warn"),
            ("error", "error"),
            ("off", "off"),
            ("trace", "trace"),
            ("info,hyper=debug", "info,hyper=debug"),
        ] {
            assert_eq!(directives(variable), expected, "{variable}");
            assert!(EnvFilter::try_new(directives(variable)).is_ok(), "{variable}");
        }
    }

    #[test]
    fn colours_are_for_a_terminal_that_has_them_and_people_who_want_them() {
        let colours = |is_terminal, set: &[(&str, &str)]| {
            has_colours(is_terminal, |name| {
                set.iter().find(|(set, _)| *set == name).map(|(_, value)| value.into())
            })
        };
        assert!(
            colours(true, &[])
                && colours(true, &[("TERM", "xterm")])
                && colours(true, &[("NO_COLOR", "")])
        );
        assert!(!colours(true, &[("NO_COLOR", "1")]) && !colours(true, &[("TERM", "dumb")]));
        for set in [
            &[][..],
            &[("TERM", "xterm")],
            &[("NO_COLOR", "")],
            &[("NO_COLOR", "1")],
            &[("TERM", "dumb")],
        ] {
            assert!(!colours(false, set), "{set:?}");
        }
    }
}
