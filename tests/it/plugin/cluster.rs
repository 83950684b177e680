//! Which cluster is asked, with whose rights, and the message where that does not work.

use std::process::Command;

use anyhow::{Context, Result, ensure};
use harness::{Cluster, Scene, service_account};
use serde_json::{Value, json};

use super::{NOT_FOUND, OPERATOR, PLUGIN, Said, bare, lost, no_look_up, plugin, short};

fn run(command: &mut Command, arguments: &[&str]) -> Result<Said> {
    Said::of(command.args(arguments).output()?)
}

/// The administrator's kubeconfig with two contexts more: one whose namespace is the scene's, and
/// one that leads nowhere.
fn kubeconfig(scene: &Scene) -> Result<String> {
    let mut config: Value =
        serde_json::from_str(&std::fs::read_to_string(scene.cluster.kubeconfig())?)?;
    let contexts = config["contexts"].as_array_mut().context("no contexts")?;
    let admin = contexts.first().context("no context")?.clone();
    let mut here = admin.clone();
    here["name"] = json!("here");
    here["context"]["namespace"] = json!(scene.namespace);
    let mut nowhere = admin;
    nowhere["name"] = json!("nowhere");
    nowhere["context"]["cluster"] = json!("nowhere");
    contexts.extend([here, nowhere]);
    // Nothing listens on the port of TCP's discard service.
    let cluster = json!({"name": "nowhere", "cluster": {"server": "https://127.0.0.1:9"}});
    config["clusters"].as_array_mut().context("no clusters")?.push(cluster);
    let file = scene.cluster.folder().join(format!("{}.contexts", scene.namespace));
    std::fs::write(&file, config.to_string())?;
    Ok(file.display().to_string())
}

#[tokio::test]
async fn kubeconfig_context_and_namespace_are_those_of_kubectl() -> Result<()> {
    let scene = Scene::new(OPERATOR).await?;
    scene.create(&Scene::manifest("db", "")).await?;
    let file = kubeconfig(&scene)?;
    let explained =
        run(&mut bare(), &["explain", "db", "--kubeconfig", &file, "--context", "here"])?.well()?;
    assert!(
        explained.starts_with(&format!("BackupReplication db in namespace {}: ", scene.namespace)),
        "{explained}"
    );
    assert!(explained.contains("The operator has not processed this resource yet."), "{explained}");
    assert_eq!(
        run(bare().env("KUBECONFIG", &file), &["explain", "db", "--context=here"])?.well()?,
        explained
    );
    assert_eq!(
        run(bare().env("KUBECONFIG", &file), &["-n", &scene.namespace, "explain", "db"])?.well()?,
        explained
    );

    let all = run(bare().env("KUBECONFIG", &file), &["status", "--context=here"])?.well()?;
    assert!(all.contains(&scene.namespace), "all namespaces, whatever the context says: {all}");
    let all = run(bare().env("KUBECONFIG", &file), &["status", "-A"])?.well()?;
    assert!(all.contains(&scene.namespace), "{all}");
    let said = run(bare().env("KUBECONFIG", &file), &["status", "-n", "no-such-namespace"])?;
    assert_eq!((said.code, said.out.as_str()), (Some(0), ""));
    assert_eq!(said.err, "There is no BackupReplication in namespace no-such-namespace.\n");
    Ok(())
}

