//! What an error answer to the call proves. Only what is documented as a refusal counts as one; an answer that nobody
//! has described proves nothing.

use super::error_class::{Class, RejectionKind, TerminalReason};
use super::error_table::{CBR, GATEWAY, Row};

/// What an answer with this status and code proves, unless it is an acceptance (a 2xx with a `replication`).
///
/// A 4xx is a refusal of what its code says, or else of what its status says. A 5xx is one only where its code is
/// documented as one for exactly that status. Everything else proves nothing, 408 and any 2xx among it.
pub fn classify(http_status: u16, code: Option<&str>) -> Class {
    let rows = code.map(rows_of).unwrap_or_default();
    let exact = rows.iter().find(|row| row.statuses.contains(&http_status)).map(|row| row.class);
    let ever_ambiguous = rows.iter().any(|row| row.class == Class::Ambiguous);
    match http_status {
        408 => Class::Ambiguous,
        300..=499 if exact.is_none() && ever_ambiguous => Class::Ambiguous,
        300..=399 => terminal(TerminalReason::WrongEndpoint),
        400..=499 => {
            exact.or_else(|| rows.first().map(|row| row.class)).unwrap_or_else(|| by_client_error(http_status))
        }
        500..=599 => exact.unwrap_or(Class::Ambiguous),
        _ => Class::Ambiguous,
    }
}

fn rows_of(code: &str) -> Vec<&'static Row> {
    let (table, number) = if let Some(number) = code.strip_prefix("BackupService.") {
        (CBR, number)
    } else if let Some(number) = code.strip_prefix("APIG.").or_else(|| code.strip_prefix("APIGW.")) {
        (GATEWAY, number)
    } else {
        return Vec::new();
    };
    table.iter().filter(|row| row.codes.contains(&number)).collect()
}

fn by_client_error(http_status: u16) -> Class {
    match http_status {
        401 => Class::Rejected(RejectionKind::Unauthorized),
        429 => Class::Rejected(RejectionKind::Throttled),
        403 => terminal(TerminalReason::Permission),
        404 | 405 => terminal(TerminalReason::WrongEndpoint),
        _ => terminal(TerminalReason::Other),
    }
}

fn terminal(reason: TerminalReason) -> Class {
    Class::Rejected(RejectionKind::Terminal(reason))
}

#[cfg(test)]
#[path = "classify_tests.rs"]
mod tests;
