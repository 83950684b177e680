use super::*;
use crate::cbr::Token;
use proptest::prelude::*;

fn token() -> Token {
    Token::from_bytes(b"MIIabcdefghijklmnopqrstuvwxyz").unwrap()
}

fn read(body: &[u8]) -> CloudError {
    CloudError::read(&Answer { body: body.to_vec(), ..Answer::with_status(400) }, &token())
}

#[test]
fn every_shape_is_read() {
    let cases: [(&str, Option<&str>, Option<&str>); 16] = [
        (
            r#"{"error_code":"BackupService.6500","error_msg":"no"}"#,
            Some("BackupService.6500"),
            Some("no"),
        ),
        (
            r#"{"error_msg":"no","error_code":"APIGW.0301","request_id":"r"}"#,
            Some("APIGW.0301"),
            Some("no"),
        ),
        (
            r#"{"error":{"code":401,"message":"no","title":"Unauthorized"}}"#,
            Some("401"),
            Some("no"),
        ),
        (r#"{"errorCode":"a","errorMsg":"no"}"#, Some("a"), Some("no")),
        (r#"{"code":"a","message":"no"}"#, Some("a"), Some("no")),
        (r#"{"badRequest":{"error_code":"a","error_msg":"no"}}"#, Some("a"), Some("no")),
        (r#"{"detail":{"error":{"code":"a","message":"no"}}}"#, Some("a"), Some("no")),
        (r#"{"errors":[{"code":"a","message":"no"},{"code":"b"}]}"#, Some("a"), Some("no")),
        (r#"{"message":"no","detail":{"error_code":"a"}}"#, Some("a"), Some("no")),
        (
            r#"{"error_code":null,"error":{"code":"a","message":null},"error_msg":"no"}"#,
            Some("a"),
            Some("no"),
        ),
        (r#"{"error":"no"}"#, None, Some("no")),
        (r#"{"error_code":"","error_msg":""}"#, None, None),
        (r#"no"#, None, Some("no")),
        ("<html><head><Title>502 Bad\nGateway</title><body>x", None, Some("502 Bad Gateway")),
        ("<p>it <b>fails</b></p>", None, Some("it fails")),
        ("", None, None),
    ];
    for (body, code, message) in cases {
        let error = read(body.as_bytes());
        assert_eq!((error.code.as_deref(), error.message.as_deref()), (code, message), "{body}");
        assert_eq!(error.http_status, 400);
    }
}

#[test]
fn the_request_id_is_the_header_s_or_else_the_body_s() {
    let body = br#"{"error_code":"a","request_id":"from body"}"#.to_vec();
    let answer = |request_id: Option<&str>| Answer {
        body: body.clone(),
        request_id: request_id.map(str::to_owned),
        ..Answer::with_status(400)
    };
    assert_eq!(
        CloudError::read(&answer(Some("from header")), &token()).request_id.unwrap(),
        "from header"
    );
    assert_eq!(CloudError::read(&answer(Some(" ")), &token()).request_id.unwrap(), "from body");
    let echo = CloudError::read(&answer(Some("MIIabcdefghijk")), &token());
    assert_eq!(echo.request_id.unwrap(), "[redacted]");
    let long = CloudError::read(&answer(Some(&"x".repeat(5000))), &token());
    assert_eq!(long.request_id.unwrap().chars().count(), 128);
}

#[test]
fn texts_are_cleaned_and_what_is_no_code_is_dropped() {
    let error = read(
        br#"{"error_code":"a b","error_msg":"line one\nline \u0000two MII\/abcdefghijklmnop"}"#,
    );
    assert_eq!(error.code, None);
    assert_eq!(error.message.unwrap(), "line one line two MII/[redacted]");
    assert_eq!(
        read(br#"{"code":"abcdefghijklmnop"}"#).code,
        None,
        "an echo of the token is no code"
    );
    assert_eq!(read(format!(r#"{{"code":"{}"}}"#, "a".repeat(65)).as_bytes()).code, None);
    let long = read(format!(r#"{{"message":"{}"}}"#, "ä".repeat(5000)).as_bytes());
    assert_eq!(long.message.unwrap().chars().count(), 512);
}

#[test]
fn it_reads_as_one_line() {
    let error = CloudError {
        http_status: 400,
        code: Some("BackupService.6120".to_owned()),
        message: Some("no such vault".to_owned()),
        request_id: Some("r-1".to_owned()),
        clock: None,
    };
    assert_eq!(error.to_string(), "HTTP 400, BackupService.6120: no such vault (request id r-1)");
    let iam = CloudError { code: Some("400".to_owned()), ..error };
    assert_eq!(iam.to_string(), "HTTP 400: no such vault (request id r-1)");
}

proptest! {
    #[test]
    fn any_bytes_are_survived_and_bounded(body in any::<Vec<u8>>(), open in prop::sample::select(vec!["", "{", "<", "<title>", r#"{"code":"#])) {
        let error = read(&[open.as_bytes(), &body].concat());
        prop_assert!(error.message.is_none_or(|message| message.chars().count() <= 512));
    }
}
