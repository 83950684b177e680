//! The options of the election.

use clap::Args;

use super::Election;
use crate::operator::options::{duration, namespace};

const NAME: &str = "backup-replication-operator";
/// As Kubernetes' own controllers have it.
const DURATION_SECONDS: u16 = 15;

/// Options of the election.
#[derive(Clone, Debug, Args)]
pub(in crate::operator) struct ElectionOptions {
    /// Run several replicas with one active, elected by a Lease
    #[arg(long, env = "BREP_LEADER_ELECTION")]
    leader_election: bool,
    /// Name of the Lease; backup-replication-operator if left out
    #[arg(long, env = "BREP_LEASE_NAME", value_name = "NAME", value_parser = lease_name)]
    lease_name: Option<String>,
    /// Namespace of the Lease; that of the pod, or of the kubeconfig's context, if left out
    #[arg(long, env = "BREP_LEASE_NAMESPACE", value_name = "NAME", value_parser = namespace)]
    lease_namespace: Option<String>,
    /// Time after which the Lease of a leader that died is taken, in whole seconds; 15s if left out
    #[arg(long, env = "BREP_LEASE_DURATION", value_name = "DURATION", value_parser = whole_seconds)]
    lease_duration: Option<u16>,
}

impl ElectionOptions {
    /// The election that `identity` takes part in, if any.
    ///
    /// # Errors
    /// An option that means nothing without an election, in one line.
    pub(in crate::operator) fn election(self, identity: &str) -> Result<Option<Election>, String> {
        let Self { leader_election, lease_name, lease_namespace, lease_duration } = self;
        if leader_election {
            return Ok(Some(Election {
                name: lease_name.unwrap_or_else(|| NAME.to_owned()),
                namespace: lease_namespace,
                duration_seconds: lease_duration.unwrap_or(DURATION_SECONDS),
                identity: identity.to_owned(),
            }));
        }
        let given = [
            ("--lease-name", lease_name.is_some()),
            ("--lease-namespace", lease_namespace.is_some()),
            ("--lease-duration", lease_duration.is_some()),
        ];
        match given.into_iter().find(|(_, is_given)| *is_given) {
            Some((option, _)) => Err(format!("{option} means nothing without --leader-election")),
            None => Ok(None),
        }
    }
}

/// The Lease counts its duration in whole seconds. Within less than two, hardly anybody could renew
/// it in time.
fn whole_seconds(text: &str) -> Result<u16, String> {
    let duration = duration(text)?;
    match u16::try_from(duration.as_secs()) {
        Ok(seconds @ 2..=3600) if duration.subsec_nanos() == 0 => Ok(seconds),
        Ok(_) | Err(_) => Err("must be whole seconds, at least 2s and at most 1h".to_owned()),
    }
}

/// A Lease's name is a DNS subdomain (RFC 1123).
fn lease_name(text: &str) -> Result<String, String> {
    if text.len() <= 253 && text.split('.').all(|label| namespace(label).is_ok()) {
        Ok(text.to_owned())
    } else {
        Err("must be a Lease's name: lower-case letters, digits, '-' and '.'".to_owned())
    }
}
