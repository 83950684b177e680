//! A value that nobody reads, or of the wrong kind, is refused before anything is installed, by a
//! message that names it.

use anyhow::{Result, ensure};
use serde_json::Value;

use super::{CHART, NAMESPACE, helm};

pub(crate) fn schema() -> Result<Value> {
    Ok(serde_json::from_str(&std::fs::read_to_string(repository::path(&format!(
        "{CHART}/values.schema.json"
    )))?)?)
}

fn refused(set: &str, words: &[&str]) -> Result<()> {
    let said = helm::template(NAMESPACE, "", &[set])?;
    ensure!(!said.accepted, "{set} is taken");
    for word in words {
        ensure!(said.words.contains(word), "{set}: no {word} in {}", said.words);
    }
    Ok(())
}

#[test]
fn unknown_values_are_refused() -> Result<()> {
    refused("replicaCount=2", &["replicaCount", "not allowed"])?;
    refused("options.claimwindow=5s", &["'/options'", "claimwindow", "not allowed"])?;
    refused("image.registry=example.com", &["'/image'", "registry", "not allowed"])?;
    refused(
        "networkPolicy.egress.cidr=10.0.0.0/8",
        &["'/networkPolicy/egress'", "cidr", "not allowed"],
    )?;
    refused("imagePullSecrets[0].secret=registry", &["'/imagePullSecrets/0'", "secret"])
}

#[test]
fn values_of_the_wrong_kind_are_refused() -> Result<()> {
    for (set, path) in [
        ("replicas=many", "/replicas"),
        ("replicas=-1", "/replicas"),
        ("watchNamespaces=team-a", "/watchNamespaces"),
        ("watchNamespaces={Team_A}", "/watchNamespaces/0"),
        ("watchNamespaces={a,a}", "/watchNamespaces"),
        ("options.concurrency=0", "/options/concurrency"),
        ("options.claimWindow=10", "/options/claimWindow"),
        ("options.claimWindow=0s", "/options/claimWindow"),
        ("options.requestTimeout=", "/options/requestTimeout"),
        ("options.cloud=otc", "/options/cloud"),
        ("options.cloud={otc,aws}", "/options/cloud/1"),
        ("options.cloud={otc,otc}", "/options/cloud"),
        ("options.allowedEndpoint=https://cbr.example.com", "/options/allowedEndpoint"),
        ("options.allowedEndpoint={cbr.example.com}", "/options/allowedEndpoint/0"),
        ("options.defaultEndpoint=https://*.example.com", "/options/defaultEndpoint"),
        ("options.listen=8080", "/options/listen"),
        ("options.requireSecretLabel=key", "/options/requireSecretLabel"),
        ("options.logFormat=xml", "/options/logFormat"),
        ("image.digest=latest", "/image/digest"),
        ("image.pullPolicy=always", "/image/pullPolicy"),
        ("crds.install=later", "/crds/install"),
        ("monitor.kind=Probe", "/monitor/kind"),
        ("podDisruptionBudget.maxUnavailable=half", "/podDisruptionBudget/maxUnavailable"),
        ("serviceAccount.annotations.number=5", "/serviceAccount/annotations/number"),
        ("networkPolicy.egress.ports={https}", "/networkPolicy/egress/ports/0"),
        ("rbac.secretNames={Token_1}", "/rbac/secretNames/0"),
        ("options.allowedIamEndpoint={iam.example.com}", "/options/allowedIamEndpoint/0"),
        ("options.allowedIamEndpoint=https://iam.example.com", "/options/allowedIamEndpoint"),
        ("options.defaultIamEndpoint=https://*.example.com", "/options/defaultIamEndpoint"),
        ("options.defaultIamEndpoint=https://iam.example.com/v2", "/options/defaultIamEndpoint"),
        ("rbac.serviceAccountTokens={a}", "/rbac/serviceAccountTokens"),
        ("rbac.serviceAccountTokens.a=b", "/rbac/serviceAccountTokens/a"),
        ("rbac.serviceAccountTokens.a={B}", "/rbac/serviceAccountTokens/a/0"),
        ("rbac.serviceAccountTokens.a={}", "/rbac/serviceAccountTokens/a"),
    ] {
        refused(set, &[path])?;
    }
    refused("rbac.serviceAccountTokens.Team_A={b}", &["Team_A", "does not match pattern"])?;
    // A right that nothing would use.
    refused(
        "watchNamespaces={team-a},rbac.serviceAccountTokens.team-b={b}",
        &["rbac.serviceAccountTokens", "team-b", "not among watchNamespaces"],
    )?;
    refused("caBundle.configMap=a,caBundle.secret=b", &["caBundle", "not both"])
}

/// Whatever is below these is the API server's to check: it is Kubernetes' own, as in a pod's spec.
const OF_KUBERNETES: [&str; 12] = [
    "affinity",
    "extraEnv[]",
    "extraVolumeMounts[]",
    "extraVolumes[]",
    "global",
    "networkPolicy.egress.to[]",
    "networkPolicy.metricsFrom[]",
    "podSecurityContext",
    "resources",
    "securityContext",
    "tolerations[]",
    "topologySpreadConstraints[]",
];

#[test]
fn every_object_says_what_it_may_hold() -> Result<()> {
    let mut open = Vec::new();
    open_objects(&schema()?, String::new(), &mut open);
    assert_eq!(open, OF_KUBERNETES);
    Ok(())
}

fn open_objects(schema: &Value, path: String, open: &mut Vec<String>) {
    if schema["type"] == "object"
        && !(schema["additionalProperties"] == false || schema["additionalProperties"].is_object())
    {
        open.push(path.clone());
    }
    for (name, below) in schema["properties"].as_object().into_iter().flatten() {
        open_objects(
            below,
            if path.is_empty() { name.clone() } else { format!("{path}.{name}") },
            open,
        );
    }
    if schema["items"].is_object() {
        open_objects(&schema["items"], format!("{path}[]"), open);
    }
}
