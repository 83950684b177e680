//! The options of `renew-token`. Each is an environment variable, too: `BREP_` and its name.

use std::path::PathBuf;

use clap::Args;

use crate::cbr::{DEFAULT_IAM_PATTERNS, EndpointPattern, ProjectId};

/// Options of `renew-token`. None of them is a secret.
#[derive(Clone, Debug, Args)]
pub(crate) struct RenewOptions {
    /// IAM of the source region, e.g. https://iam.eu-de.otc.t-systems.com
    #[arg(long, env = "BREP_IAM_ENDPOINT", value_name = "URL")]
    pub(super) iam_endpoint: String,
    /// Where the password may be sent; `{region}` stands for the name of a region, `*` for any one
    /// DNS label. Repeatable; replaces the default list. An http:// endpoint is used only where it
    /// is spelt out here
    #[arg(
        long,
        env = "BREP_ALLOWED_IAM_ENDPOINT",
        value_name = "URL",
        value_delimiter = ',',
        default_values = DEFAULT_IAM_PATTERNS
    )]
    pub(super) allowed_iam_endpoint: Vec<EndpointPattern>,
    /// Project of the backups, for which the token is to be
    #[arg(long, env = "BREP_PROJECT_ID", value_name = "ID", value_parser = ProjectId::parse)]
    pub(super) project_id: ProjectId,
    /// Secret that holds the user, with the keys username, password and domain
    #[arg(
        long,
        env = "BREP_USER_SECRET",
        value_name = "NAME",
        default_value = "cbr-user",
        value_parser = object_name
    )]
    pub(super) user_secret: String,
    /// Secret that the token is put into; it must be there
    #[arg(
        long,
        env = "BREP_TOKEN_SECRET",
        value_name = "NAME",
        default_value = "cbr-token",
        value_parser = object_name
    )]
    pub(super) token_secret: String,
    /// Key of that Secret to write the token to
    #[arg(
        long,
        env = "BREP_TOKEN_KEY",
        value_name = "KEY",
        default_value = "token",
        value_parser = key
    )]
    pub(super) token_key: String,
    /// Namespace of both; that of the pod, or of the kubeconfig's context, if left out
    #[arg(long, env = "BREP_NAMESPACE", value_name = "NAME", value_parser = object_name)]
    pub(super) namespace: Option<String>,
    /// File with CA certificates (PEM) to trust in addition to the system's
    #[arg(long, env = "BREP_CA_BUNDLE", value_name = "FILE")]
    pub(super) ca_bundle: Option<PathBuf>,
}

/// The client puts a name into a path as it is: another text could become another path.
fn object_name(text: &str) -> Result<String, String> {
    let allowed = |byte: u8| {
        byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'.')
    };
    if text.len() <= 253
        && text.starts_with(|first: char| first.is_ascii_alphanumeric())
        && text.bytes().all(allowed)
    {
        Ok(text.to_owned())
    } else {
        Err("must be an object's name: lower-case letters, digits, '-' and '.'".to_owned())
    }
}

/// As the API server has it for the keys of a Secret.
fn key(text: &str) -> Result<String, String> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    if (1..=253).contains(&text.len()) && text.bytes().all(allowed) && !matches!(text, "." | "..") {
        Ok(text.to_owned())
    } else {
        Err("must be a Secret's key: letters, digits, '-', '_' and '.'".to_owned())
    }
}
