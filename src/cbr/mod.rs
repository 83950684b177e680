//! The cloud's side: one irreversible call (`POST …/replicate`), one look-up
//! (`GET …/backups/{id}`), the list of backups, a second witness (`GET …/operation-logs`), what
//! their answers prove, and how a token for them is issued. Knows nothing of Kubernetes and decides
//! nothing.

mod access_key;
mod answer;
mod backup_list;
mod begun_by;
mod capabilities;
mod classify;
mod client;
mod clock;
mod cloud_clock;
mod cloud_value;
mod clouds;
mod codeless;
mod credential;
mod credential_id;
mod endpoint;
mod endpoint_pattern;
mod error_body;
mod error_class;
mod error_table;
mod gate;
mod iam;
mod ids;
mod json;
mod list;
mod look_up;
mod operation_logs;
mod origin;
mod outcome;
mod records;
mod redaction;
mod replication;
mod request;
mod retry_after;
mod signature;
mod span;
mod text;
mod timestamp;
mod token;
mod transport;
mod unsigned;

pub use access_key::{AccessKey, InvalidAccessKey, KeyPart, NoAccessKey};
pub use backup_list::{BackupList, Incomplete, ListQuery, ListedBackup};
pub use begun_by::BegunBy;
pub use capabilities::{OfferedBackup, SourceRegion};
pub use classify::classify;
pub use client::{Client, ClientConfig, ClientError};
pub use clock::ClockDifference;
pub use cloud_value::{CloudValue, same_spelling, spelling};
pub use clouds::{
    Cloud, DEFAULT_ENDPOINT_PATTERNS, DEFAULT_IAM_PATTERNS, Hosts, UnknownCloud, iam_beside,
};
pub use codeless::{CODELESS, Codeless};
pub use credential::Credential;
pub use credential_id::CredentialId;
pub use endpoint::{AllowList, Endpoint, EndpointRefused};
pub use endpoint_pattern::{EndpointPattern, InvalidPattern};
pub use error_body::CloudError;
pub use error_class::{Class, Refusal, TerminalReason};
pub use error_table::{AnswerRow, DOCUMENTED};
pub use gate::StartWindow;
pub use iam::{Issued, Login, NoUser, NotIssued, User, UserBytes, UserPart};
pub use ids::{
    BackupId, InvalidId, OperationLogId, ProjectId, RecordId, Region, ResourceId, VaultId,
};
pub use list::ListError;
pub use look_up::LookUpError;
pub use operation_logs::{LogPage, LogStatus, OperationLog};
pub use outcome::{
    Accepted, NotSent, NotSentReason, Rejection, ReplicateOutcome, Unknown, UnknownWhy,
};
pub use records::{
    Backup, BackupStatus, ImageType, RecordStatus, Records, ReplicationRecord, ResourceKind,
};
pub use replication::Replication;
pub use request::{Replicate, Target};
pub use token::{InvalidToken, Token};
