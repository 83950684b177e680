//! A real etcd and kube-apiserver for tests and demos, helm, a collector of traces, and child
//! processes that never outlive the process that started them.
//!
//! ```no_run
//! # fn main() -> anyhow::Result<()> {
//! let control_plane = control_plane::ControlPlane::start()?;
//! let output = control_plane.kubectl().args(["get", "namespaces"]).output()?;
//! # Ok(())
//! # }
//! ```
//!
//! [`Options::for_nodes`] lets nodes join. What else is not there: no controller manager (deleted
//! namespaces stay in `Terminating`, nothing is garbage-collected, no default service account
//! appears), no scheduler and no kubelet (pods never run).

mod apiserver;
pub mod assets;
pub mod audit;
mod certificates;
mod control_plane;
mod etcd;
mod folder;
mod kubeconfig;
pub mod supervised;

pub use crate::assets::{Assets, helm, otelcol};
pub use crate::audit::AuditEvent;
pub use crate::control_plane::{ControlPlane, Options, free_port};
pub use crate::folder::TemporaryFolder;
pub use crate::supervised::{Exit, Supervised};
