//! What a CEL rule is that the API server keeps, and the rules for limits that a schema says badly.

use serde_json::{Value, json};

/// Where in the schema a rule stands: property names from the root, `[]` for a list's items.
pub(super) type Place = &'static [&'static str];

/// A CEL rule and the words that the API server answers when it is broken.
#[derive(Clone)]
pub(super) struct Rule {
    pub(super) place: Place,
    expression: String,
    message: String,
    /// Words that say more than the message, such as which field it is. The message stands in where
    /// they cannot be made.
    message_expression: Option<String>,
    field_path: Option<String>,
}

impl Rule {
    pub(super) fn new(
        place: Place,
        expression: impl Into<String>,
        message: impl Into<String>,
    ) -> Self {
        Self {
            place,
            expression: expression.into(),
            message: message.into(),
            message_expression: None,
            field_path: None,
        }
    }

    pub(super) fn at_field(self, field_path: &str) -> Self {
        Self { field_path: Some(field_path.to_owned()), ..self }
    }

    pub(super) fn in_words(self, message_expression: String) -> Self {
        Self { message_expression: Some(message_expression), ..self }
    }

    /// As an item of `x-kubernetes-validations`.
    pub(super) fn to_json(&self) -> Value {
        let fields = [
            ("rule", Some(&self.expression)),
            ("message", Some(&self.message)),
            ("messageExpression", self.message_expression.as_ref()),
            ("fieldPath", self.field_path.as_ref()),
        ];
        let present = fields.into_iter().filter_map(|(name, text)| Some((name, text?)));
        Value::Object(present.map(|(name, text)| (name.to_owned(), json!(text))).collect())
    }
}

/// The name becomes a part of a path at the API server, where the operator may read what the user
/// may not.
fn secret_name(path: &'static [&'static str]) -> Rule {
    Rule::new(
        path,
        OBJECT_NAME,
        "must be the name of a Secret: up to 253 lower-case letters, digits, '-' or '.', and begin \
         and end with a letter or digit",
    )
}

const OBJECT_NAME: &str =
    r"self.matches('^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$')";

/// The limits.
pub(super) fn limits() -> Vec<Rule> {
    const ID: &str = "self.matches('^[A-Za-z0-9][A-Za-z0-9_-]*$')";
    const ID_MESSAGE: &str =
        "must be 1 to 64 letters, digits, '_' or '-', and begin with a letter or digit";
    let mut rules: Vec<Rule> = [
        &["spec", "projectId"] as Place,
        &["spec", "backupId"],
        &["spec", "backupSelector", "resourceId"],
        &["spec", "backupSelector", "vaultId"],
        &["spec", "destinationProjectId"],
        &["spec", "destinationVaultId"],
    ]
    .into_iter()
    .map(|place| Rule::new(place, ID, ID_MESSAGE))
    .collect();
    rules.extend(endpoint(&["spec", "endpoint"], ""));
    rules.extend(endpoint(&["spec", "auth", "iamEndpoint"], "(/v3)?"));
    rules.extend([
        Rule::new(
            &["spec", "destinationRegion"],
            "self.matches('^[a-zA-Z0-9._-]*$')",
            "must be 1 to 255 letters, digits, '.', '_' or '-'",
        ),
        Rule::new(
            &["spec", "name"],
            r"self.matches('^[\\x{4E00}-\\x{9FA5}\\x{F900}-\\x{FA2D}a-zA-Z0-9_-]*$')",
            "must be 1 to 64 letters, digits, '_', '-' or Chinese characters",
        ),
        Rule::new(
            &["spec", "description"],
            "!self.contains('<') && !self.contains('>')",
            "must be up to 255 characters without '<' and '>'",
        ),
        Rule::new(
            &["spec", "auth"],
            "[has(self.tokenSecretRef), has(self.passwordSecretRef), \
             has(self.accessKeySecretRef), has(self.serviceAccount)].filter(named, named).size() \
             == 1",
            "exactly one kind of credential is needed: tokenSecretRef, passwordSecretRef, \
             accessKeySecretRef or serviceAccount",
        ),
        secret_name(&["spec", "auth", "tokenSecretRef", "name"]),
        secret_name(&["spec", "auth", "passwordSecretRef", "name"]),
        secret_name(&["spec", "auth", "accessKeySecretRef", "name"]),
        // It becomes a part of a path, too.
        Rule::new(
            &["spec", "auth", "serviceAccount", "name"],
            OBJECT_NAME,
            "must be the name of a service account: up to 253 lower-case letters, digits, '-' or \
             '.', and begin and end with a letter or digit",
        ),
        Rule::new(
            &["spec", "auth", "serviceAccount", "identityProvider"],
            "self.matches('^[A-Za-z0-9_-]*$')",
            "must be the name of an identity provider in IAM: up to 64 letters, digits, '-' or '_'",
        ),
        Rule::new(
            &["spec", "auth", "serviceAccount", "audience"],
            "self.matches('^[!-~]*$')",
            "must be the client id of the identity provider: printable ASCII without spaces",
        ),
        Rule::new(
            &["spec", "auth", "tokenSecretRef", "key"],
            "self.matches('^[A-Za-z0-9._-]*$')",
            "must be the key of a Secret: up to 253 letters, digits, '-', '_' or '.'",
        ),
    ]);
    rules
}

/// The form of an endpoint, and the path that it may have. What an administrator's allow-list can
/// take is never refused here.
fn endpoint(place: Place, path: &str) -> Vec<Rule> {
    const HAS_SCHEME: &str = "self.contains('://')";
    vec![
        Rule::new(
            place,
            "self.matches('^(?i)https?://')",
            "must begin with https:// (http:// works only where the administrator allows that very \
             endpoint)",
        ),
        Rule::new(
            place,
            "!self.contains('@')",
            "must not contain credentials or an '@'; the token belongs into the Secret",
        ),
        Rule::new(
            place,
            format!("!{HAS_SCHEME} || self.matches('^[^/]*//[^/?#]*{path}/?$')"),
            "must not have a path, a query or a fragment: only https://host or https://host:port",
        ),
        Rule::new(
            place,
            format!(
                "!{HAS_SCHEME} || self.contains('@') || self.matches('^[^/]*//\
                 ([a-zA-Z0-9_-]+(\\\\.[a-zA-Z0-9_-]+)*|\\\\[[0-9a-fA-F:.]+])(:[0-9]+)?([/?#].*)?$')"
            ),
            "must be https://host or https://host:port, with ASCII letters, digits, '-', '_' and \
             '.' in the host",
        ),
    ]
}
