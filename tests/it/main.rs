//! The promises, a module each, kept by the operator's own binary at a real etcd and
//! kube-apiserver.

mod accepted;
mod argocd;
mod attacks;
mod bad_input;
mod chart;
mod contested;
mod crash;
mod crash_points;
mod crd;
mod crd_compatibility;
mod credentials;
mod differential;
mod docs;
mod ends;
mod evidence;
mod frozen;
mod gate;
mod generated;
mod guards;
mod house;
mod image;
mod leader;
mod manifest;
mod observed;
mod options;
mod plugin;
mod proxies;
mod ready;
mod recreated;
mod roles;
mod scale;
mod secrecy;
mod selector;
mod tracking;
mod witness;

const OPERATOR: &str = env!("CARGO_BIN_EXE_backup-replication-operator");
