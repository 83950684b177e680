//! The shipped manifests: the operator runs under exactly their roles, which are sufficient and
//! each of them needed, and its deployment is one that a restricted namespace takes.

mod accounts;

use std::collections::BTreeSet;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use control_plane::{AuditEvent, ControlPlane, Exit};
use harness::{
    Cluster, OperatorOptions, PATIENCE, Scene, account_user, kubectl_apply, service_account,
    shared_cluster,
};
use serde_json::{Value, json};
use simulator::{Options, example};

use crate::OPERATOR;

const KUSTOMIZATION: &str = "deploy/kustomize";
/// What an administrator fills in.
const OVERLAY: &str = "deploy/overlay";
const NAMESPACE: &str = "backup-replication";
const NAME: &str = "backup-replication-operator";
const LEASE_ROLE: &str = "backup-replication-operator-lease";

/// API group, resource with its subresource, verb.
type Right = (String, String, String);

fn rendered(cluster: &ControlPlane) -> Result<Vec<Value>> {
    rendered_from(cluster, KUSTOMIZATION)
}

fn rendered_from(cluster: &ControlPlane, folder: &str) -> Result<Vec<Value>> {
    let output = cluster.kubectl().arg("kustomize").arg(repository::path(folder)).output()?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Ok(serde_saphyr::from_multiple(&String::from_utf8(output.stdout)?)?)
}

fn find<'a>(objects: &'a [Value], kind: &str, name: &str) -> Result<&'a Value> {
    let found =
        objects.iter().find(|object| object["kind"] == kind && object["metadata"]["name"] == name);
    found.with_context(|| format!("no {kind} {name}"))
}

fn deployment(objects: &[Value]) -> Result<&Value> {
    find(objects, "Deployment", NAME)
}

fn container(objects: &[Value]) -> Result<&Value> {
    deployment(objects)?.pointer("/spec/template/spec/containers/0").context("no container")
}

fn texts(value: &Value) -> impl Iterator<Item = &str> {
    value.as_array().into_iter().flatten().filter_map(Value::as_str)
}

/// What the operator's roles grant.
fn granted(objects: &[Value]) -> Result<BTreeSet<Right>> {
    let mut rights = BTreeSet::new();
    let everywhere = find(objects, "ClusterRole", NAME)?;
    let at_home = find(objects, "Role", LEASE_ROLE)?;
    for rule in [everywhere, at_home]
        .into_iter()
        .flat_map(|role| role["rules"].as_array().into_iter().flatten())
    {
        for group in texts(&rule["apiGroups"]) {
            for resource in texts(&rule["resources"]) {
                rights.extend(
                    texts(&rule["verbs"]).map(|verb| (group.into(), resource.into(), verb.into())),
                );
            }
        }
    }
    Ok(rights)
}

/// What this user did, where the API server allowed it; and what it did not allow.
fn used(events: &[AuditEvent], user: &str) -> (BTreeSet<Right>, Vec<AuditEvent>) {
    let mut rights = BTreeSet::new();
    let mut forbidden = Vec::new();
    for event in events.iter().filter(|event| event.user == user) {
        let mut resource = event.resource.clone();
        if !event.subresource.is_empty() {
            resource = format!("{resource}/{}", event.subresource);
        }
        match event.code {
            401 | 403 => forbidden.push(event.clone()),
            _ => drop(rights.insert((event.api_group.clone(), resource, event.verb.clone()))),
        }
    }
    (rights, forbidden)
}

/// All that the API server was asked by now, with the watches of these namespaces (or of all, by an
/// empty name), which come into the log when they end.
fn audited(cluster: &ControlPlane, user: &str, watched: &[&str]) -> Result<Vec<AuditEvent>> {
    for namespace in watched {
        let is_watch =
            |e: &AuditEvent| e.user == user && e.verb == "watch" && e.namespace == *namespace;
        cluster.wait_for_audit_event_about(user, PATIENCE, is_watch)?;
    }
    cluster.audit_events_about(user)
}

