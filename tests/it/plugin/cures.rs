//! Every command that a reason is answered with can be typed as it stands.

use std::process::Command;

use anyhow::{Context, Result, ensure};
use backup_replication_operator::resource::{Blanks, Cure, Reason};
use harness::Scene;

use super::{OPERATOR, PLUGIN};

/// What only a node, or a person with an editor, could carry out.
fn needs_more(command: &str) -> bool {
    command.starts_with("kubectl run ") || command.ends_with(" --watch")
}

#[tokio::test]
async fn every_cure_is_a_command_that_kubectl_takes() -> Result<()> {
    let scene = Scene::new(OPERATOR).await?;
    scene.valid_secret()?;
    let account = scene.kubectl(&["create", "serviceaccount", "replication"])?;
    ensure!(account.accepted, "{}", account.words);
    let file = scene.cluster.folder().join(format!("{}.token", scene.namespace));
    std::fs::write(&file, "a-token")?;
    let manifest = scene.cluster.folder().join(format!("{}.brep.yaml", scene.namespace));
    std::fs::write(&manifest, Scene::manifest("db", ""))?;
    let blanks = Blanks {
        namespace: scene.namespace.clone(),
        name: "db".into(),
        secret: "cbr-token".into(),
        account: "replication".into(),
        files: format!("--from-file=token={}", file.display()),
        endpoint: scene.simulator.https_url(),
        iam: scene.simulator.https_url(),
    };
    let mut tried = 0;
    for reason in Reason::ALL {
        for Cure { when: _, command } in reason.explained().cures {
            // An earlier one may have replaced it.
            scene.applied(&Scene::manifest("db", ""))?;
            let command = blanks
                .fill(command)
                .replace("-f FILE", &format!("-n {} -f {}", scene.namespace, manifest.display()))
                .replace(" RECORD", " record-1");
            if needs_more(&command) {
                continue;
            }
            tried += 1;
            let (code, words) = typed(&scene, &command)?;
            // A Secret that is there is not created again; nobody decides without an attempt; and
            // a right that is missing is what the reader wants to know.
            let answered = words.contains("already exists")
                || words.contains("nothing was written: ")
                || (command.contains("can-i") && words.trim() == "no");
            ensure!(code == Some(0) || answered, "{}: {command}\n{words}", reason.as_str());
        }
    }
    ensure!(tried > 25, "{tried}");
    Ok(())
}

/// The command in a shell with kubectl and its plugin.
fn typed(scene: &Scene, command: &str) -> Result<(Option<i32>, String)> {
    let kubectl = scene.cluster.kubectl();
    let folder = |program: &std::path::Path| {
        program.parent().map(|folder| folder.display().to_string()).context("no folder")
    };
    let kubectls = folder(std::path::Path::new(kubectl.get_program()))?;
    let path = format!("{kubectls}:{}:/usr/bin:/bin", folder(std::path::Path::new(PLUGIN))?);
    let output = Command::new("/bin/sh")
        .env_clear()
        .env("PATH", path)
        .env("HOME", scene.cluster.folder())
        .env("KUBECONFIG", scene.cluster.kubeconfig())
        .env("EDITOR", "true")
        .args(["-c", command])
        .output()?;
    let words = String::from_utf8([output.stdout, output.stderr].concat())?;
    Ok((output.status.code(), words))
}
