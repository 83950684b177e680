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

use crate::behaviour::{Behaviour, Cache, LookUp, View};
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
    /// What `GET` shows to single tokens, where it differs from the rest.
    token_views: HashMap<String, View>,
    /// What the cache has stored, by path.
    stored: HashMap<Route, Reply>,
}

/// A call as the service sees it.
pub(crate) struct Request<'a> {
    pub(crate) route: &'a Route,
    pub(crate) token: Option<&'a [u8]>,
    pub(crate) body: &'a [u8],
    pub(crate) request_id: &'a str,
    /// Whether it asks caches to stay out of it.
    pub(crate) no_cache: bool,
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
        Self {
            inventory,
            tokens,
            users,
            ledger: Ledger::default(),
            behaviour,
            views: HashMap::new(),
            token_views: HashMap::new(),
            stored: HashMap::new(),
        }
    }

    /// Processes a call, or leaves it to the cache. A replication that is accepted is committed
    /// when this returns.
    pub(crate) fn process(&mut self, request: &Request<'_>) -> Reply {
        let cached = match (&self.behaviour.cache, request.route) {
            (Cache::None, _) => {
                self.stored.clear();
                false
            }
            (Cache::Polite, Route::Show { project_id: _, backup_id: _ }) => !request.no_cache,
            (Cache::Deaf, Route::Show { project_id: _, backup_id: _ }) => true,
            (Cache::Polite | Cache::Deaf, Route::Replicate { project_id: _, backup_id: _ })
            | (Cache::Polite | Cache::Deaf, Route::IssueToken | Route::Unknown) => false,
        };
        if let Some(stored) = self.stored.get(request.route).filter(|_| cached) {
            return stored.clone();
        }
        let reply = self.answer(request);
        if cached && reply.status == StatusCode::OK {
            self.stored.insert(request.route.clone(), reply.clone());
        }
        reply
    }

    fn answer(&mut self, request: &Request<'_>) -> Reply {
        let now = Instant::now();
        self.ledger.catch_up(now);
        let shown = |(body, verdict)| (StatusCode::OK, body, verdict, None);
        let answer = match request.route {
            Route::Replicate { project_id, backup_id } => self
                .authenticate(request, project_id)
                .and_then(|()| self.replicate(project_id, backup_id, request.body))
                .map(shown),
            Route::Show { project_id, backup_id } => self
                .look_up_is_available(request, backup_id)
                .and_then(|()| self.authenticate(request, project_id))
                .and_then(|()| self.look_up_is_allowed(request, backup_id))
                .and_then(|()| {
                    self.show(project_id, backup_id, &self.view(request, backup_id).clone(), now)
                })
                .map(shown),
            Route::IssueToken => self
                .issue_token(request.body)
                .map(|(body, token)| (StatusCode::CREATED, body, Verdict::Issued, Some(token))),
            Route::Unknown => Err(Refusal::no_such_api()),
        };
        match answer {
            Ok((status, body, verdict, subject_token)) => {
                let body = Bytes::from(body.to_string());
                let content_type = if self.behaviour.wire.charset {
                    "application/json;charset=UTF-8"
                } else {
                    "application/json"
                };
                Reply { status, content_type, body, verdict, subject_token }
            }
            Err(Refusal { status, shape, code, message }) => {
                let (content_type, body) =
                    shape.render(status, &code, &message, request.request_id);
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

    /// Gives one token a view of its own; `None` takes it away.
    pub(crate) fn set_token_view(&mut self, token: &str, view: Option<View>) {
        match view {
            Some(view) => self.token_views.insert(token.to_owned(), view),
            None => self.token_views.remove(token),
        };
    }

    /// The route with the ids by which project and backup are known here, where any spelling will
    /// do.
    pub(crate) fn known_as(&self, route: Route) -> Route {
        match route {
            route if !self.behaviour.any_spelling => route,
            Route::Replicate { project_id, backup_id } => {
                let (project_id, backup_id) = self.inventory.known_as(&project_id, &backup_id);
                Route::Replicate { project_id, backup_id }
            }
            Route::Show { project_id, backup_id } => {
                let (project_id, backup_id) = self.inventory.known_as(&project_id, &backup_id);
                Route::Show { project_id, backup_id }
            }
            Route::IssueToken => Route::IssueToken,
            Route::Unknown => Route::Unknown,
        }
    }

    /// Who looks decides before what is looked at.
    fn view(&self, request: &Request<'_>, backup_id: &str) -> &View {
        let token = request.token.and_then(|token| std::str::from_utf8(token).ok());
        let of_token = token.and_then(|token| self.token_views.get(token));
        of_token.or_else(|| self.views.get(backup_id)).unwrap_or(&self.behaviour.view)
    }

    /// A service without the look-up says so before it looks at the token.
    fn look_up_is_available(&self, request: &Request<'_>, backup_id: &str) -> Result<(), Refusal> {
        match self.view(request, backup_id).look_up {
            LookUp::Available | LookUp::Forbidden | LookUp::Refused | LookUp::NoSuchBackup => {
                Ok(())
            }
            LookUp::NotFound => Err(Refusal::no_such_api()),
            LookUp::MethodNotAllowed => Err(Refusal::bare(StatusCode::METHOD_NOT_ALLOWED)),
            LookUp::NotImplemented => Err(Refusal::bare(StatusCode::NOT_IMPLEMENTED)),
        }
    }

    fn look_up_is_allowed(&self, request: &Request<'_>, backup_id: &str) -> Result<(), Refusal> {
        let refused = |status, code, message| {
            Err(Refusal::auth(self.behaviour.auth_errors, status, code, message))
        };
        match self.view(request, backup_id).look_up {
            LookUp::Forbidden => {
                let message = "Policy does not allow cbr:backups:get to be performed.";
                refused(StatusCode::FORBIDDEN, "APIGW.0302", message)
            }
            LookUp::Refused => {
                let message = "Incorrect IAM authentication information: decrypt token fail";
                refused(StatusCode::UNAUTHORIZED, "APIGW.0301", message)
            }
            LookUp::NoSuchBackup => Err(replicate::no_such_backup(backup_id)),
            LookUp::Available
            | LookUp::NotFound
            | LookUp::MethodNotAllowed
            | LookUp::NotImplemented => Ok(()),
        }
    }
}
