//! What reqwest's errors mean, in words of our own: a closed list. No word of a library gets into a
//! status, where its enums help nobody, and where a time or an address in it would make two errors
//! of one kind differ.

use std::error::Error;
use std::io;

use rustls::{CertificateError, Error as TlsError};

use super::outcome::{NotSentReason, UnknownWhy};

/// What went wrong before an answer began.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Trouble {
    Dns,
    Refused,
    Unreachable,
    ConnectTimeout,
    Proxy,
    NoConnection,
    UntrustedIssuer,
    CaAsServer,
    OtherName,
    Expired,
    NotValidYet,
    BadCertificate,
    NotTls,
    ClosedInHandshake,
    RefusedHandshake,
    NoTls,
    TimedOut,
    NotHttp,
    Lost,
    NotBegun,
}

impl Trouble {
    #[cfg(test)]
    pub(super) const ALL: [Self; 20] = [
        Self::Dns,
        Self::Refused,
        Self::Unreachable,
        Self::ConnectTimeout,
        Self::Proxy,
        Self::NoConnection,
        Self::UntrustedIssuer,
        Self::CaAsServer,
        Self::OtherName,
        Self::Expired,
        Self::NotValidYet,
        Self::BadCertificate,
        Self::NotTls,
        Self::ClosedInHandshake,
        Self::RefusedHandshake,
        Self::NoTls,
        Self::TimedOut,
        Self::NotHttp,
        Self::Lost,
        Self::NotBegun,
    ];

    pub(super) fn of(error: &reqwest::Error) -> Self {
        if error.is_dns() {
            Self::Dns
        } else if error.is_connect() && error.is_timeout() {
            Self::ConnectTimeout
        } else if error.is_connect() {
            Self::of_connection(error)
        } else if error.is_timeout() {
            Self::TimedOut
        } else if causes(error).any(|cause| is_parsing(&cause.to_string())) {
            Self::NotHttp
        } else if error.is_builder() {
            Self::NotBegun
        } else {
            Self::Lost
        }
    }

    fn of_connection(error: &reqwest::Error) -> Self {
        if let Some(tls) = causes(error).find_map(|cause| cause.downcast_ref::<TlsError>()) {
            return Self::of_tls(tls);
        }
        if causes(error).any(|cause| is_of_tunnel(&cause.to_string())) {
            return Self::Proxy;
        }
        let kinds: Vec<io::ErrorKind> = causes(error)
            .filter_map(|cause| cause.downcast_ref::<io::Error>())
            .map(io::Error::kind)
            .collect();
        let any = |wanted: &[io::ErrorKind]| kinds.iter().any(|kind| wanted.contains(kind));
        if any(&[io::ErrorKind::ConnectionRefused]) {
            Self::Refused
        } else if any(&[io::ErrorKind::TimedOut]) {
            Self::ConnectTimeout
        } else if any(&[io::ErrorKind::HostUnreachable, io::ErrorKind::NetworkUnreachable]) {
            Self::Unreachable
        } else if any(&[io::ErrorKind::UnexpectedEof]) {
            Self::ClosedInHandshake
        } else if any(&[io::ErrorKind::InvalidData]) {
            Self::NoTls
        } else {
            Self::NoConnection
        }
    }

    /// Of rustls' errors, whose list is open, those that have a cure of their own.
    fn of_tls(error: &TlsError) -> Self {
        if let TlsError::InvalidCertificate(certificate) = error {
            Self::of_certificate(certificate)
        } else if matches!(error, TlsError::InvalidMessage(_)) {
            Self::NotTls
        } else if matches!(error, TlsError::AlertReceived(_)) {
            Self::RefusedHandshake
        } else {
            Self::NoTls
        }
    }

    fn of_certificate(error: &CertificateError) -> Self {
        use CertificateError::{
            BadSignature, Expired, ExpiredContext, NotValidForName, NotValidForNameContext,
            NotValidYet, NotValidYetContext, Other, UnknownIssuer,
        };
        // A bad signature is one by an authority of the same name with another key: a CA that was
        // made again.
        if matches!(error, UnknownIssuer | BadSignature) {
            Self::UntrustedIssuer
        } else if matches!(error, Expired | ExpiredContext { .. }) {
            Self::Expired
        } else if matches!(error, NotValidYet | NotValidYetContext { .. }) {
            Self::NotValidYet
        } else if matches!(error, NotValidForName | NotValidForNameContext { .. }) {
            Self::OtherName
        } else if matches!(error, Other(other) if other.to_string().contains("CaUsedAsEndEntity")) {
            // The verifier's own error is of a crate that is not ours to name.
            Self::CaAsServer
        } else {
            Self::BadCertificate
        }
    }

