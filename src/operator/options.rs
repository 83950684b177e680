//! The command line. Each option is an environment variable, too: `BREP_` and its name, so that a
//! `NAMESPACE` of the shell is none.

use std::net::SocketAddr;
use std::num::{NonZeroU16, NonZeroU32};
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};

use super::election::ElectionOptions;
use crate::cbr::{Cloud, EndpointPattern};
use crate::controller::RequiredLabel;

/// Replicates CBR backups to another region, with one accepted call per BackupReplication.
#[derive(Debug, Parser)]
#[command(name = "backup-replication-operator", version, args_conflicts_with_subcommands = true)]
pub(super) struct Options {
    /// What to do; `run` if left out.
    #[command(subcommand)]
    pub(super) command: Option<Command>,
    #[command(flatten)]
    run: RunOptions,
}

impl Options {
    /// The command, with its default.
    pub(super) fn command(self) -> Command {
        self.command.unwrap_or(Command::Run(Box::new(self.run)))
    }
}

/// What the binary does.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Run the operator (the default)
    Run(Box<RunOptions>),
    /// Print the CustomResourceDefinition
    Crd,
}

/// Options of `run`.
#[derive(Clone, Debug, Args)]
pub(super) struct RunOptions {
    /// Cloud whose CBR and IAM endpoints are allowed: otc, otc-swiss, huawei, huawei-eu,
    /// flexible-engine, cloud-ru or core42. Repeatable. Without any cloud or endpoint, those of otc
    /// and huawei are allowed
    #[arg(long, env = "BREP_CLOUD", value_name = "NAME", value_delimiter = ',')]
    pub(super) cloud: Vec<Cloud>,
    /// Endpoint that resources may name, e.g. https://cbr.{region}.otc.t-systems.com; `*` stands
    /// for any one label. Repeatable; allowed in addition to the clouds that are named. An http://
    /// endpoint is called only where it is spelt out here
    #[arg(long, env = "BREP_ALLOWED_ENDPOINT", value_name = "URL", value_delimiter = ',')]
    pub(super) allowed_endpoint: Vec<EndpointPattern>,
    /// Endpoint of resources that name none; it must be an allowed one
    #[arg(long, env = "BREP_DEFAULT_ENDPOINT", value_name = "URL")]
    pub(super) default_endpoint: Option<String>,
    /// IAM endpoint that a password or a service account's token may be sent to, in the manner of
    /// --allowed-endpoint. Repeatable; allowed in addition to the clouds that are named
    #[arg(long, env = "BREP_ALLOWED_IAM_ENDPOINT", value_name = "URL", value_delimiter = ',')]
    pub(super) allowed_iam_endpoint: Vec<EndpointPattern>,
    /// IAM endpoint of resources that name none; else it is the one beside their CBR endpoint
    #[arg(long, env = "BREP_DEFAULT_IAM_ENDPOINT", value_name = "URL")]
    pub(super) default_iam_endpoint: Option<String>,
    /// Namespace to watch. Repeatable; all namespaces if left out
    #[arg(
        long,
        env = "BREP_NAMESPACE",
        value_name = "NAME",
        value_delimiter = ',',
        value_parser = namespace
    )]
    pub(super) namespace: Vec<String>,
    /// Address of /health, /ready and /metrics; [::] is IPv4, too, and IPv4 alone where there is no
    /// IPv6
    #[arg(long, env = "BREP_LISTEN", value_name = "ADDRESS", default_value = "[::]:8080")]
    pub(super) listen: SocketAddr,
    /// Resources worked on at a time; of several namespaces, at most half for each. Also the
    /// requests to the cloud at a time, for each credential at each endpoint
    #[arg(long, env = "BREP_CONCURRENCY", value_name = "NUMBER", default_value = "16")]
    pub(super) concurrency: NonZeroU16,
    /// Longest time to connect to the cloud, TLS included
    #[arg(
        long,
        env = "BREP_CONNECT_TIMEOUT",
        value_name = "DURATION",
        default_value = "10s",
        value_parser = duration
    )]
    pub(super) connect_timeout: Duration,
    /// Longest time of one request to the cloud in all
    #[arg(
        long,
        env = "BREP_REQUEST_TIMEOUT",
        value_name = "DURATION",
        default_value = "60s",
        value_parser = duration
    )]
    pub(super) request_timeout: Duration,
    /// Time after its claim in which a call may start
    #[arg(
        long,
        env = "BREP_CLAIM_WINDOW",
        value_name = "DURATION",
        default_value = "10s",
        value_parser = duration
    )]
    pub(super) claim_window: Duration,
    /// Time in which the records of an accepted call appear in the cloud
    #[arg(
        long,
        env = "BREP_SETTLING_TIME",
        value_name = "DURATION",
        default_value = "10m",
        value_parser = duration
    )]
    pub(super) settling_time: Duration,
    /// Time for which the answer that there is no look-up, or no such backup, must stay the same
    /// before a call is made without one
    #[arg(
        long,
        env = "BREP_LOOK_UP_PATIENCE",
        value_name = "DURATION",
        default_value = "60s",
        value_parser = duration
    )]
    pub(super) look_up_patience: Duration,
    /// Time for which a resource must be known before its first call, where no record proves that
    /// nothing was called for before; 30 times as long after a restore
    #[arg(
        long,
        env = "BREP_FIRST_CALL_AFTER",
        value_name = "DURATION",
        default_value = "10s",
        value_parser = duration
    )]
    pub(super) first_call_after: Duration,
    /// Time after its acceptance in which a replication is followed
    #[arg(
        long,
        env = "BREP_TRACKING_LIMIT",
        value_name = "DURATION",
        default_value = "24h",
        value_parser = days
    )]
    pub(super) tracking_limit: Duration,
    /// Maximum requests to the cloud per minute, for each credential at each endpoint; where the
    /// cloud throttles, the operator finds a slower pace itself
    #[arg(long, env = "BREP_REQUESTS_PER_MINUTE", value_name = "NUMBER", default_value = "3000")]
    pub(super) requests_per_minute: NonZeroU32,
    /// Time after which a watch begins again. /ready names an API server that has said nothing for
    /// half as long again
    #[arg(
        long,
        env = "BREP_WATCH_TIMEOUT",
        value_name = "DURATION",
        default_value = "60s",
        value_parser = watch_timeout
    )]
    pub(super) watch_timeout: Duration,
    /// File with CA certificates (PEM) to trust in addition to the system's
    #[arg(long, env = "BREP_CA_BUNDLE", value_name = "FILE")]
    pub(super) ca_bundle: Option<PathBuf>,
    /// Label that a Secret must carry to be read
    #[arg(long, env = "BREP_REQUIRE_SECRET_LABEL", value_name = "KEY=VALUE", value_parser = label)]
    pub(super) require_secret_label: Option<RequiredLabel>,
    #[command(flatten)]
    pub(super) election: ElectionOptions,
    /// Form of the log lines; their level is set by RUST_LOG
    #[arg(long, env = "BREP_LOG_FORMAT", value_name = "FORMAT", default_value = "text")]
    pub(super) log_format: LogFormat,
}

