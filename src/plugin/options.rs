//! The command line, in the style of kubectl.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

use super::credential_options::CredentialOptions;
use super::words::object_name;
use crate::cbr::{AllowList, Cloud, EndpointPattern, RecordId};
use crate::protocol::Decision;

/// Shows and explains BackupReplications, and decides about those that wait for a person.
#[derive(Debug, Parser)]
#[command(name = "kubectl-brep", bin_name = "kubectl brep", version)]
pub(super) struct PluginOptions {
    #[command(flatten)]
    pub(super) cluster: ClusterOptions,
    /// What to do.
    #[command(subcommand)]
    pub(super) command: PluginCommand,
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
pub(super) enum PluginCommand {
    /// Show where all BackupReplications stand, oldest first
    Status(StatusOptions),
    /// Wait until BackupReplications are accepted or replicated; end at once if that is of no use
    Wait(WaitOptions),
    /// Explain one BackupReplication: what happened, what happens next, and what to type
    Explain(ExplainOptions),
    /// Check what can be known before a call, without a call that changes anything
    Check(CheckOptions),
    /// Print a manifest; on a terminal, ask for what is missing
    New(Box<NewOptions>),
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
    /// Names of BackupReplications; all if there is none
    #[arg(value_name = "NAME", value_parser = object_name)]
    pub(super) names: Vec<String>,
    /// All namespaces (the default without --namespace)
    #[arg(short = 'A', long, conflicts_with_all = ["namespace", "names"])]
    pub(super) all_namespaces: bool,
    /// Only those with these labels, e.g. team=storage
    #[arg(short = 'l', long, value_name = "LABELS", conflicts_with = "names")]
    pub(super) selector: Option<String>,
    /// Only those that need a person
    #[arg(long)]
    pub(super) needs_me: bool,
    /// Print a row more whenever one changes, until it is interrupted
    #[arg(short, long)]
    pub(super) watch: bool,
    /// Form of the output
    #[arg(short, long, value_name = "FORM", default_value = "table")]
    pub(super) output: ListForm,
    /// Colours: on a terminal unless NO_COLOR is set, always, or never
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    pub(super) color: ColorWhen,
}

/// When to colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum ColorWhen {
    /// On a terminal, unless `NO_COLOR` is set.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// Options of `wait`. All resources have to reach the goal; one that cannot ends the wait.
#[derive(Debug, Args)]
pub(super) struct WaitOptions {
    /// Names of the BackupReplications
    #[arg(value_name = "NAME", required = true, value_parser = object_name)]
    pub(super) names: Vec<String>,
    /// What to wait for
    #[arg(long = "for", value_name = "GOAL", default_value = "accepted")]
    pub(super) goal: Goal,
    /// Longest time to wait, e.g. 30s, 10m, 12h; 0 checks once
    #[arg(long, value_name = "TIME", default_value = "1h", value_parser = duration)]
    pub(super) timeout: Duration,
    /// How long to wait for what only a person can bring, such as a Secret that is not there
    #[arg(long, value_name = "TIME", default_value = "1m", value_parser = duration)]
    pub(super) patience: Duration,
    /// How progress is shown: a bar on a terminal, lines elsewhere, or always one of them
    #[arg(long, value_name = "FORM", default_value = "auto")]
    pub(super) progress: Progress,
}

/// What `wait` waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Goal {
    /// The cloud accepted the call, or an earlier replication was adopted.
    Accepted,
    /// The copy exists.
    Replicated,
}

impl Goal {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Replicated => "replicated",
        }
    }
}

/// How progress is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Progress {
    /// A bar on a terminal, lines elsewhere.
    Auto,
    /// A bar.
    Bar,
    /// Lines.
    Lines,
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
    #[command(flatten)]
    pub(super) cloud: CloudOptions,
}

/// Options of `check`.
#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("what").required(true).args(["name", "filename"]))]
pub(super) struct CheckOptions {
    /// Name of a BackupReplication
    #[arg(value_name = "NAME", value_parser = object_name)]
    pub(super) name: Option<String>,
    /// File with manifests that need not be applied yet; - for the standard input
    #[arg(short, long, value_name = "FILE")]
    pub(super) filename: Option<PathBuf>,
    /// Endpoint of resources that name none, which is the operator's --default-endpoint
    #[arg(long, env = "BREP_DEFAULT_ENDPOINT", value_name = "URL")]
    pub(super) default_endpoint: Option<String>,
    #[command(flatten)]
    pub(super) cloud: CloudOptions,
    /// Form of the output
    #[arg(short, long, value_name = "FORM", default_value = "text")]
    pub(super) output: TextOrJson,
    /// Colours: on a terminal unless NO_COLOR is set, always, or never
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    pub(super) color: ColorWhen,
}

/// Options of `new`.
#[derive(Debug, Args)]
pub(super) struct NewOptions {
    #[command(flatten)]
    pub(super) wanted: ManifestOptions,
    /// Ask for what is missing although there is no terminal, and read the answers line by line
    #[arg(long)]
    pub(super) ask: bool,
    /// Endpoint to list backups and regions at, where --endpoint names none
    #[arg(long, env = "BREP_DEFAULT_ENDPOINT", value_name = "URL")]
    pub(super) default_endpoint: Option<String>,
    #[command(flatten)]
    pub(super) cloud: CloudOptions,
}

