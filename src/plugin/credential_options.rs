//! The options that say where a credential comes from, the questions that ask for them, and the
//! part of a manifest that they become.

use clap::Args;

use super::failure::{PluginFailure, required};
use super::prompt::{Offer, Prompt};
use super::words::object_name;
use crate::resource::{Auth, SecretKeyRef, SecretRef, ServiceAccountRef};

/// Where the credential comes from: one of four.
#[derive(Clone, Debug, Args)]
pub(super) struct CredentialOptions {
    /// Secret with an IAM token, and its key if that is not `token`
    #[arg(long, value_name = "NAME[/KEY]", group = "credential")]
    pub(super) token_secret: Option<String>,
    /// Secret with a user's name, password and domain
    #[arg(long, value_name = "NAME", group = "credential", value_parser = object_name)]
    pub(super) password_secret: Option<String>,
    /// Secret with an access key
    #[arg(long, value_name = "NAME", group = "credential", value_parser = object_name)]
    pub(super) access_key_secret: Option<String>,
    /// Service account that an identity provider in IAM trusts
    #[arg(long, value_name = "NAME", group = "credential", value_parser = object_name)]
    pub(super) service_account: Option<String>,
    /// Name of that identity provider
    #[arg(long, value_name = "NAME")]
    pub(super) identity_provider: Option<String>,
    /// Client id of that identity provider
    #[arg(long, value_name = "ID")]
    pub(super) audience: Option<String>,
    /// IAM endpoint, if not the one beside the CBR endpoint
    #[arg(long, value_name = "URL")]
    pub(super) iam_endpoint: Option<String>,
}

impl CredentialOptions {
    /// Whether there is one.
    pub(super) fn is_named(&self) -> bool {
        let Self {
            token_secret,
            password_secret,
            access_key_secret,
            service_account,
            identity_provider: _,
            audience: _,
            iam_endpoint: _,
        } = self;
        [token_secret, password_secret, access_key_secret, service_account]
            .into_iter()
            .any(Option::is_some)
    }

    /// Where the credential comes from.
    ///
    /// # Errors
    /// None is named, or not all that belongs to it.
    pub(super) fn auth(&self) -> Result<Auth, PluginFailure> {
        let Self {
            token_secret,
            password_secret,
            access_key_secret,
            service_account,
            identity_provider,
            audience,
            iam_endpoint,
        } = self;
        let secret = |name: &Option<String>| name.clone().map(|name| SecretRef { name });
        let token = token_secret.as_ref().map(|text| match text.split_once('/') {
            Some((name, key)) => SecretKeyRef { name: name.to_owned(), key: Some(key.to_owned()) },
            None => SecretKeyRef { name: text.clone(), key: None },
        });
        let account = match service_account {
            Some(name) => Some(ServiceAccountRef {
                name: name.clone(),
                identity_provider: required(identity_provider.as_ref(), "--identity-provider")?,
                audience: required(audience.as_ref(), "--audience")?,
            }),
            None => None,
        };
        let auth = Auth {
            token_secret_ref: token,
            password_secret_ref: secret(password_secret),
            access_key_secret_ref: secret(access_key_secret),
            service_account: account,
            iam_endpoint: iam_endpoint.clone(),
        };
        match auth.source() {
            Some(_) => Ok(auth),
            None => Err(PluginFailure::new("name exactly one credential")),
        }
    }

    /// Asks which kind of credential, and where it is.
    pub(super) fn ask(&mut self, prompt: &Prompt) -> Result<(), PluginFailure> {
        let kinds = [
            ("access-key", "signs each request with the access key of a Secret"),
            ("password", "gets tokens from IAM for the user of a Secret"),
            ("service-account", "gets tokens from IAM for a service account; nothing is stored"),
            ("token", "sends the IAM token of a Secret, which something else renews"),
        ];
        let kinds = kinds.map(|(value, about)| Offer::new(value, about));
        while !self.is_named() {
            let mut kind = None;
            prompt.text(&mut kind, "Which kind of credential", &kinds)?;
            let secret = "Name of the Secret";
            match kind.as_deref() {
                Some("access-key") => prompt.text(&mut self.access_key_secret, secret, &[])?,
                Some("password") => prompt.text(&mut self.password_secret, secret, &[])?,
                Some("token") => prompt.text(&mut self.token_secret, secret, &[])?,
                Some("service-account") => {
                    prompt.text(&mut self.service_account, "Name of the service account", &[])?;
                }
                Some(_) | None => {}
            }
        }
        if self.service_account.is_some() {
            let provider = "Name of the identity provider in IAM";
            prompt.text(&mut self.identity_provider, provider, &[])?;
            prompt.text(&mut self.audience, "Client id of that provider (audience)", &[])?;
        }
        Ok(())
    }
}
