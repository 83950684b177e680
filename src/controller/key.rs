//! The name of a resource. It is held once: whatever is kept of a resource points to the same one.

use std::fmt;
use std::sync::Arc;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

/// Namespace and name, with a slash between them: neither can have one in it.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct ResourceKey(Arc<str>);

impl ResourceKey {
    pub(crate) fn new(namespace: &str, name: &str) -> Self {
        Self(format!("{namespace}/{name}").into())
    }

    /// Of the object with these metadata.
    pub(crate) fn of(metadata: &ObjectMeta) -> Self {
        let part = |part: &Option<String>| part.clone().unwrap_or_default();
        Self::new(&part(&metadata.namespace), &part(&metadata.name))
    }

    pub(crate) fn namespace(&self) -> &str {
        self.parts().0
    }

    pub(crate) fn name(&self) -> &str {
        self.parts().1
    }

    fn parts(&self) -> (&str, &str) {
        self.0.split_once('/').unwrap_or_default()
    }
}

impl fmt::Debug for ResourceKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_a_namespace_and_a_name() {
        let metadata = ObjectMeta {
            namespace: Some("backups".to_owned()),
            name: Some("db".to_owned()),
            ..ObjectMeta::default()
        };
        let key = ResourceKey::of(&metadata);
        assert_eq!((key.namespace(), key.name()), ("backups", "db"));
        assert_eq!(key, ResourceKey::new("backups", "db"));
        assert_ne!(key, ResourceKey::new("backup", "sdb"));
    }
}
