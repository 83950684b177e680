//! The admin API and the process.

use std::io::{BufRead, BufReader};
use std::net::{Ipv4Addr, SocketAddr};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, ensure};
use reqwest::{Client, StatusCode};
use serde_json::{Value, json};
use simulator::{Counts, Options, Simulator, example};

use crate::caller::{Caller, code_of, json_of};

/// A client of the admin API.
pub(crate) struct Admin {
    client: Client,
    base: String,
}

impl Admin {
    fn new(base: String) -> Result<Self> {
        Ok(Self { client: Client::builder().no_proxy().build()?, base })
    }

    pub(crate) async fn get(&self, path: &str) -> Result<Value> {
        json_of(self.client.get(format!("{}{path}", self.base)).send().await?, 200).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value, status: u16) -> Result<Value> {
        json_of(self.client.post(format!("{}{path}", self.base)).json(&body).send().await?, status)
            .await
    }

    pub(crate) async fn act(&self, command: Value) -> Result<()> {
        self.post("/do", command, 200).await.map(|_| ())
    }
}

pub(crate) fn started() -> Result<(Simulator, Caller, Admin)> {
    let admin = Some(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)));
    let simulator = Simulator::start(Options { admin, ..Options::default() })?;
    let caller = Caller::plain(&simulator)?;
    let admin = Admin::new(simulator.admin_url().context("no admin API")?)?;
    Ok((simulator, caller, admin))
}

#[tokio::test]
async fn the_world_is_changed_by_commands() -> Result<()> {
    let (_simulator, mut caller, admin) = started()?;
    let backup = "33333333-3333-4333-8333-333333333333";
    admin
        .act(json!([
            { "add_backup": { "id": backup, "project_id": example::PROJECT, "status": "protecting" } },
            { "add_token": { "value": "second", "project_id": example::PROJECT } },
            { "revoke_token": { "value": example::TOKEN } },
        ]))
        .await?;
    let revoked = caller.replicate(backup).await?;
    assert_eq!(code_of(revoked, StatusCode::UNAUTHORIZED).await?, "APIGW.0301");
    caller.token = "second".into();
    let protecting = caller.replicate(backup).await?;
    assert_eq!(code_of(protecting, StatusCode::BAD_REQUEST).await?, "BackupService.6125");
    admin
        .act(json!({ "set_backup_status": { "backup_id": backup, "status": "available" } }))
        .await?;
    let record = caller.accepted(backup).await?;
    admin
        .act(json!({ "advance": { "id": record, "to": { "replicating": { "progress": 12 } } } }))
        .await?;
    let records = admin.get(&format!("/records?backup_id={backup}")).await?;
    assert_eq!(records[0]["stage"], json!({ "replicating": { "progress": 12 } }));
    let world = admin.get("/world").await?;
    assert!(
        world["backups"]
            .as_array()
            .is_some_and(|backups| backups.iter().any(|known| known["id"] == backup))
    );
    Ok(())
}

#[tokio::test]
async fn faults_holds_and_waiting_work_from_afar() -> Result<()> {
    let (_simulator, caller, admin) = started()?;
    admin
        .act(json!({ "script": {
            "operation": "replicate",
            "fault": { "steps": ["commit", { "hold": { "name": "a" } }], "end": { "answer": { "status": 502 } } },
        }}))
        .await?;
    assert_eq!(admin.get("/scripts").await?.as_array().map(Vec::len), Some(1));
    let call = tokio::spawn(async move { caller.replicate(example::BACKUP).await });
    let arrived =
        json!({ "milliseconds": 60_000, "until": { "hold": { "name": "a", "arrivals": 1 } } });
    admin.post("/wait", arrived, 200).await?;
    let accepted = json!({ "counts": { "backup_id": example::BACKUP, "accepted": 1 } });
    admin.post("/wait", json!({ "milliseconds": 60_000, "until": accepted }), 200).await?;
    let never = json!({ "counts": { "accepted": 2 } });
    admin.post("/wait", json!({ "milliseconds": 1, "until": never }), 408).await?;
    admin.act(json!({ "release": { "hold": "a" } })).await?;
    assert_eq!(call.await??.status(), 502);
    assert_eq!(admin.get("/counts").await?, json!({ "posts": 1, "accepted": 1, "gets": 0 }));
    let log = admin.get("/log?from=0").await?;
    assert_eq!(log[0]["ending"], json!({ "answered": { "status": 502 } }));
    assert!(!log.to_string().contains(example::TOKEN));
    assert_eq!(admin.get("/log?from=1").await?, json!([]));
    Ok(())
}

#[tokio::test]
async fn the_behaviour_is_read_and_written_in_the_same_form() -> Result<()> {
    let (_simulator, caller, admin) = started()?;
    let mut behaviour = admin.get("/behaviour").await?;
    behaviour["view"]["records"] = json!("absent");
    behaviour["pace"] = json!({ "milliseconds": 5000 });
    admin.act(json!({ "configure": behaviour })).await?;
    assert_eq!(admin.get("/behaviour").await?, behaviour);
    assert_eq!(caller.records(example::BACKUP).await?, None);
    Ok(())
}

