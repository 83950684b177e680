//! The documented error codes and what each proves about the call.

use super::error_class::{Class, Refusal, TerminalReason};

/// Codes that mean the same at the same HTTP statuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AnswerRow {
    /// The HTTP statuses for which the codes are documented.
    pub statuses: &'static [u16],
    /// The codes' numbers.
    pub codes: &'static [&'static str],
    /// What they prove.
    pub class: Class,
}

/// Whose codes they are, as prefixes of the code, and their rows.
pub const DOCUMENTED: &[(&[&str], &[AnswerRow])] =
    &[(&["BackupService."], CBR), (&["APIG.", "APIGW."], GATEWAY)];

/// What is documented for the code, at any status.
pub(super) fn rows_of(code: &str) -> Vec<&'static AnswerRow> {
    let of_family = |(prefixes, rows): &(&[&str], &'static [AnswerRow])| {
        let number = prefixes.iter().find_map(|prefix| code.strip_prefix(prefix))?;
        Some(rows.iter().filter(|row| row.codes.contains(&number)).collect())
    };
    DOCUMENTED.iter().find_map(of_family).unwrap_or_default()
}

const fn row(statuses: &'static [u16], codes: &'static [&'static str], class: Class) -> AnswerRow {
    AnswerRow { statuses, codes, class }
}

const fn terminal(reason: TerminalReason) -> Class {
    Class::Rejected(Refusal::Terminal(reason))
}

const RETRY: Class = Class::Rejected(Refusal::Retry { look_up_first: false });
const RETRY_AFTER_A_LOOK: Class = Class::Rejected(Refusal::Retry { look_up_first: true });
const THROTTLE: Class = Class::Rejected(Refusal::Throttled);
const AUTH: Class = Class::Rejected(Refusal::Unauthorized);
const DUPLICATE: Class = Class::Rejected(Refusal::Duplicate);

/// `BackupService.…`: CBR itself.
const CBR: &[AnswerRow] = &[
    row(&[400], &["1002", "1003"], terminal(TerminalReason::Source)),
    row(&[400, 500], &["1005"], terminal(TerminalReason::Destination)),
    row(&[400], &["1009"], DUPLICATE),
    row(&[400], &["1011"], terminal(TerminalReason::Destination)),
    row(&[400], &["1012"], terminal(TerminalReason::Quota)),
    row(
        &[400],
        &["6102", "6116", "6117", "6300", "6301", "6122", "6128"],
        terminal(TerminalReason::Source),
    ),
    row(&[400], &["6112"], RETRY),
    row(&[400], &["6114", "6129", "6142"], terminal(TerminalReason::Quota)),
    row(&[400], &["6118"], RETRY),
    row(&[400], &["6119", "6120"], terminal(TerminalReason::Destination)),
    row(&[400], &["6125", "6203"], RETRY),
    row(&[400], &["6130"], RETRY_AFTER_A_LOOK),
    row(&[400], &["6134"], RETRY),
    row(&[400], &["9900"], terminal(TerminalReason::Request)),
    row(&[403], &["8600"], terminal(TerminalReason::Permission)),
    row(&[404], &["6105", "6200", "6217", "6302"], terminal(TerminalReason::Missing)),
    row(&[500], &["0002"], RETRY),
    row(&[500], &["4005", "6139", "8400"], RETRY),
    row(&[500], &["1006", "9910"], Class::Ambiguous),
    row(&[500], &["9998"], AUTH),
];

/// `APIG.…` and `APIGW.…`: the API gateway before it.
const GATEWAY: &[AnswerRow] = &[
    row(&[404], &["0101"], terminal(TerminalReason::WrongEndpoint)),
    row(&[400, 413, 414, 494], &["0201"], terminal(TerminalReason::Request)),
    row(&[401], &["0301", "0305", "0307"], AUTH),
    row(&[403], &["0302", "0306", "0310", "0802"], terminal(TerminalReason::Permission)),
    row(&[429], &["0308"], THROTTLE),
    row(&[500], &["0103", "0608"], RETRY),
    row(&[500], &["0201", "0601"], Class::Ambiguous),
    row(&[502], &["0201", "0202", "0610"], Class::Ambiguous),
    row(&[503], &["0613"], RETRY),
    row(&[504], &["0201", "0203"], Class::Ambiguous),
];
