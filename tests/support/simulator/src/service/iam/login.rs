//! `POST /v3/auth/tokens`: by password, by another token, or as an agency.

use http::StatusCode;
use jiff::Timestamp;
use serde_json::json;

use super::asked::{AssumeRole, Auth, ByPassword, ByToken, Identity, Who, invalid, read};
use super::{Issued, OutOfScope, domain, user};
use crate::log::Credential;
use crate::service::caller::{Caller, Owner};
use crate::service::error::Refusal;
use crate::service::user::Denied;
use crate::service::{Request, Service};

impl Service {
    /// A token for one project, or for none where the scope names none.
    pub(in crate::service) fn issue_token(
        &mut self,
        request: &Request<'_>,
        now: Timestamp,
    ) -> Result<Issued, Refusal> {
        let Auth { identity, scope } = read(request.body)?;
        let Identity { methods, password, token, assume_role } = identity;
        let methods: Vec<&str> = methods.iter().map(String::as_str).collect();
        let mut expires_at = self.expiry(now);
        let (method, owner) = match (methods.as_slice(), password, token, assume_role) {
            (["password"], Some(by), _, _) => {
                (("password", Credential::PasswordToken), self.by_password(by, now)?)
            }
            (["token"], _, Some(ByToken { id: Some(id), duration_seconds: _ }), _) => {
                let caller = self.by_token(&id, now)?;
                // A derived token does not outlive the one that it comes from.
                expires_at =
                    self.tokens.expires_at(&id).map_or(expires_at, |at| at.min(expires_at));
                (("token", Credential::DerivedToken), caller.owner)
            }
            (["assume_role"], _, _, Some(role)) => {
                let caller = self.caller_of_iam(request, now)?;
                (("assume_role", Credential::AgencyToken), self.assume(&caller, &role)?)
            }
            _ => return Err(invalid()),
        };
        let project = self.in_scope(scope, &owner).map_err(|why| match why {
            OutOfScope::NoSuchProject | OutOfScope::NoRights => {
                Refusal::iam(StatusCode::UNAUTHORIZED, "The user has no access to the project.")
            }
        })?;
        let mut shown = user(&owner);
        if method.0 == "assume_role" {
            shown["name"] = json!(format!("{}/{}", owner.domain, owner.user));
            shown["domain"] = domain(&owner.domain);
        }
        Ok(self.issue(method, owner, shown, project, (now, expires_at)))
    }

    fn by_password(&mut self, by: ByPassword, now: Timestamp) -> Result<Owner, Refusal> {
        let Who { name, password, domain } = by.user;
        let iam = self.behaviour.iam;
        self.users.log_in(&domain.name, &name, &password, iam, now).map_err(|denied| match denied {
            Denied::NameOrPassword => {
                Refusal::iam(StatusCode::UNAUTHORIZED, "The username or password is wrong.")
            }
            Denied::Locked => Refusal {
                code: "IAM.0061".to_owned(),
                ..Refusal::iam(
                    StatusCode::UNAUTHORIZED,
                    "The account is locked after too many wrong passwords (IAM.0061).",
                )
            },
        })
    }

    /// Who comes with a token that stands in the body.
    pub(super) fn by_token(&self, value: &str, now: Timestamp) -> Result<Caller, Refusal> {
        self.tokens.caller(value.as_bytes(), &self.behaviour, now).map_err(in_shape_of_iam)
    }

    /// Who calls, with refusals in IAM's shape.
    pub(super) fn caller_of_iam(
        &mut self,
        request: &Request<'_>,
        now: Timestamp,
    ) -> Result<Caller, Refusal> {
        self.caller(request, now).map_err(in_shape_of_iam)
    }

    /// The agency as the one who acts from now on.
    pub(super) fn assume(&self, caller: &Caller, role: &AssumeRole) -> Result<Owner, Refusal> {
        let mut agencies = self.agencies.iter();
        let agency = agencies
            .find(|agency| agency.name == role.agency_name && role.is_in(&agency.domain))
            .ok_or_else(|| Refusal::iam(StatusCode::NOT_FOUND, "Could not find the agency."))?;
        if agency.trusted_domain != caller.owner.domain {
            let message = "You are not authorized to assume the agency.";
            return Err(Refusal::iam(StatusCode::FORBIDDEN, message));
        }
        Ok(Owner {
            domain: agency.domain.clone(),
            user: agency.name.clone(),
            projects: agency.projects.clone(),
        })
    }
}

fn in_shape_of_iam(refusal: Refusal) -> Refusal {
    let Refusal { status, shape: _, code, message } = refusal;
    Refusal { code, ..Refusal::iam(status, &message) }
}
