//! The service as it behaves when nothing is scripted.

pub(crate) mod error;
mod iam;
pub(crate) mod inventory;
pub(crate) mod ledger;
pub(crate) mod parameters;
pub(crate) mod record;
mod replicate;
pub(crate) mod route;
mod show;
pub(crate) mod stage;
pub(crate) mod token;

use std::collections::HashMap;
use std::time::Instant;

use bytes::Bytes;
use http::{HeaderValue, StatusCode};

use crate::behaviour::{Behaviour, LookUp, View};
use crate::log::Verdict;
use crate::world::{User, World};
use error::Refusal;
use inventory::Inventory;
use ledger::Ledger;
use route::Route;
use token::Tokens;

/// The whole service: what exists, who may call, what was accepted, and how it behaves.
pub(crate) struct Service {
    pub(crate) inventory: Inventory,
    pub(crate) tokens: Tokens,
    pub(crate) users: Vec<User>,
    pub(crate) ledger: Ledger,
    pub(crate) behaviour: Behaviour,
    /// What `GET` shows of single backups, where it differs from the rest.
    views: HashMap<String, View>,
}

/// A call as the service sees it.
pub(crate) struct Request<'a> {
    pub(crate) route: &'a Route,
    pub(crate) token: Option<&'a [u8]>,
    pub(crate) body: &'a [u8],
    pub(crate) request_id: &'a str,
}

/// The ordinary answer to a call.
#[derive(Clone, Debug)]
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) content_type: &'static str,
    pub(crate) body: Bytes,
    pub(crate) verdict: Verdict,
    /// `X-Subject-Token`, marked sensitive.
    pub(crate) subject_token: Option<HeaderValue>,
}

impl Service {
    pub(crate) fn new(world: World, behaviour: Behaviour) -> Self {
        let users = world.users.clone();
        let (inventory, tokens) = Inventory::new(world);
        Self { inventory, tokens, users, ledger: Ledger::default(), behaviour, views: HashMap::new() }
    }

    /// Processes a call. A replication that is accepted is committed when this returns.
    pub(crate) fn process(&mut self, request: &Request<'_>) -> Reply {
        let now = Instant::now();
        self.ledger.catch_up(now);
        let shown = |(body, verdict)| (StatusCode::OK, body, verdict, None);
        let answer = match request.route {
            Route::Replicate { project_id, backup_id } => self
                .authenticate(request, project_id)
                .and_then(|()| self.replicate(project_id, backup_id, request.body))
                .map(shown),
            Route::Show { project_id, backup_id } => self
                .look_up_is_available(backup_id)
                .and_then(|()| self.authenticate(request, project_id))
                .and_then(|()| self.look_up_is_allowed(backup_id))
                .and_then(|()| self.show(project_id, backup_id, now))
                .map(shown),
            Route::IssueToken => self
                .issue_token(request.body)
                .map(|(body, token)| (StatusCode::CREATED, body, Verdict::Issued, Some(token))),
            Route::Unknown => Err(Refusal::no_such_api()),
        };
        match answer {
            Ok((status, body, verdict, subject_token)) => {
                let body = Bytes::from(body.to_string());
                Reply { status, content_type: "application/json", body, verdict, subject_token }
            }
            Err(Refusal { status, shape, code, message }) => {
                let (content_type, body) = shape.render(status, &code, &message, request.request_id);
                let verdict = Verdict::Refused { status: status.as_u16(), code };
                Reply { status, content_type, body, verdict, subject_token: None }
            }
        }
    }

    fn authenticate(&self, request: &Request<'_>, project_id: &str) -> Result<(), Refusal> {
        self.tokens.check(request.token, project_id, self.behaviour.auth_errors)
    }

    /// Gives one backup a view of its own; `None` takes it away.
    pub(crate) fn set_view(&mut self, backup_id: &str, view: Option<View>) {
        match view {
            Some(view) => self.views.insert(backup_id.to_owned(), view),
            None => self.views.remove(backup_id),
        };
    }

    fn view(&self, backup_id: &str) -> &View {
        self.views.get(backup_id).unwrap_or(&self.behaviour.view)
    }

    /// A service without the look-up says so before it looks at the token.
    fn look_up_is_available(&self, backup_id: &str) -> Result<(), Refusal> {
        match self.view(backup_id).look_up {
            LookUp::Available | LookUp::Forbidden => Ok(()),
            LookUp::NotFound => Err(Refusal::no_such_api()),
            LookUp::MethodNotAllowed => Err(Refusal::bare(StatusCode::METHOD_NOT_ALLOWED)),
            LookUp::NotImplemented => Err(Refusal::bare(StatusCode::NOT_IMPLEMENTED)),
        }
    }

    fn look_up_is_allowed(&self, backup_id: &str) -> Result<(), Refusal> {
        match self.view(backup_id).look_up {
            LookUp::Forbidden => {
                let message = "Policy does not allow cbr:backups:get to be performed.";
                Err(Refusal::auth(self.behaviour.auth_errors, StatusCode::FORBIDDEN, "APIGW.0302", message))
            }
            LookUp::Available | LookUp::NotFound | LookUp::MethodNotAllowed | LookUp::NotImplemented => Ok(()),
        }
    }
}
