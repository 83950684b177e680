//! Against servers on this machine that speak from a script, byte by byte.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use proptest::prelude::*;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

use super::*;
use crate::cbr::gate::tests::{Open, Shut};
use crate::cbr::request::tests::replicate;
use crate::cbr::{AllowList, BackupId, BackupStatus, ProjectId, Records};

const TOKEN: &str = "MIIabcdefghijklmnopqrstuvwxyz";
/// For exchanges that end by themselves. Nothing waits for it to pass.
pub(super) const LONG: Duration = Duration::from_secs(60);
const ACCEPTED: &str = r#"{"replication":{"replication_record_id":"r-1"}}"#;

pub(super) fn token() -> Credential {
    Credential::Token(crate::cbr::Token::from_bytes(TOKEN.as_bytes()).unwrap())
}

pub(super) fn target() -> Target {
    Target {
        project_id: ProjectId::parse("p1").unwrap(),
        backup_id: BackupId::parse("b1").unwrap(),
    }
}

pub(super) fn direct() -> reqwest::ClientBuilder {
    builder(ClientConfig { connect_timeout: LONG, request_timeout: LONG, ca_bundle: None })
        .unwrap()
        .no_proxy()
}

pub(super) fn endpoint(url: &str) -> Endpoint {
    AllowList(vec![url.parse().unwrap()]).check(url).unwrap()
}

fn answer(head: &str, body: &str) -> String {
    format!("HTTP/1.1 {head}\r\nContent-Length: {}\r\n\r\n{body}", body.len())
}

/// A server that gives each connection to the script, and passes on what the script returns: what
/// it read.
pub(super) struct Server {
    pub(super) endpoint: Endpoint,
    connections: Arc<AtomicUsize>,
    read: mpsc::UnboundedReceiver<Vec<u8>>,
}

impl Server {
    pub(super) async fn start<S, F>(scheme: &str, script: S) -> Self
    where
        S: Fn(TcpStream) -> F + Send + 'static,
        F: Future<Output = Vec<u8>> + Send,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = endpoint(&format!("{scheme}://{}", listener.local_addr().unwrap()));
        let connections = Arc::new(AtomicUsize::new(0));
        let counted = connections.clone();
        let (sender, read) = mpsc::unbounded_channel();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                counted.fetch_add(1, Ordering::SeqCst);
                if sender.send(script(stream).await).is_err() {
                    return;
                }
            }
        });
        Self { endpoint, connections, read }
    }

    /// Reads a whole request, answers with these bytes, and hangs up.
    pub(super) async fn answering(bytes: impl Into<Vec<u8>>) -> Self {
        let bytes: Arc<[u8]> = Arc::from(bytes.into());
        Self::start("http", move |mut stream| {
            let bytes = bytes.clone();
            async move {
                let request = read_request(&mut stream).await;
                // The client may have hung up already, as it does when an answer is too long.
                let _ = stream.write_all(&bytes).await;
                request
            }
        })
        .await
    }

    async fn replicate(&self, limit: Duration) -> ReplicateOutcome {
        self.replicate_with(direct(), limit, Open).await
    }

    async fn replicate_with<F: StartWindow + Unpin>(
        &self,
        builder: reqwest::ClientBuilder,
        limit: Duration,
        fence: F,
    ) -> ReplicateOutcome {
        let client = Client::build(builder).unwrap();
        client.replicate(&self.endpoint, &target(), &replicate(), &token(), limit, fence).await
    }

    async fn backup(&self) -> Result<Backup, LookUpError> {
        Client::build(direct()).unwrap().backup(&self.endpoint, &target(), &token(), LONG).await
    }
}

/// Head, and as many bytes as it announces. Stops early where the client does.
pub(super) async fn read_request(stream: &mut TcpStream) -> Vec<u8> {
    let mut request = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&request).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let announced = head
                .lines()
                .find_map(|line| line.strip_prefix("content-length: ")?.parse::<usize>().ok());
            if body.len() >= announced.unwrap_or(0) {
                return request;
            }
        }
        match stream.read_buf(&mut request).await {
            Ok(0) | Err(_) => return request,
            Ok(_) => {}
        }
    }
}

