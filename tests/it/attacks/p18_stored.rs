//! P18. What is stored is what was claimed.

use std::time::Instant;

use anyhow::{Result, bail, ensure};
use harness::{Object, PATIENCE, Scene, attempt};
use kube::api::{DeleteParams, DynamicObject};
use serde_json::{Value, json};
use simulator::{LookUp, View, example};

use super::{
    Findings, OPERATOR, apply, careless, careless_showing, counts, operator, origin,
    patient_operator, ready,
};

/// A policy that alters each claim of this namespace, and is in force when this returns.
async fn altered_claims(scene: &Scene, patch: &str) -> Result<()> {
    let name = &scene.namespace;
    let claim = "has(object.status) && has(object.status.attempts) && size(object.status.attempts) \
        > 0 && !has(object.status.attempts[0].outcome)";
    let policy = json!({
        "apiVersion": "admissionregistration.k8s.io/v1", "kind": "MutatingAdmissionPolicy", "metadata": {"name": name},
        "spec": {
            "failurePolicy": "Fail", "reinvocationPolicy": "Never",
            "matchConstraints": {"resourceRules": [{
                "apiGroups": ["cbr.replication.dev"], "apiVersions": ["*"], "operations": ["CREATE", "UPDATE"],
                "resources": ["backupreplications/status"],
            }]},
            "matchConditions": [{"name": "claim", "expression": claim}],
            "mutations": [{"patchType": "JSONPatch", "jsonPatch": {"expression": patch}}],
        },
    });
    let binding = json!({
        "apiVersion": "admissionregistration.k8s.io/v1", "kind": "MutatingAdmissionPolicyBinding",
        "metadata": {"name": name},
        "spec": {"policyName": name, "matchResources": {
            "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": name}},
        }},
    });
    scene.applied(
        &json!({"apiVersion": "v1", "kind": "List", "items": [policy, binding]}).to_string(),
    )?;
    // It comes into force some time after it is stored.
    let deadline = Instant::now() + PATIENCE;
    let claimed = json!({"attempts": [attempt(1, None)]});
    while Instant::now() < deadline {
        scene
            .create(
                &Scene::manifest_but("probe", example::BACKUP, &json!({"suspend": true}))
                    .to_string(),
            )
            .await?;
        let stored: DynamicObject = scene.set_status("probe", &claimed).await?;
        scene.api().delete("probe", &DeleteParams::default()).await?;
        if stored.data["status"]["attempts"] != claimed["attempts"] {
            return Ok(());
        }
    }
    bail!("the policy does not come into force")
}

