//! Tokens that the cloud refuses.

use anyhow::Result;
use harness::Scene;
use serde_json::json;
use simulator::{Answer, ErrorShape, Fault, Script, Token, example};

use super::{OPERATOR, api_time, assert_says, counts, read_after, ready};

#[tokio::test]
async fn a_refused_token_is_tried_once_until_the_secret_changes() -> Result<()> {
    const STALE: &str = "gAAAAABstale-token-of-last-week";
    let scene = Scene::new(OPERATOR).await?;
    let _operator = scene.operator().start_ready()?;
    let refusals = [
        (
            "gateway",
            Some(Answer::status(401).error(
                ErrorShape::Gateway,
                "APIGW.0301",
                "Incorrect IAM authentication.",
            )),
            "APIGW.0301",
        ),
        (
            "iam",
            Some(Answer::status(401).error(
                ErrorShape::Iam,
                "",
                "The request needs authorization.",
            )),
            "HTTP 401",
        ),
        (
            "cbr",
            Some(Answer::status(500).error(
                ErrorShape::Cbr,
                "BackupService.9998",
                "Authentication failed.",
            )),
            "BackupService.9998",
        ),
    ];
    // Good enough for a look-up; a token that is refused there is not sent with a call at all.
    // Each has its own: what is refused for one is not tried for the others.
    let mut backups = Vec::new();
    for (name, answer, _) in &refusals {
        let backup = scene.new_backup();
        if let Some(answer) = answer {
            let refused = Fault::before_commit().answer(answer.clone());
            scene.simulator.script(Script::always(refused).replicate().backup(&backup))?;
        }
        let token = format!("{STALE}-{name}");
        scene.simulator.add_token(Token::new(&token, example::PROJECT));
        scene.secret_with(&format!("token-{name}"), &json!({"token": token}))?;
        let auth = json!({"auth": {"tokenSecretRef": {"name": format!("token-{name}")}}});
        scene.applied(&Scene::manifest_but(name, &backup, &auth).to_string())?;
        backups.push(backup);
    }
    for ((name, _, code), backup) in refusals.iter().zip(&backups) {
        let object = scene.wait_for_phase(name, "Pending").await?;
        assert_eq!(object.reason(), "CredentialRejected", "{name}: {}", object.message());
        assert!(object.is("Reconciling") && !object.is("Stalled"), "{name}");
        assert_says(
            &object,
            &[
                &format!("Secret token-{name} (key token)"),
                code,
                "Put a valid token into the Secret",
            ],
        );
        assert_eq!(counts(&scene, backup), (1, 0), "{name}");
    }

    // It keeps checking for another Secret, and that is no reason to call. Nor is a touched resource:
    // what no decision reads brings no round.
    let mut read = api_time(&scene)?;
    let touched = scene.kubectl(&["annotate", "brep", "--all", "example.org/touched=yes"])?;
    assert!(touched.accepted, "{}", touched.words);
    for _ in 0..2 * refusals.len() {
        read = read_after(&scene, "secrets", &read)?;
    }
    for ((name, ..), backup) in refusals.iter().zip(&backups) {
        assert_eq!(counts(&scene, backup), (1, 0), "{name}");
    }

    scene.simulator.clear_scripts();
    for (name, ..) in &refusals {
        scene.secret_with(&format!("token-{name}"), &json!({"token": example::TOKEN}))?;
    }
    for object in scene.wait_for_all(refusals.len(), ready).await? {
        assert_eq!(object.attempts().len(), 2, "{:#}", object.0);
    }
    for ((name, ..), backup) in refusals.iter().zip(&backups) {
        assert_eq!(counts(&scene, backup), (2, 1), "{name}");
    }
    Ok(())
}
