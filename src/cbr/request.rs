//! What the call says.

use bytes::Bytes;
use serde_json::{Map, Value, json};

use super::ids::{BackupId, ProjectId, Region, VaultId};

/// The backup that a call or a look is about.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Target {
    /// The source project; the token is scoped to it.
    pub project_id: ProjectId,
    /// The source backup.
    pub backup_id: BackupId,
}

/// `BackupReplicateReqBody` of `CopyBackup.rst`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replicate {
    /// The project that gets the replica.
    pub destination_project_id: ProjectId,
    /// The region that gets the replica.
    pub destination_region: Region,
    /// The replication vault there.
    pub destination_vault_id: VaultId,
    /// Name of the replica; the cloud accepts 1 to 64 characters.
    pub name: Option<String>,
    /// Description of the replica; the cloud accepts up to 255 characters.
    pub description: Option<String>,
    /// Whether the copy is accelerated; a member that newer services know.
    pub enable_acceleration: Option<bool>,
}

impl Replicate {
    /// The body of the request. What is absent here is absent there.
    pub(super) fn to_json(&self) -> Bytes {
        let Self {
            destination_project_id,
            destination_region,
            destination_vault_id,
            name,
            description,
            enable_acceleration,
        } = self;
        let optional = [
            ("name", name.as_deref().map(Value::from)),
            ("description", description.as_deref().map(Value::from)),
            ("enable_acceleration", enable_acceleration.map(Value::from)),
        ];
        let required = [
            ("destination_project_id", destination_project_id.as_str()),
            ("destination_region", destination_region.as_str()),
            ("destination_vault_id", destination_vault_id.as_str()),
        ];
        let members: Map<String, Value> = required
            .map(|(key, value)| (key, Some(Value::from(value))))
            .into_iter()
            .chain(optional)
            .filter_map(|(key, value)| Some((key.to_owned(), value?)))
            .collect();
        Bytes::from(json!({ "replicate": members }).to_string())
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(crate) fn replicate() -> Replicate {
        Replicate {
            destination_project_id: ProjectId::parse("68589cac08274b82b4e254268a3862d8").unwrap(),
            destination_region: Region::parse("eu-nl").unwrap(),
            destination_vault_id: VaultId::parse("0ca3eb86-8800-46da-9c37-9d657a825274").unwrap(),
            name: None,
            description: None,
            enable_acceleration: None,
        }
    }

    fn sent(body: &Replicate) -> Value {
        serde_json::from_slice(&body.to_json()).unwrap()
    }

    #[test]
    fn the_body_is_the_documented_one() {
        let expected = json!({"replicate": {
            "destination_project_id": "68589cac08274b82b4e254268a3862d8",
            "destination_region": "eu-nl",
            "destination_vault_id": "0ca3eb86-8800-46da-9c37-9d657a825274",
        }});
        assert_eq!(sent(&replicate()), expected);
    }

    #[test]
    fn optional_members_are_sent_as_given() {
        let body = Replicate {
            name: Some("复制_1".to_owned()),
            description: Some("say \"hi\"\n".to_owned()),
            enable_acceleration: Some(false),
            ..replicate()
        };
        let sent = sent(&body);
        assert_eq!(sent.pointer("/replicate/name"), Some(&json!("复制_1")));
        assert_eq!(sent.pointer("/replicate/description"), Some(&json!("say \"hi\"\n")));
        assert_eq!(sent.pointer("/replicate/enable_acceleration"), Some(&json!(false)));
    }
}
