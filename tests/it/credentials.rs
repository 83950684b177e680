//! `renew-token` and its manifests: under the shipped rights it puts a token into the Secret that
//! the cloud takes, touches nothing else, and says in words what keeps it from that.

mod manifests;
mod options;
mod refused;
mod renewed;
mod secrecy;
mod tenant;

use crate::OPERATOR;

const KUSTOMIZATION: &str = "deploy/credentials";
