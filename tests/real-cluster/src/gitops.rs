//! A git repository, and the tools that apply what is in it.

mod flux;
mod http;
mod repository;

pub(crate) use self::flux::{Flux, NAMESPACE as FLUX_NAMESPACE};
pub(crate) use self::repository::Repository;