/// All that `kubectl apply -k` installs, on a control plane that has none of our objects yet;
/// cluster-wide, in two namespaces.
#[tokio::test]
async fn the_shipped_roles_are_sufficient_and_each_is_needed() -> Result<()> {
    let cluster = &Cluster::own()?;
    let installed =
        cluster.kubectl().args(["apply", "-k"]).arg(repository::path(KUSTOMIZATION)).output()?;
    let warnings = String::from_utf8_lossy(&installed.stderr);
    ensure!(installed.status.success() && warnings.is_empty(), "{warnings}");

    let account = service_account(cluster, NAMESPACE, NAME)?;
    let first = Scene::on(cluster, OPERATOR, Options::any_backup()).await?;
    let second = Scene::on(cluster, OPERATOR, Options::default()).await?;
    let url = first.simulator.https_url();
    let objects = rendered(cluster)?;
    ensure!(
        texts(&container(&objects)?["args"]).any(|argument| argument == "--leader-election"),
        "a Role for nothing"
    );
    let operator = OperatorOptions::new(OPERATOR, &account)
        .arg("--leader-election")
        // A pod knows its own.
        .arg(format!("--lease-namespace={NAMESPACE}"))
        .arg(format!("--allowed-endpoint={url}"))
        .arg(format!("--default-endpoint={url}"))
        .arg(format!("--ca-bundle={}", first.ca_file().display()))
        .start_ready()?;
    // An Event that repeats is patched.
    first.applied(&Scene::manifest_for("early", example::BACKUP, ""))?;
    // What is too large to be kept in memory is read.
    let decision = format!("cbr.replication.dev/decision={}", "x".repeat(20_000));
    ensure!(first.kubectl(&["annotate", "brep", "early", &decision])?.accepted, "not annotated");
    for (suspend, reason) in
        [(false, "CredentialNotFound"), (true, "Suspended"), (false, "CredentialNotFound")]
    {
        first.patched("early", &json!({"spec": {"suspend": suspend}}))?;
        first.wait("early", reason, |object| object.condition("Ready").1 == reason).await?;
    }
    ensure!(first.kubectl(&["delete", "brep", "early"])?.accepted, "not deleted");
    for (scene, backup) in
        [(&first, example::BACKUP), (&second, "0e4f1c2a-4c1e-4d0c-9b1b-0a2f3d4e5f60")]
    {
        scene.valid_secret()?;
        scene.applied(&Scene::manifest_for("db", backup, ""))?;
        scene.wait("db", "ready", |object| object.is("Ready")).await?;
        assert_eq!(first.simulator.counts(backup).posts, 1);
    }
    assert_eq!(operator.stop()?, Exit::Code(0));

    let user = account_user(NAMESPACE, NAME);
    let (used, forbidden) = used(&audited(cluster, &user, &[""])?, &user);
    ensure!(forbidden.is_empty(), "not sufficient: {forbidden:#?}");
    assert_eq!(used, granted(&objects)?, "what was used, and what is granted");
    Ok(())
}

/// For administrators who grant nothing beyond the namespaces that they name.
#[tokio::test]
async fn the_same_rules_suffice_in_named_namespaces() -> Result<()> {
    let first = Scene::with(OPERATOR, Options::any_backup()).await?;
    let second = Scene::new(OPERATOR).await?;
    let cluster = shared_cluster()?;
    let rules = find(&rendered(cluster)?, "ClusterRole", NAME)?["rules"].clone();
    let account = service_account(cluster, &first.namespace, NAME)?;
    let api = "rbac.authorization.k8s.io";
    for scene in [&first, &second] {
        for object in [
            json!({"apiVersion": format!("{api}/v1"), "kind": "Role", "metadata": {"name": NAME}, "rules": rules}),
            json!({
                "apiVersion": format!("{api}/v1"), "kind": "RoleBinding", "metadata": {"name": NAME},
                "roleRef": {"apiGroup": api, "kind": "Role", "name": NAME},
                "subjects": [{"kind": "ServiceAccount", "name": NAME, "namespace": first.namespace}],
            }),
        ] {
            scene.applied(&object.to_string())?;
        }
    }
    let operator = first
        .operator()
        .env("KUBECONFIG", account)
        .arg(format!("--namespace={}", second.namespace))
        .start()?;
    operator.log.wait_for_nth(2, PATIENCE, |line| line.contains("Ready: watch"))?;
    for (scene, backup) in
        [(&first, example::BACKUP), (&second, "0e4f1c2a-4c1e-4d0c-9b1b-0a2f3d4e5f60")]
    {
        scene.valid_secret()?;
        scene.applied(&Scene::manifest_for("db", backup, ""))?;
        scene.wait("db", "ready", |object| object.is("Ready")).await?;
    }
    assert_eq!(operator.stop()?, Exit::Code(0));
    let user = account_user(&first.namespace, NAME);
    let (_, forbidden) =
        used(&audited(cluster, &user, &[&first.namespace, &second.namespace])?, &user);
    ensure!(forbidden.is_empty(), "not sufficient: {forbidden:#?}");
    Ok(())
}

/// `kubectl apply` of one object without storing it.
fn try_apply(cluster: &ControlPlane, object: &Value) -> Result<String> {
    let file = cluster.folder().join(format!("{}.json", uuid::Uuid::new_v4()));
    std::fs::write(&file, object.to_string())?;
    let said = cluster.kubectl().args(["apply", "--dry-run=server", "-f"]).arg(&file).output()?;
    Ok(String::from_utf8([said.stdout, said.stderr].concat())?)
}

#[test]
fn a_restricted_namespace_takes_the_pod() -> Result<()> {
    let cluster = shared_cluster()?;
    let objects = rendered(cluster)?;
    let namespace = find(&objects, "Namespace", NAMESPACE)?;
    assert_eq!(namespace["metadata"]["labels"]["pod-security.kubernetes.io/enforce"], "restricted");
    let made = kubectl_apply(cluster, None, &namespace.to_string())?;
    ensure!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));

    let template = &deployment(&objects)?["spec"]["template"];
    let pod = |spec: &Value| {
        json!({
            "apiVersion": "v1", "kind": "Pod", "spec": spec,
            "metadata": {"name": "operator", "namespace": NAMESPACE, "labels": template["metadata"]["labels"]},
        })
    };
    let said = try_apply(cluster, &pod(&template["spec"]))?;
    assert_eq!(said, "pod/operator created (server dry run)\n");
    let mut lax = template["spec"].clone();
    lax["containers"][0]["securityContext"]["allowPrivilegeEscalation"] = json!(true);
    let said = try_apply(cluster, &pod(&lax))?;
    ensure!(said.contains("violates PodSecurity"), "the namespace would take anything: {said}");
    Ok(())
}

