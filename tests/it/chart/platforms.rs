//! The values of the platforms do what docs/clouds.md says of them.

use std::collections::BTreeSet;

use anyhow::{Context, Result};
use serde_json::json;

use super::{CCE, CHART, OPENSHIFT, SERVICE_MESH, VALUES, helm};

/// Each is linted, rendered and given to the API server by the tests that walk over all values.
#[test]
fn every_platform_s_file_is_among_those_that_are_tried() -> Result<()> {
    let mut files = BTreeSet::new();
    for entry in std::fs::read_dir(repository::path(&format!("{CHART}/platforms")))? {
        files.insert(format!("{CHART}/platforms/{}", entry?.file_name().to_string_lossy()));
    }
    let tried: BTreeSet<String> =
        VALUES.iter().filter(|file| file.starts_with(CHART)).map(|file| (*file).into()).collect();
    assert_eq!(files, tried);
    Ok(())
}

/// The API server is behind port 5443 there, and a policy sees that port.
#[test]
fn on_cce_the_api_server_is_reached() -> Result<()> {
    for (file, set, expected) in [
        (CCE, &[][..], json!([443, 5443])),
        (
            "",
            &["networkPolicy.enabled=true", "networkPolicy.egress.enabled=true"],
            json!([443, 5443, 6443]),
        ),
    ] {
        let objects = helm::objects(file, set)?;
        let policy = helm::one(&objects, "NetworkPolicy")?;
        let ports = policy.pointer("/spec/egress/1/ports").context("no ports")?;
        let ports: Vec<_> =
            ports.as_array().into_iter().flatten().map(|port| port["port"].clone()).collect();
        assert_eq!(json!(ports), expected, "{file}");
    }
    Ok(())
}

/// It gives the pod a user of the namespace's own, and refuses another one.
#[test]
fn on_openshift_no_user_is_named_and_all_else_is_as_restricted() -> Result<()> {
    let usual = helm::objects("", &[])?;
    let objects = helm::objects(OPENSHIFT, &[])?;
    let mut expected = helm::container(&usual)?["securityContext"].clone();
    let fields = expected.as_object_mut().context("no security context")?;
    for user in ["runAsUser", "runAsGroup"] {
        fields.remove(user).context(user)?;
    }
    assert_eq!(helm::container(&objects)?["securityContext"], expected);
    let pod = |objects: &[serde_json::Value]| {
        let deployment = helm::one(objects, "Deployment")?;
        deployment.pointer("/spec/template/spec/securityContext").cloned().context("none")
    };
    assert_eq!(pod(&objects)?, pod(&usual)?);
    // The image's test runs as the operator does.
    let test = helm::one(&objects, "Pod")?;
    assert_eq!(test["spec"]["containers"][0]["securityContext"], expected);
    Ok(())
}

/// A sidecar may repeat requests. Each mesh has a sign of its own that keeps it away.
#[test]
fn in_a_service_mesh_the_pod_gets_no_sidecar() -> Result<()> {
    let objects = helm::objects(SERVICE_MESH, &[])?;
    let metadata = &helm::one(&objects, "Deployment")?["spec"]["template"]["metadata"];
    for (place, sign, value) in [
        ("labels", "sidecar.istio.io/inject", "false"),
        ("annotations", "sidecar.istio.io/inject", "false"),
        ("annotations", "linkerd.io/inject", "disabled"),
        ("annotations", "kuma.io/sidecar-injection", "disabled"),
    ] {
        assert_eq!(metadata[place][sign], value, "{place}: {sign}");
    }
    Ok(())
}
