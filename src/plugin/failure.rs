//! Why a command ended without success: one line that says what to do.

use std::fmt;

use kube::core::Status;

use super::exit::Exit;
use super::words::plain;

/// One line for the reader, and the exit code.
#[derive(Debug)]
pub(super) struct PluginFailure {
    line: String,
    pub(super) exit: Exit,
}

impl PluginFailure {
    pub(super) fn new(line: impl Into<String>) -> Self {
        Self::of(Exit::Failed, line)
    }

    /// With a code of its own.
    pub(super) fn of(exit: Exit, line: impl Into<String>) -> Self {
        Self { line: line.into(), exit }
    }
}

impl fmt::Display for PluginFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&plain(&self.line))
    }
}

/// What was asked of the API server, for the words of its refusal.
pub(super) struct Asked<'a> {
    /// `list`, `get`, `patch`.
    pub(super) verb: &'static str,
    /// The namespace; `None` for all.
    pub(super) namespace: Option<&'a str>,
    /// The API server's address.
    pub(super) server: &'a str,
}

impl Asked<'_> {
    /// The line for an error that the API server, or the way to it, gave.
    pub(super) fn failure(&self, error: &kube::Error) -> PluginFailure {
        let Self { verb, namespace, server } = self;
        let place = namespace
            .map_or_else(|| "in all namespaces".to_owned(), |name| format!("in namespace {name}"));
        let kube::Error::Api(status) = error else {
            return PluginFailure::new(format!(
                "no answer from the API server {server}: {}; check --kubeconfig, --context and the \
                 network",
                root_cause(error)
            ));
        };
        let is_missing = status.code == 404 && object_of(status).is_some();
        let exit = if is_missing { Exit::NotFound } else { Exit::Failed };
        let line = match status.code {
            401 => format!(
                "the API server {server} does not know you; renew the credentials of your \
                 kubeconfig"
            ),
            403 => {
                let narrower =
                    if namespace.is_none() { "name a namespace with -n, or " } else { "" };
                format!(
                    "you may not {verb} backupreplications {place}; {narrower}ask for a role that \
                     allows it (the shipped roles are aggregated into view and edit)"
                )
            }
            404 => match object_of(status) {
                Some(name) => {
                    format!("there is no BackupReplication {name} {place}; see kubectl brep status")
                }
                None => format!(
                    "the API server {server} knows no BackupReplications; install their CRD, or \
                     choose another cluster with --context"
                ),
            },
            _ => format!(
                "the API server {server} refuses to {verb} backupreplications {place}: {}",
                status.message
            ),
        };
        PluginFailure::of(exit, line)
    }
}

/// The object that a 404 speaks of. Where the kind itself is not known, there is none.
fn object_of(status: &Status) -> Option<&str> {
    status.details.as_ref().map(|details| details.name.as_str()).filter(|name| !name.is_empty())
}

/// The innermost cause says more than the wrappers around it.
pub(super) fn root_cause(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}

/// A value that a command cannot do without.
///
/// # Errors
/// It is missing.
pub(super) fn required(value: Option<&String>, option: &str) -> Result<String, PluginFailure> {
    value.cloned().ok_or_else(|| PluginFailure::new(format!("{option} is missing")))
}