#[tokio::test]
async fn the_end_of_a_claim_that_admission_altered_is_recorded() -> Result<()> {
    let replaced = |field: &str, value: &str| {
        format!(
            r#"[JSONPatch{{op: "replace", path: "/status/attempts/0/{field}", value: {value}}}]"#
        )
    };
    let rows = [
        ("claimant", replaced("claimedBy", r#""masked""#)),
        ("limit", replaced("limit", r#""45s""#)),
        ("window", replaced("window", r#""7s""#)),
        ("endpoint", replaced("endpoint", r#""https://cbr.example.com""#)),
    ];
    let mut findings = Findings::default();
    for (name, patch) in rows {
        // Without look-up nothing else would tell that the call was accepted.
        let view = View { look_up: LookUp::NotFound, ..View::default() };
        let scene = Scene::with(OPERATOR, careless_showing(view)).await?;
        scene.valid_secret()?;
        altered_claims(&scene, &patch).await?;
        let operator = operator(&scene).start_ready()?;
        apply(&scene, name, example::BACKUP, &json!({}))?;
        let accepted = scene.simulator.wait_for(|log| log.counts(example::BACKUP).accepted > 0);
        harness::in_time("the call", accepted).await?;
        let recorded = scene.wait(name, "ready", ready).await;
        findings.check(name, recorded.is_ok(), || {
            let refused = operator.log.count(|line| line.contains("not written yet"));
            format!("accepted, and not recorded after {refused} tries")
        });
        if let Ok(object) = recorded {
            findings.check(name, origin(&object).1.is_some(), || format!("{:?}", origin(&object)));
        }
        findings.counts(&scene, name, example::BACKUP, (1, 1));
    }
    findings.none()
}

#[tokio::test]
async fn where_a_claim_is_not_kept_there_is_no_call_and_it_is_reported_with_pauses() -> Result<()> {
    let removed = r#"[JSONPatch{op: "remove", path: "/status/attempts"}]"#;
    let renamed = r#"[JSONPatch{op: "replace", path: "/status/attempts/0/id", value: "another"}]"#;
    let mut findings = Findings::default();
    for (name, patch) in [("removed", removed), ("renamed", renamed)] {
        let scene = Scene::with(OPERATOR, careless()).await?;
        scene.valid_secret()?;
        altered_claims(&scene, patch).await?;
        let operator = operator(&scene).start_ready()?;
        apply(&scene, name, example::BACKUP, &json!({}))?;
        let said = scene.wait(name, "stalled", |object| object.is("Stalled")).await;
        findings.check(name, said.is_ok(), || "nobody is told".into());
        let logged = operator.log.count(|line| line.contains(name) && line.contains("\"WARN\""));
        findings.check(name, logged > 0, || "not a line in the log".into());
        let looks = scene.simulator.counts(example::BACKUP).gets;
        findings.check(name, looks <= 10, || format!("{looks} looks"));
        findings.check(name, counts(&scene, example::BACKUP) == (0, 0), || {
            format!("{:?}", counts(&scene, example::BACKUP))
        });
    }
    findings.none()
}

/// An object with so many letters in an owner reference, for which there is no bound.
fn heavy(name: &str, backup: &str, letters: usize) -> Value {
    let mut object = Scene::manifest_but(name, backup, &json!({}));
    let owner = "x".repeat(letters);
    object["metadata"]["ownerReferences"] = json!([{"apiVersion": "v1", "kind": "ConfigMap", "name": owner, "uid": "11111111-1111-4111-8111-111111111111"}]);
    object
}

/// The most letters with which such an object can be stored.
async fn most_letters(scene: &Scene) -> Result<usize> {
    // etcd takes 1.5 MiB.
    let (mut stored, mut refused) = (1_560_000, 1_580_000);
    while refused - stored > 16 {
        let middle = usize::midpoint(stored, refused);
        match scene.create(&heavy("probe", example::BACKUP, middle).to_string()).await {
            Ok(_) => {
                scene.api().delete("probe", &DeleteParams::default()).await?;
                stored = middle;
            }
            Err(_) => refused = middle,
        }
    }
    ensure!(stored > 1_560_000, "there is another bound than etcd's");
    Ok(stored)
}

#[tokio::test]
async fn an_object_without_room_for_its_end_is_not_called_for() -> Result<()> {
    let scene = Scene::with(OPERATOR, careless()).await?;
    let most = most_letters(&scene).await?;
    let mut rows = Vec::new();
    for room in [1_000_000, 400, 1_000, 1_200, 1_300, 1_400, 1_600, 1_800, 2_000, 2_200, 2_600] {
        let (name, backup) = (format!("room-{room:07}"), scene.new_backup());
        scene.create(&heavy(&name, &backup, most - room).to_string()).await?;
        rows.push((name, backup));
    }
    scene.valid_secret()?;
    // Writes of this size take their time.
    let operator = patient_operator(&scene).start_ready()?;
    for (name, _) in &rows {
        // By whatever there is room for: a status, or else a line in the log.
        operator.log.wait_for(PATIENCE, |line| line.contains(name.as_str()))?;
    }
    let backup = scene.new_backup();
    apply(&scene, "light", &backup, &json!({}))?;
    scene.wait("light", "ready", ready).await?;
    let mut findings = Findings::default();
    for (name, backup) in &rows {
        let (posts, accepted) = counts(&scene, backup);
        if accepted > 0 {
            let recorded = |object: &Object| origin(object).1.is_some();
            let recorded = scene.wait(name, "recorded", recorded).await;
            findings.check(name, recorded.is_ok(), || {
                format!("{accepted} accepted of {posts}, not recorded")
            });
        }
    }
    // Where there is room for words it is told in words: the object is far too large.
    let (name, backup) = &rows[0];
    let object = scene.get(name).await?;
    findings
        .check(name, object.is("Stalled"), || format!("{} {}", object.reason(), object.message()));
    findings.counts(&scene, name, backup, (0, 0));
    findings.none()
}
