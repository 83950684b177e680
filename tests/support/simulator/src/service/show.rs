//! `GET /v3/{project_id}/backups/{backup_id}`.

use std::time::Instant;

use serde_json::{Value, json};

use super::Service;
use super::error::Refusal;
use super::inventory::Stored;
use super::replicate::no_such_backup;
use crate::behaviour::{Children, Records, Shape, Timestamps, View};
use crate::log::Verdict;

impl Service {
    pub(super) fn show(
        &mut self,
        project_id: &str,
        backup_id: &str,
        view: &View,
        now: Instant,
    ) -> Result<(Value, Verdict), Refusal> {
        let backup_id = view.instead.as_deref().unwrap_or(backup_id);
        let stored = self
            .inventory
            .backup(backup_id, project_id, self.behaviour.any_backup)
            .cloned()
            .ok_or_else(|| no_such_backup(backup_id))?;
        let visible: Vec<Value> = self
            .ledger
            .of_backup(backup_id, now)
            .iter()
            .filter(|record| record.is_visible(view.records, now))
            .map(|record| record.show(view))
            .collect();
        let mut shown = shown(&stored, view);
        shown["children"] = children(&stored, view, &visible);
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

/// All but what belongs to it.
pub(super) fn shown(stored: &Stored, view: &View) -> Value {
    let backup = &stored.backup;
    let created_at = created_at(stored, view);
    let mut shown = json!({
        "id": view.spelling.id(&backup.id),
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
        "project_id": view.spelling.id(&backup.project_id),
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
    });
    match view.shape {
        Shape::Full => {}
        Shape::Sparse => {
            if let Some(keys) = shown.as_object_mut() {
                for absent in ["updated_at", "protected_at", "expired_at", "parent_id"] {
                    keys.remove(absent);
                }
            }
            shown["enterprise_project_id"] = json!(0);
        }
    }
    shown
}

/// The styles without a readable time are for records alone.
fn created_at(stored: &Stored, view: &View) -> String {
    let style = match view.timestamps {
        Timestamps::Unreadable | Timestamps::Absent => Timestamps::default(),
        readable @ (Timestamps::Unzoned | Timestamps::Offset | Timestamps::Zulu) => readable,
    };
    style.format(stored.backup.created_at)
}

/// The disks of a server.
fn children(stored: &Stored, view: &View, records: &[Value]) -> Value {
    let records = match view.children {
        Children::None => return json!([]),
        Children::Disks => None,
        Children::WithRecords => Some(records),
    };
    let disks = [(0, true), (1, false)].map(|(number, bootable)| {
        let mut disk = json!({
            "id": format!("{}-{number}", stored.checkpoint_id),
            "name": format!("autobk_4fe8_{number}"),
            "status": stored.backup.status,
            "image_type": stored.backup.image_type,
            "created_at": created_at(stored, view),
            "checkpoint_id": stored.checkpoint_id,
            "parent_id": stored.backup.id,
            "project_id": stored.backup.project_id,
            "resource_type": "OS::Cinder::Volume",
            "extend_info": {"auto_trigger": false, "bootable": bootable, "system_disk": bootable, "snapshot_id": null},
            "children": [{"id": format!("{}-{number}-0", stored.checkpoint_id), "children": []}],
        });
        if let Some(records) = records {
            disk["replication_records"] =
                json!(records.iter().map(|record| of_child(record, number)).collect::<Vec<_>>());
        }
        disk
    });
    json!(disks)
}

fn of_child(record: &Value, number: u32) -> Value {
    let mut record = record.clone();
    record["id"] = json!(format!("{}-{number}", record["id"].as_str().unwrap_or_default()));
    record["status"] = json!("fail");
    record
}
