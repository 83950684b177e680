//! `GET /v3/{project_id}/replication-capabilities`.

use serde_json::{Value, json};

use super::Service;
use crate::log::Verdict;

impl Service {
    /// Where the backups of this region can go.
    pub(super) fn capabilities(&self) -> (Value, Verdict) {
        let world = self.inventory.world();
        let offered = world.destinations.iter().filter(|region| region.replication);
        let names: Vec<&str> = offered.map(|region| region.name.as_str()).collect();
        let verdict = Verdict::Offered { regions: names.len() };
        let region = json!({"name": world.region, "replication_destinations": names});
        (json!({ "regions": [region] }), verdict)
    }
}
