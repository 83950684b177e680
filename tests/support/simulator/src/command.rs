//! The changes that the admin API offers, in JSON:
//! `{"set_backup_status": {"backup_id": "…", "status": "error"}}`.

use anyhow::Result;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::behaviour::{Behaviour, View};
use crate::script::Script;
use crate::service::record::Target;
use crate::service::stage::{Advance, DeletedRecord};
use crate::state::State;
use crate::world::{
    AccessKey, Agency, Backup, BackupStatus, IdentityProvider, Project, Region, Token, User, Vault,
    VaultStatus,
};

/// One change; each is the function of the same name of [`Simulator`](crate::Simulator).
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Command {
    AddRegion(Region),
    AddProject(Project),
    AddVault(Vault),
    SetVaultCapacity {
        vault_id: String,
        capacity: Option<u64>,
    },
    SetVaultStatus {
        vault_id: String,
        status: VaultStatus,
    },
    AddBackup(Backup),
    RemoveBackup {
        backup_id: String,
    },
    SetBackupStatus {
        backup_id: String,
        status: BackupStatus,
    },
    AddToken(Token),
    ExpireToken(SecretValue),
    RevokeToken(SecretValue),
    /// All that a user or an agency was issued.
    ExpireTokensOf {
        user: String,
    },
    RevokeTokensOf {
        user: String,
    },
    AddUser(User),
    /// The value is the password.
    SetPassword {
        user: String,
        password: SecretValue,
    },
    UnlockUser {
        user: String,
    },
    AddAccessKey(AccessKey),
    RemoveAccessKey {
        access: String,
    },
    UnlockAccessKey {
        access: String,
    },
    AddIdentityProvider(IdentityProvider),
    AddAgency(Agency),
    /// The clock of the service shows this time now, and goes on from there.
    SetClock {
        at: Timestamp,
    },
    /// Forward, or back if negative.
    AdvanceClock {
        seconds: i64,
    },
    ResetClock,
    /// The whole behaviour: what is left out gets its default.
    Configure(Behaviour),
    SetView {
        backup_id: String,
        view: Option<View>,
    },
    /// What one token, or one access key, is shown, whatever the backup; it comes before the view
    /// of the backup.
    SetTokenView {
        token: SecretValue,
        view: Option<View>,
    },
    /// A replication that nobody called for here, such as a policy's.
    AddReplication(Target),
    /// How one record is listed; its fields are merged into it, and `null` takes a field away.
    AlterRecord {
        id: String,
        fields: Map<String, Value>,
    },
    Advance {
        id: String,
        to: Advance,
    },
    Reveal {
        id: Option<String>,
    },
    /// Lists a record, or all of a backup, no more, until they are revealed.
    Hide {
        id: String,
    },
    DeleteReplica {
        id: String,
        then: DeletedRecord,
    },
    Script(Script),
    ClearScripts,
    /// Lets calls at a hold pass: one, or (where `one` is false or left out) all from now on.
    Release {
        hold: String,
        #[serde(default)]
        one: bool,
    },
}

/// The value of a token, or a password.
#[derive(Clone, Deserialize)]
pub struct SecretValue {
    value: String,
}

impl std::fmt::Debug for SecretValue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("<redacted>")
    }
}

impl Command {
    pub(crate) fn apply(self, state: &mut State) -> Result<()> {
        let inventory = &mut state.service.inventory;
        match self {
            Self::AddRegion(region) => inventory.add_region(region),
            Self::AddProject(project) => inventory.add_project(project),
            Self::AddVault(vault) => inventory.add_vault(vault),
            Self::SetVaultCapacity { vault_id, capacity } => {
                inventory.set_vault_capacity(&vault_id, capacity)?
            }
            Self::SetVaultStatus { vault_id, status } => {
                inventory.set_vault_status(&vault_id, status)?
            }
            Self::AddBackup(backup) => inventory.add_backup(backup),
            Self::RemoveBackup { backup_id } => inventory.remove_backup(&backup_id)?,
            Self::SetBackupStatus { backup_id, status } => {
                inventory.set_backup_status(&backup_id, status)?
            }
            Self::AddToken(token) => state.service.tokens.add(token),
            Self::ExpireToken(SecretValue { value }) => state.service.expire_token(&value)?,
            Self::RevokeToken(SecretValue { value }) => state.service.tokens.revoke(&value)?,
            Self::ExpireTokensOf { user } => state.service.expire_tokens_of(&user)?,
            Self::RevokeTokensOf { user } => state.service.tokens.revoke_all_of(&user)?,
            Self::AddUser(user) => state.service.users.add(user),
            Self::SetPassword { user, password: SecretValue { value } } => {
                state.service.set_password(&user, &value)?
            }
            Self::UnlockUser { user } => state.service.users.unlock(&user)?,
            Self::AddAccessKey(key) => state.service.access_keys.add(key),
            Self::RemoveAccessKey { access } => state.service.access_keys.remove(&access)?,
            Self::UnlockAccessKey { access } => state.service.access_keys.unlock(&access)?,
            Self::AddIdentityProvider(provider) => state.service.add_identity_provider(provider)?,
            Self::AddAgency(agency) => state.service.agencies.push(agency),
            Self::SetClock { at } => state.service.clock.set(at),
            Self::AdvanceClock { seconds } => {
                state.service.clock.advance(SignedDuration::from_secs(seconds))
            }
            Self::ResetClock => state.service.clock.set(Timestamp::now()),
            Self::Configure(behaviour) => state.service.behaviour = behaviour,
            Self::SetView { backup_id, view } => state.service.set_view(&backup_id, view),
            Self::SetTokenView { token: SecretValue { value }, view } => {
                state.service.set_token_view(&value, view)
            }
            Self::AddReplication(target) => drop(state.service.add_replication(target)?),
            Self::AlterRecord { id, fields } => state.service.ledger.alter(&id, fields)?,
            Self::Hide { id } => state.service.ledger.hide(&id)?,
            Self::Advance { id, to } => state.service.ledger.advance(&id, to)?,
            Self::Reveal { id } => state.service.ledger.reveal(id.as_deref()),
            Self::DeleteReplica { id, then } => state.service.ledger.delete_replica(&id, then)?,
            Self::Script(script) => state.scripts.add(script)?,
            Self::ClearScripts => state.scripts.clear(),
            Self::Release { hold, one } => {
                let hold = state.hold(&hold);
                if one {
                    hold.release_one();
                } else {
                    hold.release();
                }
            }
        }
        Ok(())
    }
}
