//! P20. Guards that hold, ids that stay ids, endpoints that are what they say.

use anyhow::{Context, Result};
use harness::{OperatorOptions, Scene, attempt, refusal};
use kube::api::{Patch, PatchParams};
use serde_json::{Value, json};
use simulator::example;

use super::{Findings, OPERATOR, apply, careless};

/// A resource with this status, and whether the API server then takes the change. Nothing is stored
/// of it.
async fn change(
    scene: &Scene,
    name: &str,
    before: &Value,
    after: &Value,
) -> Result<Option<String>> {
    scene.create(&Scene::manifest(name, "")).await?;
    scene.set_status(name, before).await.with_context(|| name.to_owned())?;
    let dry_run = PatchParams { dry_run: true, ..PatchParams::default() };
    refusal(scene.api().patch_status(name, &dry_run, &Patch::Merge(json!({"status": after}))).await)
}

/// A resource that was accepted in this way.
fn accepted(origin: &str) -> Value {
    json!({
        "origin": origin, "replicationRecordId": "r-1", "acceptedAt": "2026-11-23T10:00:05Z",
        "attempts": [attempt(1, Some("Accepted"))],
    })
}

/// One that was adopted, and called for nothing of its own.
fn adopted() -> Value {
    json!({"origin": "Adopted", "replicationRecordId": "r-1", "acceptedAt": "2026-11-23T10:00:05Z"})
}

#[tokio::test]
async fn the_origin_of_a_call_or_a_decision_never_changes() -> Result<()> {
    let scene = Scene::with(OPERATOR, careless()).await?;
    let to = |origin: Value| json!({"origin": origin});
    let record = json!({"replicationRecordId": "forged-1"});
    let rows = [
        ("called-adopted", accepted("Called"), to(json!("Adopted")), true),
        ("called-declared", accepted("Called"), to(json!("Declared")), true),
        ("called-none", accepted("Called"), to(Value::Null), true),
        ("declared-adopted", accepted("Declared"), to(json!("Adopted")), true),
        ("declared-called", accepted("Declared"), to(json!("Called")), true),
        ("declared-none", accepted("Declared"), to(Value::Null), true),
        ("adopted-accepted-record", accepted("Adopted"), record.clone(), true),
        (
            "adopted-accepted-time",
            accepted("Adopted"),
            json!({"acceptedAt": "2020-01-01T00:00:00Z"}),
            true,
        ),
        (
            "adopted-accepted-gone",
            accepted("Adopted"),
            json!({"replicationRecordId": null, "acceptedAt": null}),
            true,
        ),
        // An adoption is let go for a call of its own.
        (
            "adopted-let-go",
            adopted(),
            json!({"origin": null, "replicationRecordId": null, "acceptedAt": null}),
            false,
        ),
        ("none-called", json!({"attempts": [attempt(1, None)]}), to(json!("Called")), false),
    ];
    let mut findings = Findings::default();
    for (name, before, after, refused) in rows {
        let answer = change(&scene, name, &before, &after).await?;
        findings.check(name, answer.is_some() == refused, || format!("{after}: {answer:?}"));
    }
    findings.none()
}

#[tokio::test]
async fn a_record_id_cannot_be_freed_by_way_of_the_origin() -> Result<()> {
    let scene = Scene::with(OPERATOR, careless()).await?;
    scene.create(&Scene::manifest("db", "")).await?;
    scene.set_status("db", &accepted("Called")).await?;
    let mut taken = Vec::new();
    for step in [
        json!({"origin": "Adopted"}),
        json!({"replicationRecordId": "forged-1", "acceptedAt": "2020-01-01T00:00:00Z"}),
        json!({"replicationRecordId": null, "acceptedAt": null, "origin": null}),
    ] {
        let merge = Patch::Merge(json!({"status": step}));
        let answer = scene.api().patch_status("db", &PatchParams::default(), &merge).await;
        if refusal(answer)?.is_none() {
            taken.push(step);
        }
    }
    let after = scene.get("db").await?;
    assert!(taken.is_empty(), "{taken:?} was taken: {:#}", after.0["status"]);
    assert_eq!(after.text("/status/replicationRecordId"), Some("r-1"));
    Ok(())
}

