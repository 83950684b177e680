//! When the next look-up for a resource is due, whatever woke the operator: an event makes nothing
//! due that was not. Pure: instants are times on the caller's clock.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

use kube::ResourceExt;

use super::credential::CredentialReading;
use crate::resource::{BackupReplication, DECISION_ANNOTATION};

/// Between two look-ups for one resource there is never less.
const FLOOR: Duration = Duration::from_secs(1);

/// When the next look-up is due, as long as nothing that it was decided on changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NextLookup {
    /// What it was decided on: see [`cause`].
    pub(crate) cause: u64,
    /// On the caller's clock.
    pub(crate) at: Duration,
}

/// How long a look-up has to wait. `last`: when the one before it was made.
pub(crate) fn wait_for_lookup(
    last: Option<Duration>,
    due: Option<NextLookup>,
    cause: u64,
    now: Duration,
) -> Option<Duration> {
    let floor = last?.saturating_add(FLOOR);
    let at = match due {
        Some(due) if due.cause == cause => due.at.max(floor),
        Some(_) | None => floor,
    };
    Some(at.saturating_sub(now)).filter(|wait| !wait.is_zero())
}

/// What makes another look-up worth while: the request, a decision, a deletion, what is recorded of
/// calls, and the credential. Labels, other annotations and words do not.
pub(crate) fn cause(resource: &BackupReplication, credential: &CredentialReading) -> u64 {
    let mut hasher = DefaultHasher::new();
    let metadata = &resource.metadata;
    metadata.uid.hash(&mut hasher);
    metadata.generation.hash(&mut hasher);
    metadata.deletion_timestamp.is_some().hash(&mut hasher);
    resource.annotations().get(DECISION_ANNOTATION).hash(&mut hasher);
    if let Some(status) = &resource.status {
        for attempt in &status.attempts {
            attempt.id.as_str().hash(&mut hasher);
            attempt.outcome.map(|outcome| outcome as u8).hash(&mut hasher);
        }
        status.decision.hash(&mut hasher);
        status.replication_record_id.hash(&mut hasher);
    }
    match credential {
        CredentialReading::Usable { version, viewer } => (version, viewer).hash(&mut hasher),
        CredentialReading::Problem(_) => {}
    }
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::fixtures::resource;

    const fn s(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn no_look_up_comes_before_it_is_due_unless_something_changed() {
        let due = Some(NextLookup { cause: 7, at: s(40) });
        assert_eq!(wait_for_lookup(None, due, 7, s(10)), None, "the first");
        assert_eq!(wait_for_lookup(Some(s(10)), due, 7, s(15)), Some(s(25)));
        assert_eq!(wait_for_lookup(Some(s(10)), due, 7, s(40)), None);
        assert_eq!(wait_for_lookup(Some(s(10)), due, 8, s(15)), None, "something changed");
        assert_eq!(wait_for_lookup(Some(s(10)), None, 7, s(15)), None);
        // Whatever changed.
        for due in [due, None, Some(NextLookup { cause: 7, at: s(0) })] {
            assert!(wait_for_lookup(Some(s(10)), due, 8, s(10)) >= Some(FLOOR));
        }
    }

    #[test]
    fn only_what_matters_is_a_cause() {
        let credential = |version: &str| CredentialReading::Usable {
            version: version.to_owned(),
            viewer: "viewer".to_owned(),
        };
        let (plain, first) = (resource(), credential("1"));
        let before = cause(&plain, &first);
        assert_ne!(cause(&plain, &credential("2")), before);
        let changed = |change: &dyn Fn(&mut BackupReplication)| {
            let mut resource = plain.clone();
            change(&mut resource);
            cause(&resource, &first) != before
        };
        let annotate = |key: &str| {
            let key = key.to_owned();
            move |resource: &mut BackupReplication| {
                resource.annotations_mut().insert(key.clone(), "x".to_owned());
            }
        };
        assert!(changed(&|resource| resource.metadata.generation = Some(99)));
        assert!(changed(&annotate(DECISION_ANNOTATION)));
        assert!(!changed(&annotate("anything")));
        assert!(!changed(&|resource| {
            resource.labels_mut().insert("a".to_owned(), "b".to_owned());
            resource.metadata.resource_version = Some("99".to_owned());
        }));
    }
}
