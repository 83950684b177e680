//! Each family counts on its occasion, and docs/metrics.md has them all.

use std::io::Write;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use harness::{Operator, Scene};
use simulator::{Advance, Answer, ErrorShape, Fault, Options, Records, Script, View};

use super::OPERATOR;
use super::scrape::{Scrape, documented, undocumented};

fn record_of(scene: &Scene, backup: &str) -> Result<String> {
    Ok(scene.simulator.records(backup).first().context("no record")?.id.clone())
}

async fn counted(operator: &Operator, samples: &[(&str, f64)]) -> Result<Scrape> {
    let what = format!("{samples:?}");
    Scrape::wait_for(operator, &what, |scrape| {
        samples.iter().all(|(sample, value)| scrape.value(sample) == *value)
    })
    .await
}

#[tokio::test]
async fn a_replication_is_counted_from_its_creation_to_its_end() -> Result<()> {
    let scene = Scene::with(OPERATOR, Options::default()).await?;
    let operator = scene.operator().start_ready()?;
    let [copied, failed] = [scene.new_backup(), scene.new_backup()];

    scene.applied(&Scene::manifest_for("copied", &copied, ""))?;
    let waits =
        ["resources{phase=\"Pending\"}", "secret_read_failures_total{failure=\"NotFound\"}"];
    let missing = "api_requests_total{verb=\"get\",result=\"NotFound\"}";
    let waiting =
        |scrape: &Scrape| waits.iter().chain([&missing]).all(|sample| scrape.value(sample) >= 1.0);
    let scrape = Scrape::wait_for(&operator, "waiting", waiting).await?;
    assert_eq!(scrape.value("calls_total{outcome=\"Accepted\"}"), 0.0);

    scene.valid_secret()?;
    scene.applied(&Scene::manifest_for("failed", &failed, ""))?;
    let scrape = counted(
        &operator,
        &[
            ("resources{phase=\"Pending\"}", 0.0),
            ("resources{phase=\"Replicating\"}", 2.0),
            ("calls_total{outcome=\"Accepted\"}", 2.0),
            ("call_duration_seconds_count", 2.0),
            ("replications_total{turn=\"Accepted\"}", 2.0),
            ("time_to_acceptance_seconds_count", 2.0),
            ("time_to_completion_seconds_count", 0.0),
        ],
    )
    .await?;
    ensure!(scrape.value("look_ups_total{outcome=\"Seen\"}") >= 2.0, "{}", scrape.text);
    ensure!(scrape.value("look_up_duration_seconds_count") >= 2.0, "{}", scrape.text);
    let scrape = Scrape::wait_for(&operator, "older", |scrape| {
        scrape.value("oldest_replication_age_seconds") > 0.0
    })
    .await?;
    assert_eq!(scrape.value("unknown_outcomes"), 0.0);

    // The same backup once more is found in the records.
    scene.applied(&Scene::manifest_for("adopted", &copied, ""))?;
    counted(
        &operator,
        &[("replications_total{turn=\"Adopted\"}", 1.0), ("time_to_acceptance_seconds_count", 2.0)],
    )
    .await?;

    scene.simulator.advance(&record_of(&scene, &copied)?, Advance::Success)?;
    let fail =
        Advance::Fail { code: "BackupService.1006".into(), reason: "The import failed.".into() };
    scene.simulator.advance(&record_of(&scene, &failed)?, fail)?;
    let scrape = counted(
        &operator,
        &[
            ("resources{phase=\"Succeeded\"}", 2.0),
            ("resources{phase=\"Failed\"}", 1.0),
            ("stalled_resources{reason=\"ReplicationFailed\"}", 1.0),
            ("replications_total{turn=\"Replicated\"}", 2.0),
            ("replications_total{turn=\"Failed\"}", 1.0),
            ("time_to_completion_seconds_count", 1.0),
            ("oldest_replication_age_seconds", 0.0),
            ("queue_depth", 0.0),
            ("leader", 1.0),
            ("ready{part=\"Watch\"}", 1.0),
            ("ready{part=\"Lease\"}", 1.0),
        ],
    )
    .await?;
    for sample in [
        "reconciles_total{result=\"Done\"}",
        "reconcile_duration_seconds_count",
        "status_writes_total",
        "api_requests_total{verb=\"list\",result=\"Ok\"}",
        "api_requests_total{verb=\"watch\",result=\"Ok\"}",
        "api_requests_total{verb=\"get\",result=\"Ok\"}",
        "api_requests_total{verb=\"patch\",result=\"Ok\"}",
        "api_requests_total{verb=\"create\",result=\"Ok\"}",
    ] {
        ensure!(scrape.value(sample) >= 1.0, "{sample}: {}", scrape.text);
    }
    assert_eq!(
        scrape.value(&format!("build_info{{version=\"{}\"}}", env!("CARGO_PKG_VERSION"))),
        1.0
    );
    Ok(())
}

