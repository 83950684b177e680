use super::*;
use crate::cbr::RecordId;
use crate::cbr::TerminalReason;
use proptest::prelude::*;

fn token() -> Credential {
    Credential::Token(crate::cbr::Token::from_bytes(b"MIIabcdefghijklmnopqrstuvwxyz").unwrap())
}

fn read(status: u16, body: &str) -> ReplicateOutcome {
    let answer = Answer { body: body.as_bytes().to_vec(), ..Answer::with_status(status) };
    ReplicateOutcome::read(&answer, &token(), Timestamp::UNIX_EPOCH)
}

fn why(outcome: &ReplicateOutcome) -> Option<UnknownWhy> {
    match outcome {
        ReplicateOutcome::Unknown(unknown) => Some(unknown.why),
        ReplicateOutcome::Accepted(_)
        | ReplicateOutcome::NotSent(_)
        | ReplicateOutcome::Rejected(_) => None,
    }
}

fn replication(outcome: ReplicateOutcome) -> Replication {
    match outcome {
        ReplicateOutcome::Accepted(accepted) => accepted.replication,
        other => panic!("{other}"),
    }
}

#[test]
fn the_documented_answer_is_read_whole() {
    let body = r#"{"replication":{"destination_vault_id":"v","provider_id":"p","backup_id":"b","destination_project_id":"dp",
        "destination_region":"r2","source_region":"r1","project_id":"sp","replication_record_id":"1579a71e"}}"#;
    let text = |value: &str| Some(value.to_owned());
    let expected = Replication {
        replication_record_id: Some(RecordId::parse("1579a71e").unwrap()),
        backup_id: text("b"),
        project_id: text("sp"),
        provider_id: text("p"),
        source_region: text("r1"),
        destination_region: text("r2"),
        destination_project_id: text("dp"),
        destination_vault_id: text("v"),
    };
    assert_eq!(replication(read(200, body)), expected);
}