pub(super) async fn read_to_end(mut stream: TcpStream) -> Vec<u8> {
    let mut all = Vec::new();
    let _ = stream.read_to_end(&mut all).await;
    all
}

fn class(outcome: &ReplicateOutcome) -> Result<UnknownWhy, String> {
    match outcome {
        ReplicateOutcome::Unknown(unknown) => Ok(unknown.why),
        ReplicateOutcome::Accepted(_)
        | ReplicateOutcome::NotSent(_)
        | ReplicateOutcome::Rejected(_) => Err(outcome.to_string()),
    }
}

fn reason(outcome: &ReplicateOutcome) -> Result<NotSentReason, String> {
    match outcome {
        ReplicateOutcome::NotSent(not_sent) => Ok(not_sent.reason),
        ReplicateOutcome::Accepted(_)
        | ReplicateOutcome::Unknown(_)
        | ReplicateOutcome::Rejected(_) => Err(outcome.to_string()),
    }
}

#[tokio::test]
async fn the_request_is_the_documented_one_and_nothing_else() {
    let mut server = Server::answering(answer("200 OK\r\nX-Request-Id: req-1", ACCEPTED)).await;
    let outcome = server.replicate(LONG).await;
    assert_eq!(
        outcome.to_string(),
        "accepted as replication record r-1 (HTTP 200, request id req-1)"
    );

    let request = String::from_utf8(server.read.recv().await.unwrap()).unwrap();
    let (head, body) = request.split_once("\r\n\r\n").unwrap();
    let mut lines: Vec<&str> = head.lines().collect();
    assert_eq!(lines.remove(0), "POST /v3/p1/backups/b1/replicate HTTP/1.1");
    lines.sort_unstable();
    let host = server.endpoint.as_str().trim_start_matches("http://");
    let expected = [
        "accept: */*".to_owned(),
        "connection: close".to_owned(),
        format!("content-length: {}", body.len()),
        "content-type: application/json".to_owned(),
        format!("host: {host}"),
        format!("user-agent: backup-replication-operator/{}", env!("CARGO_PKG_VERSION")),
        format!("x-auth-token: {TOKEN}"),
    ];
    assert_eq!(lines, expected);
    assert_eq!(body.as_bytes(), replicate().to_json());
}

#[tokio::test]
async fn a_redirect_is_an_answer() {
    for status in [
        "301 Moved",
        "302 Found",
        "303 See Other",
        "307 Temporary Redirect",
        "308 Permanent Redirect",
    ] {
        let mut server =
            Server::answering(answer(&format!("{status}\r\nLocation: /elsewhere"), "")).await;
        let outcome = server.replicate(LONG).await;
        assert_eq!(class(&outcome), Ok(UnknownWhy::Undocumented), "{outcome}");
        server.read.recv().await.unwrap();
        assert!(matches!(server.backup().await, Err(LookUpError::Unreadable { .. })));
        server.read.recv().await.unwrap();
        assert_eq!(
            server.connections.load(Ordering::SeqCst),
            2,
            "one for the call, one for the look"
        );
    }
}

#[tokio::test]
async fn every_call_has_a_connection_of_its_own() {
    // Longer than one request: a client that kept the connection would find it open.
    let mut server = Server::start("http", |mut stream| async move {
        let request = read_request(&mut stream).await;
        stream.write_all(answer("200 OK", ACCEPTED).as_bytes()).await.unwrap();
        assert_eq!(read_to_end(stream).await, b"", "a second request on the connection");
        request
    })
    .await;
    let client = Client::build(direct()).unwrap();
    for calls in 1..=3 {
        let outcome =
            client.replicate(&server.endpoint, &target(), &replicate(), &token(), LONG, Open).await;
        assert!(matches!(outcome, ReplicateOutcome::Accepted(_)), "{outcome}");
        server.read.recv().await.unwrap();
        assert_eq!(server.connections.load(Ordering::SeqCst), calls);
    }
}

