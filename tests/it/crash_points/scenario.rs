//! The stories in which every point is met.

use std::time::Duration;

use anyhow::{Result, ensure};
use harness::Scene;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use simulator::{
    Advance, Answer, Backup, Behaviour, Call, ErrorShape, Fault, Log, Logs, LookUp, Operation,
    OperationLogs, Options, Pace, Records, Script, Simulator, View, example,
};

/// The server whose newest backup is selected.
const SERVER: &str = "7f3c1d52-0c8e-4b7a-9a55-1f3c8f3f5b21";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Story {
    Success,
    /// The cloud accepts the call and resets the connection.
    LostAnswer,
    /// The cloud accepts the call, and the gateway answers 502.
    BadGateway,
    /// The cloud rejects the first call: the vault is busy.
    RetryAfterRejection,
    /// The cloud refuses the first call for what is cured outside the request.
    Healed,
    /// There is a replication to the same place already.
    Adoption,
    /// The record advances from look to look.
    Tracking,
    /// A user with a password: the operator gets a token from IAM first.
    Login,
    /// The backup is chosen by a selector, and a newer one is made after the choice.
    Selection,
    /// The same as the login, and the token dies before the first call arrives: another one is needed.
    DeadToken,
}

/// What a look-up shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sight {
    Records,
    NoArray,
    NoLookUp,
    /// No list of records, but operation logs.
    Logs,
    /// No look-up, but operation logs.
    LogsAlone,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Scenario {
    pub(crate) story: Story,
    pub(crate) sight: Sight,
}

/// All of them.
pub(crate) fn all() -> Vec<Scenario> {
    use Story::{
        Adoption, BadGateway, DeadToken, Healed, Login, LostAnswer, RetryAfterRejection, Selection,
        Success, Tracking,
    };
    let of = |sight: Sight, stories: &[Story]| {
        stories.iter().map(|story| Scenario { story: *story, sight }).collect()
    };
    let groups: [Vec<Scenario>; 5] = [
        of(
            Sight::Records,
            &[
                Success,
                LostAnswer,
                BadGateway,
                RetryAfterRejection,
                Healed,
                Adoption,
                Tracking,
                Login,
                DeadToken,
                Selection,
            ],
        ),
        of(Sight::NoArray, &[Success]),
        of(Sight::NoLookUp, &[Success, LostAnswer, BadGateway, RetryAfterRejection, Healed]),
        of(Sight::Logs, &[Success, LostAnswer]),
        of(Sight::LogsAlone, &[LostAnswer, BadGateway, Healed]),
    ];
    groups.concat()
}

impl Scenario {
    pub(crate) fn text(self) -> String {
        let story = match self.story {
            Story::Success => "success",
            Story::LostAnswer => "lost response",
            Story::BadGateway => "502 after commit",
            Story::RetryAfterRejection => "retry after rejection",
            Story::Healed => "refusal heals",
            Story::Adoption => "adoption",
            Story::Tracking => "tracking",
            Story::Login => "login",
            Story::DeadToken => "token dies",
            Story::Selection => "selection",
        };
        let sight = match self.sight {
            Sight::Records => "",
            Sight::NoArray => ", no array",
            Sight::NoLookUp => ", no look-up",
            Sight::Logs => ", no array, logs",
            Sight::LogsAlone => ", no look-up, logs",
        };
        format!("{story}{sight}")
    }

    /// Whether the cloud's answer to an accepted call is lost even where nothing else happens.
    pub(crate) fn loses_the_answer(self) -> bool {
        match self.story {
            Story::LostAnswer | Story::BadGateway => true,
            Story::Success
            | Story::RetryAfterRejection
            | Story::Healed
            | Story::Adoption
            | Story::Tracking
            | Story::Login
            | Story::Selection
            | Story::DeadToken => false,
        }
    }

    /// Whether the cloud refuses the first call.
    pub(crate) fn is_refused_at_first(self) -> bool {
        match self.story {
            Story::RetryAfterRejection | Story::Healed => true,
            Story::Success
            | Story::LostAnswer
            | Story::BadGateway
            | Story::Adoption
            | Story::Tracking
            | Story::Login
            | Story::Selection
            | Story::DeadToken => false,
        }
    }

    /// The credential that the resource names.
    pub(crate) fn auth(self) -> Value {
        match self.story {
            Story::Success
            | Story::LostAnswer
            | Story::BadGateway
            | Story::RetryAfterRejection
            | Story::Healed
            | Story::Adoption
            | Story::Selection
            | Story::Tracking => json!({"tokenSecretRef": {"name": "cbr-token"}}),
            Story::Login | Story::DeadToken => json!({"passwordSecretRef": {"name": "cbr-user"}}),
        }
    }

    /// The resource, as users write it.
    pub(crate) fn manifest(self, name: &str, backup: &str) -> String {
        let named = Scene::manifest_with(name, backup, &self.auth());
        if self.story == Story::Selection {
            let selector = format!("backupSelector: {{resourceId: {SERVER}}}");
            return named.replace(&format!("backupId: {backup}"), &selector);
        }
        named
    }

