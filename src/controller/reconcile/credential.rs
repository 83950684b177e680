//! Gets the credential that the spec names, at the moment of use: from its Secret, with `get`
//! alone, or from IAM.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use k8s_openapi::api::authentication::v1::{TokenRequest, TokenRequestSpec};
use k8s_openapi::api::core::v1::{Secret, ServiceAccount};
use kube::Api;
use kube::api::PostParams;

use crate::cbr::{Credential, CredentialId, Endpoint, Issued, Login, ProjectId, Token};
use crate::controller::api::{ApiError, bounded};
use crate::controller::context::Context;
use crate::controller::key::ResourceKey;
use crate::controller::prepared::CloudPlace;
use crate::controller::settings::RequiredLabel;
use crate::controller::state::breakers::BreakerKey;
use crate::controller::state::gate::Entry;
use crate::controller::state::issued_tokens::{Held, LoginFailure, TokenKey};
use crate::controller::state::lane::{LaneKey, Ticket};
use crate::controller::state::operation::CloudOperation;
use crate::controller::state::permits::RoundPermit;
use crate::controller::state::secret_reads::ReadSecret;
use crate::protocol::{
    CredentialProblem, CredentialReading, CredentialVerdict, SecretContent, iam_endpoint,
    secret_content,
};
use crate::resource::{Auth, CredentialSource, ServiceAccountRef};

/// How long a service account's token lives that is exchanged at once, in seconds. The API server
/// issues none that is shorter.
const ID_TOKEN_SECONDS: i64 = 600;

/// How long a service account's token of IAM is used at most.
const ACCOUNT_ASKED_AGAIN: SignedDuration = SignedDuration::from_hours(1);

/// A credential, beside what may be said of it.
pub(crate) struct ReadCredential {
    pub(crate) reading: CredentialReading,
    pub(crate) usable: Option<UsableCredential>,
}

/// What reading came to.
pub(crate) enum CredentialAnswer {
    Read(ReadCredential),
    /// Others are getting the token at IAM; come again after this.
    Later(Duration),
}

impl<T: Into<ReadCredential>> From<T> for CredentialAnswer {
    fn from(read: T) -> Self {
        Self::Read(read.into())
    }
}

/// Who wants a credential. The gate gives the permit back before anything waits for IAM.
pub(crate) struct Asker<'a> {
    pub(crate) resource: &'a ResourceKey,
    pub(crate) permit: &'a RoundPermit,
}

/// What `Asker` waits where IAM has said nothing of how long.
const IAM_BUSY: Duration = Duration::from_secs(1);

/// A credential that can be sent.
pub(crate) struct UsableCredential {
    pub(crate) credential: Credential,
    /// Whom it stands for; of a token that IAM issued, what it was issued for. Limits and what
    /// look-ups have shown are shared by it.
    pub(crate) identity: CredentialId,
    /// Where IAM issued it.
    pub(crate) issued: Option<TokenKey>,
    /// Whether IAM issued it just now.
    pub(crate) is_new: bool,
}

impl UsableCredential {
    /// The breaker of this value. Where refusals lock it, any of them counts for all that it is
    /// shown for; else one part of the API may refuse what another takes.
    pub(crate) fn breaker(&self, endpoint: &Endpoint, operation: CloudOperation) -> BreakerKey {
        let locked = self.credential.is_locked_by_refusals();
        BreakerKey {
            endpoint: endpoint.to_string(),
            credential: self.credential.id(),
            operation: if locked { CloudOperation::Backup } else { operation },
        }
    }

    /// A token that the cloud no longer takes is replaced, whatever its end says.
    pub(crate) fn note(&self, context: &Context, verdict: &CredentialVerdict) {
        let Self { credential, identity: _, issued: Some(key), is_new: _ } = self else { return };
        let at = context.memory.now();
        match verdict {
            CredentialVerdict::Refused(_) => context.issued.refused(key, credential.id(), at),
            CredentialVerdict::Accepted => context.issued.accepted(key, credential.id(), at),
            CredentialVerdict::NotLookedAt
            | CredentialVerdict::Unheard(_)
            | CredentialVerdict::Untold => {}
        }
    }
}

impl From<CredentialProblem> for ReadCredential {
    fn from(problem: CredentialProblem) -> Self {
        Self { reading: CredentialReading::Problem(problem), usable: None }
    }
}

