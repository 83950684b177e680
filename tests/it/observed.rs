//! People on call see what the operator does: by metrics, alerts, Events, traces, health, and
//! a log without noise.

mod alerts;
mod events;
mod health;
mod log;
mod metrics;
mod scrape;
mod series;
mod traces;

pub(crate) use scrape::Scrape;

use crate::OPERATOR;
