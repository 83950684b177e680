//! The chart with its defaults and the kustomize base install the same.

use std::collections::BTreeMap;

use anyhow::{Context, Result, ensure};
use harness::shared_cluster;
use serde_json::{Value, json};

use super::{NAMESPACE, helm, options};

const KUSTOMIZATION: &str = "deploy/kustomize";
/// What helm's users expect, and kustomize's do not.
const OF_HELM: [&str; 5] = [
    "app.kubernetes.io/instance",
    "app.kubernetes.io/version",
    "app.kubernetes.io/managed-by",
    "helm.sh/chart",
    "helm.sh/resource-policy",
];

fn base() -> Result<Vec<Value>> {
    let output = shared_cluster()?
        .kubectl()
        .arg("kustomize")
        .arg(repository::path(KUSTOMIZATION))
        .output()?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Ok(serde_saphyr::from_multiple(&String::from_utf8(output.stdout)?)?)
}

/// Kind and name of each object, and what it says without what only the one or the other tool has.
fn comparable(objects: Vec<Value>) -> Result<BTreeMap<String, Value>> {
    let mut comparable = BTreeMap::new();
    for mut object in objects {
        let kind = object["kind"].as_str().context("no kind")?.to_owned();
        // Helm makes the namespace itself, on demand; and its test is run by helm alone.
        if matches!(kind.as_str(), "Namespace" | "Pod") {
            continue;
        }
        let name = object["metadata"]["name"].as_str().context("no name")?.to_owned();
        without_what_is_helm_s(&mut object);
        if kind == "Deployment" {
            plain_deployment(&mut object)?;
        }
        comparable.insert(format!("{kind} {name}"), object);
    }
    Ok(comparable)
}

fn without_what_is_helm_s(value: &mut Value) {
    if let Some(fields) = value.as_object_mut() {
        fields.retain(|name, _| !OF_HELM.contains(&name.as_str()));
        for value in fields.values_mut() {
            without_what_is_helm_s(value);
        }
        // They held nothing else.
        fields.retain(|name, value| !(name == "annotations" && *value == json!({})));
    }
    for value in value.as_array_mut().into_iter().flatten() {
        without_what_is_helm_s(value);
    }
}

/// Options that are given their default are as good as not given, and the policy by which a tag is
/// pulled is Kubernetes' default.
fn plain_deployment(deployment: &mut Value) -> Result<()> {
    let container =
        deployment.pointer_mut("/spec/template/spec/containers/0").context("no container")?;
    let arguments: Vec<String> = serde_json::from_value(container["args"].clone())?;
    let defaults = options::of_the_binary()?;
    let mut given = options::given(&arguments)?;
    given.retain(|option, value| defaults.get(option).is_none_or(|default| default != value));
    container["args"] = json!(given);
    let fields = container.as_object_mut().context("no fields")?;
    if fields.get("imagePullPolicy").is_some_and(|policy| policy == "IfNotPresent") {
        fields.remove("imagePullPolicy");
    }
    Ok(())
}

#[test]
fn both_install_the_same() -> Result<()> {
    let chart = comparable(helm::objects("", &[])?)?;
    let base = comparable(base()?)?;
    assert_eq!(chart.keys().collect::<Vec<_>>(), base.keys().collect::<Vec<_>>());
    for (name, object) in chart {
        assert_eq!(Some(&object), base.get(&name), "{name}: the chart's, and the base's");
    }
    Ok(())
}

/// In named namespaces a Role takes the ClusterRole's place, with the same rules.
#[test]
fn roles_of_namespaces_grant_what_the_cluster_s_does() -> Result<()> {
    let wide = helm::objects("", &[])?;
    let name = super::NAME;
    let rules = &wide
        .iter()
        .find(|o| o["kind"] == "ClusterRole" && o["metadata"]["name"] == name)
        .context("no role")?["rules"];
    let narrow = helm::objects("", &["watchNamespaces={team-a,team-b}"])?;
    let mut places = Vec::new();
    for object in &narrow {
        ensure!(object["kind"] != "ClusterRoleBinding", "{object:#}");
        if object["metadata"]["name"] != name {
            continue;
        }
        if object["kind"] == "Role" {
            assert_eq!(object["rules"], *rules);
        }
        if object["kind"] == "RoleBinding" {
            assert_eq!(
                object["subjects"],
                json!([{"kind": "ServiceAccount", "name": name, "namespace": NAMESPACE}])
            );
            assert_eq!(object["roleRef"]["kind"], "Role");
            places.push(object["metadata"]["namespace"].clone());
        }
    }
    assert_eq!(places, ["team-a", "team-b"]);
    Ok(())
}

/// What the comparison leaves out is not what it is to find.
#[test]
fn an_option_that_is_no_default_is_a_difference() -> Result<()> {
    let chart = comparable(helm::objects("", &["options.concurrency=17"])?)?;
    let base = comparable(base()?)?;
    let different: Vec<&String> =
        chart.keys().filter(|name| chart.get(*name) != base.get(*name)).collect();
    assert_eq!(different, ["Deployment backup-replication-operator"]);
    Ok(())
}
