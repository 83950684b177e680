//! The vectors that the vendor's own signer made.

use anyhow::{Context, Result, ensure};
use http::{HeaderMap, HeaderName, HeaderValue};
use jiff::{Timestamp, civil::DateTime, tz::TimeZone};
use serde_json::Value;
use simulator::{AccessKey, Options, Simulator, signature};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::caller::soon;

/// One vector, taken apart.
struct Vector {
    value: Value,
}

impl Vector {
    fn text(&self, key: &str) -> Result<&str> {
        self.value[key].as_str().with_context(|| format!("no {key} in {}", self.value))
    }

    fn headers(&self) -> Result<HeaderMap> {
        let headers = self.value["headers_to_send"].as_object().context("no headers")?;
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            let value = value.as_str().context("no text")?;
            map.insert(HeaderName::try_from(name)?, HeaderValue::from_str(value)?);
        }
        Ok(map)
    }

    fn signed_names(&self) -> Result<Vec<String>> {
        Ok(self.text("signed_headers")?.split(';').map(str::to_owned).collect())
    }

    fn date(&self) -> Result<Timestamp> {
        let date = DateTime::strptime("%Y%m%dT%H%M%SZ", self.text("date")?)?;
        Ok(date.to_zoned(TimeZone::UTC)?.timestamp())
    }
}

fn vectors() -> Result<Vec<Vector>> {
    let all: Value = serde_json::from_str(include_str!("../signing-vectors.json"))?;
    let all = all["vectors"].as_array().context("no vectors")?;
    let agreed = all.iter().filter(|vector| vector["kind"] == "must agree");
    let vectors: Vec<_> = agreed.cloned().map(|value| Vector { value }).collect();
    ensure!(vectors.len() >= 20, "only {} vectors", vectors.len());
    Ok(vectors)
}

#[test]
fn every_vector_is_signed_as_the_vendor_signs_it() -> Result<()> {
    for vector in vectors()? {
        let name = vector.text("name")?;
        let names = vector.signed_names()?;
        let canonical = signature::canonical_request(
            vector.text("method")?,
            vector.text("request_uri")?,
            &vector.headers()?,
            &names,
            vector.text("body_utf8")?.as_bytes(),
        );
        assert_eq!(canonical, vector.text("canonical_request")?, "{name}");
        let date = vector.text("date")?;
        let to_sign = signature::string_to_sign(date, &canonical);
        assert_eq!(to_sign, vector.text("string_to_sign")?, "{name}");
        let signature = signature::signature(vector.text("sk")?, date, &canonical);
        assert_eq!(signature, vector.text("signature")?, "{name}");
        let authorization = signature::authorization(vector.text("ak")?, &names, &signature);
        assert_eq!(authorization, vector.text("authorization")?, "{name}");
    }
    Ok(())
}

/// The path with the query in the order and the escapes of nobody in particular.
fn as_received(vector: &Vector) -> Result<String> {
    let escaped = |value: &Value| -> String {
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        text.bytes().map(|byte| format!("%{byte:02x}")).collect()
    };
    let mut pairs = Vec::new();
    for pair in vector.value["query"].as_array().context("no query")? {
        let name = escaped(&pair[0]);
        let values = pair[1].as_array().cloned().unwrap_or_else(|| vec![pair[1].clone()]);
        for value in values {
            pairs.push(format!("{name}={}", escaped(&value)));
        }
    }
    Ok(format!("{}?{}", vector.text("path")?, pairs.join("&")))
}

#[test]
fn a_query_is_put_in_order_and_escapes_are_as_the_vendor_writes_them() -> Result<()> {
    for vector in vectors()? {
        let (names, headers) = (vector.signed_names()?, vector.headers()?);
        let body = vector.text("body_utf8")?.as_bytes();
        let uri = as_received(&vector)?;
        let canonical =
            signature::canonical_request(vector.text("method")?, &uri, &headers, &names, body);
        assert_eq!(canonical, vector.text("canonical_request")?, "{uri}");
    }
    for (uri, path, query) in [
        ("/~a-b_c.d", "/~a-b_c.d/", ""),
        ("/%7ea%2fb/%e4%BD%a0", "/~a%2Fb/%E4%BD%A0/", ""),
        ("/100%", "/100%25/", ""),
        ("/a?b&c=&=d&e=f+g%20h=i", "/a/", "=d&b=&c=&e=f%2Bg%20h%3Di"),
        ("/a?b=~&b=%7E", "/a/", "b=~&b=~"),
    ] {
        let canonical = signature::canonical_request("get", uri, &HeaderMap::new(), &[], b"");
        assert!(canonical.starts_with(&format!("GET\n{path}\n{query}\n\n")), "{canonical}");
    }
    Ok(())
}

/// The status and the text of what is answered to the bytes of a vector, sent as they are.
async fn answered(simulator: &Simulator, vector: &Vector, body: &str) -> Result<(String, String)> {
    let mut request =
        format!("{} {} HTTP/1.1\r\n", vector.text("method")?, vector.text("request_uri")?);
    for (name, value) in &vector.headers()? {
        request.push_str(&format!("{name}: {}\r\n", value.to_str()?));
    }
    let authorization = vector.text("authorization")?;
    request.push_str(&format!(
        "authorization: {authorization}\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    ));
    let mut stream = TcpStream::connect(simulator.http_address()).await?;
    stream.write_all(request.as_bytes()).await?;
    let mut answer = String::new();
    soon(stream.read_to_string(&mut answer)).await??;
    let status = answer.split(' ').nth(1).context("no status")?.to_owned();
    Ok((status, answer))
}

#[tokio::test]
async fn the_gateway_takes_the_vendor_s_requests_off_the_wire_and_no_others() -> Result<()> {
    let mut sent = 0;
    for vector in vectors()? {
        let (name, uri) = (vector.text("name")?, vector.text("request_uri")?);
        // Those that the service has a route for. All others are unknown before they are signed.
        let path = uri.split('?').next().unwrap_or_default();
        let known = match vector.text("method")? {
            "GET" => path == "/v3/projects" || path.split('/').count() == 5,
            "POST" => path.ends_with("/replicate"),
            _ => false,
        };
        if !known || path.ends_with('/') {
            continue;
        }
        sent += 1;
        let simulator = Simulator::start(Options::any_backup())?;
        let (access, project) = (vector.text("ak")?, uri.split('/').nth(2).unwrap_or_default());
        let key = AccessKey::new(access, vector.text("sk")?, project);
        let headers = vector.headers()?;
        let key = match headers.get("x-security-token") {
            Some(token) => key.temporary(token.to_str()?, Timestamp::MAX),
            None => key,
        };
        simulator.add_access_key(key);
        let body = vector.text("body_utf8")?;
        let (status, answer) = answered(&simulator, &vector, body).await?;
        assert_eq!(status, "401", "{name}: it is years too late: {answer}");

        simulator.set_clock(vector.date()?);
        let (status, answer) = answered(&simulator, &vector, body).await?;
        // Some bodies are no replication: what counts is that the gateway let them through.
        assert!(status == "200" || answer.contains("BackupService."), "{name}: {answer}");
        let (status, answer) = answered(&simulator, &vector, &format!("{body} ")).await?;
        assert_eq!(status, "401", "{name}: the body is another one: {answer}");
    }
    assert!(sent >= 8, "only {sent} vectors were sent");
    Ok(())
}
