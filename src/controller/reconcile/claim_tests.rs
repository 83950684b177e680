use super::*;
use crate::resource::{AttemptId, Outcome};

fn object() -> BackupReplication {
    serde_saphyr::from_str(
        "
        apiVersion: cbr.replication.dev/v1alpha1
        kind: BackupReplication
        metadata: {name: db, namespace: backups, uid: u-1, resourceVersion: '7', generation: 1}
        spec:
          projectId: p
          backupId: b
          destinationProjectId: dp
          destinationRegion: eu-nl
          destinationVaultId: v
          auth: {tokenSecretRef: {name: cbr-token}}
        status:
          attempts:
            - id: a-1
              number: 1
              generation: 1
              requestDigest: d
              endpoint: https://cbr.example
              claimedAt: 2026-11-23T10:00:00Z
              claimedBy: me
              window: 10s
              limit: 60s
              recordsBefore: [r-0]
        ",
    )
    .unwrap()
}

fn attempts(object: &mut BackupReplication) -> &mut Vec<Attempt> {
    &mut object.status.as_mut().unwrap().attempts
}

fn attempt() -> Attempt {
    attempts(&mut object()).remove(0)
}

#[test]
fn a_claim_is_held_where_its_attempt_is_in_force_on_the_very_object() {
    assert!(Claim::stored(&object(), &object(), &attempt()).is_some());
    let others: [fn(&mut BackupReplication); 6] = [
        |object| object.metadata.uid = Some("u-2".into()),
        |object| object.metadata.uid = None,
        |object| object.status = None,
        |object| attempts(object).clear(),
        |object| attempts(object)[0].id = AttemptId::new("a-2"),
        |object| attempts(object)[0].outcome = Some(Outcome::Unknown),
    ];
    for (number, other) in others.into_iter().enumerate() {
        let mut returned = object();
        other(&mut returned);
        assert_eq!(Claim::stored(&returned, &object(), &attempt()), None, "{number}");
    }
    let mut behind = object();
    let later = Attempt { id: AttemptId::new("a-2"), number: 2, ..attempt() };
    attempts(&mut behind).insert(0, later);
    assert_eq!(Claim::stored(&behind, &object(), &attempt()), None, "another is in force");
}

/// What it was proven with must be what others find; who claimed may be masked.
#[test]
fn a_claim_whose_proof_was_changed_is_not_called() {
    let masked = Attempt { claimed_by: "masked".into(), ..attempt() };
    assert_eq!(changed_terms(&attempt(), &masked), None);
    type Change = fn(&mut Attempt);
    let changes: [(&str, Change); 4] = [
        ("number", |stored| stored.number = 2),
        ("recordsBefore", |stored| stored.records_before = Some(vec![])),
        ("recordsBefore", |stored| stored.records_before = None),
        ("requestDigest", |stored| stored.request_digest = None),
    ];
    for (field, change) in changes {
        let mut stored = attempt();
        change(&mut stored);
        let why = changed_terms(&attempt(), &stored);
        assert!(why.as_deref().is_some_and(|why| why.contains(field)), "{field}: {why:?}");
    }
}
