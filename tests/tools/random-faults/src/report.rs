//! What came of a run, in numbers.

use std::collections::BTreeMap;
use std::time::Duration;

use control_plane::AuditEvent;
use simulator::{Log, Operation};

use crate::memory::{self, Sample};
use crate::run::Terms;

/// What was counted on the way.
#[derive(Default)]
pub(crate) struct Counted {
    pub(crate) faults: BTreeMap<String, usize>,
    pub(crate) problems: Vec<String>,
    pub(crate) samples: Vec<Sample>,
    pub(crate) decisions: BTreeMap<(String, &'static str), usize>,
    pub(crate) origins: BTreeMap<String, usize>,
    pub(crate) additional: usize,
    /// Of the attempts of those that were checked.
    pub(crate) outcomes: BTreeMap<String, usize>,
    pub(crate) settled: Duration,
}

/// Requests of the operators.
#[derive(Default)]
pub(crate) struct Calls {
    posts: u64,
    accepted: u64,
    looks: u64,
    lists: usize,
    logs: usize,
    logins: usize,
    cloud: usize,
    api_server: usize,
    status_writes: usize,
    refused_writes: usize,
    events: usize,
    secrets: usize,
    objects: usize,
    lease: usize,
}

impl Calls {
    pub(crate) fn add(&mut self, log: &Log) {
        let total = log.total();
        self.posts += total.posts;
        self.accepted += total.accepted;
        self.looks += total.gets;
        self.cloud += log.calls().len();
        let of = |wanted: &[Operation]| {
            let is_one = |call: &&simulator::Call| {
                call.operation.is_some_and(|operation| wanted.contains(&operation))
            };
            log.calls().iter().filter(is_one).count()
        };
        self.lists += of(&[Operation::List]);
        self.logs += of(&[Operation::ListLogs]);
        self.logins += of(&[Operation::IssueToken, Operation::Exchange]);
    }

    pub(crate) fn asked(&mut self, event: &AuditEvent) {
        self.api_server += 1;
        match (event.resource.as_str(), event.subresource.as_str(), event.verb.as_str()) {
            ("backupreplications", "status", _) if event.code < 300 => self.status_writes += 1,
            ("backupreplications", "status", _) => self.refused_writes += 1,
            ("backupreplications", _, "get") => self.objects += 1,
            ("events", ..) => self.events += 1,
            ("secrets", ..) => self.secrets += 1,
            ("leases", ..) => self.lease += 1,
            _ => {}
        }
    }
}

/// All of it.
pub(crate) struct Report {
    text: String,
    problems: Vec<String>,
}

impl Report {
    pub(crate) fn new(
        terms: &Terms,
        counted: Counted,
        calls: Calls,
        made: usize,
        again: usize,
    ) -> Self {
        let Counted {
            faults,
            mut problems,
            samples,
            decisions,
            origins,
            additional,
            outcomes,
            settled,
        } = counted;
        let mut lines = Vec::new();
        let resources = made + again;
        let minutes = terms.lasts.as_secs_f64() / 60.0;
        lines.push(format!("seed {}, {minutes:.1} minutes", terms.seed));
        lines.push(format!("{} faults:", faults.values().sum::<usize>()));
        lines.extend(faults.iter().map(|(name, times)| format!("{times:>6}  {name}")));
        lines.push(format!(
            "{resources} resources, {again} of them made again; at most {} at a time; settled after {:.0} s",
            terms.resources,
            settled.as_secs_f64()
        ));
        lines.push(format!(
            "those that are there at the end: {origins:?}, additional records {additional}; outcomes of all attempts: {outcomes:?}"
        ));
        let asked: usize = decisions.values().sum();
        lines.push(format!("{asked} decisions of humans:"));
        lines.extend(
            decisions.iter().map(|((reason, kind), times)| format!("{times:>6}  {reason}: {kind}")),
        );
        let each = |count: usize| format!("{:.2}", count as f64 / resources.max(1) as f64);
        let Calls {
            posts,
            accepted,
            looks,
            lists,
            logs,
            logins,
            cloud,
            api_server,
            status_writes,
            refused_writes,
            events,
            secrets,
            objects,
            lease,
        } = calls;
        lines.push(format!(
            "requests to the clouds: {cloud} ({} a resource): {posts} calls, {accepted} of them accepted; {looks} look-ups, {lists} lists, {logs} of operation logs, {logins} logins",
            each(cloud)
        ));
        lines.push(format!(
            "requests to the API server: {api_server}, {lease} of them for the Lease; {status_writes} status writes ({} a resource) and {refused_writes} refused; {events} of Events, {secrets} of Secrets, {objects} readings of a resource",
            each(status_writes)
        ));
        let peak = samples.iter().map(|sample| sample.kib).max().unwrap_or_default();
        match memory::thirds(&samples, terms.lasts) {
            Some(medians) => {
                let (middle, last) = medians;
                let fewest = samples.iter().filter(|it| it.at > terms.lasts / 3);
                let fewest = fewest.map(|sample| sample.resources).min().unwrap_or_default();
                lines.push(format!(
                    "memory of the operator that was never killed: median {middle:.1} MiB in the middle third, {last:.1} in the last ({:+.1} %), with {fewest} to {} resources; most of any: {:.1}",
                    (last / middle - 1.0) * 100.0,
                    terms.resources,
                    peak as f64 / 1024.0
                ));
                if !memory::is_flat(medians) && terms.lasts >= memory::JUDGED_FROM {
                    problems.push(format!("MEMORY grows: {middle:.1} to {last:.1} MiB"));
                }
            }
            None => lines.push("memory: too few samples".to_owned()),
        }
        let count = |word: &str| problems.iter().filter(|it| it.starts_with(word)).count();
        lines.push(format!(
            "{} doubled, {} lost, {} other broken promises",
            count("DOUBLED"),
            count("LOST") + count("WRONG"),
            problems.len() - count("DOUBLED") - count("LOST") - count("WRONG")
        ));
        lines.extend(problems.iter().map(|problem| format!("  {problem}")));
        Self { text: lines.join("\n"), problems }
    }

    pub(crate) fn print(&self) {
        println!("{}", self.text);
    }

    pub(crate) fn is_good(&self) -> bool {
        self.problems.is_empty()
    }
}
