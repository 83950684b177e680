//! The Helm chart: taken by helm and by the API server, with every option of the binary, the same
//! as the kustomize base, and none that a wrong value gets through.

mod documented;
mod helm;
mod kustomize;
mod lifecycle;
mod monitoring;
mod options;
mod platforms;
mod roles;
mod schema;
mod server;
mod versions;

use crate::OPERATOR;

const CHART: &str = "deploy/helm/backup-replication-operator";
const NAME: &str = "backup-replication-operator";
const NAMESPACE: &str = "backup-replication";

/// Files of values: no change of the defaults at all, everything used, what needs no right beyond
/// some namespaces, and those of the platforms.
const VALUES: [&str; 6] = ["", EVERYTHING, TENANT, CCE, OPENSHIFT, SERVICE_MESH];
const CCE: &str = "deploy/helm/backup-replication-operator/platforms/cce.yaml";
const OPENSHIFT: &str = "deploy/helm/backup-replication-operator/platforms/openshift.yaml";
const SERVICE_MESH: &str = "deploy/helm/backup-replication-operator/platforms/service-mesh.yaml";
const EVERYTHING: &str = "tests/it/chart/values/everything.yaml";
const TENANT: &str = "tests/it/chart/values/tenant.yaml";
