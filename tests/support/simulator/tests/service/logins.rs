//! Tokens for what else there is but a password and the id of a project.

use anyhow::Result;
use jiff::SignedDuration;
use serde_json::{Value, json};
use simulator::{Agency, Credential, Options, Project, Simulator, User, example};

use crate::caller::{Caller, json_of};
use crate::iam::{ask, ask_as, login, login_with, token};
use crate::signer::Signer;

const OTHER_DOMAIN: &str = "OTC-EU-DE-00000000002000000000";

fn user() -> User {
    User {
        projects: vec![example::PROJECT.into(), "sub-project".into()],
        ..User::new(example::DOMAIN, example::USER, example::PASSWORD, "")
    }
}

fn agency() -> Agency {
    Agency::new(OTHER_DOMAIN, "replicator", example::DOMAIN, "their-project")
}

/// The kind of credential and the user of the last call.
fn authority(simulator: &Simulator) -> Option<(Credential, Option<String>)> {
    let call = simulator.log(|log| log.calls().last().cloned())?;
    call.authority.map(|authority| (authority.credential, authority.user))
}

#[tokio::test]
async fn a_project_is_found_by_name_and_its_domain() -> Result<()> {
    let simulator = Simulator::start(Options::default())?;
    simulator.add_user(user());
    simulator.add_project(Project::new("sub-project", example::REGION).named("eu-de_backup"));
    let domain = json!({"name": example::DOMAIN});
    for (project, id) in [
        (json!({"name": example::REGION}), Some(example::PROJECT)),
        (json!({"name": "eu-de_backup", "domain": domain}), Some("sub-project")),
        (json!({"id": "sub-project"}), Some("sub-project")),
        (json!({"name": "eu-de_backup", "domain": {"name": "another"}}), None),
        (json!({"name": "eu-nl"}), None),
        (json!({"id": example::DESTINATION_PROJECT}), None),
        (json!({}), None),
    ] {
        let issued = ask(&simulator, &login_with(&json!({"project": project}))).await?;
        let answer = json_of(issued, if id.is_some() { 201 } else { 401 }).await?;
        let found = answer.pointer("/token/project/id").and_then(Value::as_str);
        assert_eq!(found, id, "{project}");
    }
    Ok(())
}

#[tokio::test]
async fn a_token_is_good_for_another_one_that_lives_no_longer() -> Result<()> {
    let simulator = Simulator::start(Options::default())?;
    simulator.configure(|behaviour| behaviour.iam.token_seconds = 600);
    let unscoped = token(&ask(&simulator, &login(example::PASSWORD, None)).await?)?;
    let body = json!({"auth": {
        "identity": {"methods": ["token"], "token": {"id": unscoped}},
        "scope": {"project": {"id": example::PROJECT}},
    }});
    simulator.configure(|behaviour| behaviour.iam.token_seconds = 6000);
    let issued = ask(&simulator, &body).await?;
    let mut caller = Caller::plain(&simulator)?;
    caller.token = token(&issued)?;
    assert_eq!(json_of(issued, 201).await?["token"]["methods"], json!(["token"]));
    assert_eq!(caller.show(example::BACKUP).await?.status(), 200);
    let expected = (Credential::DerivedToken, Some(example::USER.to_owned()));
    assert_eq!(authority(&simulator), Some(expected));
    simulator.advance_clock(SignedDuration::from_mins(11));
    assert_eq!(caller.show(example::BACKUP).await?.status(), 401);
    let answer = json_of(ask(&simulator, &body).await?, 401).await?;
    assert_eq!(answer["error"]["code"], 401, "its refusals are in IAM's shape: {answer}");
    Ok(())
}

