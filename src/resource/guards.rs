//! The CEL rules that guard the one call: the frozen spec, and what a status may not lose. They hold
//! against bugs, older versions and hands alike, the operator's own included.
//!
//! The API server walks the whole schema of an object for each of its fields that a rule reads: what
//! a rule costs is how many fields it reads of how wide an object. So each guard stands at the
//! narrowest place from which it can be judged, and asks first what is so in most writes.

use super::rules::{Place, Rule};

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

/// All guards.
pub(super) fn guards() -> Vec<Rule> {
    [vec![frozen(), status_stays()], facts(), list_of_attempts(), each_attempt()].concat()
}

/// Frozen while the attempt in force has no outcome or an unknown one, and permanently once
/// accepted.
///
/// What costs is status writes, which leave the spec as it is. So three things are asked first that
/// are cheap, the cheapest first: whether nothing was called for yet (which is no reason of its own, all
/// that is asked later says so, too), whether this is a status write, and whether the spec as a whole
/// is the same. Fields are told apart where it is not.
fn frozen() -> Rule {
    let unchanged_fields = CALLED_FOR.map(|field| unchanged("self.spec", "oldSelf.spec", field));
    let changed = CALLED_FOR
        .iter()
        .zip(&unchanged_fields)
        .map(|(field, unchanged)| format!("(({unchanged}) ? '' : ', {field}')"))
        .collect::<Vec<_>>()
        .join(" + ");
    let unchanged = unchanged_fields.map(|unchanged| format!("({unchanged})")).join(" && ");
    let accepted = accepted("oldSelf.status");
    let settled = not_accepted("oldSelf.status.attempts[0]");
    Rule::new(
        ROOT,
        format!(
            "({NOTHING_CALLED}) || ({STATUS_WRITE}) || self.spec == oldSelf.spec || \
             ({unchanged}) || !has(oldSelf.status) || (!({accepted}) && \
             (!has(oldSelf.status.attempts) || size(oldSelf.status.attempts) == 0 || ({settled})))"
        ),
        format!("what was called for {FROZEN}"),
    )
    .in_words(format!("({changed}).substring(2) + ' {FROZEN}'"))
    .at_field(".spec")
}

/// One walk to the status serves three questions.
const NOTHING_CALLED: &str = "[oldSelf.status].all(s, !has(s.attempts) && !has(s.acceptedAt) && \
    !has(s.replicationRecordId))";

/// A phase that changes is written by way of the status, where the API server leaves the spec as it
/// is; a write of the spec leaves the status as it is. To compare two specs reads each of their
/// fields, which costs several times as much. (Of a status without a phase, this says nothing.)
const STATUS_WRITE: &str = "has(oldSelf.status.phase) && self.status.phase != oldSelf.status.phase";

const FROZEN: &str = "cannot change any more: a call is in flight, its outcome is unknown, or it \
    was accepted. Create another BackupReplication for another replication";

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

fn status_stays() -> Rule {
    Rule::new(
        ROOT,
        "has(self.status) || !has(oldSelf.status)",
        "the status cannot be removed: it holds what was called",
    )
}

/// Guards that compare facts of the status with each other.
fn facts() -> Vec<Rule> {
    const ORIGIN: &str = "the origin of a call or a decision never changes";
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
    let accepted = accepted("oldSelf");
    vec![
        Rule::new(
            STATUS,
            "has(self.origin) || !has(oldSelf.origin) || oldSelf.origin == 'Adopted'",
            ORIGIN,
        ),
        Rule::new(&["status", "origin"], "self == oldSelf || oldSelf == 'Adopted'", ORIGIN),
        written_once("replicationRecordId"),
        written_once("operationLogId"),
        written_once("acceptedAt"),
        Rule::new(
            STATUS,
            "has(self.attempts) || !has(oldSelf.attempts)",
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
                "!({accepted}) || !has(self.attempts) || size(self.attempts) == 0 || \
                 (has(oldSelf.attempts) && size(oldSelf.attempts) > 0 && self.attempts[0].id == \
                 oldSelf.attempts[0].id) || (has(self.attempts[0].outcome) && \
                 self.attempts[0].outcome == 'Accepted') || ({ADOPTED})"
            ),
            "no further attempt once a call was accepted",
        ),
    ]
}

fn list_of_attempts() -> Vec<Rule> {
    let first_settled = not_accepted("oldSelf[0]");
    let (settled, older_settled) = (not_accepted("o"), not_accepted("p"));
    vec![
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
    ]
}

/// What is written once in an attempt. The rule of a field compares it with what it was; those of
/// the attempt see to it that an optional one does not come or go.
fn each_attempt() -> Vec<Rule> {
    const CLAIM: &str = "what a claim wrote down never changes";
    const RECORDS: &str = "the records seen before a claim never change";
    const FINAL: &str =
        "an outcome is final: only Unknown may be settled, and only an acceptance may come late";
    const AS_IT_WAS: &str = "self == oldSelf";
    let claim: [Place; 10] = [
        &["status", "attempts", "[]", "number"],
        &["status", "attempts", "[]", "generation"],
        &["status", "attempts", "[]", "endpoint"],
        &["status", "attempts", "[]", "claimedAt"],
        &["status", "attempts", "[]", "claimedBy"],
        &["status", "attempts", "[]", "window"],
        &["status", "attempts", "[]", "limit"],
        &["status", "attempts", "[]", "secretVersion"],
        &["status", "attempts", "[]", "requestDigest"],
        &["status", "attempts", "[]", "cloudTime"],
    ];
    let neither_comes_nor_goes = |field: &str| format!("has(self.{field}) == has(oldSelf.{field})");
    let mut rules: Vec<Rule> =
        claim.into_iter().map(|place| Rule::new(place, AS_IT_WAS, CLAIM)).collect();
    let late = "oldSelf in ['NotSent', 'Rejected', 'NotAccepted'] && self == 'Accepted'";
    rules.extend([
        // The others are required.
        Rule::new(
            ATTEMPT,
            ["secretVersion", "requestDigest", "cloudTime"]
                .map(neither_comes_nor_goes)
                .join(" && "),
            CLAIM,
        ),
        Rule::new(&["status", "attempts", "[]", "recordsBefore"], AS_IT_WAS, RECORDS),
        Rule::new(&["status", "attempts", "[]", "recordId"], AS_IT_WAS, FINAL),
        Rule::new(ATTEMPT, neither_comes_nor_goes("recordsBefore"), RECORDS),
        Rule::new(
            &["status", "attempts", "[]", "outcome"],
            format!("self == oldSelf || oldSelf == 'Unknown' || ({late})"),
            FINAL,
        ),
        Rule::new(
            ATTEMPT,
            "(has(self.outcome) || !has(oldSelf.outcome)) && \
             (has(self.recordId) || !has(oldSelf.recordId))",
            FINAL,
        ),
    ]);
    rules
}