#[test]
fn the_deployments_fit_this_binary() -> Result<()> {
    for folder in [KUSTOMIZATION, OVERLAY] {
        let objects = rendered_from(shared_cluster()?, folder)?;
        let container = container(&objects)?;
        let image = container["image"].as_str().context("no image")?;
        assert_eq!(
            image.rsplit_once(':').map(|(_, tag)| tag),
            Some(env!("CARGO_PKG_VERSION")),
            "{folder}"
        );

        // With all options read, it is the kubeconfig that keeps it from starting.
        let output = Command::new(OPERATOR)
            .args(texts(&container["args"]))
            .env_clear()
            .envs([("BREP_LISTEN", "127.0.0.1:0"), ("KUBECONFIG", "/no/such/kubeconfig")])
            .output()?;
        let said = String::from_utf8(output.stderr)?;
        ensure!(output.status.code() == Some(1) && said.contains("KUBECONFIG"), "{folder}: {said}");
    }
    Ok(())
}

/// The overlay is the shipped base, except for the image's registry and further options.
#[test]
fn the_overlay_changes_the_registry_and_adds_options_and_nothing_else() -> Result<()> {
    let cluster = shared_cluster()?;
    let mut base = rendered(cluster)?;
    let overlaid = rendered_from(cluster, OVERLAY)?;
    let theirs = container(&overlaid)?;
    let operator =
        base.iter_mut().find(|object| object["kind"] == "Deployment").context("no Deployment")?;
    let ours = operator.pointer_mut("/spec/template/spec/containers/0").context("no container")?;
    let name = |container: &Value| {
        container["image"].as_str().and_then(|image| image.rsplit('/').next()).map(str::to_owned)
    };
    assert_eq!(name(ours), name(theirs));
    assert_ne!(ours["image"], theirs["image"]);
    let options = texts(&theirs["args"]).collect::<Vec<_>>();
    ensure!(options.starts_with(&texts(&ours["args"]).collect::<Vec<_>>()), "{options:?}");
    ours["image"] = theirs["image"].clone();
    ours["args"] = theirs["args"].clone();
    assert_eq!(base, overlaid);
    Ok(())
}

/// A call that has just begun may take its window and its limit, and its end must still be written.
#[test]
fn a_pod_has_time_to_drain() -> Result<()> {
    const TO_RECORD: i64 = 20;
    let help =
        String::from_utf8(Command::new(OPERATOR).arg("--help").env_clear().output()?.stdout)?;
    let default = |option: &str| -> Result<i64> {
        let (_, told) =
            help.split_once(option).with_context(|| format!("no {option} in {help}"))?;
        let (_, told) = told.split_once("[default: ").context("no default")?;
        let (seconds, _) = told.split_once("s]").context("not in seconds")?;
        Ok(seconds.parse()?)
    };
    let objects = rendered(shared_cluster()?)?;
    let pod = &deployment(&objects)?["spec"]["template"]["spec"];
    let before = pod["containers"][0]["lifecycle"]["preStop"]["sleep"]["seconds"].as_i64();
    // It must listen for SIGTERM before one is sent: the first process of a container ignores it.
    let before = before.filter(|seconds| *seconds > 0).context("SIGTERM may come too early")?;
    let longest = before + default("--claim-window")? + default("--request-timeout")? + TO_RECORD;
    let grace = pod["terminationGracePeriodSeconds"].as_i64();
    ensure!(
        grace.is_some_and(|grace| grace > longest),
        "{grace:?} s for what may take {longest} s"
    );
    Ok(())
}

#[tokio::test]
async fn the_probes_are_answered() -> Result<()> {
    let scene = Scene::new(OPERATOR).await?;
    let objects = rendered(&scene.cluster)?;
    let container = container(&objects)?;
    let operator = scene.operator().start_ready()?;
    for probe in ["livenessProbe", "readinessProbe"] {
        let path =
            container[probe]["httpGet"]["path"].as_str().with_context(|| format!("no {probe}"))?;
        assert_eq!(operator.get(path)?.0, 200, "{path}");
        let port = &container[probe]["httpGet"]["port"];
        let named =
            container["ports"].as_array().into_iter().flatten().find(|p| p["name"] == *port);
        // The port that the operator listens on by default.
        let listens = Command::new(OPERATOR).arg("--help").env_clear().output()?.stdout;
        let number = &named.with_context(|| format!("no port {port}"))?["containerPort"];
        ensure!(
            String::from_utf8(listens)?.contains(&format!("[default: [::]:{number}]")),
            "{number}"
        );
    }
    Ok(())
}
