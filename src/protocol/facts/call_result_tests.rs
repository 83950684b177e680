use crate::cbr::{self, CloudError, Refusal, ReplicateOutcome, TerminalReason, UnknownWhy};
use crate::protocol::facts::call_result::CallResult;
use crate::protocol::fixtures::Scene;
use crate::protocol::fixtures::cloud::shows;
use crate::protocol::lookup::Lookup;

const REFUSALS: [Refusal; 4] = [
    Refusal::Terminal(TerminalReason::Destination),
    Refusal::Retry { look_up_first: false },
    Refusal::Throttled,
    Refusal::Unauthorized,
];

fn outcome(
    why: UnknownWhy,
    refusal_if_unseen: Option<Refusal>,
    answered: bool,
) -> ReplicateOutcome {
    let error =
        CloudError { http_status: 404, code: None, message: None, request_id: None, clock: None };
    ReplicateOutcome::Unknown(cbr::Unknown {
        why,
        http_status: answered.then_some(404),
        error: answered.then_some(error),
        text: "words".into(),
        refusal_if_unseen,
    })
}

/// Where records can be looked up, a look-up settles it; elsewhere the few of the table count as
/// refusals.
#[test]
fn an_undocumented_answer_is_a_refusal_only_where_nothing_was_seen_and_the_table_says_so() {
    for (before, seen) in [(shows(vec![]), true), (Some(Lookup::NotAvailable("404".into())), false)]
    {
        let mut scene = Scene::new();
        scene.lookup = before;
        let attempt = scene.claim("a-1");
        for refusal in REFUSALS.map(Some).into_iter().chain([None]) {
            let ending =
                CallResult::of(outcome(UnknownWhy::Undocumented, refusal, true), &attempt, None);
            let is_unknown = matches!(ending, CallResult::Unknown(_));
            assert_eq!(is_unknown, seen || refusal.is_none(), "{seen} {refusal:?}");
        }
    }
}

#[test]
fn what_ended_without_an_answer_is_never_a_refusal() {
    let mut scene = Scene::new();
    scene.lookup = Some(Lookup::NotAvailable("404".into()));
    let attempt = scene.claim("a-1");
    for why in [
        UnknownWhy::TimedOut,
        UnknownWhy::ConnectionLost,
        UnknownWhy::NotHttp,
        UnknownWhy::AnswerCutShort,
    ] {
        assert!(
            matches!(
                CallResult::of(outcome(why, None, false), &attempt, None),
                CallResult::Unknown(_)
            ),
            "{why:?}"
        );
    }
}

/// Whatever the credential is, the reader is told what to do about that kind.
#[test]
fn advice_on_a_credential_names_its_kind() {
    let sources = [
        ("tokenSecretRef: {name: s}", "a valid token", "The token belongs to another project"),
        ("accessKeySecretRef: {name: s}", "a valid access key", "The access key is of a user"),
        ("passwordSecretRef: {name: s}", "gets a new token", "The user in the Secret"),
        (
            "serviceAccount: {name: a, identityProvider: p, audience: x}",
            "gets a new token",
            "The service account",
        ),
    ];
    let attempt = Scene::new().claim("a-1");
    for (auth, refused, of_another) in sources {
        let auth: crate::resource::Auth = serde_saphyr::from_str(auth).unwrap();
        let source = auth.source();
        for (http_status, code, words) in
            [(401, "APIGW.0301", refused), (403, "APIGW.0310", of_another)]
        {
            let error = CloudError {
                http_status,
                code: Some(code.to_owned()),
                message: None,
                request_id: None,
                clock: None,
            };
            let kind = match http_status {
                401 => Refusal::Unauthorized,
                _ => Refusal::Terminal(TerminalReason::Permission),
            };
            let said = |source| {
                let rejection = cbr::Rejection { kind, error: error.clone(), retry_after: None };
                let outcome = ReplicateOutcome::Rejected(rejection);
                CallResult::of(outcome, &attempt, source).answer().message.clone()
            };
            let neutral = said(None);
            let said = said(source.as_ref());
            assert!(said.contains(words), "{source:?} {code}: {said}");
            assert!(!neutral.contains("oken") && !neutral.contains("Secret"), "{neutral}");
        }
    }
}
