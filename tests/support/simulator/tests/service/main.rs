//! The simulator as a client sees it, over real connections.

mod admin;
mod api;
mod bodies;
mod broken_answers;
mod caller;
mod clock;
mod connections;
mod constraints;
mod exchanges;
mod faults;
mod holds;
mod iam;
mod issuer;
mod lifetime;
mod locks;
mod logins;
mod odd_records;
mod records;
mod refused_tokens;
mod signatures;
mod signer;
mod spelling;
mod temporary_keys;
mod tokens;
mod vectors;
mod viewers;