/// What a manifest needs.
#[derive(Clone, Debug, Args)]
pub(super) struct ManifestOptions {
    /// Name of the resource
    #[arg(value_name = "NAME", value_parser = object_name)]
    pub(super) name: Option<String>,
    /// Id of the project that holds the backup
    #[arg(long, value_name = "ID")]
    pub(super) project: Option<String>,
    /// Id of the backup
    #[arg(long, value_name = "ID")]
    pub(super) backup: Option<String>,
    /// Region that gets the replica
    #[arg(long, value_name = "REGION")]
    pub(super) destination_region: Option<String>,
    /// Id of the project that gets the replica
    #[arg(long, value_name = "ID")]
    pub(super) destination_project: Option<String>,
    /// Id of the replication vault in that region
    #[arg(long, value_name = "ID")]
    pub(super) destination_vault: Option<String>,
    /// CBR endpoint of the source region, if not the operator's default
    #[arg(long, value_name = "URL")]
    pub(super) endpoint: Option<String>,
    /// Name of the replica
    #[arg(long, value_name = "TEXT")]
    pub(super) replica_name: Option<String>,
    /// Description of the replica
    #[arg(long, value_name = "TEXT")]
    pub(super) description: Option<String>,
    /// What Ready waits for
    #[arg(long, value_name = "GOAL")]
    pub(super) ready_when: Option<Goal>,
    #[command(flatten)]
    pub(super) credential: CredentialOptions,
}

impl ManifestOptions {
    /// The options that are still needed.
    pub(super) fn missing(&self) -> Vec<&'static str> {
        let credential = self.credential.is_named().then_some("");
        [
            (self.name.as_deref(), "NAME"),
            (self.project.as_deref(), "--project"),
            (self.backup.as_deref(), "--backup"),
            (self.destination_region.as_deref(), "--destination-region"),
            (self.destination_project.as_deref(), "--destination-project"),
            (self.destination_vault.as_deref(), "--destination-vault"),
            (credential, "one of the credentials, such as --access-key-secret"),
        ]
        .into_iter()
        .filter_map(|(value, option)| value.is_none().then_some(option))
        .collect()
    }
}

/// What may be asked of the cloud, and how.
#[derive(Debug, Args)]
pub(super) struct CloudOptions {
    /// Try the credential although the cloud has refused it before. IAM locks users after some wrong
    /// passwords
    #[arg(long)]
    pub(super) log_in: bool,
    /// Cloud whose endpoints may be sent the credential: otc, otc-swiss, huawei, huawei-eu,
    /// flexible-engine, cloud-ru or core42. Repeatable. Without any cloud or endpoint, those of otc
    /// and huawei may
    #[arg(long, env = "BREP_CLOUD", value_name = "NAME", value_delimiter = ',')]
    cloud: Vec<Cloud>,
    /// Endpoint that may be sent the credential, e.g. https://cbr.{region}.otc.t-systems.com; `*` stands
    /// for any one label. Repeatable; in addition to the clouds that are named
    #[arg(long, env = "BREP_ALLOWED_ENDPOINT", value_name = "URL", value_delimiter = ',')]
    allowed_endpoint: Vec<EndpointPattern>,
    /// IAM endpoint that a password or a service account's token may be sent to; patterns as above.
    /// Repeatable; in addition to the clouds that are named
    #[arg(long, env = "BREP_ALLOWED_IAM_ENDPOINT", value_name = "URL", value_delimiter = ',')]
    allowed_iam_endpoint: Vec<EndpointPattern>,
    /// IAM endpoint of resources that name none; else it is the one beside their CBR endpoint
    #[arg(long, env = "BREP_DEFAULT_IAM_ENDPOINT", value_name = "URL")]
    pub(super) default_iam_endpoint: Option<String>,
    /// File with CA certificates (PEM) to trust for the cloud in addition to the system's
    #[arg(long, env = "BREP_CA_BUNDLE", value_name = "FILE")]
    pub(super) ca_bundle: Option<PathBuf>,
}

impl CloudOptions {
    /// The CBR endpoints that may be sent a credential.
    pub(super) fn cbr_endpoints(&self) -> AllowList {
        AllowList::of_cbr(&self.cloud, &self.allowed_endpoint)
    }

    /// The IAM endpoints that may be sent one.
    pub(super) fn iam_endpoints(&self) -> AllowList {
        AllowList::of_iam(&self.cloud, &self.allowed_iam_endpoint)
    }
}

/// Form of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum ListForm {
    /// For people.
    Table,
    /// With ids, and who has to act.
    Wide,
    /// For programs.
    Json,
    /// The same as YAML.
    Yaml,
    /// Names alone, for kubectl.
    Name,
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
) -> Result<PluginOptions, Box<clap::Error>> {
    PluginOptions::try_parse_from(arguments).map_err(Box::new)
}

/// Durations are written as people do: `10s`, `2m 30s`, `1h`.
fn duration(text: &str) -> Result<Duration, String> {
    let signed: Option<jiff::SignedDuration> = match text {
        "0" => Some(jiff::SignedDuration::ZERO),
        text => text.parse().ok(),
    };
    signed
        .and_then(|signed| Duration::try_from(signed).ok())
        .ok_or_else(|| "must be a duration such as 0, 10s, 2m or 1h".to_owned())
}

fn record(text: &str) -> Result<RecordId, String> {
    RecordId::parse(text).map_err(|error| error.to_string())
}