/// Gets the credential.
///
/// # Errors
/// Where the API server gave no answer, so that nothing can be said of it.
pub(crate) async fn read_credential(
    context: &Context,
    asker: &Asker<'_>,
    auth: &Auth,
    place: CloudPlace<'_>,
) -> Result<CredentialAnswer, ApiError> {
    let namespace = asker.resource.namespace();
    let Some(source) = auth.source() else {
        return Ok(CredentialProblem::NotFound.into());
    };
    let CredentialSource::ServiceAccount(account) = &source else {
        return of_secret(context, asker, auth, &source, place).await;
    };
    let ServiceAccountRef { name, identity_provider, audience } = account;
    let parts = ["service account", namespace, name, identity_provider, audience];
    let applicant = Applicant {
        asker,
        auth,
        place,
        identity: CredentialId::of(&parts),
        version: String::new(),
        viewer: format!("account:{namespace}/{name}@{identity_provider}/{audience}"),
    };
    Ok(applicant
        .credential(context, async |iam, project| {
            let id_token = id_token(context, namespace, account).await?;
            let login =
                Login::IdToken { provider: identity_provider, id_token: &id_token, project };
            let mut issued = log_in(context, iam, login).await?;
            // The API server is asked again then: the account may be gone, or the right to use it.
            // (Beyond what a call may take, or no call could ever begin with it.)
            let asked_again = Timestamp::now()
                .checked_add(ACCOUNT_ASKED_AGAIN)
                .and_then(|at| at.checked_add(context.longest_call()))
                .ok();
            issued.expires_at = issued.expires_at.into_iter().chain(asked_again).min();
            Ok(issued)
        })
        .await)
}

async fn of_secret(
    context: &Context,
    asker: &Asker<'_>,
    auth: &Auth,
    source: &CredentialSource,
    place: CloudPlace<'_>,
) -> Result<CredentialAnswer, ApiError> {
    let namespace = asker.resource.namespace();
    let (version, content) = match read_secret(context, namespace, source).await? {
        Ok(read) => read,
        Err(problem) => return Ok(problem.into()),
    };
    // One Secret may hold several kinds: what one of them was shown, the other was not.
    let viewer = match source {
        CredentialSource::Token(reference) => {
            format!("{}/{}@{version}", reference.name, reference.key())
        }
        CredentialSource::Password(reference) => format!("password:{}@{version}", reference.name),
        CredentialSource::AccessKey(reference) => {
            format!("access-key:{}@{version}", reference.name)
        }
        CredentialSource::ServiceAccount(_) => String::new(),
    };
    Ok(match content {
        SecretContent::Credential(credential) => ReadCredential {
            reading: CredentialReading::Usable { version, viewer },
            usable: Some(UsableCredential {
                identity: credential.id(),
                credential,
                issued: None,
                is_new: false,
            }),
        }
        .into(),
        SecretContent::User(user) => {
            let applicant = Applicant { asker, auth, place, identity: user.id(), version, viewer };
            applicant
                .credential(context, async |iam, project| {
                    log_in(context, iam, Login::Password { user: &user, project }).await
                })
                .await
        }
    })
}

/// The Secret's resourceVersion, and what it holds.
async fn read_secret(
    context: &Context,
    namespace: &str,
    source: &CredentialSource,
) -> Result<Result<(String, SecretContent), CredentialProblem>, ApiError> {
    // The client puts the name into a path as it is. An older CRD may have let one through that
    // leads elsewhere.
    let Some(name) = source.secret_name().filter(|name| is_name(name)) else {
        return Ok(Err(CredentialProblem::NotFound));
    };
    let secrets: Api<Secret> = Api::namespaced(context.kubernetes.clone(), namespace);
    let read = async || bounded(secrets.get(name)).await;
    let understand = |secret: Result<&ReadSecret, &ApiError>| {
        let secret = match secret {
            Ok(secret) => secret,
            Err(ApiError::Gone) => return Ok(Err(CredentialProblem::NotFound)),
            Err(ApiError::Forbidden(_)) => {
                return Ok(Err(CredentialProblem::NotPermitted(format!(
                    "the operator's role does not allow it to get Secrets in namespace {namespace}"
                ))));
            }
            Err(other) => return Err(other.clone()),
        };
        match &context.settings.required_label {
            Some(RequiredLabel { key, value }) if secret.labels.get(key) != Some(value) => {
                return Ok(Err(CredentialProblem::NotPermitted(format!(
                    "the administrator wants the label {key}={value} on it"
                ))));
            }
            Some(_) | None => {}
        }
        let content = secret_content(source, |key| secret.get(key));
        Ok(content.map(|content| (secret.version.clone(), content)))
    };
    context.secrets.get(namespace, name, read, understand).await
}

/// Somebody who gets a token at IAM.
struct Applicant<'a> {
    asker: &'a Asker<'a>,
    auth: &'a Auth,
    place: CloudPlace<'a>,
    identity: CredentialId,
    version: String,
    viewer: String,
}

