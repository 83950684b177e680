//! What the tests of promises and the demo share: a control plane with our CRD, a scene of its own
//! for each test, and the operator's binary as a process.
//!
//! It knows the operator as users do: by its binary, its CRD and its resources. It shares no type
//! with it.

mod account;
mod asked;
mod cluster;
mod collector;
mod deeds;
mod lines;
mod manifests;
mod object;
mod operator;
mod places;
mod refusal;
mod scene;
mod seed;

pub use account::{account_user, service_account};
pub use cluster::{Cluster, crd_file, install_crd, install_crd_of, kubectl_apply, shared_cluster};
pub use collector::{Collector, Span};
pub use deeds::in_time;
pub use lines::Lines;
pub use object::Object;
pub use operator::{Operator, OperatorOptions};
pub use refusal::refusal;
pub use scene::{Applied, PATIENCE, Scene};
pub use seed::attempt;
