//! Each way in which no answer comes says where, what, and what to check; and says the same each
//! time.

use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa,
    KeyPair, date_time_ymd,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

use super::tests::{
    LONG, NoNames, Server, SlowNames, direct, endpoint, read_request, read_to_end, target, token,
};
use super::*;
use crate::cbr::gate::tests::Open;
use crate::cbr::request::tests::replicate;

/// Words of the libraries below, and what is different from one machine or moment to the next.
const FOREIGN: [&str; 14] = [
    "UnknownIssuer",
    "CaUsedAsEndEntity",
    "NotValidFor",
    "InvalidPurpose",
    "InvalidCertificate",
    "invalid peer certificate",
    "os error",
    "error trying to connect",
    "tunnel error",
    "hyper",
    "rustls",
    "verified at",
    "Other(",
    "error sending request",
];

/// One way in which no answer comes.
struct Failing {
    client: Client,
    endpoint: Endpoint,
    limit: Duration,
    expected: Trouble,
    /// Kept for as long as the case lasts.
    _server: Option<Server>,
}

impl Failing {
    fn at(server: Server, builder: reqwest::ClientBuilder, expected: Trouble) -> Self {
        Self {
            endpoint: server.endpoint.clone(),
            _server: Some(server),
            ..Self::without(builder, "http://a", expected)
        }
    }

    fn without(builder: reqwest::ClientBuilder, url: &str, expected: Trouble) -> Self {
        let client = Client::build(builder).unwrap();
        Self { client, endpoint: endpoint(url), limit: LONG, expected, _server: None }
    }

    /// What a call and a look say, without what they say before it.
    async fn said(&self) -> [String; 2] {
        let Self { client, endpoint, limit, .. } = self;
        let call =
            client.replicate(endpoint, &target(), &replicate(), &token(), *limit, Open).await;
        let call = match call {
            ReplicateOutcome::NotSent(not_sent) => not_sent.text,
            ReplicateOutcome::Unknown(unknown) => unknown.text,
            ReplicateOutcome::Accepted(_) | ReplicateOutcome::Rejected(_) => panic!("{call}"),
        };
        let look = match client.backup(endpoint, &target(), &token(), *limit).await {
            Err(LookUpError::Unavailable { text, retry_after: None }) => text,
            other => panic!("{other:?}"),
        };
        [call, look]
    }
}

/// A certificate and its key, and the CA that the client trusts.
struct Shown {
    certificate: CertificateDer<'static>,
    key: KeyPair,
    trusted: Option<String>,
}

fn ca() -> CertifiedIssuer<'static, KeyPair> {
    let mut ca = CertificateParams::default();
    ca.distinguished_name.push(DnType::CommonName, "a CA");
    ca.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(ca, KeyPair::generate().unwrap()).unwrap()
}

/// Signed by a trusted CA, for this machine, and then changed.
fn signed(change: impl FnOnce(&mut CertificateParams)) -> Shown {
    let ca = ca();
    let mut params = CertificateParams::new(["127.0.0.1".to_owned()]).unwrap();
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    change(&mut params);
    let key = KeyPair::generate().unwrap();
    let certificate = params.signed_by(&key, &ca).unwrap().der().clone();
    Shown { certificate, key, trusted: Some(ca.pem()) }
}

/// A self-signed certificate for this machine that calls itself a CA's, as a hasty
/// `openssl req -x509` makes it.
fn hasty(is_trusted: bool) -> Shown {
    let mut params = CertificateParams::new(["127.0.0.1".to_owned()]).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = KeyPair::generate().unwrap();
    let certificate = params.self_signed(&key).unwrap();
    Shown {
        certificate: certificate.der().clone(),
        key,
        trusted: is_trusted.then(|| certificate.pem()),
    }
}

/// A server that shows this certificate.
async fn showing(shown: Shown, expected: Trouble) -> Failing {
    let Shown { certificate, key, trusted } = shown;
    let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let server = Server::start("https", move |stream: TcpStream| {
        let acceptor = acceptor.clone();
        async move {
            let _refused = acceptor.accept(stream).await;
            Vec::new()
        }
    })
    .await;
    let ca_bundle = trusted.map(String::into_bytes);
    let config = ClientConfig { connect_timeout: LONG, request_timeout: LONG, ca_bundle };
    Failing::at(server, builder(config).unwrap().no_proxy(), expected)
}