/// A status that holds this id.
type WithId<'a> = &'a dyn Fn(&str) -> Value;

#[tokio::test]
async fn what_is_printed_into_a_command_is_an_id() -> Result<()> {
    let scene = Scene::with(OPERATOR, careless()).await?;
    let with_id = |id: &str| {
        let mut claimed = attempt(1, Some("Unknown"));
        claimed["id"] = json!(id);
        json!({"attempts": [claimed]})
    };
    let before_claim = |id: &str| {
        let mut claimed = attempt(1, Some("Unknown"));
        claimed["recordsBefore"] = json!([id]);
        json!({"attempts": [claimed]})
    };
    let fields: [(&str, WithId<'_>); 5] = [
        ("attempt", &with_id),
        ("record", &|id| json!({"replicationRecordId": id})),
        ("additional", &|id| json!({"additionalRecords": [id]})),
        ("declined", &|id| json!({"declinedRecords": [id]})),
        ("before", &before_claim),
    ];
    let ids = [
        "x$(touch pwned)",
        "x`id`",
        "x;id",
        "x|id",
        "x y",
        "x'y",
        "x\"y",
        "x\ny",
        "../x",
        "x&",
        "<RECORD_ID>",
    ];
    let mut findings = Findings::default();
    for (field, status) in fields {
        for (number, id) in ids.iter().enumerate() {
            let answer = change(
                &scene,
                &format!("{field}-{number}"),
                &json!({"phase": "Pending"}),
                &status(id),
            )
            .await?;
            findings.check(field, answer.is_some(), || format!("{id:?} is taken"));
        }
        let good = status("1579a71e-8d8d-41e6-85dc-d77f5ce8d91a_B.2");
        let answer =
            change(&scene, &format!("{field}-good"), &json!({"phase": "Pending"}), &good).await?;
        findings.check(field, answer.is_none(), || format!("{answer:?}"));
    }
    findings.none()
}

/// Anyone may own a bucket named "cbr", and have it send the headers of a request on.
#[tokio::test]
async fn a_token_goes_to_no_bucket_whose_name_is_that_of_the_service() -> Result<()> {
    let scene = Scene::with(OPERATOR, careless()).await?;
    scene.valid_secret()?;
    // Whatever the operator would send goes to a proxy, which counts connections. Nothing leaves
    // this machine.
    let proxy = scene.simulator.http_url();
    let _operator = OperatorOptions::new(OPERATOR, scene.cluster.kubeconfig())
        .arg(format!("--namespace={}", scene.namespace))
        .env("HTTPS_PROXY", proxy.as_str())
        .env("HTTP_PROXY", proxy.as_str())
        .env("NO_PROXY", "127.0.0.1")
        .start_ready()?;
    let mut findings = Findings::default();
    for (number, service) in
        ["obs", "OBS", "obs-website", "swr", "cdn", "iam"].into_iter().enumerate()
    {
        for (cloud, domain) in [("otc", "otc.t-systems.com"), ("huawei", "myhuaweicloud.com")] {
            let name = format!("{cloud}-{number}");
            let endpoint = format!("https://cbr.{service}.{domain}");
            apply(&scene, &name, example::BACKUP, &json!({"endpoint": endpoint}))?;
            let object = scene
                .wait(&name, "observed", |object| {
                    object.is_observed() && !object.reason().is_empty()
                })
                .await?;
            let refused = object.reason() == "EndpointRefused" || object.reason() == "SpecInvalid";
            findings
                .check(&endpoint, refused, || format!("{}: {}", object.reason(), object.message()));
        }
    }
    let connections = scene.simulator.log(|log| log.connections());
    findings.check("proxy", connections == 0, || {
        format!("{connections} connections to leave with a token")
    });
    findings.none()
}
