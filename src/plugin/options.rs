//! The command line, in the style of kubectl.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

use super::words::is_object_name;
use crate::cbr::{Cloud, EndpointPattern, RecordId};
use crate::protocol::Decision;

/// Shows and explains BackupReplications, and decides about those that wait for a person.
#[derive(Debug, Parser)]
#[command(name = "kubectl-brep", bin_name = "kubectl brep", version)]
pub(super) struct Options {
    #[command(flatten)]
    pub(super) cluster: ClusterOptions,
    /// What to do.
    #[command(subcommand)]
    pub(super) command: Command,
}

/// Which cluster, and where in it.
#[derive(Clone, Debug, Default, Args)]
pub(super) struct ClusterOptions {
    /// Kubeconfig to use instead of those that KUBECONFIG names, or ~/.kube/config
    #[arg(long, value_name = "FILE", global = true)]
    pub(super) kubeconfig: Option<PathBuf>,
    /// Context of the kubeconfig, if not the current one
    #[arg(long, value_name = "NAME", global = true)]
    pub(super) context: Option<String>,
    /// Namespace. Without it, `status` shows all, and the other commands take that of the context
    #[arg(short, long, value_name = "NAME", global = true, value_parser = object_name)]
    pub(super) namespace: Option<String>,
}

/// What the plugin does.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Show where all BackupReplications stand, oldest first
    Status(StatusOptions),
    /// Explain one BackupReplication: what happened, what happens next, and what to type
    Explain(ExplainOptions),
    /// Decide about one that waits for a person, after showing what that means
    Resolve(ResolveOptions),
    /// Print a completion script
    Completion {
        /// The shell that reads it
        shell: Shell,
    },
    /// Print completions for kubectl (see kubectl_complete-brep in the documentation)
    #[command(name = "__complete", hide = true)]
    Complete {
        /// The words after `kubectl brep`, the last one unfinished
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        words: Vec<String>,
    },
}

/// Options of `status`.
#[derive(Debug, Args)]
pub(super) struct StatusOptions {
    /// All namespaces (the default without --namespace)
    #[arg(short = 'A', long, conflicts_with = "namespace")]
    pub(super) all_namespaces: bool,
    /// Form of the output
    #[arg(short, long, value_name = "FORM", default_value = "table")]
    pub(super) output: TableOrJson,
}

/// Options of `explain`.
#[derive(Debug, Args)]
pub(super) struct ExplainOptions {
    /// Name of the BackupReplication
    #[arg(value_parser = object_name)]
    pub(super) name: String,
    /// Form of the output
    #[arg(short, long, value_name = "FORM", default_value = "text")]
    pub(super) output: TextOrJson,
}

/// Options of `resolve`.
#[derive(Debug, Args)]
pub(super) struct ResolveOptions {
    /// Name of the BackupReplication
    #[arg(value_parser = object_name)]
    pub(super) name: String,
    #[command(flatten)]
    pub(super) decision: DecisionOptions,
    /// Do not ask
    #[arg(short, long)]
    pub(super) yes: bool,
    #[command(flatten)]
    pub(super) look: LookOptions,
}

/// The decision: one of three.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub(super) struct DecisionOptions {
    /// The call was accepted, with this replication record if it is known; no further call is made
    #[arg(long, value_name = "RECORD", num_args = 0..=1, value_parser = record)]
    accepted: Option<Option<RecordId>>,
    /// The call was not accepted; the operator calls again
    #[arg(long)]
    not_accepted: bool,
    /// After a rejection, or an adoption that is not wanted: call again
    #[arg(long, alias = "call-anew")]
    retry: bool,
}

impl DecisionOptions {
    /// The word. The parser has seen to it that exactly one is given.
    pub(super) fn word(&self) -> Decision {
        let Self { accepted, not_accepted: _, retry } = self;
        match (accepted, retry) {
            (Some(record), _) => Decision::Accepted(record.clone()),
            (None, true) => Decision::Retry,
            (None, false) => Decision::NotAccepted,
        }
    }
}

/// How to look at the cloud's records.
#[derive(Debug, Args)]
pub(super) struct LookOptions {
    /// Do not check the decision against the cloud's records
    #[arg(long)]
    pub(super) no_look: bool,
    /// Cloud whose endpoints may be sent the credential: otc, otc-swiss, huawei, huawei-eu,
    /// flexible-engine, cloud-ru or core42. Repeatable. Without any cloud or endpoint, those of otc
    /// and huawei may
    #[arg(long, env = "BREP_CLOUD", value_name = "NAME", value_delimiter = ',')]
    pub(super) cloud: Vec<Cloud>,
    /// Endpoint that may be sent the credential, e.g. https://cbr.{region}.otc.t-systems.com; `*` stands
    /// for any one label. Repeatable; in addition to the clouds that are named
    #[arg(long, env = "BREP_ALLOWED_ENDPOINT", value_name = "URL", value_delimiter = ',')]
    pub(super) allowed_endpoint: Vec<EndpointPattern>,
    /// IAM endpoint that a password or a service account's token may be sent to; patterns as above.
    /// Repeatable; in addition to the clouds that are named
    #[arg(long, env = "BREP_ALLOWED_IAM_ENDPOINT", value_name = "URL", value_delimiter = ',')]
    pub(super) allowed_iam_endpoint: Vec<EndpointPattern>,
    /// IAM endpoint of resources that name none; else it is the one beside their CBR endpoint
    #[arg(long, env = "BREP_DEFAULT_IAM_ENDPOINT", value_name = "URL")]
    pub(super) default_iam_endpoint: Option<String>,
    /// File with CA certificates (PEM) to trust for the cloud in addition to the system's
    #[arg(long, env = "BREP_CA_BUNDLE", value_name = "FILE")]
    pub(super) ca_bundle: Option<PathBuf>,
}

/// Form of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum TableOrJson {
    /// For people.
    Table,
    /// For programs.
    Json,
}

/// Form of a story.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum TextOrJson {
    /// For people.
    Text,
    /// For programs.
    Json,
}

/// Parses the arguments.
///
/// # Errors
/// Help, the version, or what is wrong, ready to be printed.
pub(super) fn parse(
    arguments: impl IntoIterator<Item = OsString>,
) -> Result<Options, Box<clap::Error>> {
    Options::try_parse_from(arguments).map_err(Box::new)
}

/// Names become parts of a path at the API server.
fn object_name(text: &str) -> Result<String, String> {
    if is_object_name(text) {
        Ok(text.to_owned())
    } else {
        Err("must be a name: lower-case letters, digits, '-' and '.', beginning with a letter or a \
            digit".to_owned())
    }
}

fn record(text: &str) -> Result<RecordId, String> {
    RecordId::parse(text).map_err(|error| error.to_string())
}
