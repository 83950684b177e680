//! The simulator as a client sees it, over real connections.

mod admin;
mod api;
mod bodies;
mod broken_answers;
mod caller;
mod connections;
mod constraints;
mod faults;
mod holds;
mod iam;
mod lifetime;
mod odd_records;
mod records;
mod spelling;
mod tokens;
mod viewers;
