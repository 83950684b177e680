//! Anything that a user, an administrator or the cloud gets wrong is answered in words, with no call
//! too many, and the resource continues once it is corrected.

mod endpoint;
mod heals;
mod not_sent;
mod rejected;
mod secret;
mod temporary;
mod token;
mod unknown;

use anyhow::Result;
use harness::{Object, Scene};
use serde_json::{Value, json};
use simulator::{LookUp, Options};

use crate::OPERATOR;

/// A cloud without look-up, so that no evidence settles what is to stay open.
fn no_look_up() -> Options {
    let mut options = Options::default();
    options.behaviour.view.look_up = LookUp::NotFound;
    options
}

/// Applies all of them at once.
fn apply(scene: &Scene, manifests: Vec<Value>) -> Result<()> {
    scene.applied(&json!({"apiVersion": "v1", "kind": "List", "items": manifests}).to_string())
}

fn ready(object: &Object) -> bool {
    object.is("Ready") && object.is_observed()
}

/// A test waits for this status, and then looks at its reason and message.
fn told(object: &Object) -> bool {
    object.is_observed() && object.phase() != "Submitting"
}

#[track_caller]
fn assert_says(object: &Object, words: &[&str]) {
    for word in words {
        assert!(object.message().contains(word), "{word:?} is not in: {}", object.message());
    }
}

/// How many calls the simulator got about a backup, and how many of them it accepted.
fn counts(scene: &Scene, backup: &str) -> (u64, u64) {
    let counts = scene.simulator.counts(backup);
    (counts.posts, counts.accepted)
}

/// The API server's time, as its audit log has it.
fn api_time(scene: &Scene) -> Result<String> {
    Ok(scene.audit_events()?.last().map(|event| event.received_at.clone()).unwrap_or_default())
}

/// Waits until the operator has read an object of this kind after that time, and says when. A round
/// begins so: once the next one has begun, the one before it is over.
fn read_after(scene: &Scene, kind: &str, since: &str) -> Result<String> {
    let read = scene.wait_for_audit_event(|event| {
        (event.resource.as_str(), event.verb.as_str()) == (kind, "get")
            && event.namespace == scene.namespace
            && !event.user_agent.starts_with("kubectl")
            && event.received_at.as_str() > since
    })?;
    Ok(read.received_at)
}
