//! `GET /v3/projects?name=…`: the projects that the caller may act in.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::id_of;
use crate::log::Verdict;
use crate::service::error::Refusal;
use crate::service::{Request, Service};

impl Service {
    pub(in crate::service) fn list_projects(
        &mut self,
        request: &Request<'_>,
        now: Timestamp,
    ) -> Result<(Value, Verdict), Refusal> {
        let owner = self.caller_of_iam(request, now)?.owner;
        let query = request.uri.split_once('?').map_or("", |(_, query)| query);
        let name = query.split('&').find_map(|pair| pair.strip_prefix("name="));
        let known = owner.projects.iter().filter_map(|id| self.inventory.project(id, false));
        let projects: Vec<Value> = known
            .filter(|project| name.is_none_or(|name| name == project.name()))
            .map(|project| {
                let domain = id_of(&owner.domain);
                json!({
                    "id": project.id,
                    "name": project.name(),
                    "domain_id": domain,
                    "parent_id": domain,
                    "is_domain": false,
                    "enabled": true,
                    "description": "",
                })
            })
            .collect();
        let verdict = Verdict::Listed { projects: projects.len() };
        Ok((json!({"links": {"next": null, "previous": null}, "projects": projects}), verdict))
    }
}
