//! Serves git repositories over HTTP by git's own CGI program.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context, Result};
use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;
use tokio::process::Command;
use tokio::runtime::Runtime;

/// Serves all repositories of a folder, and returns where.
pub(super) fn serve(runtime: &Runtime, folder: &Path) -> Result<SocketAddr> {
    let listener =
        runtime.block_on(TcpListener::bind("127.0.0.1:0")).context("could not listen")?;
    let address = listener.local_addr().context("could not listen")?;
    let folder = folder.to_owned();
    runtime.spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let folder = folder.clone();
            tokio::spawn(async move {
                let service = service_fn(move |request| answer(folder.clone(), request));
                // A client that goes away is no concern of ours.
                let _closed =
                    http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
            });
        }
    });
    Ok(address)
}

async fn answer(
    folder: PathBuf,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    Ok(run(&folder, request).await.unwrap_or_else(|error| {
        let mut response = Response::new(Full::from(format!("{error:#}\n")));
        *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
        response
    }))
}

async fn run(folder: &Path, request: Request<Incoming>) -> Result<Response<Full<Bytes>>> {
    let (head, body) = request.into_parts();
    let body = body.collect().await.context("could not read the request")?.to_bytes();
    let header = |name: &str| {
        head.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    };
    let mut backend = Command::new("git")
        .arg("http-backend")
        .env("GIT_PROJECT_ROOT", folder)
        .env("GIT_HTTP_EXPORT_ALL", "1")
        .env("REQUEST_METHOD", head.method.as_str())
        .env("PATH_INFO", head.uri.path())
        .env("QUERY_STRING", head.uri.query().unwrap_or_default())
        .env("CONTENT_TYPE", header("content-type"))
        .env("CONTENT_LENGTH", body.len().to_string())
        .env("HTTP_CONTENT_ENCODING", header("content-encoding"))
        .env("GIT_PROTOCOL", header("git-protocol"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .context("could not run git http-backend")?;
    let mut input = backend.stdin.take().context("no standard input")?;
    let (written, output) = tokio::join!(
        async move {
            let written = input.write_all(&body).await;
            drop(input);
            written
        },
        backend.wait_with_output()
    );
    // It may answer without having read all.
    let _read_enough = written;
    response(&output.context("git http-backend failed")?.stdout)
}

/// From the output of a CGI program.
fn response(output: &[u8]) -> Result<Response<Full<Bytes>>> {
    let end = output.windows(4).position(|window| window == b"\r\n\r\n").context("no header")?;
    let (head, body) = output.split_at(end);
    let mut response = Response::builder();
    for (name, value) in
        String::from_utf8_lossy(head).lines().filter_map(|line| line.split_once(": "))
    {
        response = match name {
            "Status" => response.status(value.split(' ').next().unwrap_or_default()),
            name => response.header(name, value),
        };
    }
    response.body(Full::from(Bytes::copy_from_slice(&body[4..]))).context("not an answer")
}
