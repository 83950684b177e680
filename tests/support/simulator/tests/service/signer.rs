//! A client that signs as the vendor's guide has it, and leaves out or alters what it is told to.

use anyhow::{Context, Result};
use http::{HeaderMap, HeaderName, HeaderValue};
use jiff::{SignedDuration, Timestamp};
use reqwest::{Client, Response};
use simulator::{Simulator, example, signature};

use crate::caller::body;

/// One request before it is signed.
pub(crate) struct Signer {
    pub(crate) base: String,
    pub(crate) access: String,
    pub(crate) secret: String,
    pub(crate) method: &'static str,
    pub(crate) uri: String,
    /// Signed, in addition to `host` and `x-sdk-date`.
    pub(crate) signed: Vec<(&'static str, String)>,
    /// Sent, but not signed.
    pub(crate) unsigned: Vec<(&'static str, String)>,
    pub(crate) body: Vec<u8>,
    /// How far the clock of the client is off.
    pub(crate) ahead: SignedDuration,
}

impl Signer {
    /// A look-up with the key of the example.
    pub(crate) fn show(simulator: &Simulator) -> Self {
        let project = example::PROJECT;
        Self {
            base: simulator.http_url(),
            access: example::ACCESS_KEY.into(),
            secret: example::SECRET_KEY.into(),
            method: "GET",
            uri: format!("/v3/{project}/backups/{}", example::BACKUP),
            signed: vec![("x-project-id", project.into())],
            unsigned: Vec::new(),
            body: Vec::new(),
            ahead: SignedDuration::ZERO,
        }
    }

    /// A replication with the key of the example.
    pub(crate) fn replicate(simulator: &Simulator) -> Self {
        let show = Self::show(simulator);
        Self {
            method: "POST",
            uri: format!("{}/replicate", show.uri),
            body: body().to_string().into_bytes(),
            ..show
        }
        .signed("content-type", "application/json")
    }

    pub(crate) fn signed(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.signed.push((name, value.into()));
        self
    }

    pub(crate) fn unsigned(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.unsigned.push((name, value.into()));
        self
    }

    pub(crate) fn key(self, access: impl Into<String>, secret: impl Into<String>) -> Self {
        Self { access: access.into(), secret: secret.into(), ..self }
    }

    /// All headers, with the signature of this moment.
    pub(crate) fn headers(&self) -> Result<HeaderMap> {
        let host = self.base.split("://").nth(1).context("no host")?;
        let date = (Timestamp::now() + self.ahead).strftime("%Y%m%dT%H%M%SZ").to_string();
        let mut headers = HeaderMap::new();
        headers.insert("host", HeaderValue::from_str(host)?);
        headers.insert("x-sdk-date", HeaderValue::from_str(&date)?);
        for (name, value) in &self.signed {
            headers.insert(HeaderName::from_static(name), HeaderValue::from_str(value)?);
        }
        let mut names: Vec<String> = headers.keys().map(ToString::to_string).collect();
        names.sort();
        let canonical =
            signature::canonical_request(self.method, &self.uri, &headers, &names, &self.body);
        let signature = signature::signature(&self.secret, &date, &canonical);
        let authorization = signature::authorization(&self.access, &names, &signature);
        headers.insert("authorization", HeaderValue::from_str(&authorization)?);
        for (name, value) in &self.unsigned {
            headers.insert(HeaderName::from_static(name), HeaderValue::from_str(value)?);
        }
        Ok(headers)
    }

    pub(crate) async fn send(&self) -> Result<Response> {
        self.send_with(self.headers()?).await
    }

    /// With other headers than the signed ones.
    pub(crate) async fn send_with(&self, headers: HeaderMap) -> Result<Response> {
        let client = Client::builder().no_proxy().build()?;
        let request = client.request(self.method.parse()?, format!("{}{}", self.base, self.uri));
        Ok(request.headers(headers).body(self.body.clone()).send().await?)
    }
}