    /// Where a request got stuck before it could leave.
    pub(super) fn not_sent_reason(self) -> NotSentReason {
        match self {
            Self::Dns => NotSentReason::Dns,
            Self::Refused | Self::Unreachable | Self::Proxy | Self::NoConnection => {
                NotSentReason::Connect
            }
            Self::ConnectTimeout => NotSentReason::ConnectTimeout,
            Self::UntrustedIssuer
            | Self::CaAsServer
            | Self::OtherName
            | Self::Expired
            | Self::NotValidYet
            | Self::BadCertificate
            | Self::NotTls
            | Self::ClosedInHandshake
            | Self::RefusedHandshake
            | Self::NoTls => NotSentReason::Tls,
            Self::TimedOut | Self::NotHttp | Self::Lost | Self::NotBegun => NotSentReason::Other,
        }
    }

    /// How a request that had left went wrong before an answer began.
    pub(super) fn unknown_why(self) -> UnknownWhy {
        match self {
            Self::TimedOut | Self::ConnectTimeout => UnknownWhy::TimedOut,
            Self::NotHttp => UnknownWhy::NotHttp,
            Self::Dns
            | Self::Refused
            | Self::Unreachable
            | Self::Proxy
            | Self::NoConnection
            | Self::UntrustedIssuer
            | Self::CaAsServer
            | Self::OtherName
            | Self::Expired
            | Self::NotValidYet
            | Self::BadCertificate
            | Self::NotTls
            | Self::ClosedInHandshake
            | Self::RefusedHandshake
            | Self::NoTls
            | Self::Lost
            | Self::NotBegun => UnknownWhy::ConnectionLost,
        }
    }

    /// What happened, and what to check.
    pub(super) fn words(self) -> &'static str {
        match self {
            Self::Dns => {
                "the name does not resolve (check the endpoint's name, and the cluster's DNS)"
            }
            Self::Refused => {
                "the connection was refused (check the endpoint's port, network policies, \
                 firewalls and proxy settings)"
            }
            Self::Unreachable => {
                "the host cannot be reached from here (check network policies, firewalls and proxy \
                 settings)"
            }
            Self::ConnectTimeout => {
                "no connection in time (check network policies, firewalls and proxy settings; \
                 --connect-timeout is the limit)"
            }
            Self::Proxy => {
                "the proxy opened no connection to it (check HTTPS_PROXY, ALL_PROXY and NO_PROXY, \
                 and what the proxy allows)"
            }
            Self::NoConnection => {
                "no connection could be made (check the network and the proxy settings)"
            }
            Self::UntrustedIssuer => {
                "the certificate is issued by an authority that is not trusted here (pass the CA's \
                 certificate with --ca-bundle)"
            }
            Self::CaAsServer => {
                "the certificate is marked as a CA's own, which no server may use (have one issued \
                 that is not, and pass the certificate of the CA that issued it with --ca-bundle)"
            }
            Self::OtherName => {
                "the certificate is not for this name (check the endpoint's name; a certificate \
                 must list it among its subject alternative names)"
            }
            Self::Expired => {
                "the certificate has expired (have it renewed, and check the clock of this machine)"
            }
            Self::NotValidYet => {
                "the certificate is not valid yet (check the clocks of both machines)"
            }
            Self::BadCertificate => {
                "the certificate cannot be accepted (check what certificate the server shows)"
            }
            Self::NotTls => {
                "what answers there speaks no TLS (check the endpoint's port, and proxies on the \
                 way)"
            }
            Self::ClosedInHandshake => {
                "the connection was closed while TLS was set up (check the endpoint's port, \
                 firewalls and proxies on the way)"
            }
            Self::RefusedHandshake => {
                "the server refused to set up TLS (check the endpoint's name, and which versions \
                 of TLS it speaks)"
            }
            Self::NoTls => {
                "TLS could not be set up (check the endpoint's port, and proxies on the way)"
            }
            Self::TimedOut => "no answer in time",
            Self::NotHttp => {
                "what came back is not HTTP (check the endpoint's port, and proxies on the way)"
            }
            Self::Lost => "the connection was lost before an answer came",
            Self::NotBegun => {
                "the request could not be made (check the endpoint and the proxy settings)"
            }
        }
    }
}

/// hyper's words for an answer that it cannot parse; its error type is not reqwest's to show.
fn is_parsing(cause: &str) -> bool {
    cause.ends_with(" parsed") || cause == "message head is too large"
}

/// The libraries' words for a proxy that does not connect, an HTTP one or a SOCKS one; their error
/// types are private.
fn is_of_tunnel(cause: &str) -> bool {
    cause.starts_with("tunnel error") || cause == "error connecting to socks proxy"
}

/// The last cause in the chain, in the library's words: for what keeps a client from being made at
/// all.
pub(super) fn root_cause(error: &reqwest::Error) -> String {
    causes(error).last().map_or_else(|| "no reason is known".to_owned(), ToString::to_string)
}

/// Everything below reqwest's own error, whose text would repeat the URL.
fn causes(error: &reqwest::Error) -> impl Iterator<Item = &(dyn Error + 'static)> {
    std::iter::successors(error.source(), |cause| inner(*cause))
}

/// An I/O error that wraps another error shows it through `get_ref` alone.
fn inner<'a>(cause: &'a (dyn Error + 'static)) -> Option<&'a (dyn Error + 'static)> {
    match cause.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
        Some(wrapped) => Some(wrapped),
        None => cause.source(),
    }
}
