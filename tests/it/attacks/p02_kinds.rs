//! P2 and the breakers, for kinds of credentials: one Secret that holds several, one password in
//! many projects, a key that looks and may not call.

use anyhow::Result;
use harness::{Object, Scene};
use serde_json::{Value, json};
use simulator::{Answer, Fault, Records, Script, Token, View, example};

use super::{Findings, OPERATOR, apply, careless, lasting_outcome, operator, ready};

const RESTRICTED: &str = "MIIrestricted-token-beside-a-password";
const SECRET: &str = "all-kinds";

fn by(kind: &str) -> Value {
    json!({"auth": {kind: {"name": SECRET}}})
}

fn with_project(project: &str, kind: &str) -> Value {
    let mut spec = by(kind);
    spec["projectId"] = json!(project);
    spec
}

/// One Secret, with a token, a password and an access key.
fn all_kinds(scene: &Scene, password: &str) -> Result<()> {
    let data = json!({
        "token": RESTRICTED,
        "username": example::USER, "password": password, "domain": example::DOMAIN,
        "accessKey": example::ACCESS_KEY, "secretKey": example::SECRET_KEY,
    });
    scene.secret_with(SECRET, &data)
}

fn refused(reason: &'static str) -> impl Fn(&Object) -> bool {
    move |object| object.reason() == reason && object.is_observed()
}

#[tokio::test]
async fn what_one_kind_is_shown_proves_nothing_to_another_kind_in_the_same_secret() -> Result<()> {
    let scene = Scene::with(OPERATOR, careless()).await?;
    scene.simulator.add_token(Token::new(RESTRICTED, example::PROJECT));
    let nothing = View { records: Records::Empty, ..View::default() };
    scene.simulator.set_token_view(RESTRICTED, Some(nothing));
    all_kinds(&scene, example::PASSWORD)?;
    let _operator = operator(&scene).start_ready()?;
    for (name, kind) in [("user", "passwordSecretRef"), ("key", "accessKeySecretRef")] {
        apply(&scene, name, &scene.new_backup(), &by(kind))?;
        scene.wait_for_phase(name, "Succeeded").await?;
    }
    let backup = scene.new_backup();
    scene
        .simulator
        .script(Script::always(Fault::after_commit().reset()).replicate().token(RESTRICTED))?;
    apply(&scene, "token", &backup, &by("tokenSecretRef"))?;
    let mut findings = Findings::default();
    findings.asked("token", &lasting_outcome(&scene, "token", &backup).await?);
    findings.counts(&scene, "token", &backup, (1, 1));

    // The user of the same Secret is shown the record.
    scene.patched(
        "token",
        &json!({"spec": {"auth": {"tokenSecretRef": null,
        "passwordSecretRef": {"name": SECRET}}}}),
    )?;
    scene.wait("token", "ready", ready).await?;
    findings.counts(&scene, "token", &backup, (1, 1));
    findings.none()
}

#[tokio::test]
async fn a_wrong_password_is_tried_once_for_all_projects() -> Result<()> {
    const PROJECTS: usize = 6;
    let scene = Scene::with(OPERATOR, careless()).await?;
    all_kinds(&scene, "of-last-year")?;
    let _operator = operator(&scene).start_ready()?;
    for at in 0..PROJECTS {
        let project = format!("{at:032}");
        let spec = with_project(&project, "passwordSecretRef");
        apply(&scene, &format!("db-{at}"), &scene.new_backup(), &spec)?;
    }
    scene.wait_for_all(PROJECTS, refused("LoginRefused")).await?;
    assert_eq!(scene.simulator.logins(example::USER).asked, 1);
    Ok(())
}

/// It is the gateway that counts refused signatures, and locks a key for everybody who uses it.
#[tokio::test]
async fn a_key_that_looks_and_is_refused_for_its_call_is_not_shown_by_the_next_resource()
-> Result<()> {
    let scene = Scene::with(OPERATOR, careless()).await?;
    all_kinds(&scene, example::PASSWORD)?;
    let _operator = operator(&scene).start_ready()?;
    let refuses = Fault::before_commit().answer(Answer::status(401));
    scene.simulator.script(Script::always(refuses).replicate())?;
    let backups: Vec<_> = (0..4).map(|_| scene.new_backup()).collect();
    for (at, backup) in backups.iter().enumerate() {
        let name = format!("db-{at}");
        apply(&scene, &name, backup, &by("accessKeySecretRef"))?;
        let object = scene.wait(&name, "refused", refused("CredentialRejected")).await?;
        let attempts = usize::from(at == 0);
        assert_eq!(object.attempts().len(), attempts, "{name}: {:#}", object.0);
        assert_eq!(scene.simulator.counts(backup).posts, attempts as u64, "{name}");
    }
    // A label is another version of the Secret, and the same key.
    let labelled = scene.kubectl(&["label", "secret", SECRET, "looked-at=true"])?;
    anyhow::ensure!(labelled.accepted, "{}", labelled.words);
    let late = scene.new_backup();
    apply(&scene, "late", &late, &by("accessKeySecretRef"))?;
    scene.wait("late", "refused", refused("CredentialRejected")).await?;
    let posts = || backups.iter().map(|backup| scene.simulator.counts(backup).posts).sum::<u64>();
    assert_eq!((posts(), scene.simulator.counts(&late).posts), (1, 0));
    Ok(())
}
