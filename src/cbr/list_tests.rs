use proptest::prelude::*;

use super::*;

fn token() -> Credential {
    Credential::Token(crate::cbr::Token::from_bytes(b"MIIabcdefghijklmnopqrstuvwxyz").unwrap())
}

fn answer(status: u16, body: &str) -> Result<Page, ListError> {
    let raw = Answer { body: body.as_bytes().to_vec(), ..Answer::with_status(status) };
    read(&raw, &token(), Timestamp::UNIX_EPOCH)
}

#[test]
fn each_refusal_is_told_for_what_it_is() {
    for (status, code, said) in [
        (403, "APIGW.0302", "grant the action cbr:backups:list"),
        (403, "APIGW.0310", "the token belongs to another project"),
        (404, "APIGW.0101", "the endpoint has no list of backups"),
        (401, "APIGW.0301", "the list was refused with"),
        (429, "APIGW.0308", "the list was throttled"),
        (503, "", "503"),
        (404, "BackupService.6200", "6200"),
        (200, "", "the answer cannot be read"),
        (302, "", "the answer cannot be read"),
    ] {
        let Err(error) = answer(status, &format!(r#"{{"error_code":"{code}"}}"#)) else {
            panic!("{status} {code} is a page")
        };
        assert!(error.to_string().contains(said), "{status} {code}: {error}");
    }
    assert!(answer(200, r#"{"backups":[{"id":"b"}],"count":1}"#).is_ok());
    assert!(answer(200, r#"{"backups":[{"id":"b"}"#).is_err());
    assert!(answer(404, r#"{"backups":[]}"#).is_err());
}

proptest! {
    #[test]
    fn no_bytes_panic(status in 100_u16..1000, body in any::<Vec<u8>>()) {
        let raw = Answer { body, ..Answer::with_status(status) };
        let _ = read(&raw, &token(), Timestamp::UNIX_EPOCH).map_err(|error| error.to_string());
    }
}
