//! Who is shown what of a backup.

use http::StatusCode;

use super::caller::token;
use super::error::Refusal;
use super::{Request, Service, replicate};
use crate::behaviour::{LookUp, View};
use crate::log::access_key;

impl Service {
    /// Gives one backup a view of its own; `None` takes it away.
    pub(crate) fn set_view(&mut self, backup_id: &str, view: Option<View>) {
        match view {
            Some(view) => self.views.insert(backup_id.to_owned(), view),
            None => self.views.remove(backup_id),
        };
    }

    /// Gives one token, or one access key, a view of its own; `None` takes it away.
    pub(crate) fn set_token_view(&mut self, token: &str, view: Option<View>) {
        match view {
            Some(view) => self.token_views.insert(token.to_owned(), view),
            None => self.token_views.remove(token),
        };
    }

    /// Who looks decides before what is looked at.
    pub(super) fn view(&self, request: &Request<'_>, backup_id: &str) -> &View {
        let token = token(request.headers).and_then(|token| std::str::from_utf8(token).ok());
        let of_token = token.and_then(|token| self.token_views.get(token));
        let of_key = || self.token_views.get(&access_key(request.headers)?);
        of_token
            .or_else(of_key)
            .or_else(|| self.views.get(backup_id))
            .unwrap_or(&self.behaviour.view)
    }

    /// A service without the look-up says so before it looks at the token.
    pub(super) fn look_up_is_available(
        &self,
        request: &Request<'_>,
        backup_id: &str,
    ) -> Result<(), Refusal> {
        match self.view(request, backup_id).look_up {
            LookUp::Available | LookUp::Forbidden | LookUp::Refused | LookUp::NoSuchBackup => {
                Ok(())
            }
            LookUp::NotFound => Err(Refusal::no_such_api()),
            LookUp::MethodNotAllowed => Err(Refusal::bare(StatusCode::METHOD_NOT_ALLOWED)),
            LookUp::NotImplemented => Err(Refusal::bare(StatusCode::NOT_IMPLEMENTED)),
        }
    }

    pub(super) fn look_up_is_allowed(
        &self,
        request: &Request<'_>,
        backup_id: &str,
    ) -> Result<(), Refusal> {
        let refused = |status, code, message| {
            Err(Refusal::auth(self.behaviour.auth_errors, status, code, message))
        };
        match self.view(request, backup_id).look_up {
            LookUp::Forbidden => {
                let message = "Policy does not allow cbr:backups:get to be performed.";
                refused(StatusCode::FORBIDDEN, "APIGW.0302", message)
            }
            LookUp::Refused => {
                let message = "Incorrect IAM authentication information: decrypt token fail";
                refused(StatusCode::UNAUTHORIZED, "APIGW.0301", message)
            }
            LookUp::NoSuchBackup => Err(replicate::no_such_backup(backup_id)),
            LookUp::Available
            | LookUp::NotFound
            | LookUp::MethodNotAllowed
            | LookUp::NotImplemented => Ok(()),
        }
    }
}
