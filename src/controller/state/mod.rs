//! What this process remembers and may lose. Safety never needs it.

pub(super) mod breakers;
pub(super) mod gate;
pub(super) mod issued_tokens;
pub(super) mod lane;
pub(super) mod last_round;
pub(super) mod log_cache;
pub(super) mod lookup_cache;
pub(super) mod memory;
pub(super) mod operation;
pub(super) mod permits;
pub(super) mod secret_reads;
pub(super) mod target_index;
pub(super) mod target_locks;
mod under_way;
pub(super) mod viewers;
