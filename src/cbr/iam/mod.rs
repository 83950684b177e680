//! IAM: a token for a user's password, or for a service account's ID token.

mod issued;
mod login;
mod password;
mod user;

pub(super) use issued::read;
pub use issued::{Issued, NotIssued};
pub use login::Login;
pub use user::{NoUser, User, UserBytes, UserPart};
