//! What an error answer to the call proves. Only what is documented as a refusal counts as one: a
//! code with its status. An answer that nobody has described proves nothing.

use super::codeless::CODELESS;
use super::error_class::Class;
use super::error_table::{AnswerRow, rows_of};

/// What an answer with this status and code proves, unless it is an acceptance (a 2xx with a
/// `replication`).
///
/// A code counts at the statuses for which it is documented. At another one it speaks against
/// whatever the status alone would say, so the answer proves nothing. Without a documented code,
/// the table of [`CODELESS`] decides.
pub fn classify(http_status: u16, code: Option<&str>) -> Class {
    // IAM's style, and that of some proxies, repeats the status in the place of a code.
    let code = code.filter(|code| *code != http_status.to_string());
    let rows: Vec<&AnswerRow> = code.map(rows_of).unwrap_or_default();
    if let Some(row) = rows.iter().find(|row| row.statuses.contains(&http_status)) {
        return row.class;
    }
    if !rows.is_empty() {
        return undescribed(http_status);
    }
    match CODELESS.iter().find(|row| row.http_status == http_status).map(|row| row.class) {
        Some(refused @ Class::Rejected(_)) => refused,
        Some(only_seen @ (Class::Undocumented { .. } | Class::Ambiguous)) if code.is_none() => {
            only_seen
        }
        // Somebody says something of their own, which may be more than that nothing is served
        // there.
        Some(Class::Undocumented { .. } | Class::Ambiguous) | None => undescribed(http_status),
    }
}

fn undescribed(http_status: u16) -> Class {
    match http_status {
        408 => Class::Ambiguous,
        300..=499 => Class::Undocumented { refusal_if_unseen: None },
        _ => Class::Ambiguous,
    }
}

#[cfg(test)]
#[path = "classify_tests.rs"]
mod tests;