    /// The service. It accepts a second replication to the same place: nothing but the operator
    /// guards against it.
    pub(crate) fn options(self) -> Options {
        let view = match self.sight {
            Sight::Records => View::default(),
            Sight::NoArray | Sight::Logs => View { records: Records::Absent, ..View::default() },
            Sight::NoLookUp | Sight::LogsAlone => {
                View { look_up: LookUp::NotFound, ..View::default() }
            }
        };
        // A record that has ended by the first look-up, so that the story ends with it.
        let pace = if self.story == Story::Tracking {
            Pace::Manual
        } else {
            Pace::takes(Duration::from_millis(1))
        };
        let api = match self.sight {
            Sight::Records | Sight::NoArray | Sight::NoLookUp => OperationLogs::Absent,
            Sight::Logs | Sight::LogsAlone => OperationLogs::Present,
        };
        let logs = Logs { api, ..Logs::default() };
        Options {
            behaviour: Behaviour {
                accept_duplicates: true,
                view,
                pace,
                logs,
                ..Behaviour::default()
            },
            ..Options::default()
        }
    }

    /// What the cloud has before the resource comes, and what it will do. Each backup has a record
    /// of another region's replication, where records are shown: absence proves something there.
    pub(crate) async fn prepare(self, scene: &Scene, backup: &str) -> Result<()> {
        if self.story == Story::Selection {
            scene.simulator.add_backup(of_the_server(&format!("{backup}-old"), 20));
            scene.simulator.add_backup(of_the_server(backup, 10));
        }
        let regions = [
            (
                example::SECOND_DESTINATION_PROJECT,
                example::SECOND_DESTINATION_REGION,
                example::SECOND_VAULT,
            ),
            (example::DESTINATION_PROJECT, example::DESTINATION_REGION, example::VAULT),
        ];
        let earlier = if self.story == Story::Adoption { 2 } else { 1 };
        for (project, region, vault) in regions.into_iter().take(earlier) {
            replicate(&scene.simulator, backup, project, region, vault).await?;
        }
        let fault = match self.story {
            Story::Success
            | Story::Adoption
            | Story::Tracking
            | Story::Selection
            | Story::Login => return Ok(()),
            Story::DeadToken => Fault::before_commit().answer(Answer::status(401).error(
                ErrorShape::Gateway,
                "APIGW.0307",
                "The token must be updated.",
            )),
            Story::LostAnswer => Fault::after_commit().reset(),
            Story::BadGateway => {
                Fault::after_commit().answer(Answer::status(502).text("<html>Bad Gateway</html>"))
            }
            Story::RetryAfterRejection => {
                let busy = Answer::status(400).error(
                    ErrorShape::Cbr,
                    "BackupService.6112",
                    "invalid vault status",
                );
                Fault::before_commit().answer(busy)
            }
            Story::Healed => {
                let missing = Answer::status(400).error(
                    ErrorShape::Cbr,
                    "BackupService.6120",
                    "the vault does not exist",
                );
                Fault::before_commit().answer(missing)
            }
        };
        scene.simulator.script(Script::once(fault).replicate().backup(backup))
    }

    /// Carries the record on, one step before each look-up at it; or makes a newer backup.
    pub(crate) async fn carry_on(self, simulator: Simulator, backup: String) {
        let is_look = |call: &Call| call.operation == Some(Operation::Show);
        if self.story == Story::Selection {
            // Who looks a backup up has chosen it: one that chooses again finds a newer one.
            simulator.wait_for(|log| log.calls_of(&backup).any(is_look)).await;
            simulator.add_backup(of_the_server(&format!("{backup}-new"), 0));
            return;
        }
        if self.story != Story::Tracking {
            return;
        }
        simulator.wait_for(|log| log.counts(&backup).accepted >= 2).await;
        let looked = |log: &Log| {
            let answered =
                |call: &&Call| call.operation == Some(Operation::Show) && call.ending.is_some();
            log.calls_of(&backup).filter(answered).count()
        };
        for to in [
            Advance::Replicating { progress: 40 },
            Advance::Replicating { progress: 80 },
            Advance::Success,
        ] {
            simulator.advance(&backup, to).expect("nobody else carries this record on");
            let before = simulator.log(looked);
            simulator.wait_for(|log| looked(log) > before).await;
        }
    }
}

/// A backup of the server that is selected, so many minutes old.
fn of_the_server(id: &str, minutes: i64) -> Backup {
    let created_at = Timestamp::now().checked_sub(SignedDuration::from_mins(minutes));
    Backup {
        resource_id: Some(SERVER.to_owned()),
        created_at: created_at.unwrap_or(Timestamp::UNIX_EPOCH),
        ..Backup::server(id, example::PROJECT)
    }
}

/// A replication that somebody else asked for.
async fn replicate(
    simulator: &Simulator,
    backup: &str,
    project: &str,
    region: &str,
    vault: &str,
) -> Result<()> {
    let url =
        format!("{}/v3/{}/backups/{backup}/replicate", simulator.http_url(), example::PROJECT);
    let body = serde_json::json!({"replicate": {
        "destination_project_id": project, "destination_region": region, "destination_vault_id": vault,
    }});
    let client = reqwest::Client::builder().no_proxy().build()?;
    let answer = client
        .post(url)
        .header("X-Auth-Token", example::TOKEN)
        .body(body.to_string())
        .send()
        .await?;
    ensure!(answer.status().is_success(), "{}", answer.text().await?);
    Ok(())
}
