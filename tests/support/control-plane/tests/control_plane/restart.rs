//! The API server can be away for a while.

use std::net::{Ipv4Addr, TcpListener};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use control_plane::ControlPlane;

use crate::support::run;

#[test]
fn data_and_tokens_outlive_a_restart_of_the_api_server() -> Result<()> {
    let control_plane = ControlPlane::start()?;
    run(control_plane.kubectl().args(["create", "serviceaccount", "lasting"]))?;
    let token = run(control_plane.kubectl().args(["create", "token", "lasting"]))?;
    let kubeconfig = control_plane.kubeconfig_for_token("lasting", token.trim())?;
    let url = control_plane.url();

    control_plane.stop_apiserver();
    let refusal = run(control_plane.kubectl().args(["get", "serviceaccounts"]))
        .expect_err("the server is stopped");
    assert!(format!("{refusal:#}").contains("refused"), "{refusal:#}");

    control_plane.start_apiserver()?;
    assert_eq!(control_plane.url(), url);
    let user = run(control_plane.kubectl().arg("--kubeconfig").arg(&kubeconfig).args([
        "auth",
        "whoami",
        "-o",
        "jsonpath={.status.userInfo.username}",
    ]))?;
    assert_eq!(user, "system:serviceaccount:default:lasting");
    run(control_plane.kubectl().args(["get", "serviceaccount", "lasting"]))?;

    let creations = control_plane
        .audit_events()?
        .into_iter()
        .filter(|event| {
            event.verb == "create" && event.name == "lasting" && event.subresource.is_empty()
        })
        .count();
    assert_eq!(creations, 1, "the audit log reaches back over the restart");
    Ok(())
}

#[test]
fn data_outlive_a_restart_of_etcd() -> Result<()> {
    let control_plane = ControlPlane::start()?;
    run(control_plane.kubectl().args(["create", "serviceaccount", "lasting"]))?;
    assert!(control_plane.start_etcd().is_err(), "it runs already");

    control_plane.stop_etcd()?;
    let read = ["get", "serviceaccount", "lasting", "--request-timeout=5s"];
    run(control_plane.kubectl().args(read)).expect_err("there is nothing to read from");

    control_plane.start_etcd()?;
    let deadline = Instant::now() + Duration::from_secs(120);
    while let Err(error) = run(control_plane.kubectl().args(read)) {
        assert!(Instant::now() < deadline, "{error:#}");
    }
    Ok(())
}

#[test]
fn a_port_taken_meanwhile_is_named() -> Result<()> {
    let control_plane = ControlPlane::start()?;
    let url = control_plane.url();
    let port: u16 = url.rsplit(':').next().context("the URL has a port")?.parse()?;
    control_plane.stop_apiserver();

    let thief = TcpListener::bind((Ipv4Addr::LOCALHOST, port))?;
    let error = control_plane.start_apiserver().expect_err("the port is taken");
    assert!(format!("{error:#}").contains(&format!("port {port}")), "{error:#}");

    drop(thief);
    control_plane.start_apiserver()
}
