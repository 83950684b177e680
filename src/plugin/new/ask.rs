//! Questions on a terminal, with what can be chosen.

use std::io::{BufRead, IsTerminal, Write};

use super::choices::Choice;
use crate::plugin::failure::Failure;
use crate::plugin::options::CredentialOptions;
use crate::plugin::words::plain;

/// Somebody who answers.
pub(super) struct Asker(());

impl Asker {
    /// Where there is somebody, or where it is said that there is.
    pub(super) fn new(forced: bool) -> Option<Self> {
        (forced || std::io::stdin().is_terminal()).then_some(Self(()))
    }

    /// Asks until there is an answer, unless the value is known.
    pub(super) fn text(
        &self,
        value: &mut Option<String>,
        question: &str,
        choices: &[Choice],
    ) -> Result<(), Failure> {
        while value.is_none() {
            for (number, Choice { value, about }) in choices.iter().enumerate() {
                eprintln!("  {}) {}  {}", number + 1, plain(value), plain(about));
            }
            let answer = self.line(question)?;
            let chosen = answer.parse::<usize>().ok().and_then(|number| number.checked_sub(1));
            *value = match chosen.and_then(|index| choices.get(index)) {
                Some(choice) => Some(choice.value.clone()),
                None => Some(answer).filter(|answer| !answer.is_empty()),
            };
        }
        Ok(())
    }

    /// Asks once.
    pub(super) fn optional(
        &self,
        value: &mut Option<String>,
        question: &str,
    ) -> Result<(), Failure> {
        if value.is_none() {
            *value = Some(self.line(question)?).filter(|answer| !answer.is_empty());
        }
        Ok(())
    }

    /// Asks which kind of credential, and where it is.
    pub(super) fn credential(&self, credential: &mut CredentialOptions) -> Result<(), Failure> {
        let kinds = [
            ("access-key", "signs each request with the access key of a Secret"),
            ("password", "gets tokens from IAM for the user of a Secret"),
            ("service-account", "gets tokens from IAM for a service account; nothing is stored"),
            ("token", "sends the IAM token of a Secret, which something else renews"),
        ];
        let kinds = kinds.map(|(value, about)| Choice::new(value, about));
        while !credential.is_named() {
            let mut kind = None;
            self.text(&mut kind, "Which kind of credential", &kinds)?;
            let secret = "Name of the Secret";
            match kind.as_deref() {
                Some("access-key") => self.text(&mut credential.access_key_secret, secret, &[])?,
                Some("password") => self.text(&mut credential.password_secret, secret, &[])?,
                Some("token") => self.text(&mut credential.token_secret, secret, &[])?,
                Some("service-account") => {
                    self.text(&mut credential.service_account, "Name of the service account", &[])?;
                }
                Some(_) | None => {}
            }
        }
        if credential.service_account.is_some() {
            let provider = "Name of the identity provider in IAM";
            self.text(&mut credential.identity_provider, provider, &[])?;
            self.text(&mut credential.audience, "Client id of that provider (audience)", &[])?;
        }
        Ok(())
    }

    fn line(&self, question: &str) -> Result<String, Failure> {
        let Self(()) = self;
        let unanswered = || Failure::new("nothing was printed: a question was not answered");
        // The question goes where the reader is, wherever the manifest goes.
        let mut stderr = std::io::stderr();
        write!(stderr, "{question}: ").and_then(|()| stderr.flush()).map_err(|_| unanswered())?;
        let mut answer = String::new();
        match std::io::stdin().lock().read_line(&mut answer) {
            Ok(read) if read > 0 => Ok(answer.trim().to_owned()),
            Ok(_) | Err(_) => Err(unanswered()),
        }
    }
}
