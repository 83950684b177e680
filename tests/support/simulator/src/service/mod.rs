//! The service as it behaves when nothing is scripted.

mod access_key;
pub(crate) mod caller;
mod capabilities;
mod credentials;
pub(crate) mod error;
pub(crate) mod iam;
pub(crate) mod inventory;
pub(crate) mod ledger;
mod list;
mod logs;
pub(crate) mod parameters;
mod quota;
pub(crate) mod record;
mod replicate;
pub(crate) mod route;
mod show;
pub(crate) mod stage;
pub(crate) mod token;
mod user;
mod views;

use std::collections::HashMap;
use std::time::Instant;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use serde_json::Value;

use crate::behaviour::{Behaviour, Cache, View};
use crate::clock::Clock;
use crate::log::{Authority, Verdict};
use crate::world::{Agency, IdentityProvider, World};
use access_key::AccessKeys;
use error::Refusal;
use iam::Issued;
use inventory::Inventory;
use ledger::Ledger;
use quota::Quotas;
use route::Route;
use token::Tokens;
use user::Users;

/// The whole service: what exists, who may call, what was accepted, and how it behaves.
pub(crate) struct Service {
    pub(crate) inventory: Inventory,
    pub(crate) tokens: Tokens,
    pub(crate) users: Users,
    pub(crate) access_keys: AccessKeys,
    /// By id.
    pub(crate) identity_providers: HashMap<String, IdentityProvider>,
    pub(crate) agencies: Vec<Agency>,
    pub(crate) clock: Clock,
    pub(crate) ledger: Ledger,
    pub(crate) behaviour: Behaviour,
    quotas: Quotas,
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
    pub(crate) method: &'a Method,
    /// Path and query as received.
    pub(crate) uri: &'a str,
    pub(crate) headers: &'a HeaderMap,
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
    /// What a call about a backup was let in with.
    pub(crate) authority: Option<Authority>,
}

/// What the service did with a call that it did not refuse.
struct Done {
    status: StatusCode,
    body: Value,
    verdict: Verdict,
    subject_token: Option<HeaderValue>,
    authority: Option<Authority>,
}

impl Done {
    fn ok(body: Value, verdict: Verdict, authority: Option<Authority>) -> Self {
        Self { status: StatusCode::OK, body, verdict, subject_token: None, authority }
    }

    fn issued(Issued { body, token }: Issued) -> Self {
        Self {
            status: StatusCode::CREATED,
            subject_token: Some(token),
            ..Self::ok(body, Verdict::Issued, None)
        }
    }
}

impl Service {
    pub(crate) fn new(world: World, behaviour: Behaviour) -> Self {
        let users = Users::new(world.users.clone());
        let mut access_keys = AccessKeys::default();
        world.access_keys.iter().cloned().for_each(|key| access_keys.add(key));
        let providers = world.identity_providers.iter().cloned();
        let identity_providers =
            providers.map(|provider| (provider.id.clone(), provider)).collect();
        let agencies = world.agencies.clone();
        let (inventory, tokens) = Inventory::new(world);
        Self {
            inventory,
            tokens,
            users,
            access_keys,
            identity_providers,
            agencies,
            clock: Clock::default(),
            ledger: Ledger::default(),
            behaviour,
            quotas: Quotas::default(),
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
            | (
                Cache::Polite | Cache::Deaf,
                Route::List { project_id: _ }
                | Route::OperationLogs { project_id: _ }
                | Route::IssueToken
                | Route::Exchange
                | Route::TemporaryKey
                | Route::ListProjects
                | Route::Capabilities { project_id: _ }
                | Route::Unknown,
            ) => false,
        };
        if let Some(stored) = self.stored.get(request.route).filter(|_| cached) {
            // The cache asks nobody who they are.
            return Reply { authority: None, ..stored.clone() };
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
        match self.check_headers(request.headers).and_then(|()| self.carry_out(request, now)) {
            Ok(Done { status, body, verdict, subject_token, authority }) => {
                let body = Bytes::from(body.to_string());
                let content_type = self.behaviour.wire.content_type("application/json");
                Reply { status, content_type, body, verdict, subject_token, authority }
            }
            Err(Refusal { status, shape, code, message }) => {
                let (content_type, body) =
                    shape.render(status, &code, &message, request.request_id);
                let content_type = self.behaviour.wire.content_type(content_type);
                let verdict = Verdict::Refused { status: status.as_u16(), code };
                Reply { status, content_type, body, verdict, subject_token: None, authority: None }
            }
        }
    }

    fn carry_out(&mut self, request: &Request<'_>, now: Instant) -> Result<Done, Refusal> {
        let time = self.clock.now();
        match request.route {
            Route::Replicate { project_id, backup_id } => {
                self.within_quota(request, now)?;
                let authority = self.authenticate(request, project_id, time)?;
                let (body, verdict) = self.replicate(project_id, backup_id, request.body)?;
                Ok(Done::ok(body, verdict, Some(authority)))
            }
            Route::Show { project_id, backup_id } => {
                self.within_quota(request, now)?;
                self.look_up_is_available(request, backup_id)?;
                let authority = self.authenticate(request, project_id, time)?;
                self.look_up_is_allowed(request, backup_id)?;
                let view = self.view(request, backup_id).clone();
                let (body, verdict) = self.show(project_id, backup_id, &view, now)?;
                Ok(Done::ok(body, verdict, Some(authority)))
            }
            Route::OperationLogs { project_id } => {
                self.logs_are_available()?;
                let authority = self.authenticate(request, project_id, time)?;
                self.logs_are_allowed()?;
                let (body, verdict) = self.operation_logs(project_id, request.uri, now);
                Ok(Done::ok(body, verdict, Some(authority)))
            }
            Route::List { project_id } => {
                self.list_is_available()?;
                let authority = self.authenticate(request, project_id, time)?;
                let (body, verdict) = self.list(request, project_id)?;
                Ok(Done::ok(body, verdict, Some(authority)))
            }
            Route::IssueToken => self.issue_token(request, time).map(Done::issued),
            Route::Exchange => self.exchange(request, time).map(Done::issued),
            Route::TemporaryKey => {
                let body = self.temporary_key(request, time)?;
                Ok(Done { status: StatusCode::CREATED, ..Done::ok(body, Verdict::KeyIssued, None) })
            }
            Route::ListProjects => {
                let (body, verdict) = self.list_projects(request, time)?;
                Ok(Done::ok(body, verdict, None))
            }
            Route::Capabilities { project_id } => {
                let authority = self.authenticate(request, project_id, time)?;
                let (body, verdict) = self.capabilities();
                Ok(Done::ok(body, verdict, Some(authority)))
            }
            Route::Unknown => Err(Refusal::no_such_api()),
        }
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
            other @ (Route::List { project_id: _ }
            | Route::OperationLogs { project_id: _ }
            | Route::IssueToken
            | Route::Exchange
            | Route::TemporaryKey
            | Route::ListProjects
            | Route::Capabilities { project_id: _ }
            | Route::Unknown) => other,
        }
    }
}
