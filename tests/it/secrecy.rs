//! A token is in its Secret, and nowhere else: in no log, object, event or metric, whatever the
//! cloud makes of it.

use std::collections::{BTreeSet, HashSet};

use anyhow::{Result, bail, ensure};
use harness::{Collector, Object, OperatorOptions, Scene};
use serde_json::{Value, json};
use simulator::{Answer, Body, Cut, ErrorShape, Fault, Operation, Script, Token, example};
use uuid::Uuid;

use crate::OPERATOR;

/// A secret in one of the forms in which it could be written.
struct Canary {
    form: &'static str,
    /// As many characters in a row count as a leak.
    run: usize,
    runs: HashSet<Vec<u8>>,
}

impl Canary {
    fn new(form: &'static str, run: usize, text: &str) -> Self {
        Self { form, run, runs: text.as_bytes().windows(run).map(<[u8]>::to_vec).collect() }
    }

    /// The first line that has some of it.
    fn found_in<'a>(&self, text: &'a str) -> Option<&'a str> {
        text.lines()
            .find(|line| line.as_bytes().windows(self.run).any(|run| self.runs.contains(run)))
    }
}

/// A token that is another one in each test, with characters that JSON escapes.
fn token() -> String {
    format!("gAAAAAB/\"{}/+{}==", Uuid::new_v4().simple(), Uuid::new_v4().simple())
}

/// Everything in the scene's namespace but its Secrets: each kind that can be listed, events of
/// both groups among them.
fn objects(scene: &Scene) -> Result<String> {
    let kinds =
        scene.kubectl(&["api-resources", "--namespaced", "--verbs=list", "--output=name"])?;
    ensure!(kinds.accepted, "{}", kinds.words);
    let kinds: Vec<&str> = kinds.words.lines().filter(|kind| *kind != "secrets").collect();
    for kind in ["backupreplications.cbr.replication.dev", "events", "events.events.k8s.io"] {
        ensure!(kinds.contains(&kind), "{kind} is not in {kinds:?}");
    }
    let all =
        scene.kubectl(&["get", &kinds.join(","), "--output=yaml", "--show-managed-fields"])?;
    ensure!(all.accepted && all.words.contains("kind: BackupReplication"), "{}", all.words);
    Ok(all.words)
}

