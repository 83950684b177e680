//! `GET /v3/{project_id}/backups`: filters, order, pages.

use http::StatusCode;
use serde_json::{Map, Value, json};

use super::error::Refusal;
use super::inventory::{Stored, folded};
use super::show::shown;
use super::{Request, Service};
use crate::behaviour::{Count, LookUp, Order};
use crate::log::Verdict;

/// As many as a page holds where the request says nothing, and at most.
const MOST_LISTED: usize = 1000;

/// What a request asks for.
struct Wanted {
    limit: usize,
    offset: usize,
    filters: Vec<(String, String)>,
}

impl Wanted {
    fn parse(uri: &str) -> Result<Self, Refusal> {
        let query = uri.split_once('?').map_or("", |(_, query)| query);
        let mut wanted = Self { limit: MOST_LISTED, offset: 0, filters: Vec::new() };
        let number = |name: &str, value: &str| {
            value.parse().map_err(|_| Refusal::parameter(format!("Parameter {name} is a number.")))
        };
        // Nothing that is asked for needs to be percent-encoded.
        for (name, value) in query.split('&').filter_map(|pair| pair.split_once('=')) {
            match name {
                "limit" => wanted.limit = number("limit", value)?,
                "offset" => wanted.offset = number("offset", value)?,
                "resource_id" | "vault_id" | "status" | "image_type" => {
                    wanted.filters.push((name.to_owned(), value.to_owned()));
                }
                _ => {}
            }
        }
        if !(1..=MOST_LISTED).contains(&wanted.limit) {
            return Err(Refusal::parameter("Parameter limit is a number from 1 to 1000."));
        }
        Ok(wanted)
    }

    fn fits(&self, entry: &Value) -> bool {
        self.filters.iter().all(|(name, value)| {
            entry.get(name).and_then(Value::as_str).is_some_and(|it| folded(it) == folded(value))
        })
    }
}

impl Service {
    /// A service without the list says so before it looks at the token.
    pub(super) fn list_is_available(&self) -> Result<(), Refusal> {
        match self.behaviour.list.availability {
            LookUp::Available | LookUp::Forbidden | LookUp::Refused | LookUp::NoSuchBackup => {
                Ok(())
            }
            LookUp::NotFound => Err(Refusal::no_such_api()),
            LookUp::MethodNotAllowed => Err(Refusal::bare(StatusCode::METHOD_NOT_ALLOWED)),
            LookUp::NotImplemented => Err(Refusal::bare(StatusCode::NOT_IMPLEMENTED)),
        }
    }

    fn list_is_allowed(&self) -> Result<(), Refusal> {
        let refused = |status, code, message| {
            Err(Refusal::auth(self.behaviour.auth_errors, status, code, message))
        };
        match self.behaviour.list.availability {
            LookUp::Forbidden => {
                let message = "Policy does not allow cbr:backups:list to be performed.";
                refused(StatusCode::FORBIDDEN, "APIGW.0302", message)
            }
            LookUp::Refused => {
                let message = "Incorrect IAM authentication information: decrypt token fail";
                refused(StatusCode::UNAUTHORIZED, "APIGW.0301", message)
            }
            LookUp::Available
            | LookUp::NotFound
            | LookUp::MethodNotAllowed
            | LookUp::NotImplemented
            | LookUp::NoSuchBackup => Ok(()),
        }
    }

    pub(super) fn list(
        &self,
        request: &Request<'_>,
        project_id: &str,
    ) -> Result<(Value, Verdict), Refusal> {
        self.list_is_allowed()?;
        let wanted = Wanted::parse(request.uri)?;
        let behaviour = &self.behaviour.list;
        let mut stored = self.inventory.backups_of(project_id);
        let by_time = |one: &&Stored, other: &&Stored| {
            let key = |stored: &Stored| (stored.backup.created_at, stored.backup.id.clone());
            key(one).cmp(&key(other))
        };
        match behaviour.order {
            Order::NewestFirst => stored.sort_by(|one, other| by_time(other, one)),
            Order::OldestFirst => stored.sort_by(by_time),
            Order::ById => stored.sort_by(|one, other| one.backup.id.cmp(&other.backup.id)),
        }
        let entries: Vec<Value> = stored
            .into_iter()
            .map(|stored| self.entry(stored))
            .filter(|entry| behaviour.ignores_filters || wanted.fits(entry))
            .collect();
        let total = entries.len();
        let limit = behaviour.at_most.map_or(wanted.limit, |most| wanted.limit.min(most));
        let page: Vec<Value> = entries.into_iter().skip(wanted.offset).take(limit).collect();
        let backups = page.len();
        let mut body = json!({ "backups": page });
        match behaviour.count {
            Count::Total => body["count"] = json!(total),
            Count::OfPage => body["count"] = json!(backups),
            Count::Absent => {}
        }
        Ok((body, Verdict::BackupsListed { backups }))
    }

    /// A backup as the list has it: without its records, and with what was altered.
    fn entry(&self, stored: &Stored) -> Value {
        let mut entry = shown(stored, &self.behaviour.view);
        entry["children"] = json!([]);
        entry["replication_records"] = json!([]);
        let Some(fields) = self.inventory.altered(&stored.backup.id) else {
            return entry;
        };
        if let Some(keys) = entry.as_object_mut() {
            merge(keys, fields);
        }
        entry
    }
}

/// `null` takes a field away.
fn merge(keys: &mut Map<String, Value>, fields: &Map<String, Value>) {
    for (name, value) in fields {
        if value.is_null() {
            keys.remove(name);
        } else {
            keys.insert(name.clone(), value.clone());
        }
    }
}
