//! What a request to the API server is about, read from its path.

use std::fmt;

use http::{Method, Uri};
use prometheus_client::encoding::{EncodeLabelValue, LabelValueEncoder};

/// What is asked for, in Kubernetes' own words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Verb {
    Get,
    List,
    Watch,
    Create,
    Update,
    Patch,
    Other,
}

impl Verb {
    pub(super) const ALL: [Self; 7] =
        [Self::Get, Self::List, Self::Watch, Self::Create, Self::Update, Self::Patch, Self::Other];

    /// As it stands in roles.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Get => "get",
            Self::List => "list",
            Self::Watch => "watch",
            Self::Create => "create",
            Self::Update => "update",
            Self::Patch => "patch",
            Self::Other => "other",
        }
    }
}

impl EncodeLabelValue for Verb {
    fn encode(&self, encoder: &mut LabelValueEncoder<'_>) -> fmt::Result {
        EncodeLabelValue::encode(&self.as_str(), encoder)
    }
}

/// The path of a request, in its parts.
#[derive(Debug)]
pub(super) struct ApiPath<'a> {
    uri: &'a Uri,
    /// `/api/v1` or `/apis/GROUP/VERSION`, without its first slash.
    prefix: Vec<&'a str>,
    namespace: Option<&'a str>,
    resource: Option<&'a str>,
    name: Option<&'a str>,
    subresource: Option<&'a str>,
}

impl<'a> ApiPath<'a> {
    pub(super) fn of(uri: &'a Uri) -> Self {
        let mut segments = uri.path().split('/').filter(|segment| !segment.is_empty()).peekable();
        let of_group = segments.peek() == Some(&"apis");
        let prefix = segments.by_ref().take(if of_group { 3 } else { 2 }).collect();
        let mut rest: Vec<&str> = segments.collect();
        let mut namespace = None;
        if let ["namespaces", of, _, ..] = rest[..] {
            namespace = Some(of);
            rest.drain(..2);
        }
        let mut rest = rest.into_iter();
        let (resource, name, subresource) = (rest.next(), rest.next(), rest.next());
        Self { uri, prefix, namespace, resource, name, subresource }
    }

    pub(super) fn verb(&self, method: &Method) -> Verb {
        let mut parameters = self.uri.query().unwrap_or_default().split('&');
        match *method {
            Method::GET
                if parameters.any(|parameter| matches!(parameter, "watch=true" | "watch=1")) =>
            {
                Verb::Watch
            }
            Method::GET if self.resource.is_some() && self.name.is_none() => Verb::List,
            Method::GET => Verb::Get,
            Method::POST => Verb::Create,
            Method::PUT => Verb::Update,
            Method::PATCH => Verb::Patch,
            _ => Verb::Other,
        }
    }

    /// The path as it is.
    pub(super) fn text(&self) -> &'a str {
        self.uri.path()
    }

    /// The path without what is different from object to object.
    pub(super) fn template(&self) -> String {
        let mut template = String::new();
        let namespace = self.namespace.map(|_| ["namespaces", "{namespace}"]);
        let parts = self.prefix.iter().copied();
        let parts = parts.chain(namespace.into_iter().flatten()).chain(self.resource);
        for part in parts.chain(self.name.map(|_| "{name}")).chain(self.subresource) {
            template.push('/');
            template.push_str(part);
        }
        template
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_request_has_its_verb_and_template() {
        const KIND: &str = "/apis/cbr.replication.dev/v1alpha1";
        for (method, uri, verb, template) in [
            (
                Method::GET,
                "/api/v1/namespaces/a/secrets/b",
                "get",
                "/api/v1/namespaces/{namespace}/secrets/{name}",
            ),
            (Method::GET, "/api/v1/namespaces/a", "get", "/api/v1/namespaces/{name}"),
            (Method::GET, "/version", "get", "/version"),
            (
                Method::PATCH,
                "/apis/cbr.replication.dev/v1alpha1/namespaces/a/backupreplications/b/status?fieldManager=c",
                "patch",
                "/apis/cbr.replication.dev/v1alpha1/namespaces/{namespace}/backupreplications/{name}/status",
            ),
            (
                Method::POST,
                "/apis/events.k8s.io/v1/namespaces/a/events?",
                "create",
                "/apis/events.k8s.io/v1/namespaces/{namespace}/events",
            ),
            (
                Method::PUT,
                "/apis/coordination.k8s.io/v1/namespaces/a/leases/b",
                "update",
                "/apis/coordination.k8s.io/v1/namespaces/{namespace}/leases/{name}",
            ),
        ] {
            let uri: Uri = uri.parse().unwrap();
            let path = ApiPath::of(&uri);
            assert_eq!((path.verb(&method).as_str(), path.template().as_str()), (verb, template));
        }
        let all = format!("{KIND}/backupreplications");
        let of_one = format!("{KIND}/namespaces/a/backupreplications");
        for (query, verb) in [
            ("limit=50", Verb::List),
            ("watch=true&timeoutSeconds=290", Verb::Watch),
            ("", Verb::List),
        ] {
            for path in [&all, &of_one] {
                let uri: Uri = format!("{path}?{query}").parse().unwrap();
                assert_eq!(ApiPath::of(&uri).verb(&Method::GET), verb);
            }
        }
    }
}
