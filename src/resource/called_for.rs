//! What is called for: the spec's request with its one backup, which the spec names or the operator
//! has chosen. Nothing else reads either, so that no reader can forget the other.

use aws_lc_rs::digest;

use super::selector::BackupSelector;
use super::spec::{BackupReplication, BackupReplicationSpec};

/// Where the backup comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BackupSource<'a> {
    /// It is known: the spec names it, or it was chosen.
    Known(&'a str),
    /// It is to be chosen, and then written into `status.chosenBackupId`.
    ToChoose(&'a BackupSelector),
    /// The spec names none, or more than one. (An older CRD may have let that through.)
    Unclear(&'static str),
}

/// What is called for. Field names are those of the spec.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CalledFor<'a> {
    /// Where the spec names it.
    pub endpoint: Option<&'a str>,
    /// Source project.
    pub project_id: &'a str,
    /// The backup that the spec names, or that was chosen.
    pub backup_id: &'a str,
    /// Destination project.
    pub destination_project_id: &'a str,
    /// Destination region.
    pub destination_region: &'a str,
    /// Destination vault.
    pub destination_vault_id: &'a str,
    /// Of the replica.
    pub name: Option<&'a str>,
    /// Of the replica.
    pub description: Option<&'a str>,
    /// Whether the copy is accelerated.
    pub enable_acceleration: Option<bool>,
}

impl BackupReplication {
    /// Where the backup comes from. The choice that is written in the status stands, whatever is
    /// newer by now.
    pub fn backup(&self) -> BackupSource<'_> {
        let chosen = self.status.as_ref().and_then(|status| status.chosen_backup_id.as_deref());
        match (&self.spec.backup_id, &self.spec.backup_selector, chosen) {
            (Some(named), None, _) => BackupSource::Known(named),
            (None, Some(_), Some(chosen)) => BackupSource::Known(chosen),
            (None, Some(selector), None) => {
                if selector.resource_id.is_none() && selector.vault_id.is_none() {
                    BackupSource::Unclear("spec.backupSelector names no resourceId and no vaultId")
                } else {
                    BackupSource::ToChoose(selector)
                }
            }
            (None, None, _) => {
                BackupSource::Unclear("neither spec.backupId nor spec.backupSelector is set")
            }
            (Some(_), Some(_), _) => {
                BackupSource::Unclear("both spec.backupId and spec.backupSelector are set")
            }
        }
    }

    /// The backup, once it is known.
    pub fn backup_id(&self) -> Option<&str> {
        match self.backup() {
            BackupSource::Known(id) => Some(id),
            BackupSource::ToChoose(_) | BackupSource::Unclear(_) => None,
        }
    }

    /// Whether the backup was chosen by the operator.
    pub fn is_backup_chosen(&self) -> bool {
        self.spec.backup_selector.is_some() && self.backup_id().is_some()
    }

    /// What is called for, once the backup is known.
    pub fn called_for(&self) -> Option<CalledFor<'_>> {
        let backup_id = self.backup_id()?;
        let BackupReplicationSpec {
            endpoint,
            project_id,
            backup_id: _,
            backup_selector: _,
            destination_project_id,
            destination_region,
            destination_vault_id,
            name,
            description,
            enable_acceleration,
            auth: _,
            ready_when: _,
            on_unknown_outcome: _,
            on_rejection: _,
            suspend: _,
        } = &self.spec;
        Some(CalledFor {
            endpoint: endpoint.as_deref(),
            project_id,
            backup_id,
            destination_project_id,
            destination_region,
            destination_vault_id,
            name: name.as_deref(),
            description: description.as_deref(),
            enable_acceleration: *enable_acceleration,
        })
    }

    /// A digest of what is called for, once the backup is known: 32 characters, the same in every
    /// version. Two resources with the same one ask for the same call.
    pub fn request_digest(&self) -> Option<String> {
        self.called_for().map(|called| called.digest())
    }
}

impl CalledFor<'_> {
    fn digest(&self) -> String {
        let Self {
            endpoint,
            project_id,
            backup_id,
            destination_project_id,
            destination_region,
            destination_vault_id,
            name,
            description,
            enable_acceleration,
        } = *self;
        let acceleration = enable_acceleration.map(|value| value.to_string());
        let required = [
            project_id,
            backup_id,
            destination_project_id,
            destination_region,
            destination_vault_id,
        ];
        let optional = [endpoint, name, description, acceleration.as_deref()];
        let mut digest = digest::Context::new(&digest::SHA256);
        for field in required.into_iter().map(Some).chain(optional) {
            // Neither may two fields read as one, nor an absent one as an empty one.
            digest.update(
                field
                    .map_or_else(|| "-".to_owned(), |text| format!("{}:{text}", text.len()))
                    .as_bytes(),
            );
        }
        digest.finish().as_ref().iter().take(16).map(|byte| format!("{byte:02x}")).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn object(backup: Value, chosen: Option<&str>) -> BackupReplication {
        let mut spec = json!({
            "projectId": "p", "destinationProjectId": "dp", "destinationRegion": "eu-nl",
            "destinationVaultId": "v", "auth": {},
        });
        let fields = backup.as_object().unwrap().clone();
        spec.as_object_mut().unwrap().extend(fields);
        serde_json::from_value(json!({
            "apiVersion": "cbr.replication.dev/v1alpha1", "kind": "BackupReplication",
            "metadata": {"name": "db"}, "spec": spec, "status": {"chosenBackupId": chosen},
        }))
        .unwrap()
    }

    #[test]
    fn a_named_backup_is_known_and_a_selected_one_is_once_it_is_chosen() {
        let selector = json!({"backupSelector": {"vaultId": "v"}});
        assert_eq!(object(json!({"backupId": "b"}), None).backup_id(), Some("b"));
        assert_eq!(object(json!({"backupId": "b"}), Some("c")).backup_id(), Some("b"));
        assert_eq!(object(selector.clone(), Some("c")).backup_id(), Some("c"));
        let open = object(selector, None);
        assert!(matches!(open.backup(), BackupSource::ToChoose(_)));
        assert_eq!((open.called_for(), open.request_digest()), (None, None));
        for unclear in [
            json!({}),
            json!({"backupSelector": {"createdAfter": "2026-11-01T00:00:00Z"}}),
            json!({"backupId": "b", "backupSelector": {"vaultId": "v"}}),
        ] {
            let object = object(unclear.clone(), Some("c"));
            let is_unclear = matches!(object.backup(), BackupSource::Unclear(_));
            // What was chosen before stands where a selector alone is there.
            let chosen = object.backup_id() == Some("c");
            assert!(is_unclear || (chosen && unclear.get("backupId").is_none()), "{unclear}");
        }
    }

    /// Attempts of earlier versions hold it: it must never come out otherwise.
    #[test]
    fn the_digest_of_a_named_backup_is_that_of_every_version_and_of_the_same_one_chosen() {
        let named = object(json!({"backupId": "b"}), None).request_digest();
        let chosen = object(json!({"backupSelector": {"resourceId": "s"}}), Some("b"));
        assert_eq!(named, chosen.request_digest());
        let other = object(json!({"backupSelector": {"resourceId": "s"}}), Some("b2"));
        assert_ne!(named, other.request_digest());
    }
}
