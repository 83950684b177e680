use super::*;
use proptest::prelude::*;

/// The page's own letters, so that the test does not repeat the table's code.
fn letters(class: Class) -> &'static str {
    match class {
        Class::Ambiguous => "AMBIG",
        Class::Rejected(RejectionKind::Terminal(TerminalReason::Quota)) => "TERM quota",
        Class::Rejected(RejectionKind::Terminal(TerminalReason::Permission)) => "TERM permission",
        Class::Rejected(RejectionKind::Terminal(TerminalReason::WrongEndpoint)) => "TERM endpoint",
        Class::Rejected(RejectionKind::Terminal(_)) => "TERM",
        Class::Rejected(RejectionKind::Retry { look_up_first: false }) => "RETRY",
        Class::Rejected(RejectionKind::Retry { look_up_first: true }) => "RETRY look",
        Class::Rejected(RejectionKind::Throttled) => "THROTTLE",
        Class::Rejected(RejectionKind::Unauthorized) => "AUTH",
        Class::Rejected(RejectionKind::Duplicate) => "DUP",
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

fn check(page: &str, family: &str) {
    for line in page.trim().lines() {
        let (left, expected) = line.split_once('|').unwrap();
        let mut words = left.split_whitespace();
        let status: u16 = words.next().unwrap().parse().unwrap();
        for number in words {
            let class = classify(status, Some(&format!("{family}.{number}")));
            assert_eq!(letters(class), expected.trim(), "{status} {family}.{number}");
        }
    }
}

#[test]
fn every_documented_code_has_its_class() {
    check(CBR_PAGE, "BackupService");
    check(GATEWAY_PAGE, "APIG");
    check(GATEWAY_PAGE, "APIGW");
}

#[test]
fn without_a_known_code_the_status_decides() {
    for (status, expected) in [
        (301, "TERM endpoint"),
        (307, "TERM endpoint"),
        (400, "TERM"),
        (401, "AUTH"),
        (403, "TERM permission"),
        (404, "TERM endpoint"),
        (408, "AMBIG"),
        (409, "TERM"),
        (418, "TERM"),
        (429, "THROTTLE"),
        (500, "AMBIG"),
        (501, "AMBIG"),
        (503, "AMBIG"),
        (599, "AMBIG"),
        (101, "AMBIG"),
        (200, "AMBIG"),
        (204, "AMBIG"),
        (600, "AMBIG"),
        (999, "AMBIG"),
    ] {
        for code in [None, Some("BackupService.6500"), Some("IAM.0012"), Some("1002"), Some("Other.1002")] {
            assert_eq!(letters(classify(status, code)), expected, "{status} {code:?}");
        }
    }
}

#[test]
fn a_code_is_matched_whole() {
    for code in [
        "BackupService.10022",
        "BackupService.100",
        "BackupService.",
        "backupservice.1009",
        "xBackupService.1009",
        "BackupService.APIG.0308",
    ] {
        assert_eq!(letters(classify(400, Some(code))), "TERM", "{code}");
        assert_eq!(classify(500, Some(code)), Class::Ambiguous, "{code}");
    }
    assert_eq!(letters(classify(400, Some("APIG.1009"))), "TERM", "the families have numbers of their own");
    assert_eq!(classify(500, Some("APIG.0002")), Class::Ambiguous);
}

#[test]
fn on_another_4xx_a_code_keeps_its_class() {
    for (status, code, expected) in [
        (409, "BackupService.1009", "DUP"),
        (401, "APIG.0308", "THROTTLE"),
        (400, "BackupService.9998", "AUTH"),
        (409, "BackupService.6130", "RETRY look"),
        (400, "BackupService.9910", "AMBIG"),
        (400, "APIGW.0601", "AMBIG"),
        (403, "APIG.0201", "AMBIG"),
        (302, "BackupService.9910", "AMBIG"),
        (302, "BackupService.1009", "TERM endpoint"),
        (408, "BackupService.1002", "AMBIG"),
    ] {
        assert_eq!(letters(classify(status, Some(code))), expected, "{status} {code}");
    }
}

#[test]
fn on_another_5xx_a_code_proves_nothing() {
    for (status, code) in [
        (500, "BackupService.1009"),
        (500, "BackupService.1002"),
        (502, "BackupService.1005"),
        (503, "BackupService.0002"),
        (502, "APIG.0613"),
        (503, "APIG.0308"),
        (500, "APIG.0301"),
    ] {
        assert_eq!(classify(status, Some(code)), Class::Ambiguous, "{status} {code}");
    }
}

proptest! {
    #[test]
    fn an_answer_that_nobody_described_is_never_a_rejection(
        status in prop_oneof![0_u16..300, 500_u16..=u16::MAX],
        code in prop::option::of("[ -~]{0,40}"),
        number in 0_u16..10_000,
        family in prop::sample::select(vec!["BackupService.", "APIG.", "APIGW.", ""]),
    ) {
        prop_assert_eq!(classify(status, code.as_deref()), Class::Ambiguous);
        let code = format!("{family}{number:04}");
        let described = ["1005", "0002", "4005", "6139", "8400", "9998", "0103", "0608", "0613"];
        if !described.iter().any(|known| code.ends_with(known)) {
            prop_assert_eq!(classify(status, Some(&code)), Class::Ambiguous, "{}", code);
        }
    }
}
