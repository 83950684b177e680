use super::*;
use crate::cbr::{DOCUMENTED, Refusal, TerminalReason};
use proptest::prelude::*;

/// The page's own letters, so that the test does not repeat the table's code.
fn letters(class: Class) -> &'static str {
    match class {
        Class::Ambiguous => "AMBIG",
        Class::Undocumented { refusal_if_unseen: None } => "UNDOC",
        Class::Undocumented {
            refusal_if_unseen: Some(Refusal::Terminal(TerminalReason::WrongEndpoint)),
        } => "UNDOC, unseen TERM endpoint",
        Class::Undocumented { refusal_if_unseen: Some(_) } => "UNDOC, unseen otherwise",
        Class::Rejected(Refusal::Terminal(TerminalReason::Quota)) => "TERM quota",
        Class::Rejected(Refusal::Terminal(TerminalReason::Permission)) => "TERM permission",
        Class::Rejected(Refusal::Terminal(TerminalReason::WrongEndpoint)) => "TERM endpoint",
        Class::Rejected(Refusal::Terminal(_)) => "TERM",
        Class::Rejected(Refusal::Retry { look_up_first: false }) => "RETRY",
        Class::Rejected(Refusal::Retry { look_up_first: true }) => "RETRY look",
        Class::Rejected(Refusal::Throttled) => "THROTTLE",
        Class::Rejected(Refusal::Unauthorized) => "AUTH",
        Class::Rejected(Refusal::Duplicate) => "DUP",
    }
}

const CBR_PAGE: &str = "
400 1002 1003                           | TERM
400 1005                                | TERM
500 1005                                | TERM
400 1009                                | DUP
400 1011                                | TERM
400 1012                                | TERM quota
400 6102 6116 6117 6300 6301 6122 6128  | TERM
400 6112                                | RETRY
400 6114 6129 6142                      | TERM quota
400 6118                                | RETRY
400 6119 6120                           | TERM
400 6125 6203                           | RETRY
400 6130                                | RETRY look
400 6134                                | RETRY
400 9900                                | TERM
403 8600                                | TERM permission
404 6105 6200 6217 6302                 | TERM
500 0002                                | RETRY
500 4005 6139 8400                      | RETRY
500 1006 9910                           | AMBIG
500 9998                                | AUTH";

const GATEWAY_PAGE: &str = "
404 0101                 | TERM endpoint
400 0201                 | TERM
413 0201                 | TERM
414 0201                 | TERM
494 0201                 | TERM
401 0301 0305 0307       | AUTH
403 0302 0306 0310 0802  | TERM permission
429 0308                 | THROTTLE
500 0103 0608            | RETRY
500 0201 0601            | AMBIG
502 0201 0202 0610       | AMBIG
503 0613                 | RETRY
504 0201 0203            | AMBIG";

/// Every documented pair of a status and a code, with its class.
fn pairs() -> Vec<(u16, String, &'static str)> {
    let families = [("BackupService", CBR_PAGE), ("APIG", GATEWAY_PAGE), ("APIGW", GATEWAY_PAGE)];
    let of_family = |(family, page): (&'static str, &'static str)| {
        page.trim().lines().flat_map(move |line| {
            let (left, expected) = line.split_once('|').unwrap();
            let (status, numbers) = left.trim().split_once(' ').unwrap();
            let status: u16 = status.parse().unwrap();
            numbers
                .split_whitespace()
                .map(move |number| (status, format!("{family}.{number}"), expected.trim()))
        })
    };
    families.into_iter().flat_map(of_family).collect()
}

/// What a status says that no code comes with.
fn without_code(status: u16) -> &'static str {
    match status {
        401 => "AUTH",
        429 => "THROTTLE",
        413 | 414 | 431 | 494 => "TERM",
        404 | 405 | 501 => "UNDOC, unseen TERM endpoint",
        _ => nobody_said(status),
    }
}

fn nobody_said(status: u16) -> &'static str {
    if status != 408 && (300..500).contains(&status) { "UNDOC" } else { "AMBIG" }
}

#[test]
fn every_documented_code_has_its_class() {
    for (status, code, expected) in pairs() {
        assert_eq!(letters(classify(status, Some(&code))), expected, "{status} {code}");
    }
    let rows = DOCUMENTED
        .iter()
        .flat_map(|(prefixes, rows)| rows.iter().map(move |row| (prefixes.len(), row)));
    let in_table: usize =
        rows.map(|(prefixes, row)| prefixes * row.statuses.len() * row.codes.len()).sum();
    assert_eq!(pairs().len(), in_table, "the table has a row that the page lacks");
}

#[test]
fn of_all_answers_only_those_are_refusals() {
    let pairs = pairs();
    let mut codes: Vec<&str> = pairs.iter().map(|(_, code, _)| code.as_str()).collect();
    codes.dedup();
    let unknown = [
        "BackupService.6500",
        "APIGW.0999",
        "IAM.0012",
        "1002",
        "Other.1002",
        "backupservice.1009",
        "BackupService.",
        "APIG.1009",
    ];
    for status in 0..=1000 {
        assert_eq!(letters(classify(status, None)), without_code(status), "{status}");
        assert_eq!(
            letters(classify(status, Some(&status.to_string()))),
            without_code(status),
            "{status} twice"
        );
        for code in unknown {
            // A code of somebody's own says more than that nothing is there.
            let expected = if matches!(status, 404 | 405 | 501) {
                nobody_said(status)
            } else {
                without_code(status)
            };
            assert_eq!(letters(classify(status, Some(code))), expected, "{status} {code}");
        }
        for code in &codes {
            let documented = pairs.iter().find(|(at, of, _)| *at == status && of == code);
            let expected =
                documented.map_or_else(|| nobody_said(status), |(_, _, expected)| expected);
            assert_eq!(letters(classify(status, Some(code))), expected, "{status} {code}");
        }
    }
}

#[test]
fn a_code_is_matched_whole() {
    for code in [
        "BackupService.10022",
        "BackupService.100",
        "xBackupService.1009",
        "BackupService.APIG.0308",
    ] {
        assert_eq!(letters(classify(400, Some(code))), "UNDOC", "{code}");
        assert_eq!(classify(500, Some(code)), Class::Ambiguous, "{code}");
    }
}

#[test]
fn each_row_without_a_code_has_its_reason_and_stands_once() {
    for (at, row) in CODELESS.iter().enumerate() {
        assert!(row.why.len() > 30 && row.why.ends_with('.'), "{row:?}");
        assert!(
            CODELESS.iter().skip(at + 1).all(|other| other.http_status != row.http_status),
            "{row:?}"
        );
        assert!(
            !matches!(
                row.class,
                Class::Ambiguous | Class::Undocumented { refusal_if_unseen: None }
            ),
            "{row:?}"
        );
    }
}

proptest! {
    #[test]
    fn an_answer_that_nobody_described_is_never_a_rejection(
        status in 0_u16..=u16::MAX,
        code in prop::option::of(prop_oneof!["[ -~]{0,40}", "(BackupService[.]|APIG[.]|APIGW[.])[0-9]{3,5}"]),
    ) {
        let documented = pairs().iter().any(|(at, of, _)| *at == status && Some(of) == code.as_ref());
        let by_itself = [401, 413, 414, 429, 431, 494].contains(&status);
        prop_assert!(documented || by_itself || !matches!(classify(status, code.as_deref()), Class::Rejected(_)));
    }
}