impl Applicant<'_> {
    /// The token that is there already, or the one that `login` gets.
    async fn credential(
        self,
        context: &Context,
        login: impl AsyncFnOnce(&Endpoint, &ProjectId) -> Result<Issued, LoginFailure>,
    ) -> CredentialAnswer {
        let Self { asker, auth, place, identity, version, viewer } = self;
        let CloudPlace { endpoint, project_id } = place;
        let settings = &context.settings;
        let default = settings.default_iam_endpoint.as_deref();
        let iam = match iam_endpoint(auth, endpoint, default, &settings.allowed_iam_endpoints) {
            Ok(iam) => iam,
            Err(why) => return CredentialProblem::IamEndpointRefused(why).into(),
        };
        let key =
            TokenKey { identity, iam: iam.to_string(), project_id: project_id.as_str().to_owned() };
        // A claim is made only with a credential that outlives its call.
        let needed_for = context.longest_call();
        let clock = || (Timestamp::now(), context.memory.now());
        let _place = if context.issued.is_at_hand(&key, needed_for, clock) {
            None
        } else {
            let lane = LaneKey {
                endpoint: key.iam.clone(),
                credential: identity,
                operation: CloudOperation::Login,
            };
            let ticket = Ticket::Call(asker.resource.clone());
            let (permit, at) = (asker.permit, context.memory.now());
            match context.gate.enter(&lane, ticket, permit, at, context.spread()) {
                Entry::Go(place) => Some(place),
                Entry::Later(wait) => return CredentialAnswer::Later(wait),
                Entry::Held(_) | Entry::Shut => return CredentialAnswer::Later(IAM_BUSY),
            }
        };
        let login = async || login(&iam, project_id).await;
        match context.issued.get(&key, asker.permit, needed_for, clock, login).await {
            Ok(Held { token, issue, is_new }) => CredentialAnswer::Read(ReadCredential {
                // Another token is another value, for what waits for one.
                reading: CredentialReading::Usable {
                    version: format!("{version}.{issue}"),
                    viewer,
                },
                usable: Some(UsableCredential {
                    credential: Credential::Token(token),
                    identity,
                    issued: Some(key),
                    is_new,
                }),
            }),
            Err(problem) => problem.into(),
        }
    }
}

async fn log_in(
    context: &Context,
    iam: &Endpoint,
    login: Login<'_>,
) -> Result<Issued, LoginFailure> {
    let issued = context.cbr.issue_token(iam, login, context.settings.policy.limit).await;
    match &issued {
        Ok(issued) => {
            let until = issued.expires_at.map(|at| at.to_string());
            tracing::info!(%iam, until, "IAM issued a token");
        }
        Err(error) => {
            tracing::warn!(%iam, %error, cloud = error.detail(), "IAM issued no token");
        }
    }
    issued.map_err(|why| LoginFailure::NotIssued { why, locks: login.has_a_password() })
}

/// A token of the service account, for the identity provider alone.
async fn id_token(
    context: &Context,
    namespace: &str,
    account: &ServiceAccountRef,
) -> Result<Token, LoginFailure> {
    let ServiceAccountRef { name, identity_provider: _, audience } = account;
    let before = |problem| Err(LoginFailure::Before(problem));
    if !is_name(name) {
        return before(CredentialProblem::NotFound);
    }
    let accounts: Api<ServiceAccount> = Api::namespaced(context.kubernetes.clone(), namespace);
    let request = TokenRequest {
        spec: TokenRequestSpec {
            audiences: vec![audience.clone()],
            expiration_seconds: Some(ID_TOKEN_SECONDS),
            bound_object_ref: None,
        },
        ..TokenRequest::default()
    };
    let parameters = PostParams::default();
    match bounded(accounts.create_token_request(name, &parameters, &request)).await {
        Ok(answer) => {
            let token = answer.status.map(|status| status.token).unwrap_or_default();
            Token::from_bytes(token.as_bytes()).map_err(|why| {
                LoginFailure::Before(CredentialProblem::LoginFailed(format!(
                    "the API server's answer holds no token: {why}"
                )))
            })
        }
        Err(ApiError::Gone) => before(CredentialProblem::NotFound),
        Err(ApiError::Forbidden(_)) => before(CredentialProblem::NotPermitted(format!(
            "the operator's role does not allow it to create tokens of service accounts \
             (serviceaccounts/token) in namespace {namespace}; the administrator names the account \
             in the chart's rbac.serviceAccountTokens, or applies deploy/service-account"
        ))),
        Err(_) => before(CredentialProblem::LoginFailed(
            "the API server issued no token of the service account".to_owned(),
        )),
    }
}

/// Whether an object could have this name, as far as it could become another path.
fn is_name(text: &str) -> bool {
    let allowed = |byte: u8| {
        byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'.')
    };
    text.starts_with(|first: char| first.is_ascii_alphanumeric()) && text.bytes().all(allowed)
}