#[tokio::test]
async fn behind_a_closed_fence_not_a_byte_leaves() {
    let mut server = Server::start("http", read_to_end).await;
    let outcome = server.replicate_with(direct(), LONG, Shut).await;
    assert_eq!(reason(&outcome), Ok(NotSentReason::Fence));
    assert_eq!(server.read.recv().await.unwrap(), b"");
    assert_eq!(server.connections.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn the_longest_token_leaves_no_byte_behind_a_closed_fence() {
    let mut server = Server::start("http", read_to_end).await;
    let token = Credential::Token(crate::cbr::Token::from_bytes(&[b'x'; 256 * 1024]).unwrap());
    let client = Client::build(direct()).unwrap();
    let outcome =
        client.replicate(&server.endpoint, &target(), &replicate(), &token, LONG, Shut).await;
    assert_eq!(reason(&outcome), Ok(NotSentReason::Fence));
    assert_eq!(server.read.recv().await.unwrap(), b"");
}

#[tokio::test]
async fn a_lost_connection_is_unknown_and_is_not_tried_again() {
    for read_first in [false, true] {
        let mut server = Server::start("http", move |mut stream| async move {
            if read_first {
                read_request(&mut stream).await;
            }
            stream.set_zero_linger().unwrap();
            Vec::new()
        })
        .await;
        let outcome = server.replicate(LONG).await;
        match class(&outcome) {
            Ok(UnknownWhy::ConnectionLost) => {}
            // Reset before anything was written, the request may also fail before it begins.
            Err(_) if !read_first => assert!(reason(&outcome).is_ok(), "{outcome}"),
            other => panic!("{other:?}"),
        }
        server.read.recv().await.unwrap();
        assert_eq!(server.connections.load(Ordering::SeqCst), 1);
    }
}

#[tokio::test]
async fn answers_that_are_none_are_unknown() {
    for (bytes, expected) in [
        ("", UnknownWhy::ConnectionLost),
        ("HTTP/1.1 200 OK\r\nContent-Le", UnknownWhy::ConnectionLost),
        ("SSH-2.0-OpenSSH_9.6\r\n\r\n", UnknownWhy::NotHttp),
        ("HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n", UnknownWhy::NotHttp),
        (
            "HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{\"replication\":{}}",
            UnknownWhy::AnswerCutShort,
        ),
        (
            "HTTP/1.1 400 Bad Request\r\nContent-Length: \
             99\r\n\r\n{\"error_code\":\"BackupService.1012\"}",
            UnknownWhy::AnswerCutShort,
        ),
        (
            "HTTP/1.1 400 Bad Request\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{\"err",
            UnknownWhy::AnswerCutShort,
        ),
        (
            "HTTP/1.1 400 Bad Request\r\n\r\n{\"error_code\":\"BackupService.1",
            UnknownWhy::AnswerCutShort,
        ),
        ("HTTP/1.1 204 No Content\r\n\r\n", UnknownWhy::Unreadable2xx),
        ("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", UnknownWhy::Unreadable2xx),
        ("HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n", UnknownWhy::AmbiguousAnswer),
        ("HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n", UnknownWhy::AmbiguousAnswer),
        ("HTTP/1.1 999 ?\r\nContent-Length: 0\r\n\r\n", UnknownWhy::AmbiguousAnswer),
    ] {
        let server = Server::answering(bytes).await;
        let outcome = server.replicate(LONG).await;
        assert_eq!(class(&outcome), Ok(expected), "{bytes:?}: {outcome}");
    }
}

#[tokio::test]
async fn an_answer_may_come_in_pieces_and_after_a_provisional_one() {
    let pieces = "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 200 \
        OK\r\nTransfer-Encoding: chunked\r\n\r\nf\r\n{\"replication\":\r\n3\r\n{}}\r\n0\r\n\r\n";
    let outcome = Server::answering(pieces).await.replicate(LONG).await;
    assert!(matches!(outcome, ReplicateOutcome::Accepted(_)), "{outcome}");
}

#[tokio::test]
async fn an_answer_that_is_too_long_is_unknown_and_is_not_kept() {
    let long = format!("{{\"replication\":{{\"x\":\"{}\"}}}}", "x".repeat(MAX_ANSWER));
    let server = Server::answering(answer("200 OK", &long)).await;
    assert_eq!(class(&server.replicate(LONG).await), Ok(UnknownWhy::AnswerTooLarge));
    assert!(matches!(server.backup().await, Err(LookUpError::Unreadable { .. })));
}

/// Says nothing more, and stays until the client hangs up.
async fn silence(prefix: &'static str, mut stream: TcpStream) -> Vec<u8> {
    let request = read_request(&mut stream).await;
    let _ = stream.write_all(prefix.as_bytes()).await;
    read_to_end(stream).await;
    request
}

#[tokio::test]
async fn the_time_limit_covers_the_answer_s_head_and_its_body() {
    // Long enough for the request to leave even on a busy machine; its end is what is waited for.
    let limit = Duration::from_secs(3);
    let begun = "HTTP/1.1 400 Bad Request\r\nContent-Length: 9\r\n\r\n{";
    let mute = Server::start("http", |stream| silence("", stream)).await;
    let halting = Server::start("http", |stream| silence(begun, stream)).await;
    let outcomes = tokio::join!(mute.replicate(limit), halting.replicate(limit));
    for (outcome, status) in [(outcomes.0, None), (outcomes.1, Some(400))] {
        let ReplicateOutcome::Unknown(unknown) = outcome else { panic!("{outcome}") };
        assert_eq!((unknown.why, unknown.http_status), (UnknownWhy::TimedOut, status));
    }
}

/// A resolver that never comes back.
pub(super) struct SlowNames;
impl reqwest::dns::Resolve for SlowNames {
    fn resolve(&self, _: reqwest::dns::Name) -> reqwest::dns::Resolving {
        Box::pin(std::future::pending())
    }
}

#[tokio::test]
async fn a_limit_that_is_over_before_the_request_leaves_is_not_sent() {
    let endpoint = endpoint("https://cbr.nowhere.example");
    let stuck = |builder: reqwest::ClientBuilder, limit| {
        let client = Client::build(builder.dns_resolver(SlowNames)).unwrap();
        let endpoint = &endpoint;
        async move { client.replicate(endpoint, &target(), &replicate(), &token(), limit, Open).await }
    };
    let outcome = stuck(direct(), Duration::from_millis(1)).await;
    assert_eq!(reason(&outcome), Ok(NotSentReason::TimeLimit));
    let outcome = stuck(direct().connect_timeout(Duration::from_millis(1)), LONG).await;
    assert_eq!(reason(&outcome), Ok(NotSentReason::ConnectTimeout));
}

#[tokio::test]
async fn without_a_connection_nothing_was_sent() {
    // The port was free a moment ago, and is left free.
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let client = Client::build(direct()).unwrap();
    let endpoint = endpoint(&format!("http://{free}"));
    let outcome = client.replicate(&endpoint, &target(), &replicate(), &token(), LONG, Open).await;
    assert_eq!(reason(&outcome), Ok(NotSentReason::Connect));
    assert!(outcome.to_string().contains("connection was refused"), "{outcome}");
    let look = client.backup(&endpoint, &target(), &token(), LONG).await;
    assert!(matches!(look, Err(LookUpError::Unavailable { .. })), "{look:?}");
}

/// A resolver that knows no name.
pub(super) struct NoNames;
impl reqwest::dns::Resolve for NoNames {
    fn resolve(&self, _: reqwest::dns::Name) -> reqwest::dns::Resolving {
        Box::pin(async { Err("no such name".into()) })
    }
}

#[tokio::test]
async fn without_an_address_nothing_was_sent() {
    let client = Client::build(direct().dns_resolver(NoNames)).unwrap();
    let endpoint = endpoint("https://cbr.nowhere.example");
    let outcome = client.replicate(&endpoint, &target(), &replicate(), &token(), LONG, Open).await;
    assert_eq!(reason(&outcome), Ok(NotSentReason::Dns));
    assert!(
        outcome.to_string().starts_with("not sent: https://cbr.nowhere.example: the name does not"),
        "{outcome}"
    );
}

#[tokio::test]
async fn without_tls_nothing_was_sent() {
    for bytes in ["HTTP/1.1 400 Bad Request\r\n\r\n", ""] {
        let mut server = Server::start("https", move |mut stream| async move {
            let mut hello = vec![0; 4096];
            let length = stream.read(&mut hello).await.unwrap();
            let _ = stream.write_all(bytes.as_bytes()).await;
            hello.truncate(length);
            hello
        })
        .await;
        let outcome = server.replicate(LONG).await;
        assert_eq!(reason(&outcome), Ok(NotSentReason::Tls), "{outcome}");
        let hello = server.read.recv().await.unwrap();
        assert!(!String::from_utf8_lossy(&hello).contains("MIIabc"));
    }
}

#[tokio::test]
async fn a_proxy_never_sees_the_token_of_an_https_call() {
    let mut proxy = Server::start("http", |mut stream| async move {
        let mut seen = read_request(&mut stream).await;
        let _ = stream.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").await;
        let _ = stream.read_buf(&mut seen).await;
        seen
    })
    .await;
    let through = direct().proxy(reqwest::Proxy::all(proxy.endpoint.as_str()).unwrap());
    let client = Client::build(through).unwrap();
    let endpoint = endpoint("https://cbr.nowhere.example");
    let outcome = client.replicate(&endpoint, &target(), &replicate(), &token(), LONG, Open).await;
    assert!(matches!(outcome, ReplicateOutcome::NotSent(_)), "{outcome}");
    let seen = String::from_utf8_lossy(&proxy.read.recv().await.unwrap()).to_lowercase();
    assert!(seen.starts_with("connect cbr.nowhere.example:443 "), "{seen}");
    assert!(!seen.contains("x-auth-token") && !seen.contains("miiabc"), "{seen}");
}

#[tokio::test]
async fn a_proxy_that_refuses_has_not_sent_it() {
    let proxy = Server::answering(answer("403 Forbidden", "no")).await;
    let through = direct().proxy(reqwest::Proxy::all(proxy.endpoint.as_str()).unwrap());
    let client = Client::build(through).unwrap();
    let endpoint = endpoint("https://cbr.nowhere.example");
    let outcome = client.replicate(&endpoint, &target(), &replicate(), &token(), LONG, Open).await;
    assert_eq!(reason(&outcome), Ok(NotSentReason::Connect), "{outcome}");
}

#[tokio::test]
async fn a_look_up_is_a_plain_get() {
    let body = r#"{"backup":{"id":"b1","status":"available","replication_records":[]}}"#;
    let mut server = Server::answering(answer("200 OK", body)).await;
    let backup = server.backup().await.unwrap();
    assert_eq!(backup.replication_records, Records::Reported { records: vec![], unreadable: 0 });
    let request = String::from_utf8(server.read.recv().await.unwrap()).unwrap();
    let mut lines: Vec<&str> = request.trim_end().lines().collect();
    assert_eq!(lines.remove(0), "GET /v3/p1/backups/b1 HTTP/1.1");
    lines.sort_unstable();
    let host = server.endpoint.as_str().trim_start_matches("http://");
    let expected = [
        "accept: */*".to_owned(),
        "cache-control: no-cache".to_owned(),
        "connection: close".to_owned(),
        format!("host: {host}"),
        "pragma: no-cache".to_owned(),
        format!("user-agent: backup-replication-operator/{}", env!("CARGO_PKG_VERSION")),
        format!("x-auth-token: {TOKEN}"),
    ];
    assert_eq!(lines, expected);

    let cut = Server::answering("HTTP/1.1 404 Not Found\r\nContent-Length: 9\r\n\r\n{").await;
    assert!(matches!(cut.backup().await, Err(LookUpError::Unavailable { .. })));
}

#[tokio::test]
async fn a_documented_sparse_backup_is_read_in_chunks_and_with_a_charset() {
    // As Open Telekom Cloud's guide has it: no records, members that others lack, children with
    // members of their own.
    let body = r#"{"backup":{"checkpoint_id":"c","children":[{"id":"child","status":"error","children":[],
        "extend_info":{"bootable":true},"replication_records":[{"id":"of-the-child","destination_region":"eu-nl"}]}],
        "created_at":"2019-05-10T07:59:12.085+00:00","enterprise_project_id":0,"id":"B1","image_type":"backup",
        "extend_info":{"replication_records":[{"id":"elsewhere"}]},"status":"available"}}"#;
    let (head, tail) = body.split_at(body.len() / 2);
    let chunk = |part: &str| format!("{:x}\r\n{part}\r\n", part.len());
    let bytes = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: application/json;charset=UTF-8\r\nTransfer-Encoding: \
         chunked\r\n\r\n{}{}0\r\n\r\n",
        chunk(head),
        chunk(tail)
    );
    let backup = Server::answering(bytes).await.backup().await.unwrap();
    assert!(backup.names_itself);
    assert_eq!(backup.status, Some(BackupStatus::Available));
    assert_eq!(
        backup.replication_records,
        Records::NotReported,
        "a child's records are not the backup's"
    );
}

