//! `POST /v3.0/OS-AUTH/id-token/tokens`: a token of an identity provider for one of IAM.

use http::StatusCode;
use jiff::Timestamp;
use serde_json::json;

use super::asked::{IdTokenAuth, read};
use super::{Issued, OutOfScope, jwt, user};
use crate::log::Credential;
use crate::service::caller::Owner;
use crate::service::error::{ErrorShape, Refusal};
use crate::service::{Request, Service};

impl Service {
    /// A token for the user whom the provider's mapping makes of the subject.
    pub(in crate::service) fn exchange(
        &mut self,
        request: &Request<'_>,
        now: Timestamp,
    ) -> Result<Issued, Refusal> {
        let bad = |message: &str| refused(StatusCode::BAD_REQUEST, "IAM.0011", message);
        let provider = request.headers.get("x-idp-id").and_then(|id| id.to_str().ok());
        let provider = provider.ok_or_else(|| bad("The header X-Idp-Id is missing."))?;
        let IdTokenAuth { id_token, scope } =
            read(request.body).map_err(|refusal| bad(&refusal.message))?;
        let provider = self.identity_providers.get(provider).ok_or_else(|| {
            let message = format!("Could not find the identity provider {provider}.");
            refused(StatusCode::NOT_FOUND, "IAM.0004", &message)
        })?;
        let subject = jwt::subject(&id_token.id, provider, now).map_err(|unfit| {
            let message = format!("The id token is not accepted: {unfit}.");
            refused(StatusCode::UNAUTHORIZED, "IAM.0001", &message)
        })?;
        let mapping = provider.mapping.iter().find(|mapping| mapping.fits(&subject));
        let mapping = mapping.ok_or_else(|| {
            refused(StatusCode::FORBIDDEN, "IAM.0003", "No mapping rule fits the subject.")
        })?;
        let owner = Owner {
            domain: mapping.domain.clone(),
            user: mapping.user.clone(),
            projects: mapping.projects.clone(),
        };
        let mut shown = user(&owner);
        shown["OS-FEDERATION"] = json!({
            "identity_provider": {"id": provider.id},
            "protocol": {"id": "oidc"},
            "groups": [],
        });
        let project = self.in_scope(scope, &owner).map_err(|why| match why {
            OutOfScope::NoSuchProject => {
                refused(StatusCode::NOT_FOUND, "IAM.0004", "Could not find the project.")
            }
            OutOfScope::NoRights => {
                let message = "The user has no access to the project.";
                refused(StatusCode::FORBIDDEN, "IAM.0003", message)
            }
        })?;
        let times = (now, self.expiry(now));
        let method = ("mapped", Credential::FederatedToken);
        let mut issued = self.issue(method, owner, shown, project, times);
        if !self.behaviour.iam.exchange_names_project
            && let Some(token) = issued.body["token"].as_object_mut()
        {
            token.remove("project");
        }
        Ok(issued)
    }
}

/// `{"error_msg":…,"error_code":…}`, which is not the shape of the rest of IAM.
fn refused(status: StatusCode, code: &str, message: &str) -> Refusal {
    Refusal { status, shape: ErrorShape::Cbr, code: code.to_owned(), message: message.to_owned() }
}
