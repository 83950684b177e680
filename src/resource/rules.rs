//! The CEL rules that the API server keeps: limits that a schema says badly, the frozen spec, and
//! the guards on the status. The guards hold against bugs, older versions and hands alike, the
//! operator's own included.

use serde_json::{Value, json};

/// Where in the schema a rule stands: property names from the root, `[]` for a list's items.
pub(super) type Place = &'static [&'static str];

/// A CEL rule and the words that the API server answers when it is broken.
pub(super) struct Rule {
    pub(super) place: Place,
    expression: String,
    message: String,
    field_path: Option<String>,
}

impl Rule {
    fn new(place: Place, expression: impl Into<String>, message: impl Into<String>) -> Self {
        Self { place, expression: expression.into(), message: message.into(), field_path: None }
    }

    fn at_field(self, field_path: String) -> Self {
        Self { field_path: Some(field_path), ..self }
    }

    /// As an item of `x-kubernetes-validations`.
    pub(super) fn to_json(&self) -> Value {
        let mut rule = json!({"rule": self.expression, "message": self.message});
        if let (Some(path), Some(map)) = (&self.field_path, rule.as_object_mut()) {
            map.insert("fieldPath".into(), json!(path));
        }
        rule
    }
}

const ROOT: Place = &[];
const STATUS: Place = &["status"];
const ATTEMPTS: Place = &["status", "attempts"];
const ATTEMPT: Place = &["status", "attempts", "[]"];

/// Fields of the spec that say what is called for. They freeze with the call.
const CALLED_FOR: [&str; 9] = [
    "endpoint",
    "projectId",
    "backupId",
    "destinationProjectId",
    "destinationRegion",
    "destinationVaultId",
    "name",
    "description",
    "enableAcceleration",
];

/// An adopted replication is no call of the resource's own: by a human's decision it is let go, for
/// a call. Whatever the origin says, what an attempt was accepted for is kept.
const ADOPTED: &str = "has(oldSelf.origin) && oldSelf.origin == 'Adopted' && \
    (!has(oldSelf.attempts) || oldSelf.attempts.all(a, !has(a.outcome) || a.outcome != \
    'Accepted'))";

/// All rules, in the order of their places.
pub(super) fn all() -> Vec<Rule> {
    let mut rules = limits();
    rules.extend(CALLED_FOR.map(frozen));
    rules.extend(status_guards());
    rules.extend(choice_guards());
    rules
}

