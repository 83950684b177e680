//! What the API server was asked about a scene. Its log is shared with all other tests.

use anyhow::Result;
use control_plane::AuditEvent;

use crate::scene::{PATIENCE, Scene};

impl Scene {
    /// The requests about this scene's namespace, and those of its service accounts, in the order
    /// of the answers.
    ///
    /// # Errors
    /// The log cannot be read.
    pub fn audit_events(&self) -> Result<Vec<AuditEvent>> {
        self.cluster.audit_events_about(&self.namespace)
    }

    /// The same, as the log has them.
    ///
    /// # Errors
    /// The log cannot be read.
    pub fn audit_log(&self) -> Result<String> {
        self.cluster.audit_log_about(&self.namespace)
    }

    /// The first of them that is wanted; it may be there already.
    ///
    /// # Errors
    /// There is none in time, or the log cannot be read.
    pub fn wait_for_audit_event(
        &self,
        is_wanted: impl Fn(&AuditEvent) -> bool,
    ) -> Result<AuditEvent> {
        self.cluster.wait_for_audit_event_about(&self.namespace, PATIENCE, is_wanted)
    }
}
