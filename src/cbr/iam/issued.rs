//! What IAM's answer means.

use jiff::Timestamp;
use serde_json::Value;

use super::login::Login;
use crate::cbr::answer::{Answer, Json};
use crate::cbr::error_body::CloudError;
use crate::cbr::json::scalar;
use crate::cbr::timestamp;
use crate::cbr::token::Token;

/// IAM's own word for too many requests.
const THROTTLED: &str = "IAM.0012";

/// A token, as it was issued.
#[derive(Debug)]
pub struct Issued {
    /// For the project that was asked for.
    pub token: Token,
    /// When it ends at the latest, where IAM says so.
    pub expires_at: Option<Timestamp>,
}

/// Why there is no token. Each `Display` is one line without any secret, and the same for each
/// answer of a kind: it reaches a status.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotIssued {
    /// Name, domain or password is wrong, or the user has nothing to do with the project.
    #[error("IAM does not accept the login: {}", .0.summary())]
    Unauthorized(CloudError),
    /// The user is known, and may not.
    #[error("IAM forbids the token: {}", .0.summary())]
    Forbidden(CloudError),
    /// IAM has too many requests.
    #[error("IAM asks for fewer requests: {}", .0.summary())]
    Throttled(CloudError),
    /// IAM cannot be reached, or fails.
    #[error("IAM gives no answer: {0}")]
    Unavailable(String),
    /// IAM, or whatever answers in its place, does not know what it is asked for.
    #[error("IAM does not take the request: {}", .0.summary())]
    Rejected(CloudError),
    /// An answer of 201 that holds no token that could be used.
    #[error("IAM's answer is of no use: {0}")]
    Unusable(String),
    /// The token would be refused by CBR.
    #[error("IAM issued a token that is not for the project that was asked for")]
    OtherScope,
}

impl NotIssued {
    /// What IAM said, request id and all: for the log.
    pub fn detail(&self) -> Option<String> {
        match self {
            Self::Unauthorized(error)
            | Self::Forbidden(error)
            | Self::Throttled(error)
            | Self::Rejected(error) => Some(error.to_string()),
            Self::Unavailable(_) | Self::Unusable(_) | Self::OtherScope => None,
        }
    }

    /// Whether the same request would fare better later.
    pub fn may_pass(&self) -> bool {
        match self {
            Self::Throttled(_) | Self::Unavailable(_) => true,
            Self::Unauthorized(_)
            | Self::Forbidden(_)
            | Self::Rejected(_)
            | Self::Unusable(_)
            | Self::OtherScope => false,
        }
    }
}

/// What a complete answer means; `token` is its header `X-Subject-Token`. Nothing is said of the
/// body of a success, in which there is nothing to be told.
pub(in crate::cbr) fn read(
    token: Option<&[u8]>,
    answer: &Answer,
    login: &Login<'_>,
) -> Result<Issued, NotIssued> {
    if !answer.is_success() {
        return Err(refusal(answer, login));
    }
    let token =
        token.ok_or_else(|| NotIssued::Unusable("it has no header X-Subject-Token".to_owned()))?;
    let token = Token::from_bytes(token).map_err(|error| NotIssued::Unusable(error.to_string()))?;
    let Json::Read(body) = answer.json() else {
        return Err(NotIssued::Unusable("its body is not JSON".to_owned()));
    };
    let text = |pointer: &str| scalar(body.pointer(pointer));
    let project = text("/token/project/id");
    let is_named = project.is_some() || login.must_name_the_project();
    if is_named && project.as_deref() != Some(login.project().as_str()) {
        return Err(NotIssued::OtherScope);
    }
    let expires_at =
        body.pointer("/token/expires_at").and_then(Value::as_str).and_then(timestamp::parse);
    Ok(Issued { token, expires_at })
}

