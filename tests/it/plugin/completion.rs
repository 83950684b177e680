//! Completions.

use anyhow::Result;
use harness::Scene;

use super::{OPERATOR, Said, bare};

fn complete(words: &[&str], kubeconfig: Option<&std::path::Path>) -> Result<Vec<String>> {
    let mut command = bare();
    command.envs(kubeconfig.map(|file| ("KUBECONFIG", file)));
    let said = Said::of(command.args(["__complete", "--"]).args(words).output()?)?.well()?;
    Ok(said.lines().map(str::to_owned).collect())
}

#[tokio::test]
async fn kubectl_completes_commands_options_and_the_names_of_resources() -> Result<()> {
    assert_eq!(
        complete(&[""], None)?,
        ["status", "wait", "explain", "check", "new", "resolve", "completion", ":4"]
    );
    assert_eq!(complete(&["ex"], None)?, ["explain", ":4"]);
    assert_eq!(complete(&["resolve", "db", "--acc"], None)?, ["--accepted", ":4"]);
    assert_eq!(complete(&["completion", "z"], None)?, ["zsh", ":4"]);
    assert_eq!(complete(&["explain", ""], None)?, [":4"], "no cluster, no names");

    let scene = Scene::new(OPERATOR).await?;
    for name in ["db-1", "db-2", "other"] {
        scene.create(&Scene::manifest(name, "")).await?;
    }
    let words = ["-n", &scene.namespace, "explain", "db"];
    assert_eq!(complete(&words, Some(scene.cluster.kubeconfig()))?, ["db-1", "db-2", ":4"]);
    Ok(())
}

#[test]
fn each_shell_gets_a_script() -> Result<()> {
    for shell in ["bash", "zsh", "fish"] {
        let script = Said::of(bare().args(["completion", shell]).output()?)?.well()?;
        for word in ["kubectl-brep", "resolve", "not-accepted"] {
            assert!(script.contains(word), "{shell}: {word}");
        }
    }
    Ok(())
}
