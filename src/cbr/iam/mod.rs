//! IAM: a token for a user's name and password.

mod issued;
mod login;
mod password;

pub(super) use issued::read;
pub use issued::{Issued, NotIssued};
pub use login::Login;
pub use password::{InvalidPassword, Password};