/// What the cloud does with the call; in the text of some, the token itself.
fn faults(token: &str) -> Vec<(&'static str, Fault)> {
    let answer = |answer| Fault::before_commit().answer(answer);
    let said = |status, text: &str| {
        answer(Answer::status(status).error(
            ErrorShape::Cbr,
            "BackupService.9900",
            format!("The token {text} is bad."),
        ))
    };
    let raw = |status, text: String| answer(Answer::status(status).text(text));
    let slashes = token.replace('/', r"\/").replace('"', r#"\""#);
    let by_number: String = token.chars().map(|c| format!("\\u{:04x}", u32::from(c))).collect();
    let (head, tail) = token.split_at(token.len() / 2);
    let echo_len = 400;
    vec![
        ("accepted", Fault::before_commit().ordinary()),
        ("echo-400", answer(Answer::echo(400))),
        ("echo-500", answer(Answer::echo(500))),
        ("echo-in-200", answer(Answer::echo(200))),
        ("echo-cut", answer(Answer::echo(502).cut_off(echo_len, Cut::Close))),
        ("head", said(400, head)),
        ("tail", said(400, tail)),
        ("folded", said(400, &format!("{head}\n {tail}"))),
        ("json-slashes", raw(400, format!(r#"{{"error_msg":"bad {slashes}"}}"#))),
        ("json-in-json", said(400, &format!(r#"{{"X-Auth-Token":"{slashes}"}}"#))),
        ("json-by-number", said(400, &by_number)),
        ("json-cut", raw(400, format!(r#"{{"error_msg":"bad {slashes}"#))),
        ("page", raw(502, format!("<html><p>{}</p></html>", token.replace('"', "&quot;")))),
        ("code", answer(Answer::status(400).error(ErrorShape::Cbr, token, "Bad."))),
        ("request-id", answer(Answer::status(400).header("x-request-id", token))),
        ("retry-after", answer(Answer::status(429).header("retry-after", token))),
        (
            "location",
            answer(Answer::redirect(
                302,
                format!("https://other.example/{}", token.replace('"', "%22")),
            )),
        ),
        (
            "record-id",
            answer(
                Answer::status(200).json(json!({"replication": {"replication_record_id": token}})),
            ),
        ),
        (
            "record",
            answer(
                Answer::status(200)
                    .json(json!({"replication": {"source_region": token, "project_id": head}})),
            ),
        ),
        ("unreadable", answer(Answer::status(200).body(Body::Text(token.to_owned())))),
        ("reset", Fault::after_commit().reset()),
    ]
}

/// The cloud refuses the token for a call. Nothing else is called with it for a while after that.
fn refused(token: &str) -> Fault {
    let said = format!("{token} has expired.");
    Fault::before_commit().answer(Answer::status(401).error(ErrorShape::Iam, "", said))
}

/// What the cloud does with the look-up before the call; in the text of some, the token itself.
fn look_faults(token: &str) -> Vec<(&'static str, Fault)> {
    let answer = |answer| Fault::before_commit().answer(answer);
    let backup = |record: Value| {
        answer(Answer::status(200).json(json!({"backup": {"replication_records": [record]}})))
    };
    let record = json!({
        "id": "a-record", "status": "success", "source_region": token, "source_project_id": token,
        "destination_region": example::DESTINATION_REGION, "destination_vault_id": example::VAULT,
    });
    let nameless = json!({
        "id": token, "status": token, "destination_region": token, "extra_info": {"destination_vault_id": token},
    });
    vec![
        ("look-echo-400", answer(Answer::echo(400))),
        ("look-echo-403", answer(Answer::echo(403))),
        ("look-echo-500", answer(Answer::echo(500))),
        ("look-echo-in-200", answer(Answer::echo(200))),
        (
            "look-page",
            answer(Answer::status(502).text(format!("<p>{}</p>", token.replace('"', "&quot;")))),
        ),
        ("look-retry-after", answer(Answer::status(503).header("retry-after", token))),
        ("look-record", backup(record)),
        ("look-nameless-record", backup(nameless)),
        (
            "look-state",
            answer(
                Answer::status(200).json(json!({"backup": {"status": token, "image_type": token}})),
            ),
        ),
    ]
}

/// A replication that is followed, and in whose end the cloud says the token.
fn followed(token: &str) -> [Fault; 2] {
    let shown = |status: &str, replica: Value, fail: Value| {
        let record = json!({
            "id": "followed-record", "status": status, "destination_region": example::DESTINATION_REGION,
            "destination_backup_id": replica, "extra_info": {
                "destination_vault_id": example::VAULT, "fail_code": fail, "fail_reason": fail, "progress": 40,
            },
        });
        let backup = json!({"backup": {"replication_records": [record]}});
        Fault::before_commit().answer(Answer::status(200).json(backup))
    };
    let words = format!("X-Auth-Token: {token} was refused");
    [shown(token, json!(token), json!(words)), shown("fail", json!(token), json!(words))]
}

/// An operator that says all it can.
fn loud(scene: &Scene) -> OperatorOptions {
    scene.operator().env("RUST_LOG", "trace").arg("--allowed-endpoint=https://cbr.invalid")
}

#[tokio::test]
async fn a_token_is_found_in_its_secret_and_nowhere_else() -> Result<()> {
    let scene = Scene::new(OPERATOR).await?;
    let token = token();
    scene.simulator.add_token(Token::new(&token, example::PROJECT));
    scene.secret(&token)?;
    scene.secret_with("unusable", &json!({"token": format!("{token}\u{1}{token}")}))?;
    scene.secret_with("unknown", &json!({"token": format!("{token}{token}")}))?;
    let collector = Collector::start()?;
    let operator = loud(&scene)
        .env("OTEL_EXPORTER_OTLP_ENDPOINT", collector.endpoint())
        // Whatever it asks for, the log has it under a name that is this scene's.
        .env("KUBECONFIG", scene.operator_account()?)
        .start_ready()?;

    let faults = faults(&token);
    for (name, fault) in &faults {
        let backup = scene.new_backup();
        scene.simulator.script(Script::always(fault.clone()).replicate().backup(&backup))?;
        scene.applied(&Scene::manifest_for(name, &backup, ""))?;
    }
    let look_faults = look_faults(&token);
    for (name, fault) in &look_faults {
        let backup = scene.new_backup();
        scene.simulator.script(Script::always(fault.clone()).show().backup(&backup))?;
        scene.applied(&Scene::manifest_for(name, &backup, ""))?;
    }
    let [under_way, failed] = followed(&token);
    let backup = scene.new_backup();
    scene.simulator.script(Script::once(under_way).show().backup(&backup))?;
    scene.simulator.script(Script::always(failed).show().backup(&backup))?;
    scene.applied(&Scene::manifest_for("followed", &backup, ""))?;
    for secret in ["unusable", "unknown"] {
        let manifest = Scene::manifest_for(secret, &scene.new_backup(), "");
        scene.applied(&manifest.replace("cbr-token", secret))?;
    }
    scene.applied(&Scene::manifest_for(
        "no-connection",
        &scene.new_backup(),
        "  endpoint: https://cbr.invalid\n",
    ))?;
    let ended =
        |object: &Object| object.attempts().iter().any(|attempt| !attempt["outcome"].is_null());
    let uncalled = |object: &Object| {
        [
            "CredentialUnusable",
            "CredentialRejected",
            "LookUpFailed",
            "Accepted",
            "ReplicationFailed",
        ]
        .contains(&object.reason())
    };
    let told = |object: &Object| ended(object) || uncalled(object);
    let all = scene.wait_for_all(faults.len() + look_faults.len() + 4, told).await?;
    let outcomes: BTreeSet<_> =
        all.iter().filter_map(|object| object.text("/status/attempts/0/outcome")).collect();
    assert_eq!(outcomes, BTreeSet::from(["Accepted", "Rejected", "Unknown"]));
    let backup = scene.new_backup();
    scene.simulator.script(Script::always(refused(&token)).replicate().backup(&backup))?;
    scene.applied(&Scene::manifest_for("refused-token", &backup, ""))?;
    scene.wait("refused-token", "ended", ended).await?;
    let reason = |name: &str| {
        all.iter().find(|object| object.text("/metadata/name") == Some(name)).map(Object::reason)
    };
    for name in
        ["look-echo-500", "look-echo-in-200", "look-page", "look-retry-after", "no-connection"]
    {
        assert_eq!(reason(name), Some("LookUpFailed"), "{name}");
    }
    let adopted = scene.get("look-record").await?;
    assert_eq!(adopted.text("/status/origin"), Some("Adopted"), "{:#}", adopted.0);

    let failed = scene.wait_for_phase("followed", "Failed").await?;
    assert!(failed.text("/status/failReason").is_some(), "{:#}", failed.0);

    let mut places = vec![("the objects", objects(&scene)?)];
    for path in ["/ready", "/health", "/metrics"] {
        let (status, body) = operator.get(path)?;
        assert_eq!(status, 200, "{path}");
        places.push((path, body));
    }
    operator.stop()?;
    let log = operator.log.text();
    assert!(log.contains("\"level\":\"TRACE\""), "the log says all it can");
    assert!(!log.contains("panicked") && !log.contains("A bug"), "nothing panicked");
    places.push(("the log", log));
    let events = scene.kubectl(&["get", "events.events.k8s.io", "--output=yaml"])?.words;
    let traces = collector.text();
    for row in ["look-echo-400", "echo"] {
        assert!(events.contains(row), "there are Events: {events}");
    }
    assert!(
        traces.contains("/replicate") && traces.contains("error.type"),
        "there are traces: {traces}"
    );
    places.extend([("the Events", events), ("the traces", traces)]);
    places.push(("the audit log", scene.audit_log()?));

    let sent = scene.simulator.log(|log| {
        let tokens = log
            .calls()
            .iter()
            .map(|call| (call.operation, call.headers.get("x-auth-token").map(str::to_owned)));
        tokens
            .filter(|(_, sent)| sent.as_ref() == Some(&token))
            .map(|(operation, _)| operation)
            .collect::<Vec<_>>()
    });
    let how_many = |wanted| sent.iter().filter(|sent| **sent == Some(wanted)).count();
    assert!(
        how_many(Operation::Replicate) >= faults.len()
            && how_many(Operation::Show) >= look_faults.len()
    );

    let base64 =
        scene.kubectl(&["get", "secret", "cbr-token", "--output=jsonpath={.data.token}"])?;
    assert!(base64.accepted, "{}", base64.words);
    let secrets = scene.kubectl(&["get", "secrets", "--output=yaml"])?;
    let canaries = [
        Canary::new("the token", 8, &token),
        Canary::new("its base64 form", 8, &base64.words),
        Canary::new("its form in JSON", 8, serde_json::to_string(&token)?.trim_matches('"')),
        Canary::new("its bytes", 24, &format!("{:?}", token.as_bytes())),
    ];
    let is_found = |text: &str| canaries.iter().any(|canary| canary.found_in(text).is_some());
    assert!(is_found(&secrets.words), "a leak would be found");
    for (place, text) in &places {
        for canary in &canaries {
            if let Some(line) = canary.found_in(text) {
                bail!("{} is in {place}: {line}", canary.form);
            }
        }
    }
    Ok(())
}