#[tokio::test]
async fn what_goes_wrong_is_counted_by_its_class_and_unknown_outcomes_until_they_are_settled()
-> Result<()> {
    let scene = Scene::new(OPERATOR).await?;
    scene.valid_secret()?;
    let short = [
        "--claim-window=3s",
        "--request-timeout=4s",
        "--settling-time=1s",
        "--allowed-endpoint=https://cbr.invalid",
    ];
    let operator = short
        .into_iter()
        .fold(scene.operator(), |options, option| options.arg(option))
        .start_ready()?;
    let answer = |status, code: &str| {
        Fault::before_commit().answer(Answer::status(status).error(
            ErrorShape::Cbr,
            code,
            "In words.",
        ))
    };
    for (name, fault) in [
        ("terminal", answer(400, "BackupService.9900")),
        ("temporary", answer(500, "BackupService.0002")),
        ("unauthorized", answer(401, "")),
        ("unknown", Fault::before_commit().reset()),
    ] {
        let backup = scene.new_backup();
        let view = View { records: Records::Absent, ..View::default() };
        scene.simulator.set_view(&backup, Some(view));
        scene.simulator.script(Script::always(fault).replicate().backup(&backup))?;
        scene.applied(&Scene::manifest_for(name, &backup, ""))?;
    }
    let lost = scene.new_backup();
    scene
        .simulator
        .script(Script::always(answer(500, "BackupService.9910")).show().backup(&lost))?;
    scene.applied(&Scene::manifest_for("lost", &lost, ""))?;
    let unreachable = format!(
        "{}  endpoint: https://cbr.invalid\n",
        Scene::manifest_for("unreachable", &scene.new_backup(), "")
    );
    scene.applied(&unreachable)?;

    let scrape = Scrape::wait_for(&operator, "settled", |scrape| {
        scrape.value("stalled_resources{reason=\"OutcomeUnknown\"}") == 1.0
            && scrape.value("stalled_resources{reason=\"Rejected\"}") == 1.0
            && scrape.value("oldest_unknown_outcome_age_seconds") > 0.0
            && scrape.value("look_ups_total{outcome=\"Failed\"}") >= 2.0
            && ["Terminal", "Temporary", "Unauthorized", "Unknown"].iter().all(|outcome| {
                scrape.value(&format!("calls_total{{outcome=\"{outcome}\"}}")) >= 1.0
            })
    })
    .await?;
    assert_eq!(scrape.value("unknown_outcomes"), 1.0);
    assert_eq!(scrape.value("calls_total{outcome=\"Unknown\"}"), 1.0, "it is not repeated");
    assert_eq!(scrape.value("resources{phase=\"OutcomeUnknown\"}"), 1.0);

    let asked = scene.wait("unknown", "stalled", |object| object.is("Stalled")).await?;
    let accepted = asked
        .commands()
        .into_iter()
        .find(|line| line.contains(":accepted"))
        .context("nothing to type")?;
    let done = scene.paste(&accepted.replace("<RECORD_ID>", "record-1"))?;
    ensure!(done.accepted, "{}", done.words);
    counted(
        &operator,
        &[
            ("unknown_outcomes", 0.0),
            ("oldest_unknown_outcome_age_seconds", 0.0),
            ("stalled_resources{reason=\"OutcomeUnknown\"}", 0.0),
            ("replications_total{turn=\"Declared\"}", 1.0),
        ],
    )
    .await?;
    Ok(())
}

#[tokio::test]
async fn the_page_has_each_family_and_value_and_the_form_is_clean() -> Result<()> {
    let scene = Scene::new(OPERATOR).await?;
    scene.valid_secret()?;
    let operator = scene.operator().start_ready()?;
    scene.applied(&Scene::manifest("db", ""))?;
    scene.applied(&Scene::manifest("waiting", "").replace("cbr-token", "missing"))?;
    let scrape = counted(&operator, &[("replications_total{turn=\"Replicated\"}", 1.0)]).await?;

    let rows = documented()?;
    let families = scrape.families();
    assert_eq!(families.keys().collect::<Vec<_>>(), rows.keys().collect::<Vec<_>>());
    for (name, kind) in &families {
        assert_eq!(Some(kind), rows.get(name).map(|row| &row.kind), "{name}");
        let line = |what: &str| scrape.text.contains(&format!("# {what} {name} "));
        ensure!(line("HELP"), "{name} has no help");
        assert_eq!(
            line("UNIT"),
            name.ends_with("_seconds"),
            "{name} has its unit in its name, and says so"
        );
    }
    let undocumented = undocumented(&scrape, &rows);
    ensure!(undocumented.is_empty(), "{undocumented:?}");
    // Each value has its series from the start, so that no first count is missed.
    for (name, row) in rows.iter().filter(|(_, row)| row.kind != "histogram") {
        let suffix = ["", "_total", "_info"].map(|suffix| format!("{name}{suffix}"));
        let served = scrape.samples().filter(|sample| suffix.contains(&sample.name)).count();
        assert_eq!(
            served,
            row.labels.values().map(|values| values.len()).product::<usize>(),
            "{name}"
        );
    }
    ensure!(scrape.text.ends_with("# EOF\n"), "cut off");
    promtool(&scrape)
}

/// Prometheus' own check, where it is installed (Debian's package `prometheus`). It reads the older
/// text form.
fn promtool(scrape: &Scrape) -> Result<()> {
    let counters: Vec<String> = scrape
        .families()
        .into_iter()
        .filter(|(_, kind)| kind == "counter")
        .map(|(name, _)| name)
        .collect();
    let mut text = String::new();
    for line in scrape.text.lines().filter(|line| !line.starts_with("# UNIT") && *line != "# EOF") {
        let words: Vec<&str> = line.splitn(4, ' ').collect();
        match words[..] {
            ["#", what, name, rest] if counters.iter().any(|counter| counter == name) => {
                text += &format!("# {what} {name}_total {rest}\n");
            }
            ["#", what, name, "info"] => text += &format!("# {what} {name}_info gauge\n"),
            ["#", what, name @ "backup_replication_build", rest] => {
                text += &format!("# {what} {name}_info {rest}\n")
            }
            _ => text += &format!("{line}\n"),
        }
    }
    let check = Command::new("promtool")
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let mut check = match check {
        Ok(check) => check,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error.into()),
    };
    check.stdin.take().context("no stdin")?.write_all(text.as_bytes())?;
    let said = check.wait_with_output()?;
    let words = String::from_utf8_lossy(&[said.stdout, said.stderr].concat()).into_owned();
    ensure!(said.status.success(), "{words}\n{text}");
    Ok(())
}
