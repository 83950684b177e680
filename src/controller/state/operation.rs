//! What is asked of a cloud, where what one part of it answers says nothing of the others.

/// A part of the cloud's API that has limits and rights of its own: one that throttles or refuses
/// must not hold up the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum CloudOperation {
    /// The look-up of a backup, and the call.
    Backup,
    /// The list of backups.
    List,
    /// The operation logs.
    Logs,
    /// A login at IAM.
    Login,
}