/// Form of the log lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// Parses the arguments. A wrong one ends in one line that names it.
///
/// # Errors
/// That line.
pub(super) fn parse(
    arguments: impl IntoIterator<Item = std::ffi::OsString>,
) -> Result<Options, Box<clap::Error>> {
    Options::try_parse_from(arguments).map_err(Box::new)
}

/// A usage error in one line. Clap spreads it over several, and adds its usage.
pub(super) fn one_line(error: &clap::Error) -> String {
    error
        .to_string()
        .lines()
        .map(str::trim)
        .take_while(|line| !line.starts_with("Usage:") && !line.starts_with("For more information"))
        .filter(|line| !line.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

const HOUR: Duration = Duration::from_secs(60 * 60);

pub(super) fn duration(text: &str) -> Result<Duration, String> {
    read_duration(text, HOUR * 24, "24h")
}

fn days(text: &str) -> Result<Duration, String> {
    read_duration(text, HOUR * 24 * 30, "720h")
}

/// The API server counts in seconds, and ends no watch sooner than that.
fn watch_timeout(text: &str) -> Result<Duration, String> {
    match duration(text)? {
        whole if whole.subsec_nanos() == 0 && whole.as_secs() <= 290 => Ok(whole),
        _ => Err("must be whole seconds, at most 290s".to_owned()),
    }
}

/// Durations are written as people do: `10s`, `2m 30s`, `1h`. Nothing here may be zero or endless.
fn read_duration(text: &str, longest: Duration, words: &str) -> Result<Duration, String> {
    let signed: jiff::SignedDuration =
        text.parse().map_err(|_| "must be a duration such as 10s, 2m or 1h".to_owned())?;
    match Duration::try_from(signed) {
        Ok(duration) if !duration.is_zero() && duration <= longest => Ok(duration),
        Ok(_) | Err(_) => Err(format!("must be above zero and at most {words}")),
    }
}

fn label(text: &str) -> Result<RequiredLabel, String> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => {
            Ok(RequiredLabel { key: key.to_owned(), value: value.to_owned() })
        }
        Some(_) | None => Err("must be KEY=VALUE".to_owned()),
    }
}

/// A namespace is a DNS label (RFC 1123). Another text could become another path at the API server.
pub(super) fn namespace(text: &str) -> Result<String, String> {
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let ends = |c: Option<char>| c.is_some_and(|c| c != '-');
    if text.len() <= 63
        && text.chars().all(allowed)
        && ends(text.chars().next())
        && ends(text.chars().last())
    {
        Ok(text.to_owned())
    } else {
        Err("must be a namespace's name: lower-case letters, digits and '-'".to_owned())
    }
}
