//! What exists before the first call: plain data, written in Rust or read from JSON.

mod access_key;
pub mod example;
mod federation;
mod user;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use access_key::AccessKey;
pub use federation::{Agency, IdentityProvider, Mapping};
pub use user::{Token, User};

/// Everything that exists. An absent member of the JSON form means that there is none of its kind.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct World {
    /// The region this service stands in.
    pub region: String,
    /// The destinations of this region, with what they support.
    #[serde(default)]
    pub destinations: Vec<Region>,
    #[serde(default)]
    pub projects: Vec<Project>,
    #[serde(default)]
    pub vaults: Vec<Vault>,
    #[serde(default)]
    pub backups: Vec<Backup>,
    /// Read, but never written out: a token is a secret.
    #[serde(default, skip_serializing)]
    pub tokens: Vec<Token>,
    /// Read, but never written out: each has a password.
    #[serde(default, skip_serializing)]
    pub users: Vec<User>,
    /// Read, but never written out: each has a secret.
    #[serde(default, skip_serializing)]
    pub access_keys: Vec<AccessKey>,
    /// Read, but not written out, like all that is IAM's.
    #[serde(default, skip_serializing)]
    pub identity_providers: Vec<IdentityProvider>,
    #[serde(default, skip_serializing)]
    pub agencies: Vec<Agency>,
}

/// A destination region.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Region {
    pub name: String,
    /// False: known, but not a replication destination (1005).
    #[serde(default = "yes")]
    pub replication: bool,
}

impl Region {
    /// A region that backups can be replicated to.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), replication: true }
    }
}

/// A project; the same user has one in each region.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Project {
    pub id: String,
    /// `None`: named like its region, as the main project of a region is.
    #[serde(default)]
    pub name: Option<String>,
    pub region: String,
    /// False: not a destination of replication (1011).
    #[serde(default = "yes")]
    pub replication: bool,
}

impl Project {
    /// A project that backups can be replicated to.
    pub fn new(id: impl Into<String>, region: impl Into<String>) -> Self {
        Self { id: id.into(), name: None, region: region.into(), replication: true }
    }

    /// The same project with a name of its own, such as `eu-de_backup`.
    pub fn named(self, name: impl Into<String>) -> Self {
        Self { name: Some(name.into()), ..self }
    }

    pub(crate) fn name(&self) -> &str {
        self.name.as_deref().unwrap_or(&self.region)
    }
}

/// What a vault holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VaultKind {
    Replication,
    Backup,
}

/// Whether a vault takes replicas now (6112 if not).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VaultStatus {
    Available,
    Locked,
    Error,
}

/// A vault in a destination region.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Vault {
    pub id: String,
    pub project_id: String,
    pub region: String,
    #[serde(default = "replication_vault")]
    pub kind: VaultKind,
    #[serde(default = "available_vault")]
    pub status: VaultStatus,
    /// How many replicas fit in, those on their way included; `None` for any number.
    #[serde(default)]
    pub capacity: Option<u64>,
}

impl Vault {
    /// An available replication vault without a limit.
    pub fn replication(
        id: impl Into<String>,
        project_id: impl Into<String>,
        region: impl Into<String>,
    ) -> Self {
        Self {
            id: id.into(),
            project_id: project_id.into(),
            region: region.into(),
            kind: VaultKind::Replication,
            status: VaultStatus::Available,
            capacity: None,
        }
    }
}

/// The states of a backup that the API documents.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BackupStatus {
    Available,
    Protecting,
    Deleting,
    Restoring,
    Error,
    WaitingProtect,
    WaitingDelete,
    WaitingRestore,
}

/// Whether a backup is an original or itself a replica.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ImageType {
    Backup,
    Replication,
}

/// What was backed up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ResourceType {
    #[serde(rename = "OS::Nova::Server")]
    Server,
    #[serde(rename = "OS::Cinder::Volume")]
    Disk,
    #[serde(rename = "OS::Sfs::Turbo")]
    Turbo,
}

impl ResourceType {
    /// The provider id that the API documents for this type.
    pub fn provider_id(self) -> &'static str {
        match self {
            Self::Server => "0daac4c5-6707-4851-97ba-169e36266b66",
            Self::Disk => "d1603440-187d-4516-af25-121250c7cc97",
            Self::Turbo => "3f3c3220-245c-4805-b811-758870015881",
        }
    }
}

/// A backup of this region.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Backup {
    pub id: String,
    pub project_id: String,
    #[serde(default = "available_backup")]
    pub status: BackupStatus,
    #[serde(default = "original")]
    pub image_type: ImageType,
    #[serde(default = "server")]
    pub resource_type: ResourceType,
    /// Whether the system disk is in it; without it a server backup cannot be replicated.
    #[serde(default = "yes")]
    pub contain_system_disk: bool,
    #[serde(default = "Timestamp::now")]
    pub created_at: Timestamp,
    /// The server, disk or file system that was backed up; `None`: one of its own.
    #[serde(default)]
    pub resource_id: Option<String>,
    /// The vault that it lies in; `None`: one of its own.
    #[serde(default)]
    pub vault_id: Option<String>,
}

impl Backup {
    /// An available backup of a whole server.
    pub fn server(id: impl Into<String>, project_id: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            project_id: project_id.into(),
            status: BackupStatus::Available,
            image_type: ImageType::Backup,
            resource_type: ResourceType::Server,
            contain_system_disk: true,
            created_at: Timestamp::now(),
            resource_id: None,
            vault_id: None,
        }
    }
}

fn yes() -> bool {
    true
}

fn replication_vault() -> VaultKind {
    VaultKind::Replication
}

fn available_vault() -> VaultStatus {
    VaultStatus::Available
}

fn available_backup() -> BackupStatus {
    BackupStatus::Available
}

fn original() -> ImageType {
    ImageType::Backup
}

fn server() -> ResourceType {
    ResourceType::Server
}
