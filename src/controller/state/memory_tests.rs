use super::*;
use crate::controller::state::viewers::StoredViewer;

fn object(shown_to: &str, outcome: &str) -> BackupReplication {
    let text = format!(
        "
        apiVersion: cbr.replication.dev/v1alpha1
        kind: BackupReplication
        metadata: {{name: db, namespace: backups, uid: u-1, resourceVersion: '7', generation: 1}}
        spec:
          projectId: p
          backupId: b
          destinationProjectId: dp
          destinationRegion: eu-nl
          destinationVaultId: v
          auth: {{tokenSecretRef: {{name: cbr-token}}}}
        status:
          recordShownTo: {shown_to}
          origin: Called
          replicationRecordId: r-1
          attempts:
            - {{id: a-1, number: 1, generation: 1, endpoint: 'https://cbr.example', claimedAt: 2026-11-23T10:00:00Z,
               claimedBy: me, window: 10s, limit: 60s, outcome: {outcome}, recordId: r-1}}
        "
    );
    serde_saphyr::from_str(&text).unwrap()
}

/// Knowledge belongs to the one who looks, also when it is read from a status.
#[test]
fn a_stored_viewer_is_known_for_its_own_place_and_value_alone() {
    let memory = Memory::default();
    memory.note_stored_viewer(&object("viewer-2", "Unknown"));
    memory.note_stored_viewer(&object("viewer-1", "Accepted"));
    let stored = StoredViewer {
        namespace: "backups".into(),
        endpoint: "https://cbr.example".into(),
        project_id: "p".into(),
        viewer: "viewer-1".into(),
    };
    assert!(memory.is_stored_viewer(&stored));
    for other in [
        StoredViewer { namespace: "others".into(), ..stored.clone() },
        StoredViewer { endpoint: "https://other.example".into(), ..stored.clone() },
        StoredViewer { project_id: "p2".into(), ..stored.clone() },
        StoredViewer { viewer: "viewer-2".into(), ..stored.clone() },
    ] {
        assert!(!memory.is_stored_viewer(&other), "{other:?}");
    }
}
