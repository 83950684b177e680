//! Control planes, where their programs come from, and processes that never outlive the one that
//! started them.

mod assets;
mod cleanup;
mod restart;
mod start;
mod supervised;
mod support;
