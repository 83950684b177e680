//! The default world and its ids. Project, backup and vault are those of the API's own example
//! request.

use super::{AccessKey, Backup, Project, Region, Token, User, Vault, VaultKind, World};

/// The region this service stands in.
pub const REGION: &str = "eu-de";
/// The region that backups can be replicated to.
pub const DESTINATION_REGION: &str = "eu-nl";
/// A second region that backups can be replicated to, in this world alone.
pub const SECOND_DESTINATION_REGION: &str = "eu-second";
/// The project that owns the backups.
pub const PROJECT: &str = "f841e01fd2b14e7fa41b6ae7aa6b0594";
/// The project in [`DESTINATION_REGION`].
pub const DESTINATION_PROJECT: &str = "68589cac08274b82b4e254268a3862d8";
/// The project in [`SECOND_DESTINATION_REGION`].
pub const SECOND_DESTINATION_PROJECT: &str = "0605767b5780d5762fc5c0118072a564";
/// An available server backup.
pub const BACKUP: &str = "a5200268-74a5-4806-acc6-95793ab0228b";
/// A replication vault without a limit in [`DESTINATION_REGION`].
pub const VAULT: &str = "0ca3eb86-8800-46da-9c37-9d657a825274";
/// A replication vault without a limit in [`SECOND_DESTINATION_REGION`].
pub const SECOND_VAULT: &str = "5e2a4b31-4f04-4c4f-b8b3-2c1c5d5a9d0e";
/// A vault in [`DESTINATION_REGION`] that holds backups, not replicas.
pub const BACKUP_VAULT: &str = "ad7627ae-5b0b-492e-b3bd-cd809b745197";
/// A token for [`PROJECT`] that does not expire.
pub const TOKEN: &str = "gAAAAABexample-token-of-the-simulator";
/// The domain of [`USER`].
pub const DOMAIN: &str = "OTC-EU-DE-00000000001000000000";
/// A user of IAM with rights in [`PROJECT`].
pub const USER: &str = "cbr-replication";
/// The password of [`USER`].
pub const PASSWORD: &str = "example-password-of-the-simulator";
/// The access key of [`USER`].
pub const ACCESS_KEY: &str = "AKEXAMPLE00000000001";
/// The secret of [`ACCESS_KEY`].
pub const SECRET_KEY: &str = "example-secret-key-of-the-simulator-0001";

impl Default for World {
    /// One backup, two destination regions, a token without an expiry, a user with an access
    /// key: the ids are in
    /// [`example`].
    fn default() -> Self {
        Self {
            region: REGION.into(),
            destinations: vec![
                Region::new(DESTINATION_REGION),
                Region::new(SECOND_DESTINATION_REGION),
            ],
            projects: vec![
                Project::new(PROJECT, REGION),
                Project::new(DESTINATION_PROJECT, DESTINATION_REGION),
                Project::new(SECOND_DESTINATION_PROJECT, SECOND_DESTINATION_REGION),
            ],
            vaults: vec![
                Vault::replication(VAULT, DESTINATION_PROJECT, DESTINATION_REGION),
                Vault::replication(
                    SECOND_VAULT,
                    SECOND_DESTINATION_PROJECT,
                    SECOND_DESTINATION_REGION,
                ),
                Vault {
                    kind: VaultKind::Backup,
                    ..Vault::replication(BACKUP_VAULT, DESTINATION_PROJECT, DESTINATION_REGION)
                },
            ],
            backups: vec![Backup::server(BACKUP, PROJECT)],
            tokens: vec![Token::new(TOKEN, PROJECT)],
            users: vec![User::new(DOMAIN, USER, PASSWORD, PROJECT)],
            access_keys: vec![AccessKey::new(ACCESS_KEY, SECRET_KEY, PROJECT).of_user(USER)],
            identity_providers: Vec::new(),
            agencies: Vec::new(),
        }
    }
}
