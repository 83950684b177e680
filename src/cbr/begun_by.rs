//! Who began a replication, as far as the cloud says. What is spelled in a way that nobody has
//! described tells nothing.

use serde_json::Value;

/// Who began a replication.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BegunBy {
    /// A call, by the cloud's own word.
    Call,
    /// A policy of the cloud.
    Policy,
    /// The cloud does not say.
    NotSaid,
    /// What it says cannot be read.
    Unclear,
}

impl BegunBy {
    /// By a record's `auto_trigger`, a boolean.
    pub(super) fn of_auto_trigger(value: Option<&Value>) -> Self {
        match value {
            Some(Value::Bool(false)) => Self::Call,
            Some(Value::Bool(true)) => Self::Policy,
            Some(Value::Null) | None => Self::NotSaid,
            Some(Value::Number(_) | Value::String(_) | Value::Array(_) | Value::Object(_)) => {
                Self::Unclear
            }
        }
    }

    /// By the `policy_id` of an entry in the operation logs: null or empty where there is none.
    pub(super) fn of_policy_id(value: Option<&Value>) -> Self {
        match value {
            Some(Value::Null) => Self::Call,
            Some(Value::String(id)) if id.trim().is_empty() => Self::Call,
            Some(Value::String(_) | Value::Number(_)) => Self::Policy,
            None => Self::NotSaid,
            Some(Value::Bool(_) | Value::Array(_) | Value::Object(_)) => Self::Unclear,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_what_is_documented_tells_who_began_a_replication() {
        use BegunBy::{Call, NotSaid, Policy, Unclear};
        for (value, expected) in [
            (json!(false), Call),
            (json!(true), Policy),
            (json!(null), NotSaid),
            (json!(0), Unclear),
            (json!(1), Unclear),
            (json!("true"), Unclear),
            (json!("True"), Unclear),
            (json!("false"), Unclear),
            (json!([]), Unclear),
            (json!({}), Unclear),
        ] {
            assert_eq!(BegunBy::of_auto_trigger(Some(&value)), expected, "{value}");
        }
        assert_eq!(BegunBy::of_auto_trigger(None), NotSaid);
        for (value, expected) in [
            (json!(null), Call),
            (json!(""), Call),
            (json!(" "), Call),
            (json!("p-1"), Policy),
            (json!(7), Policy),
            (json!(true), Unclear),
            (json!(false), Unclear),
            (json!(["p-1"]), Unclear),
            (json!({"id": "p-1"}), Unclear),
        ] {
            assert_eq!(BegunBy::of_policy_id(Some(&value)), expected, "{value}");
        }
        assert_eq!(BegunBy::of_policy_id(None), NotSaid);
    }
}