#[tokio::test]
async fn what_does_not_work_is_reported_in_one_line() -> Result<()> {
    let scene = Scene::new(OPERATOR).await?;
    let file = kubeconfig(&scene)?;
    let status = |arguments: &[&str]| run(&mut bare(), &[&["status"], arguments].concat());
    let none = status(&["--kubeconfig", "/no/such/file"])?;
    assert!(none.line()?.starts_with("no usable kubeconfig: "), "{none:?}");
    assert!(status(&[])?.line()?.starts_with("no usable kubeconfig: "));
    let other = status(&["--kubeconfig", &file, "--context", "unheard-of"])?;
    assert!(
        other.line()?.contains("unheard-of") && other.line()?.contains("--context"),
        "{other:?}"
    );
    let nowhere = status(&["--kubeconfig", &file, "--context", "nowhere"])?;
    assert!(
        nowhere.line()?.starts_with("no answer from the API server https://127.0.0.1:9: "),
        "{nowhere:?}"
    );
    let missing = plugin(&scene, &["explain", "no-such"])?;
    let words = format!("there is no BackupReplication no-such in namespace {}", scene.namespace);
    assert!(missing.line()?.starts_with(&words), "{missing:?}");
    assert_eq!(missing.code, Some(NOT_FOUND));
    for arguments in [
        &["explain", "../../../v1/secrets"][..],
        &["resolve", "db"],
        &["resolve", "db", "--accepted=a b"],
    ] {
        let said = plugin(&scene, arguments)?;
        assert_eq!((said.code, said.out.as_str()), (Some(2), ""), "{said:?}");
    }

    let account = service_account(&scene.cluster, &scene.namespace, "nobody")?;
    let nobody = |arguments: &[&str]| run(bare().env("KUBECONFIG", &account), arguments);
    let said = nobody(&["status"])?;
    assert!(
        said.line()?
            .starts_with("you may not list backupreplications in all namespaces; name a namespace")
    );
    let said = nobody(&["explain", "db", "-n", &scene.namespace])?;
    assert!(
        said.line()?.starts_with("you may not get backupreplications in namespace "),
        "{said:?}"
    );
    Ok(())
}

#[test]
fn a_cluster_without_the_crd_is_reported() -> Result<()> {
    let cluster = Cluster::own()?;
    for arguments in [&["status"][..], &["explain", "db"]] {
        let said = run(bare().env("KUBECONFIG", cluster.kubeconfig()), arguments)?;
        assert!(
            said.line()?.contains("knows no BackupReplications; install their CRD"),
            "{said:?}"
        );
    }
    Ok(())
}

/// The role of the documentation is enough for a decision without a check of the records; the check
/// needs the Secret, too.
#[tokio::test]
async fn the_rights_that_are_documented_are_enough() -> Result<()> {
    let scene = Scene::with(OPERATOR, no_look_up()).await?;
    let _operator = short(&scene).start_ready()?;
    scene.valid_secret()?;
    lost(&scene, "db").await?;
    let account = service_account(&scene.cluster, &scene.namespace, "on-call")?;
    let page = std::fs::read_to_string(repository::path("docs/plugin.md"))?;
    let role = page
        .split("```yaml\n")
        .nth(1)
        .and_then(|rest| rest.split("```").next())
        .context("no role")?;
    let mut role: Value = serde_saphyr::from_str(role)?;
    role["kind"] = json!("Role");
    let name = role["metadata"]["name"].clone();
    let binding = json!({
        "apiVersion": role["apiVersion"], "kind": "RoleBinding", "metadata": {"name": name},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": name},
        "subjects": [{"kind": "ServiceAccount", "name": "on-call"}],
    });
    scene.applied(&role.to_string())?;
    scene.applied(&binding.to_string())?;
    let on_call = |arguments: &[&str]| {
        let mut command = bare();
        command
            .env("BREP_ALLOWED_ENDPOINT", scene.simulator.https_url())
            .env("BREP_CA_BUNDLE", scene.ca_file());
        run(command.env("KUBECONFIG", &account), &[arguments, &["-n", &scene.namespace]].concat())
    };
    on_call(&["status"])?.well()?;
    on_call(&["explain", "db"])?.well()?;
    let said = on_call(&["resolve", "db", "--accepted", "--yes"])?.well()?;
    assert!(said.contains("Secret cbr-token (key token): you may not read it"), "{said}");
    scene.wait("db", "ready", |object| object.is("Ready")).await?;
    Ok(())
}

#[tokio::test]
async fn kubectl_finds_the_plugin_on_the_path() -> Result<()> {
    let scene = Scene::new(OPERATOR).await?;
    scene.create(&Scene::manifest("db", "")).await?;
    let folder = std::path::Path::new(PLUGIN).parent().context("no folder")?;
    let kubectl = scene.cluster.kubectl();
    let mut command = Command::new(kubectl.get_program());
    for (name, value) in kubectl.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    let output = command
        .env("PATH", folder)
        .args(["brep", "status", "-n", &scene.namespace, "-o", "json"])
        .output()?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(
        String::from_utf8(output.stdout)?,
        plugin(&scene, &["status", "-o", "json"])?.well()?
    );
    Ok(())
}
