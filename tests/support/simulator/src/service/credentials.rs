//! Changes to who may call.

use anyhow::{Context, Result};

use super::Service;
use super::iam::check_jwks;
use crate::world::IdentityProvider;

impl Service {
    pub(crate) fn expire_token(&mut self, value: &str) -> Result<()> {
        self.tokens.expire(value, self.clock.now())
    }

    pub(crate) fn expire_tokens_of(&mut self, user: &str) -> Result<()> {
        self.tokens.expire_all_of(user, self.clock.now())
    }

    /// A change of password ends the tokens that there are.
    pub(crate) fn set_password(&mut self, user: &str, password: &str) -> Result<()> {
        self.users.set_password(user, password)?;
        self.tokens.forget_all_of(user);
        Ok(())
    }

    pub(crate) fn add_identity_provider(&mut self, provider: IdentityProvider) -> Result<()> {
        if let Some(jwks) = &provider.jwks {
            check_jwks(jwks).with_context(|| format!("the provider {} has no key", provider.id))?;
        }
        self.identity_providers.insert(provider.id.clone(), provider);
        Ok(())
    }
}
