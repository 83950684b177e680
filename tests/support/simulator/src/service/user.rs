//! Users with their passwords, and the lock of those who are mistaken too often.

use anyhow::{Result, ensure};
use jiff::{SignedDuration, Timestamp};

use super::caller::Owner;
use crate::behaviour::Iam;
use crate::clock::later;
use crate::world::User;

/// The users; no two have the same name in one domain.
#[derive(Default)]
pub(crate) struct Users(Vec<Known>);

struct Known {
    user: User,
    mistakes: u32,
    locked_until: Option<Timestamp>,
}

/// Why a password is not taken.
pub(super) enum Denied {
    /// Nobody says which.
    NameOrPassword,
    Locked,
}

impl Users {
    pub(crate) fn new(users: Vec<User>) -> Self {
        let mut all = Self::default();
        for user in users {
            all.add(user);
        }
        all
    }

    /// Adds a user, or replaces the one of its name.
    pub(crate) fn add(&mut self, user: User) {
        self.0.retain(|known| (&known.user.domain, &known.user.name) != (&user.domain, &user.name));
        self.0.push(Known { user, mistakes: 0, locked_until: None });
    }

    /// Gives a user another password, and ends its lock.
    pub(crate) fn set_password(&mut self, name: &str, password: &str) -> Result<()> {
        self.change(name, |known| password.clone_into(&mut known.user.password))
    }

    /// Ends the lock of a user, if there is one.
    pub(crate) fn unlock(&mut self, name: &str) -> Result<()> {
        self.change(name, |_| {})
    }

    fn change(&mut self, name: &str, change: impl Fn(&mut Known)) -> Result<()> {
        let mut found = false;
        for known in self.0.iter_mut().filter(|known| known.user.name == name) {
            change(known);
            (known.mistakes, known.locked_until) = (0, None);
            found = true;
        }
        ensure!(found, "there is no user {name}");
        Ok(())
    }

    pub(super) fn log_in(
        &mut self,
        domain: &str,
        name: &str,
        password: &str,
        iam: Iam,
        now: Timestamp,
    ) -> Result<Owner, Denied> {
        let same = |known: &&mut Known| known.user.domain == domain && known.user.name == name;
        let known = self.0.iter_mut().find(same).ok_or(Denied::NameOrPassword)?;
        if known.locked_until.is_some_and(|until| now < until) {
            return Err(Denied::Locked);
        }
        if known.locked_until.take().is_some() {
            known.mistakes = 0;
        }
        if known.user.password != password {
            known.mistakes += 1;
            if known.mistakes >= iam.wrong_passwords {
                let lock = i64::try_from(iam.lock_seconds).unwrap_or(i64::MAX);
                known.locked_until = Some(later(now, SignedDuration::from_secs(lock)));
            }
            return Err(Denied::NameOrPassword);
        }
        known.mistakes = 0;
        let User { domain, name, password: _, projects } = &known.user;
        let (domain, user, projects) = (domain.clone(), name.clone(), projects.clone());
        Ok(Owner { domain, user, projects })
    }

    /// The domain and rights of a user.
    pub(super) fn owner(&self, name: &str) -> Option<Owner> {
        let known = self.0.iter().find(|known| known.user.name == name)?;
        let User { domain, name, password: _, projects } = &known.user;
        let (domain, user, projects) = (domain.clone(), name.clone(), projects.clone());
        Some(Owner { domain, user, projects })
    }
}