#[tokio::test]
async fn an_agency_is_assumed_by_those_it_trusts_with_a_token_or_a_signature() -> Result<()> {
    let simulator = Simulator::start(Options::default())?;
    simulator.add_agency(agency());
    simulator.add_project(Project::new("their-project", example::REGION));
    simulator.add_backup(simulator::Backup::server("their-backup", "their-project"));
    simulator.add_user(User::new("a third", "stranger", "stranger", example::PROJECT));
    let body = |name: &str| {
        json!({"auth": {
            "identity": {
                "methods": ["assume_role"],
                "assume_role": {"domain_name": OTHER_DOMAIN, name: "replicator"},
            },
            "scope": {"project": {"id": "their-project"}},
        }})
    };
    let own = token(&ask(&simulator, &login(example::PASSWORD, None)).await?)?;
    let mut caller = Caller::plain(&simulator)?;
    caller.project = "their-project".into();
    for name in ["agency_name", "xrole_name"] {
        let issued = ask_as(&simulator, &own, &body(name)).await?;
        caller.token = token(&issued)?;
        assert_eq!(json_of(issued, 201).await?["token"]["user"]["domain"]["name"], OTHER_DOMAIN);
        assert_eq!(caller.show("their-backup").await?.status(), 200);
        let expected = (Credential::AgencyToken, Some("replicator".to_owned()));
        assert_eq!(authority(&simulator), Some(expected));
    }
    let signed = Signer {
        method: "POST",
        uri: "/v3/auth/tokens?nocatalog=true".into(),
        signed: Vec::new(),
        body: body("agency_name").to_string().into_bytes(),
        ..Signer::show(&simulator)
    };
    assert_eq!(signed.send().await?.status(), 201);
    assert_eq!(simulator.logins("replicator").granted, 3);

    assert_eq!(ask(&simulator, &body("agency_name")).await?.status(), 401, "nobody asks");
    assert_eq!(ask_as(&simulator, "unknown", &body("agency_name")).await?.status(), 401);
    assert_eq!(ask_as(&simulator, &own, &body("other_name")).await?.status(), 400);
    let stranger = json!({"auth": {"identity": {"methods": ["password"], "password": {"user": {
        "name": "stranger", "password": "stranger", "domain": {"name": "a third"}}}}}});
    let stranger = token(&ask(&simulator, &stranger).await?)?;
    let refused = ask_as(&simulator, &stranger, &body("agency_name")).await?;
    assert_eq!(json_of(refused, 403).await?["error"]["title"], "Forbidden");
    Ok(())
}

#[tokio::test]
async fn tokens_of_a_user_die_together() -> Result<()> {
    let simulator = Simulator::start(Options::default())?;
    let mut caller = Caller::plain(&simulator)?;
    let right = login(example::PASSWORD, Some(example::PROJECT));
    let mut tokens = Vec::new();
    for _ in 0..2 {
        tokens.push(token(&ask(&simulator, &right).await?)?);
    }
    simulator.expire_tokens_of(example::USER)?;
    for token in &tokens {
        caller.token = token.clone();
        let answer = json_of(caller.show(example::BACKUP).await?, 401).await?;
        assert_eq!(answer["error_code"], "APIGW.0307");
    }
    simulator.revoke_tokens_of(example::USER)?;
    let answer = json_of(caller.show(example::BACKUP).await?, 401).await?;
    assert_eq!(answer["error_code"], "APIGW.0301");
    assert!(simulator.revoke_tokens_of(example::USER).is_err(), "there is none any more");

    caller.token = token(&ask(&simulator, &right).await?)?;
    simulator.set_password(example::USER, "changed")?;
    assert_eq!(caller.show(example::BACKUP).await?.status(), 401);
    assert_eq!(ask(&simulator, &right).await?.status(), 401);
    let changed = ask(&simulator, &login("changed", Some(example::PROJECT))).await?;
    assert_eq!(changed.status(), 201);
    caller.token = example::TOKEN.into();
    assert_eq!(caller.show(example::BACKUP).await?.status(), 200, "that one is nobody's");
    assert!(simulator.set_password("nobody", "").is_err());
    Ok(())
}

#[tokio::test]
async fn projects_are_listed_for_who_may_act_in_them() -> Result<()> {
    let simulator = Simulator::start(Options::default())?;
    simulator.add_user(user());
    simulator.add_project(Project::new("sub-project", example::REGION).named("eu-de_backup"));
    let mut caller = Caller::plain(&simulator)?;
    caller.token = token(&ask(&simulator, &login(example::PASSWORD, None)).await?)?;
    for (query, expected) in [
        ("", vec![example::PROJECT, "sub-project"]),
        ("?name=eu-de", vec![example::PROJECT]),
        ("?enabled=true&name=eu-de_backup", vec!["sub-project"]),
        ("?name=eu-nl", vec![]),
    ] {
        let answer = caller.request("GET", &format!("/v3/projects{query}"))?.send().await?;
        let answer = json_of(answer, 200).await?;
        let projects = answer["projects"].as_array().into_iter().flatten();
        let ids: Vec<_> = projects.filter_map(|project| project["id"].as_str()).collect();
        assert_eq!(ids, expected, "{query}");
    }
    let signed = Signer { uri: "/v3/projects?name=eu-de".into(), ..Signer::show(&simulator) };
    let answer = json_of(signed.send().await?, 200).await?;
    assert_eq!(answer["projects"][0]["id"], example::PROJECT);
    caller.token = "unknown".into();
    let refused = caller.request("GET", "/v3/projects")?.send().await?;
    assert_eq!(json_of(refused, 401).await?["error"]["title"], "Unauthorized");
    Ok(())
}
