//! What the standard `OTEL_*` variables ask for.

use std::env;

use opentelemetry::Key;
use opentelemetry_otlp::{
    OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_EXPORTER_OTLP_PROTOCOL, OTEL_EXPORTER_OTLP_TRACES_ENDPOINT,
    OTEL_EXPORTER_OTLP_TRACES_PROTOCOL, SpanExporter,
};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::SdkTracerProvider;

use super::NAME;
use super::exporter::QuietExporter;

const SERVICE_NAME: Key = Key::from_static_str("service.name");
const SERVICE_VERSION: Key = Key::from_static_str("service.version");
const SERVICE_INSTANCE: Key = Key::from_static_str("service.instance.id");
/// The one form of OTLP that is spoken.
const PROTOCOL: &str = "http/protobuf";

/// What sends spans; nothing where none are asked for. The variables for the service, the sampler,
/// the batches and the exporter itself are read by the libraries.
///
/// # Errors
/// Why the settings cannot be met, in words.
pub(super) fn provider(instance: &str) -> Result<Option<SdkTracerProvider>, String> {
    if !is_wanted() {
        return Ok(None);
    }
    let protocol =
        set(OTEL_EXPORTER_OTLP_TRACES_PROTOCOL).or_else(|| set(OTEL_EXPORTER_OTLP_PROTOCOL));
    if let Some(other) = protocol.filter(|protocol| protocol != PROTOCOL) {
        return Err(format!(
            "{OTEL_EXPORTER_OTLP_PROTOCOL} is {other:?}; only {PROTOCOL} is spoken (port 4318, \
             mostly)"
        ));
    }
    let exporter = SpanExporter::builder().with_http().build().map_err(|error| {
        // Credentials may stand in a URL that is repeated.
        let text = error.to_string();
        if text.contains('@') {
            "the OTEL_EXPORTER_OTLP_* variables cannot be used".to_owned()
        } else {
            text
        }
    })?;
    let provider = SdkTracerProvider::builder()
        .with_batch_exporter(QuietExporter::new(exporter))
        .with_resource(resource(instance))
        .build();
    Ok(Some(provider))
}

fn is_wanted() -> bool {
    let endpoint =
        set(OTEL_EXPORTER_OTLP_TRACES_ENDPOINT).or_else(|| set(OTEL_EXPORTER_OTLP_ENDPOINT));
    let disabled = set("OTEL_SDK_DISABLED").is_some_and(|value| value.eq_ignore_ascii_case("true"));
    let other = set("OTEL_TRACES_EXPORTER").is_some_and(|exporter| exporter != "otlp");
    endpoint.is_some() && !disabled && !other
}

/// An empty variable counts as none, as OpenTelemetry has it.
fn set(variable: &str) -> Option<String> {
    env::var(variable).ok().filter(|value| !value.is_empty())
}

/// Who sends: what the environment says, and where it does not, what is known.
fn resource(instance: &str) -> Resource {
    let said = Resource::builder().build();
    let is_named = |name: String| !name.starts_with("unknown_service");
    let mut resource = Resource::builder();
    if !said.get(&SERVICE_NAME).map(|name| name.to_string()).is_some_and(is_named) {
        resource = resource.with_service_name(NAME);
    }
    for (key, value) in [(SERVICE_VERSION, env!("CARGO_PKG_VERSION")), (SERVICE_INSTANCE, instance)]
    {
        if said.get(&key).is_none() {
            resource = resource.with_attribute(opentelemetry::KeyValue::new(key, value.to_owned()));
        }
    }
    resource.build()
}