/// One backup for each resource: named or chosen, and chosen once, before the first claim.
fn choice_guards() -> Vec<Rule> {
    let unchanged = ["projectId", "backupId", "backupSelector"]
        .map(|field| format!("({})", unchanged("self.spec", "oldSelf.spec", field)))
        .join(" && ");
    let head = |status: &str| {
        format!("has({status}) && has({status}.attempts) && size({status}.attempts) > 0")
    };
    let (new, old) = (head("self.status"), head("oldSelf.status"));
    vec![
        Rule::new(
            &["spec"],
            "has(self.backupId) != has(self.backupSelector)",
            "exactly one of backupId and backupSelector is needed",
        ),
        Rule::new(
            &["spec", "backupSelector"],
            "has(self.resourceId) || has(self.vaultId)",
            "at least one of resourceId and vaultId is needed",
        ),
        Rule::new(
            &["spec", "backupSelector", "createdAfter"],
            r"self.matches('^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\\.[0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2})$')",
            "must be a time with its zone, such as 2026-11-01T00:00:00Z",
        ),
        Rule::new(
            ROOT,
            format!("!has(oldSelf.status) || !has(oldSelf.status.chosenBackupId) || ({unchanged})"),
            "backupSelector, backupId and projectId cannot change any more: the backup was chosen \
             (status.chosenBackupId). Create another BackupReplication for another backup",
        )
        .at_field(".spec.backupSelector".to_owned()),
        Rule::new(
            STATUS,
            "!has(oldSelf.chosenBackupId) || (has(self.chosenBackupId) && self.chosenBackupId == \
             oldSelf.chosenBackupId)",
            "chosenBackupId is written once and never changes",
        ),
        Rule::new(
            ROOT,
            format!(
                "!has(self.spec.backupSelector) || !({new}) || has(self.status.chosenBackupId) || \
                 ({old} && self.status.attempts[0].id == oldSelf.status.attempts[0].id)"
            ),
            "no attempt before the backup is chosen: status.chosenBackupId is missing",
        ),
    ]
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

fn limits() -> Vec<Rule> {
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

/// Frozen while the attempt in force has no outcome or an unknown one, and permanently once
/// accepted.
fn frozen(field: &str) -> Rule {
    let unchanged = unchanged("self.spec", "oldSelf.spec", field);
    let accepted = accepted("oldSelf.status");
    let settled = not_accepted("oldSelf.status.attempts[0]");
    Rule::new(
        ROOT,
        format!(
            "({unchanged}) || !has(oldSelf.status) || (!({accepted}) && \
             (!has(oldSelf.status.attempts) || size(oldSelf.status.attempts) == 0 || ({settled})))"
        ),
        format!(
            "{field} cannot change any more: a call is in flight, its outcome is unknown, or it \
             was accepted. Create another BackupReplication for another replication"
        ),
    )
    .at_field(format!(".spec.{field}"))
}

/// A field that both have with the same value, or neither has. (CEL's optional fields say it
/// shorter, but the API server cannot bound their cost.)
fn unchanged(new: &str, old: &str, field: &str) -> String {
    format!(
        "has({new}.{field}) == has({old}.{field}) && (!has({new}.{field}) || {new}.{field} == \
         {old}.{field})"
    )
}

/// A status by which a call was accepted, whichever of the facts says so.
fn accepted(status: &str) -> String {
    format!(
        "has({status}.acceptedAt) || has({status}.replicationRecordId) || (has({status}.attempts) \
         && {status}.attempts.exists(a, has(a.outcome) && a.outcome == 'Accepted'))"
    )
}

/// An attempt that is known or settled as not accepted.
fn not_accepted(attempt: &str) -> String {
    format!("has({attempt}.outcome) && {attempt}.outcome in ['NotSent', 'Rejected', 'NotAccepted']")
}

fn status_guards() -> Vec<Rule> {
    let written_once = |field: &str| {
        Rule::new(
            STATUS,
            format!(
                "!has(oldSelf.{field}) || (has(self.{field}) && self.{field} == oldSelf.{field}) \
                 || ({ADOPTED})"
            ),
            format!("{field} is written once and never changes"),
        )
    };
    let claim = [
        "number",
        "generation",
        "endpoint",
        "claimedAt",
        "claimedBy",
        "window",
        "limit",
        "secretVersion",
        "requestDigest",
    ]
    .map(|field| unchanged("self", "oldSelf", field))
    .join(" && ");
    let first_settled = not_accepted("oldSelf[0]");
    let (settled, older_settled) = (not_accepted("o"), not_accepted("p"));
    let accepted = accepted("oldSelf");
    let outcome_settled = not_accepted("oldSelf");
    vec![
        Rule::new(
            ROOT,
            "!has(oldSelf.status) || has(self.status)",
            "the status cannot be removed: it holds what was called",
        ),
        Rule::new(
            STATUS,
            "!has(oldSelf.origin) || oldSelf.origin == 'Adopted' || (has(self.origin) && \
             self.origin == oldSelf.origin)",
            "the origin of a call or a decision never changes",
        ),
        written_once("replicationRecordId"),
        written_once("acceptedAt"),
        Rule::new(
            STATUS,
            "!has(oldSelf.attempts) || has(self.attempts)",
            "attempts cannot be removed",
        ),
        Rule::new(
            STATUS,
            "!has(oldSelf.additionalRecords) || (has(self.additionalRecords) && \
             oldSelf.additionalRecords.all(r, r in self.additionalRecords))",
            "a record cannot be removed from additionalRecords",
        ),
        Rule::new(
            STATUS,
            format!(
                "!({accepted}) || ({ADOPTED}) || !has(self.attempts) || size(self.attempts) == 0 \
                 || (has(oldSelf.attempts) && size(oldSelf.attempts) > 0 && self.attempts[0].id == \
                 oldSelf.attempts[0].id) || (has(self.attempts[0].outcome) && \
                 self.attempts[0].outcome == 'Accepted')"
            ),
            "no further attempt once a call was accepted",
        ),
        Rule::new(
            ATTEMPTS,
            format!(
                "size(oldSelf) == 0 || (size(self) > 0 && (self[0].id == oldSelf[0].id || \
                 ({first_settled} && self[0].number > oldSelf[0].number)))"
            ),
            "a new attempt may follow only one that is known or settled as not accepted, with a \
             higher number",
        ),
        Rule::new(
            ATTEMPTS,
            format!(
                "oldSelf.all(o, self.exists(n, n.id == o.id) || \
                 (size(self) == 5 && o.id != oldSelf[0].id && {settled} && \
                 oldSelf.all(p, p.number >= o.number || !({older_settled}))))"
            ),
            "an attempt cannot be removed; beyond five, the oldest that was not accepted may go",
        ),
        Rule::new(ATTEMPT, claim, "what a claim wrote down never changes"),
        Rule::new(
            ATTEMPT,
            unchanged("self", "oldSelf", "recordsBefore"),
            "the records seen before a claim never change",
        ),
        Rule::new(
            ATTEMPT,
            format!(
                "!has(oldSelf.outcome) || (has(self.outcome) && (self.outcome == oldSelf.outcome \
                 || oldSelf.outcome == 'Unknown' || ({outcome_settled} && self.outcome == \
                 'Accepted')))"
            ),
            "an outcome is final: only Unknown may be settled, and only an acceptance may come \
             late",
        ),
    ]
}
