//! Traces reach a real collector, name what was asked of whom, and hold no token.

use anyhow::{Context, Result, ensure};
use control_plane::{Exit, free_port};
use harness::{Collector, PATIENCE, Scene, Span};
use simulator::{Answer, Fault, Script, example};

use super::OPERATOR;

const CALL: &str = "POST /v3/{project_id}/backups/{backup_id}/replicate";
const LOOK: &str = "GET /v3/{project_id}/backups/{backup_id}";
const STATUS: &str = "PATCH \
    /apis/cbr.replication.dev/v1alpha1/namespaces/{namespace}/backupreplications/{name}/status";
/// The variable that names the collector.
const ENDPOINT: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";

fn of_trace<'a>(spans: &'a [Span], trace: &str, name: &str) -> Vec<&'a Span> {
    spans.iter().filter(|span| span.field("traceId") == trace && span.name() == name).collect()
}

#[tokio::test]
async fn a_round_with_its_call_is_one_trace() -> Result<()> {
    let collector = Collector::start()?;
    let scene = Scene::new(OPERATOR).await?;
    scene.valid_secret()?;
    let operator = scene
        .operator()
        .env(ENDPOINT, collector.endpoint())
        .env("OTEL_RESOURCE_ATTRIBUTES", "deployment.environment.name=test")
        // The traces do not depend on what is logged, of which the libraries have much to say.
        .env("RUST_LOG", "trace")
        .start_ready()?;
    scene.applied(&Scene::manifest("db", ""))?;
    scene.wait("db", "ready", |object| object.is("Ready")).await?;
    // What waits to be sent is sent at the end.
    assert_eq!(operator.stop()?, Exit::Code(0));

    let call = collector.wait_for(|span| span.name() == CALL)?;
    let posts = scene.posts(example::BACKUP);
    let request_id = scene
        .get("db")
        .await?
        .text("/status/attempts/0/requestId")
        .context("no request id")?
        .to_owned();
    let url = format!(
        "{}/v3/{}/backups/{}/replicate",
        scene.simulator.https_url(),
        example::PROJECT,
        example::BACKUP
    );
    assert_eq!(posts.len(), 1);
    assert!(call.is_client() && !call.is_error(), "{call:?}");
    for (key, value) in [
        ("http.request.method", "POST"),
        ("http.response.status_code", "200"),
        ("cbr.request_id", &request_id),
        ("url.full", &url),
        ("url.template", "/v3/{project_id}/backups/{backup_id}/replicate"),
    ] {
        assert_eq!(call.attribute(key), value, "{key}");
    }
    ensure!(
        url.contains(&call.attribute("server.address"))
            && url.contains(&call.attribute("server.port")),
        "{url}"
    );

    assert_eq!(call.of_resource("service.name"), "backup-replication-operator");
    assert_eq!(call.of_resource("service.version"), env!("CARGO_PKG_VERSION"));
    assert_eq!(call.of_resource("deployment.environment.name"), "test");

    let spans = collector.spans()?;
    let trace = call.field("traceId");
    let [round] = of_trace(&spans, trace, "reconcile")[..] else {
        anyhow::bail!("one root: {spans:#?}")
    };
    assert_eq!(round.field("parentSpanId"), "");
    assert_eq!(
        (round.attribute("k8s.namespace.name"), round.attribute("resource")),
        (scene.namespace.clone(), "db".into())
    );
    assert_eq!(round.attribute("request_id"), request_id);
    let look = of_trace(&spans, trace, LOOK);
    assert_eq!(look.len(), 1, "the look before the call");
    let written = of_trace(&spans, trace, STATUS);
    ensure!(written.len() >= 2, "the claim and the record: {spans:#?}");
    for child in [&call].into_iter().chain(look).chain(written) {
        assert_eq!(child.field("parentSpanId"), round.field("spanId"), "{child:?}");
    }
    let stray: Vec<_> = spans
        .iter()
        .filter(|span| span.name() != "reconcile" && span.field("parentSpanId").is_empty())
        .collect();
    ensure!(stray.is_empty(), "watches and the like are in no trace: {stray:#?}");

    let in_trace = |line: &str| line.contains(&format!("\"trace_id\":\"{trace}\""));
    for words in ["Claimed; calling", "The cloud accepted the call"] {
        assert_eq!(operator.log.count(|line| line.contains(words) && in_trace(line)), 1, "{words}");
    }
    let said = collector.text();
    ensure!(
        !said.contains(example::TOKEN) && !said.to_lowercase().contains("x-auth-token"),
        "{said}"
    );
    Ok(())
}

