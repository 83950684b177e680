//! `renew-token`: asks IAM for a token and puts it into the Secret that resources name. A process
//! of its own, which runs to its end: the operator has no part in it, and holds no password.

mod failure;
mod options;
mod secrets;
mod user;

use std::process::ExitCode;
use std::time::Duration;

use failure::Failure;
pub(crate) use options::RenewOptions;
use secrets::Secrets;

use crate::cbr::{AllowList, Client, ClientConfig, Login};

/// For a connection to IAM, TLS included.
const CONNECT_LIMIT: Duration = Duration::from_secs(10);
/// For the whole of the request to IAM.
const REQUEST_LIMIT: Duration = Duration::from_secs(60);

/// Renews the token, to the exit code: 0 when it is in the Secret, 1 when another try may do, 2 for
/// a wrong option, 3 when somebody has to fix something first. One line says which.
pub(crate) fn main(options: RenewOptions) -> ExitCode {
    let renewed = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::Later(format!("no runtime: {error}")))
        .and_then(|runtime| runtime.block_on(renew(options)));
    match renewed {
        Ok(line) => {
            println!("{line}");
            ExitCode::SUCCESS
        }
        Err(failure) => {
            eprintln!("error: {failure}");
            failure.exit_code()
        }
    }
}

async fn renew(options: RenewOptions) -> Result<String, Failure> {
    let RenewOptions {
        iam_endpoint,
        allowed_iam_endpoint,
        project_id: project,
        user_secret,
        token_secret,
        token_key,
        namespace,
        ca_bundle,
    } = options;
    let iam = AllowList(allowed_iam_endpoint)
        .check(&iam_endpoint)
        .map_err(|error| Failure::Usage(format!("--iam-endpoint: {error}")))?;
    let ca_bundle = ca_bundle
        .map(|file| {
            std::fs::read(&file)
                .map_err(|e| Failure::Usage(format!("--ca-bundle {}: {e}", file.display())))
        })
        .transpose()?;
    let config =
        ClientConfig { connect_timeout: CONNECT_LIMIT, request_timeout: REQUEST_LIMIT, ca_bundle };
    let client =
        Client::new(config).map_err(|error| Failure::Usage(format!("--ca-bundle: {error}")))?;

    let secrets = Secrets::new(namespace).await?;
    let user = user::read(&secrets.read(&user_secret).await?)
        .map_err(|error| Failure::NeedsAFix(format!("{} {error}", secrets.name(&user_secret))))?;
    let login = Login { domain: user.domain, user: user.name, password: user.password, project };
    let issued = client
        .issue_token(&iam, &login, REQUEST_LIMIT)
        .await
        .map_err(|error| Failure::of_iam(&error, &secrets.name(&user_secret), &login.project))?;
    secrets.write(&token_secret, &token_key, &issued).await?;
    let until =
        issued.expires_at.map(|at| format!("; it is valid until {at:.0}")).unwrap_or_default();
    Ok(format!("A new token is in {}, key {token_key}{until}", secrets.name(&token_secret)))
}