#[tokio::test]
async fn what_a_token_sees_and_how_records_are_listed_is_set_from_afar() -> Result<()> {
    let (simulator, caller, admin) = started()?;
    let record = caller.accepted(example::BACKUP).await?;
    let target = json!({
        "project_id": example::PROJECT, "backup_id": example::BACKUP, "destination_project_id": "p",
        "destination_region": "r", "destination_vault_id": "v",
    });
    let answer = json!({ "status": 404, "body": { "page": "<p>{request_id}</p>" } });
    admin
        .act(json!([
            { "add_replication": target },
            { "alter_record": { "id": example::BACKUP, "fields": { "extra_info": { "auto_trigger": true } } } },
            { "hide": { "id": record } },
            { "set_token_view": { "token": { "value": example::TOKEN }, "view": { "spelling": "upper" } } },
        ]))
        .await?;
    let records = caller.records(example::BACKUP).await?.context("no records")?;
    assert_eq!(records.as_array().map(Vec::len), Some(1));
    assert_eq!(
        (&records[0]["destination_region"], &records[0]["extra_info"]["auto_trigger"]),
        (&json!("R"), &json!(true))
    );
    let of_token = json!({ "operation": "show", "token": example::TOKEN, "fault": { "end": { "answer": answer } } });
    admin.act(json!({ "script": of_token })).await?;
    assert!(!admin.get("/scripts").await?.to_string().contains(example::TOKEN));
    assert_eq!(caller.show(example::BACKUP).await?.status(), 404);
    assert_eq!(simulator.scripts().len(), 0);
    Ok(())
}

/// The page names each command, and each value that a view can have.
#[tokio::test]
async fn the_page_about_it_is_complete() -> Result<()> {
    let (_simulator, _caller, admin) = started()?;
    let page = admin.client.get(&admin.base).send().await?.text().await?;
    let refused = admin.post("/do", json!({ "explode": {} }), 400).await?;
    let mut named: Vec<String> = listed(&refused);
    for member in ["look_up", "timestamps", "destination_vault", "spelling", "shape", "children"] {
        let view = json!({ "set_view": { "backup_id": "b", "view": { member: "unheard_of" } } });
        named.extend(listed(&admin.post("/do", view, 400).await?));
        named.push(member.to_owned());
    }
    assert!(named.len() > 50, "{named:?}");
    let words: Vec<_> = page.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').collect();
    let missing: Vec<_> = named.iter().filter(|name| !words.contains(&name.as_str())).collect();
    assert!(missing.is_empty(), "{missing:?}");
    Ok(())
}

/// What an error says is expected, between backticks; the first is what was sent.
fn listed(error: &Value) -> Vec<String> {
    let text = error["error"].as_str().unwrap_or_default();
    text.split('`').skip(3).step_by(2).map(str::to_owned).collect()
}

#[tokio::test]
async fn what_it_cannot_do_it_says() -> Result<()> {
    let (simulator, _caller, admin) = started()?;
    for (command, named) in [
        (json!({ "explode": {} }), "explode"),
        (json!({ "set_backup_status": { "backup_id": "x", "status": "available" } }), "backup x"),
        (json!([{ "advance": { "id": "x", "to": "success" } }]), "x"),
        (json!({ "script": { "fault": { "end": { "answer": { "status": 99 } } } } }), "99"),
    ] {
        let answer = admin.post("/do", command.clone(), 400).await?;
        let error = answer["error"].as_str().context("no error")?;
        assert!(error.contains(named), "{command}: {error}");
    }
    admin.post("/nothing", json!({}), 404).await?;
    assert_eq!(simulator.counts(example::BACKUP), Counts::default());
    Ok(())
}

/// The process, ended with the test.
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended already.
        let _ended = self.0.kill().and_then(|()| self.0.wait());
    }
}

#[tokio::test]
async fn the_process_says_where_it_serves_and_takes_a_world() -> Result<()> {
    let directory = tempfile::tempdir()?;
    let (world, ca) = (directory.path().join("world.json"), directory.path().join("ca.pem"));
    let backup = "44444444-4444-4444-8444-444444444444";
    let json = json!({
        "region": "region1",
        "destinations": [{ "name": "region2" }],
        "projects": [{ "id": "p2", "region": "region2" }],
        "vaults": [{ "id": "v2", "project_id": "p2", "region": "region2" }],
        "backups": [{ "id": backup, "project_id": "p1" }],
        "tokens": [{ "value": "t1", "project_id": "p1" }],
    });
    std::fs::write(&world, json.to_string())?;
    let mut process = Command::new(env!("CARGO_BIN_EXE_simulator"))
        .args(["--admin", "--takes", "0", "--world"])
        .arg(&world)
        .arg("--ca-file")
        .arg(&ca)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .map(Process)?;
    let mut line = String::new();
    BufReader::new(process.0.stdout.take().context("no output")?).read_line(&mut line)?;
    let addresses: Value =
        serde_json::from_str(&line).with_context(|| format!("not JSON: {line:?}"))?;
    let address =
        |key: &str| addresses[key].as_str().map(str::to_owned).context("an address is missing");

    let ca = reqwest::Certificate::from_pem(&std::fs::read(&ca)?)?;
    let client = Client::builder().no_proxy().tls_certs_only([ca]).build()?;
    let body = json!({ "replicate": {
        "destination_project_id": "p2", "destination_region": "region2", "destination_vault_id": "v2",
    }});
    let url = format!("{}/v3/p1/backups/{backup}", address("https")?);
    let post = client
        .post(format!("{url}/replicate"))
        .header("x-auth-token", "t1")
        .json(&body)
        .send()
        .await?;
    assert_eq!(json_of(post, 200).await?["replication"]["source_region"], "region1");
    let get = json_of(client.get(url).header("x-auth-token", "t1").send().await?, 200).await?;
    assert_eq!(get["backup"]["replication_records"][0]["status"], "success");
    let counts = Admin::new(address("admin")?)?.get("/counts").await?;
    ensure!(counts == json!({ "posts": 1, "accepted": 1, "gets": 1 }), "{counts}");
    Ok(())
}
