//! `GET /v3/{project_id}/backups/{backup_id}`.

use std::time::Instant;

use serde_json::{Value, json};

use super::Service;
use super::error::Refusal;
use super::replicate::no_such_backup;
use crate::behaviour::Records;
use crate::log::Verdict;

impl Service {
    pub(super) fn show(
        &mut self,
        project_id: &str,
        backup_id: &str,
        now: Instant,
    ) -> Result<(Value, Verdict), Refusal> {
        let stored = self
            .inventory
            .backup(backup_id, project_id, self.behaviour.any_backup)
            .cloned()
            .ok_or_else(|| no_such_backup(backup_id))?;
        let view = self.view(backup_id).clone();
        let visible: Vec<Value> = self
            .ledger
            .of_backup(backup_id, now)
            .iter()
            .filter(|record| record.is_visible(view.records, now))
            .map(|record| record.show(&view))
            .collect();
        let backup = &stored.backup;
        let created_at = view.timestamps.format(backup.created_at);
        let mut shown = json!({
            "id": backup.id,
            "name": "autobk_4fe8",
            "description": "",
            "status": backup.status,
            "image_type": backup.image_type,
            "created_at": created_at,
            "updated_at": created_at,
            "protected_at": created_at,
            "expired_at": null,
            "checkpoint_id": stored.checkpoint_id,
            "parent_id": null,
            "project_id": backup.project_id,
            "provider_id": backup.resource_type.provider_id(),
            "vault_id": stored.vault_id,
            "resource_az": null,
            "resource_id": stored.resource_id,
            "resource_name": "ecs-0fe1",
            "resource_size": 40,
            "resource_type": backup.resource_type,
            "extend_info": {
                "auto_trigger": false,
                "bootable": false,
                "contain_system_disk": backup.contain_system_disk,
                "incremental": false,
            },
            "children": [],
        });
        let records = visible.len();
        match view.records {
            Records::Present | Records::Late { milliseconds: _ } | Records::Empty => {
                shown["replication_records"] = json!(visible);
            }
            Records::Null => shown["replication_records"] = Value::Null,
            Records::Absent => {}
        }
        Ok((json!({ "backup": shown }), Verdict::Shown { records }))
    }
}