/// A server that answers these bytes to the first that come, and hangs up.
async fn blurting(scheme: &str, bytes: &'static [u8], expected: Trouble) -> Failing {
    let server = Server::start(scheme, move |mut stream: TcpStream| async move {
        let mut first = vec![0; 4096];
        let _read = stream.read(&mut first).await;
        let _written = stream.write_all(bytes).await;
        let _closed = stream.shutdown().await;
        read_to_end(stream).await
    })
    .await;
    Failing::at(server, direct(), expected)
}

async fn without_connection() -> Vec<Failing> {
    // The port was free a moment ago, and is left free.
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let proxy = Server::answering("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n").await;
    let through = direct().proxy(reqwest::Proxy::all(proxy.endpoint.as_str()).unwrap());
    let nowhere = "https://cbr.nowhere.example";
    let slow = direct().dns_resolver(SlowNames).connect_timeout(Duration::from_millis(1));
    vec![
        Failing::without(direct().dns_resolver(NoNames), nowhere, Trouble::Dns),
        Failing::without(direct(), &format!("http://{free}"), Trouble::Refused),
        Failing::without(slow, nowhere, Trouble::ConnectTimeout),
        Failing { _server: Some(proxy), ..Failing::without(through, nowhere, Trouble::Proxy) },
    ]
}

async fn without_tls() -> Vec<Failing> {
    const ALERT: &[u8] = &[21, 3, 3, 0, 2, 2, 40];
    const OUT_OF_TURN: &[u8] = &[22, 3, 3, 0, 4, 14, 0, 0, 0];
    let untrusted = Shown { trusted: None, ..signed(|_| {}) };
    let of_a_namesake = Shown { trusted: Some(ca().pem()), ..signed(|_| {}) };
    vec![
        showing(untrusted, Trouble::UntrustedIssuer).await,
        showing(of_a_namesake, Trouble::UntrustedIssuer).await,
        showing(hasty(true), Trouble::CaAsServer).await,
        showing(hasty(false), Trouble::CaAsServer).await,
        showing(
            signed(|it| {
                it.subject_alt_names =
                    vec!["other.example".try_into().map(rcgen::SanType::DnsName).unwrap()]
            }),
            Trouble::OtherName,
        )
        .await,
        showing(signed(|it| it.subject_alt_names.clear()), Trouble::OtherName).await,
        showing(signed(|it| it.not_after = date_time_ymd(2020, 1, 1)), Trouble::Expired).await,
        showing(signed(|it| it.not_before = date_time_ymd(3000, 1, 1)), Trouble::NotValidYet).await,
        showing(
            signed(|it| it.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth]),
            Trouble::BadCertificate,
        )
        .await,
        blurting("https", b"HTTP/1.1 400 Bad Request\r\n\r\n", Trouble::NotTls).await,
        blurting("https", b"", Trouble::ClosedInHandshake).await,
        blurting("https", ALERT, Trouble::RefusedHandshake).await,
        blurting("https", OUT_OF_TURN, Trouble::NoTls).await,
    ]
}

async fn without_answer() -> Vec<Failing> {
    let hanging_up =
        Server::start("http", |mut stream| async move { read_request(&mut stream).await }).await;
    vec![
        Failing::at(hanging_up, direct(), Trouble::Lost),
        Failing::at(
            Server::answering("SSH-2.0-OpenSSH_9.6\r\n\r\n").await,
            direct(),
            Trouble::NotHttp,
        ),
    ]
}

#[tokio::test]
async fn each_failure_names_the_host_and_the_cure_and_says_the_same_each_time() {
    let cases = [without_connection().await, without_tls().await, without_answer().await];
    for failing in cases.iter().flatten() {
        let expected = failing.expected;
        let said = failing.said().await;
        for text in said.iter().chain(&failing.said().await) {
            assert_eq!(
                *text,
                format!("{}: {}", failing.endpoint, expected.words()),
                "{expected:?}"
            );
        }
    }
}

#[tokio::test]
async fn a_time_limit_names_the_host_too() {
    let mute = Server::start("http", read_to_end).await;
    let limit = Duration::from_millis(200);
    let failing = Failing { limit, ..Failing::at(mute, direct(), Trouble::TimedOut) };
    for text in failing.said().await.iter().chain(&failing.said().await) {
        assert_eq!(*text, format!("{}: {NO_ANSWER}", failing.endpoint));
    }
}

#[test]
fn no_word_of_a_library_is_among_ours() {
    for trouble in Trouble::ALL {
        let words = trouble.words();
        assert!(FOREIGN.iter().all(|foreign| !words.contains(foreign)), "{words}");
        assert!(
            words.contains("check")
                || words.contains("(")
                || matches!(trouble, Trouble::TimedOut | Trouble::Lost),
            "{words}"
        );
    }
}