#[tokio::test]
async fn what_goes_wrong_is_an_error_in_its_span_without_the_token() -> Result<()> {
    let collector = Collector::start()?;
    let scene = Scene::new(OPERATOR).await?;
    scene.valid_secret()?;
    let operator = scene
        .operator()
        .env(ENDPOINT, collector.endpoint())
        .env("OTEL_SERVICE_NAME", "of-the-tenant")
        .env("OTEL_BSP_SCHEDULE_DELAY", "200")
        .start_ready()?;
    let lost = scene.new_backup();
    scene
        .simulator
        .script(Script::always(Fault::after_commit().reset()).replicate().backup(&lost))?;
    scene.simulator.script(
        Script::always(Fault::before_commit().answer(Answer::echo(500))).show().backup(&lost),
    )?;
    let echoed = scene.new_backup();
    scene.simulator.script(
        Script::always(Fault::before_commit().answer(Answer::echo(400)))
            .replicate()
            .backup(&echoed),
    )?;
    let named = scene.new_backup();
    let with_id = Answer::status(400).header("x-request-id", example::TOKEN);
    scene.simulator.script(
        Script::always(Fault::before_commit().answer(with_id)).replicate().backup(&named),
    )?;
    for (name, backup) in [("echoed", &echoed), ("named", &named), ("lost", &lost)] {
        scene.applied(&Scene::manifest_for(name, backup, ""))?;
    }

    let of = |backup: &str, name: &'static str| {
        let backup = backup.to_owned();
        move |span: &Span| span.name() == name && span.attribute("url.full").contains(&backup)
    };
    let look = collector.wait_for(of(&lost, LOOK))?;
    assert_eq!((look.is_error(), look.attribute("error.type").as_str()), (true, "500"));
    for backup in [&echoed, &named] {
        let call = collector.wait_for(of(backup, CALL))?;
        assert_eq!(call.attribute("http.response.status_code"), "400");
        assert!(call.is_error());
    }
    assert_eq!(look.of_resource("service.name"), "of-the-tenant");
    operator.stop()?;
    let said = collector.text();
    ensure!(
        !said.contains(example::TOKEN) && !said.to_lowercase().contains("x-auth-token"),
        "{said}"
    );
    Ok(())
}

#[tokio::test]
async fn a_collector_that_is_away_is_reported_once_and_costs_nothing() -> Result<()> {
    let scene = Scene::new(OPERATOR).await?;
    scene.valid_secret()?;
    let operator = scene
        .operator()
        .env(ENDPOINT, format!("http://127.0.0.1:{}", free_port()?))
        .env("OTEL_BSP_SCHEDULE_DELAY", "50")
        .start_ready()?;
    let is_said = |line: &str| line.contains("Traces cannot be sent");
    for name in ["first", "second", "third"] {
        scene.applied(&Scene::manifest_for(name, &scene.new_backup(), ""))?;
        scene.wait(name, "ready", |object| object.is("Ready")).await?;
        operator.log.wait_for(PATIENCE, is_said)?;
    }
    assert_eq!(operator.stop()?, Exit::Code(0));
    assert_eq!(operator.log.count(is_said), 1);
    Ok(())
}

#[tokio::test]
async fn without_an_endpoint_or_when_disabled_there_is_no_trace() -> Result<()> {
    let collector = Collector::start()?;
    let scene = Scene::new(OPERATOR).await?;
    scene.valid_secret()?;
    let disabled =
        scene.operator().env(ENDPOINT, collector.endpoint()).env("OTEL_SDK_DISABLED", "true");
    let other =
        scene.operator().env(ENDPOINT, collector.endpoint()).env("OTEL_TRACES_EXPORTER", "none");
    let empty = scene.operator().env(ENDPOINT, "").env("OTEL_SERVICE_NAME", "named");
    for (name, options) in [("disabled", disabled), ("other", other), ("empty", empty)] {
        let operator = options.start_ready()?;
        scene.applied(&Scene::manifest_for(name, &scene.new_backup(), ""))?;
        scene.wait(name, "ready", |object| object.is("Ready")).await?;
        let threads = threads(&operator)?;
        ensure!(!threads.contains("OpenTelemetry"), "{name}: {threads}");
        operator.stop()?;
        assert_eq!(operator.log.count(|line| line.contains("trace_id")), 0, "{name}");
    }
    assert_eq!(collector.text(), "");
    Ok(())
}

#[tokio::test]
async fn settings_that_cannot_be_met_are_reported_and_left_out() -> Result<()> {
    let scene = Scene::new(OPERATOR).await?;
    scene.valid_secret()?;
    for (name, variable, value, said) in [
        ("grpc", "OTEL_EXPORTER_OTLP_PROTOCOL", "grpc", "only http/protobuf"),
        (
            "url",
            "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
            "no url",
            "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
        ),
        (
            "password",
            "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
            "http://user:secret-1@a b",
            "cannot be used",
        ),
    ] {
        let operator = scene
            .operator()
            .env(ENDPOINT, "http://127.0.0.1:1")
            .env(variable, value)
            .start_ready()?;
        let line = operator.log.wait_for(PATIENCE, |line| line.contains("No traces are sent"))?;
        ensure!(line.contains(said) && !line.contains("secret-1"), "{name}: {line}");
        scene.applied(&Scene::manifest_for(name, &scene.new_backup(), ""))?;
        scene.wait(name, "ready", |object| object.is("Ready")).await?;
    }
    Ok(())
}

/// The names of a process' threads.
#[cfg(target_os = "linux")]
fn threads(operator: &harness::Operator) -> Result<String> {
    let mut names = String::new();
    for task in std::fs::read_dir(format!("/proc/{}/task", operator.process.pid()))? {
        names += &std::fs::read_to_string(task?.path().join("comm"))?;
    }
    Ok(names)
}

#[cfg(not(target_os = "linux"))]
fn threads(_operator: &harness::Operator) -> Result<String> {
    Ok(String::new())
}
