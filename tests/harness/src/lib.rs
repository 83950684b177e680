//! What the tests of promises and the demo share: a control plane with our CRD, a scene of its own for each test, and
//! the operator's binary as a process.
//!
//! It knows the operator as users do: by its binary, its CRD and its resources. It shares no type with it.

mod cluster;
mod lines;
mod object;
mod operator;
mod scene;

pub use cluster::{CRD_FILE, install_crd, kubectl_apply, shared_cluster};
pub use lines::Lines;
pub use object::Object;
pub use operator::{Operator, OperatorOptions};
pub use scene::{Applied, PATIENCE, Scene};