fn refusal(answer: &Answer, login: &Login<'_>) -> NotIssued {
    let error = CloudError::read(answer, login);
    match error.http_status {
        429 => NotIssued::Throttled(error),
        _ if error.code.as_deref() == Some(THROTTLED) => NotIssued::Throttled(error),
        401 => NotIssued::Unauthorized(error),
        403 => NotIssued::Forbidden(error),
        408 | 500..=599 => NotIssued::Unavailable(error.summary()),
        _ => NotIssued::Rejected(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cbr::ProjectId;
    use crate::cbr::iam::user::tests::user;
    use proptest::prelude::*;

    const TOKEN: &str = "MIIabcdefghijklmnopqrstuvwxyz";
    const PASSWORD: &str = "correct-horse-battery";

    fn project() -> ProjectId {
        ProjectId::parse("p1").unwrap()
    }

    fn issued(status: u16, token: Option<&str>, body: &str) -> Result<Issued, NotIssued> {
        let answer = Answer { body: body.as_bytes().to_vec(), ..Answer::with_status(status) };
        let (user, project) = (user(PASSWORD), project());
        let login = Login::Password { user: &user, project: &project };
        read(token.map(str::as_bytes), &answer, &login)
    }

    const SCOPED: &str =
        r#"{"token":{"expires_at":"2015-11-09T01:42:57.527363Z","project":{"id":"p1"}}}"#;

    #[test]
    fn it_is_asked_as_the_api_has_it() {
        let (ann, project) = (user(PASSWORD), project());
        let login = Login::Password { user: &ann, project: &project };
        let asked: Value = serde_json::from_str(&login.to_json()).unwrap();
        let user =
            serde_json::json!({"name": "\"ann\"", "password": PASSWORD, "domain": {"name": "OTC"}});
        assert_eq!(
            asked["auth"]["identity"],
            serde_json::json!({"methods": ["password"], "password": {"user": user}})
        );
        assert_eq!(asked["auth"]["scope"], serde_json::json!({"project": {"id": "p1"}}));

        let id_token = Token::from_bytes(b"eyJhbGciOi.J9.sig").unwrap();
        let login = Login::IdToken { provider: "k8s", id_token: &id_token, project: &project };
        let asked: Value = serde_json::from_str(&login.to_json()).unwrap();
        let expected = serde_json::json!({"auth": {
            "id_token": {"id": "eyJhbGciOi.J9.sig"}, "scope": {"project": {"id": "p1"}},
        }});
        assert_eq!(asked, expected);
        assert_eq!(login.header().unwrap().1, "k8s");
    }

    #[test]
    fn a_federated_login_may_leave_the_project_out_and_must_not_name_another() {
        let (project, id_token) = (project(), Token::from_bytes(b"eyJhbGciOi.J9.sig").unwrap());
        let login = Login::IdToken { provider: "k8s", id_token: &id_token, project: &project };
        for (body, taken) in [
            (r#"{"token":{}}"#, true),
            (r#"{"token":{"project":{"id":"p1"}}}"#, true),
            (r#"{"token":{"project":{"id":"p2"}}}"#, false),
        ] {
            let answer = Answer { body: body.as_bytes().to_vec(), ..Answer::with_status(201) };
            assert_eq!(read(Some(TOKEN.as_bytes()), &answer, &login).is_ok(), taken, "{body}");
        }
    }

    #[test]
    fn a_token_of_the_project_is_taken() {
        let Issued { token, expires_at } = issued(201, Some(TOKEN), SCOPED).unwrap();
        assert_eq!(token.header_value(), TOKEN);
        assert_eq!(expires_at, Some("2015-11-09T01:42:57.527363Z".parse().unwrap()));
        let silent =
            issued(201, Some(TOKEN), r#"{"token":{"project":{"id":"p1"},"expires_at":"soon"}}"#)
                .unwrap();
        assert_eq!(silent.expires_at, None);
    }

    #[test]
    fn each_other_answer_has_its_meaning() {
        let body = |code: &str| {
            format!(r#"{{"error":{{"code":"{code}","message":"The {PASSWORD} is wrong."}}}}"#)
        };
        for (status, token, body, expected, may_pass) in [
            (401, None, body("401"), "does not accept the login: HTTP 401", false),
            (403, None, body("403"), "forbids", false),
            (400, None, body("400"), "does not take the request: HTTP 400", false),
            (404, None, String::new(), "does not take the request: HTTP 404", false),
            (302, Some(TOKEN), String::new(), "does not take the request: HTTP 302", false),
            (429, None, String::new(), "fewer requests", true),
            (400, None, body("IAM.0012"), "fewer requests", true),
            (408, None, String::new(), "no answer: HTTP 408", true),
            (503, Some(TOKEN), body("503"), "no answer: HTTP 503", true),
            (201, None, SCOPED.to_owned(), "X-Subject-Token", false),
            (201, Some(" "), SCOPED.to_owned(), "the token is empty", false),
            (201, Some(TOKEN), "ok".to_owned(), "not JSON", false),
            (201, Some(TOKEN), r#"{"token":{}}"#.to_owned(), "not for the project", false),
            (
                201,
                Some(TOKEN),
                r#"{"token":{"project":{"id":"p2"}}}"#.to_owned(),
                "not for the project",
                false,
            ),
        ] {
            let why = issued(status, token, &body).unwrap_err();
            let words = why.to_string();
            assert!(words.contains(expected), "{status}: {words}");
            assert!(!words.contains("horse") && !words.contains("MII"), "{words}");
            assert_eq!(why.may_pass(), may_pass, "{words}");
        }
    }

    proptest! {
        #[test]
        fn only_a_2xx_issues_a_token_and_no_bytes_panic(
            status in 100_u16..1000,
            token in any::<Option<Vec<u8>>>(),
            body in any::<Vec<u8>>(),
        ) {
            let answer = Answer { body, ..Answer::with_status(status) };
            let (user, project) = (user(PASSWORD), project());
            let login = Login::Password { user: &user, project: &project };
            let _ = read(token.as_deref(), &answer, &login).map_err(|why| why.to_string());
            prop_assert_eq!(issued(status, Some(TOKEN), SCOPED).is_ok(), (200..300).contains(&status));
        }
    }
}
