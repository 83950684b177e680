//! A control plane starts, answers, says why it does not, and is gone afterwards.

use std::thread;
use std::time::Duration;

use anyhow::Result;
use control_plane::ControlPlane;

use crate::support::run;

const LIMIT: Duration = Duration::from_secs(60);

#[test]
fn the_administrator_may_create_and_read() -> Result<()> {
    let control_plane = ControlPlane::start()?;
    run(control_plane.kubectl().args([
        "create",
        "configmap",
        "greeting",
        "--from-literal=word=hello",
    ]))?;
    let word = run(control_plane.kubectl().args([
        "get",
        "configmap",
        "greeting",
        "-o",
        "jsonpath={.data.word}",
    ]))?;
    assert_eq!(word, "hello");

    let folder = control_plane.folder().to_owned();
    drop(control_plane);
    assert!(!folder.exists(), "{} is left behind", folder.display());
    Ok(())
}

#[test]
fn two_run_side_by_side() -> Result<()> {
    let (one, other) = thread::scope(|scope| {
        let one = scope.spawn(ControlPlane::start);
        let other = scope.spawn(ControlPlane::start);
        (one.join(), other.join())
    });
    let one = one.expect("the start does not panic")?;
    let other = other.expect("the start does not panic")?;
    run(one.kubectl().args(["create", "namespace", "only-here"]))?;
    let there = run(other.kubectl().args(["get", "namespaces", "-o", "name"]))?;
    assert!(!there.contains("only-here"), "{there}");
    assert!(there.contains("namespace/default"), "{there}");
    Ok(())
}

#[test]
fn a_service_account_may_do_what_its_role_says_and_the_audit_log_tells() -> Result<()> {
    let control_plane = ControlPlane::start()?;
    let kubectl = |arguments: &[&str]| run(control_plane.kubectl().args(arguments));
    kubectl(&["create", "serviceaccount", "reader"])?;
    kubectl(&["create", "role", "reader", "--verb=get,list", "--resource=configmaps"])?;
    kubectl(&[
        "create",
        "rolebinding",
        "reader",
        "--role=reader",
        "--serviceaccount=default:reader",
    ])?;
    kubectl(&["create", "configmap", "known"])?;
    let token = kubectl(&["create", "token", "reader"])?;

    let user = "system:serviceaccount:default:reader";
    let kubeconfig = control_plane.kubeconfig_for_token(user, token.trim())?;
    let as_reader = |arguments: &[&str]| {
        run(control_plane.kubectl().arg("--kubeconfig").arg(&kubeconfig).args(arguments))
    };
    as_reader(&["get", "configmap", "known"])?;
    let refusal =
        as_reader(&["create", "configmap", "unwanted"]).expect_err("the role does not allow it");
    assert!(format!("{refusal:#}").contains("forbidden"), "{refusal:#}");

    let read = control_plane.wait_for_audit_event(LIMIT, |event| {
        event.user == user && event.verb == "get" && event.resource == "configmaps"
    })?;
    assert_eq!((read.namespace.as_str(), read.name.as_str(), read.code), ("default", "known", 200));
    assert!(read.user_agent.starts_with("kubectl/"), "{read:?}");
    assert!(read.uri.starts_with("/api/v1/namespaces/default/configmaps/known"), "{read:?}");

    let refused = control_plane
        .wait_for_audit_event(LIMIT, |event| event.user == user && event.verb == "create")?;
    assert_eq!((refused.resource.as_str(), refused.code), ("configmaps", 403));

    let asked = control_plane.wait_for_audit_event(LIMIT, |event| event.subresource == "token")?;
    assert_eq!((asked.user.as_str(), asked.verb.as_str(), asked.code), ("admin", "create", 201));

    let role = control_plane
        .wait_for_audit_event(LIMIT, |event| event.resource == "roles" && event.name == "reader")?;
    assert_eq!(
        (role.api_group.as_str(), role.verb.as_str(), role.code),
        ("rbac.authorization.k8s.io", "create", 201)
    );
    assert!(role.received_at < read.received_at, "{role:?} came before {read:?}");

    control_plane
        .wait_for_audit_event(Duration::ZERO, |event| event.user == "nobody")
        .expect_err("nobody asked");
    Ok(())
}

#[test]
fn a_server_that_ends_at_once_is_reported_with_its_last_words() {
    let error = ControlPlane::options()
        .apiserver_flag("--no-such-flag")
        .start()
        .expect_err("the flag does not exist");
    assert!(format!("{error:#}").contains("unknown flag: --no-such-flag"), "{error:#}");
}
