//! The Helm chart: taken by helm and by the API server, with every option of the binary, the same
//! as the kustomize base, and none that a wrong value gets through.

mod documented;
mod helm;
mod kustomize;
mod lifecycle;
mod monitoring;
mod options;
mod roles;
mod schema;
mod server;
mod versions;

use crate::OPERATOR;

const CHART: &str = "deploy/helm/backup-replication-operator";
const NAME: &str = "backup-replication-operator";
const NAMESPACE: &str = "backup-replication";

/// Files of values: no change of the defaults at all, everything used, and what needs no right
/// beyond some namespaces.
const VALUES: [&str; 3] = ["", EVERYTHING, TENANT];
const EVERYTHING: &str = "tests/it/chart/values/everything.yaml";
const TENANT: &str = "tests/it/chart/values/tenant.yaml";