#[tokio::test]
async fn another_backup_is_no_answer() {
    for id in ["b2", "child"] {
        let body = format!(
            r#"{{"backup":{{"id":"{id}","children":[{{"id":"b1"}}],"replication_records":[]}}}}"#
        );
        let look = Server::answering(answer("200 OK", &body)).await.backup().await;
        assert!(matches!(look, Err(LookUpError::Unreadable { .. })), "{look:?}");
    }
}

#[test]
fn a_bundle_is_read_or_refused_in_words() {
    let made = |bundle: &[u8]| {
        builder(ClientConfig {
            connect_timeout: LONG,
            request_timeout: LONG,
            ca_bundle: Some(bundle.to_vec()),
        })
        .err()
        .map(|error| error.to_string())
    };
    assert!(made(b"").is_some_and(|error| error.contains("no certificate")));
    assert!(
        made(b"-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n")
            .is_some_and(|error| error.contains("PEM"))
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever comes back, an acceptance needs a 2xx with a `replication`, and a refusal without a
    /// code a status that is one.
    #[test]
    fn any_bytes_for_an_answer_are_survived(
        status in 100_u16..1000,
        rest in prop_oneof![any::<Vec<u8>>(), Just(b"{\"replication\":{}}".to_vec())],
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let outcome = runtime.block_on(async {
            let bytes = [format!("HTTP/1.1 {status} x\r\n\r\n").into_bytes(), rest].concat();
            Server::answering(bytes).await.replicate(LONG).await
        });
        match &outcome {
            ReplicateOutcome::Accepted(_) => prop_assert!((200..300).contains(&status), "{outcome}"),
            ReplicateOutcome::NotSent(_) => prop_assert!(false, "{outcome}"),
            ReplicateOutcome::Rejected(_) => prop_assert!([401, 413, 414, 429, 431, 494].contains(&status), "{outcome}"),
            ReplicateOutcome::Unknown(_) => {}
        }
    }
}