#[test]
fn a_replication_is_an_acceptance_whatever_it_lacks() {
    for (body, id) in [
        (r#"{"replication":{}}"#, None),
        (r#"{"replication":{"replication_record_id":null,"backup_id":null}}"#, None),
        (r#"{"replication":{"replication_record_id":""}}"#, None),
        (r#"{"replication":{"replication_record_id":"a b"}}"#, None),
        (r#"{"replication":{"replication_record_id":["x"]}}"#, None),
        (r#"{"replication":{"replication_record_id":"MIIabcdefghijkl"}}"#, None),
        (
            r#"{"replication":{"replication_record_id":7,"new":{"x":1}},"error_code":"BackupService.1002"}"#,
            Some("7"),
        ),
        ("\n {\"replication\":{\"replication_record_id\":\"x\"}} \n", Some("x")),
    ] {
        for status in [200, 201, 202, 299] {
            let read = replication(read(status, body)).replication_record_id;
            assert_eq!(read.as_ref().map(RecordId::as_str), id, "{status} {body}");
        }
    }
}

#[test]
fn texts_of_an_acceptance_are_bounded_and_redacted() {
    let body = format!(
        r#"{{"replication":{{"backup_id":"{}","provider_id":"a\nMIIabcdefghijkl","project_id":1.5}}}}"#,
        "x".repeat(5000)
    );
    let read = replication(read(200, &body));
    assert_eq!(read.backup_id.unwrap().chars().count(), 256);
    assert_eq!(read.provider_id.as_deref(), Some("a [redacted]"));
    assert_eq!(read.project_id.as_deref(), Some("1.5"));
}

#[test]
fn a_2xx_without_a_replication_is_unknown_also_with_an_error_code() {
    for body in [
        "",
        "{}",
        "null",
        "[]",
        r#"{"replication":null}"#,
        r#"{"replication":[{}]}"#,
        r#"{"replication":"yes"}"#,
        r#"{"replication":{"replication_record_id":"x"}"#,
        r#"{"replication":{}} trailing"#,
        "<html>ok</html>",
        r#"{"error_code":"BackupService.1002","error_msg":"no"}"#,
        r#"{"replication":{"x":"#,
    ] {
        for status in [200, 202, 204, 206] {
            assert_eq!(
                why(&read(status, body)),
                Some(UnknownWhy::Unreadable2xx),
                "{status} {body}"
            );
        }
    }
}

#[test]
fn a_refusal_carries_what_the_cloud_said() {
    let answer = Answer {
        request_id: Some("r-1".to_owned()),
        retry_after: Some("30".to_owned()),
        body: br#"{"error_code":"APIGW.0308","error_msg":"slow down"}"#.to_vec(),
        ..Answer::with_status(429)
    };
    let ReplicateOutcome::Rejected(rejection) =
        ReplicateOutcome::read(&answer, &token(), Timestamp::UNIX_EPOCH)
    else {
        panic!("rejected");
    };
    assert_eq!(rejection.kind, Refusal::Throttled);
    assert_eq!(rejection.retry_after, Some(Duration::from_secs(30)));
    assert_eq!(
        ReplicateOutcome::Rejected(rejection).to_string(),
        "not accepted, too many requests: HTTP 429, APIGW.0308: slow down (request id r-1)"
    );
}

#[test]
fn a_replication_in_an_error_answer_is_no_acceptance_and_no_excuse() {
    let outcome = read(400, r#"{"replication":{},"error_code":"BackupService.1012"}"#);
    let ReplicateOutcome::Rejected(rejection) = outcome else { panic!("{outcome}") };
    assert_eq!(rejection.kind, Refusal::Terminal(TerminalReason::Quota));
}

#[test]
fn an_error_whose_json_is_cut_is_unknown_for_its_code_may_be_missing() {
    for body in [r#"{"error_msg":"being repl"#, "{", r#" {"error_code":"BackupService.1"#] {
        assert_eq!(why(&read(400, body)), Some(UnknownWhy::AnswerCutShort), "{body}");
    }
    for body in ["", "{not json}", "Bad Request"] {
        assert_eq!(why(&read(400, body)), Some(UnknownWhy::Undocumented), "{body}");
        assert_eq!(why(&read(401, body)), None, "{body}");
    }
    assert_eq!(
        why(&read(401, r#"{"error_code":"BackupService.1"#)),
        Some(UnknownWhy::AnswerCutShort)
    );
}

#[test]
fn what_is_ambiguous_stays_unknown() {
    for (status, body) in [
        (408, ""),
        (500, r#"{"error_code":"BackupService.9910"}"#),
        (502, "<html><title>502</title>"),
        (503, r#"{"error_code":"BackupService.1009"}"#),
        (600, ""),
    ] {
        assert_eq!(why(&read(status, body)), Some(UnknownWhy::AmbiguousAnswer), "{status} {body}");
    }
}

#[test]
fn what_nobody_documents_as_a_refusal_is_unknown() {
    let endpoint = Some(Refusal::Terminal(TerminalReason::WrongEndpoint));
    for (status, body, refusal_if_unseen) in [
        (301, "", None),
        (303, "", None),
        (400, "", None),
        (403, "<html>blocked</html>", None),
        (404, "<title>Not Found</title>", endpoint),
        (405, "", endpoint),
        (501, "", endpoint),
        (404, r#"{"error":{"code":404,"message":"no"}}"#, endpoint),
        (404, r#"{"error_code":"BackupService.1009"}"#, None),
        (404, r#"{"error_code":"Mesh.7"}"#, None),
        (409, "", None),
        (409, r#"{"error_code":"BackupService.1009"}"#, None),
        (418, "<html>blocked</html>", None),
        (499, "", None),
        (400, r#"{"error_code":"BackupService.1006"}"#, None),
        (400, r#"{"error_code":"BackupService.9910"}"#, None),
    ] {
        let outcome = read(status, body);
        let ReplicateOutcome::Unknown(unknown) = &outcome else { panic!("{outcome}") };
        assert_eq!(
            (unknown.why, unknown.refusal_if_unseen),
            (UnknownWhy::Undocumented, refusal_if_unseen),
            "{outcome}"
        );
        assert!(
            outcome
                .to_string()
                .starts_with("outcome unknown, the answer is not documented as a refusal: HTTP ")
        );
    }
    for (status, body) in [
        (408, ""),
        (500, ""),
        (502, ""),
        (200, ""),
        (501, r#"{"error_code":"BackupService.1009"}"#),
    ] {
        let ReplicateOutcome::Unknown(unknown) = read(status, body) else { panic!("{status}") };
        assert!(
            unknown.why != UnknownWhy::Undocumented && unknown.refusal_if_unseen.is_none(),
            "{status}"
        );
    }
}

#[test]
fn a_documented_code_counts_whatever_the_token_contains() {
    let token = Credential::Token(
        crate::cbr::Token::from_bytes(b"key-for-BackupService.1009-tests").unwrap(),
    );
    let body =
        br#"{"error_code":"BackupService.1009","error_msg":"BackupService.1009-tests"}"#.to_vec();
    let answer = Answer { body, ..Answer::with_status(400) };
    let outcome = ReplicateOutcome::read(&answer, &token, Timestamp::UNIX_EPOCH);
    let ReplicateOutcome::Rejected(rejection) = &outcome else { panic!("{outcome}") };
    assert_eq!(rejection.kind, Refusal::Duplicate);
    assert!(!outcome.to_string().contains("tests"), "{outcome}");
}

#[test]
fn every_outcome_is_one_line_without_the_token() {
    let echo = "MIIabcdefghijklmnopqrstuvwxyz\\nsecond line";
    for status in [200, 302, 400, 401, 404, 429, 500] {
        for body in [
            format!(r#"{{"error_code":"x","error_msg":"{echo}"}}"#),
            format!(
                r#"{{"replication":{{"replication_record_id":"{echo}","backup_id":"{echo}"}}}}"#
            ),
            echo.to_owned(),
        ] {
            let answer = Answer {
                request_id: Some(echo.to_owned()),
                body: body.into_bytes(),
                ..Answer::with_status(status)
            };
            let outcome = ReplicateOutcome::read(&answer, &token(), Timestamp::UNIX_EPOCH);
            let shown = format!("{outcome} {outcome:?}");
            assert!(!shown.contains("abcdefgh") && !outcome.to_string().contains('\n'), "{shown}");
        }
    }
}

proptest! {
    #[test]
    fn a_2xx_is_never_a_refusal_and_no_bytes_panic(
        status in 200_u16..300,
        body in prop_oneof![any::<Vec<u8>>(), "\\{\"(replication|error_code|code)\":(\\{.{0,9}\\}|\"BackupService.1002\"|null)\\}".prop_map(String::into_bytes)],
    ) {
        let answer = Answer { body, ..Answer::with_status(status) };
        let outcome = ReplicateOutcome::read(&answer, &token(), Timestamp::UNIX_EPOCH);
        prop_assert!(matches!(outcome, ReplicateOutcome::Accepted(_) | ReplicateOutcome::Unknown(_)), "{}", outcome);
    }

    #[test]
    fn an_undescribed_answer_is_unknown(
        status in prop_oneof![100_u16..200, 500_u16..1000],
        body in prop_oneof![any::<Vec<u8>>(), "[{]\"error_code\":\"(BackupService[.]6...|APIG[.]0[34]..|IAM.0012|1009)\"[}]".prop_map(String::into_bytes)],
        header in any::<String>(),
    ) {
        prop_assume!(!String::from_utf8_lossy(&body).contains("6139"));
        let answer = Answer { body, retry_after: Some(header.clone()), request_id: Some(header), ..Answer::with_status(status) };
        let outcome = ReplicateOutcome::read(&answer, &token(), Timestamp::UNIX_EPOCH);
        prop_assert!(why(&outcome).is_some(), "{}", outcome);
    }

    #[test]
    fn nothing_but_a_2xx_is_an_acceptance(status in prop_oneof![100_u16..200, 300_u16..1000]) {
        let outcome = read(status, r#"{"replication":{"replication_record_id":"x"}}"#);
        prop_assert!(!matches!(outcome, ReplicateOutcome::Accepted(_)), "{}", outcome);
    }
}
