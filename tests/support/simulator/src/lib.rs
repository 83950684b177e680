//! A CBR service (Cloud Backup and Recovery) of one region that behaves, and on request misbehaves,
//! as the real one.
//!
//! It answers `POST /v3/{project_id}/backups/{backup_id}/replicate` and
//! `GET /v3/{project_id}/backups/{backup_id}` over plain HTTP and over TLS, with the constraints,
//! the error bodies and the replication records that the API documents. It shares no type with any
//! client, so a client's misreading of the API cannot hide in a shared type.
//!
//! It is IAM as well. `POST /v3/auth/tokens` has tokens for a password, another token or an agency;
//! `POST /v3.0/OS-AUTH/id-token/tokens` has them for the token of an [`IdentityProvider`], such as
//! a service account's; `POST /v3.0/OS-CREDENTIAL/securitytokens` has temporary keys; and
//! `GET /v3/projects` says which projects there are. Calls come with such a token or signed with an
//! [`AccessKey`]: the gateway computes the signature itself ([`signature`]), from the request as it
//! was received. It has a clock of its own ([`Simulator::set_clock`]), which decides when a
//! signature is too old, a token has expired or a lock ends.
//!
//! A call is *committed* when the service accepted it: a replication record exists from then on.
//! What a test asks of a client is how it behaves when an answer is lost, late or wrong before or
//! after that point; a [`Script`] says so.
//!
//! ```
//! use simulator::{Fault, Options, Script, Simulator, example};
//!
//! # fn main() -> anyhow::Result<()> {
//! let simulator = Simulator::start(Options::default())?;
//! let reset_after_commit = Fault::after_commit().reset();
//! simulator.script(Script::once(reset_after_commit).replicate().backup(example::BACKUP))?;
//! // … a client calls simulator.http_url() or simulator.https_url() …
//! assert_eq!(simulator.counts(example::BACKUP).accepted, 0);
//! # Ok(())
//! # }
//! ```

mod behaviour;
mod clock;
mod command;
mod handle;
mod log;
mod options;
mod script;
mod server;
mod service;
pub mod signature;
mod simulator;
mod state;
mod world;

pub use behaviour::{
    AuthErrors, Behaviour, Cache, Children, Count, DestinationVault, Ending, ExpiredToken,
    HeaderLimits, Iam, List, Logs, LookUp, OperationLogs, Order, Pace, Quota, Records, Shape,
    Spelling, Timestamps, View, Wire,
};
pub use command::Command;
pub use log::{
    Applicants, Attempts, Authority, Call, CallEnding, Counts, Credential, Headers, Log, Verdict,
};
pub use options::Options;
pub use script::answer::{Answer, Body, Cut, CutOff, RetryAfter};
pub use script::fault::{End, Fault, Step, Steps};
pub use script::hold::Hold;
pub use script::{Operation, Script, TokenValue};
pub use service::error::ErrorShape;
pub use service::record::{Record, Target};
pub use service::stage::{Advance, DeletedRecord, Stage};
pub use simulator::Simulator;
pub use world::{
    AccessKey, Agency, Backup, BackupStatus, IdentityProvider, ImageType, Mapping, Project, Region,
    ResourceType, Token, User, Vault, VaultKind, VaultStatus, World, example,
};
