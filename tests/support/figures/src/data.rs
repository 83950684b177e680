//! What was measured. Nothing here is rounded or compared yet.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// All that one run of the benchmark measured.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Figures {
    pub setting: Setting,
    pub rows: Vec<Row>,
    pub crowds: Vec<Crowd>,
}

/// What was asked of the benchmark, and where it ran.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Setting {
    pub processors: usize,
    /// How many replications each run makes.
    pub replications: usize,
    /// How many times each of the workers runs.
    pub rounds: usize,
    /// How many resources are created at once; how many replications an ideal client makes at once.
    pub at_once: usize,
    /// Bytes of a resource that is followed, as the API server gives it as JSON.
    pub unfinished_bytes: usize,
    /// Bytes of a finished resource.
    pub finished_bytes: usize,
}

/// Which sources: those that were given for comparison, or these.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Version {
    Before,
    Now,
}

/// Who makes the replications, and under which CRD.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Worker {
    /// The ideal client, under a CRD without rules and with a small schema.
    IdealUnderSmallCrd,
    /// The ideal client, under the CRD of that version.
    Ideal(Version),
    /// The operator of that version, under its own CRD.
    Operator(Version),
}

/// The runs of one worker, one for each round.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Row {
    pub worker: Worker,
    pub runs: Vec<Run>,
}

/// One run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Run {
    pub replications: usize,
    /// From the first creation to the last acceptance that is recorded.
    pub seconds: f64,
    /// Processor time of the API server.
    pub api_server_seconds: f64,
    /// Absent for an ideal client.
    pub operator: Option<OperatorRun>,
}

/// What only the operator has.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OperatorRun {
    /// Processor time.
    pub seconds: f64,
    /// The most memory that it had.
    pub peak_bytes: u64,
    /// Requests to the API server by verb and resource, without the creations.
    pub requests: BTreeMap<String, u64>,
}

/// What the resources of a crowd are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum CrowdKind {
    /// Accepted and followed.
    Unfinished,
    Finished,
}

/// An operator that starts with many resources.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Crowd {
    pub version: Version,
    pub kind: CrowdKind,
    pub resources: usize,
    /// From the start of the process to `/ready`.
    pub seconds_to_ready: f64,
    /// LIST requests for the resources until then.
    pub lists: u64,
    /// Resident memory when nothing waits for its turn any more.
    pub resident_bytes: u64,
    /// The most memory until then.
    pub peak_bytes: u64,
    /// Replications a second with the others there.
    pub per_second: f64,
}
