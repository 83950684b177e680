//! What `/metrics` says, read as a monitoring system reads it; and what docs/metrics.md says of it.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use backup_replication_operator::resource::Reason;
use harness::{Operator, PATIENCE};

const PAGE: &str = "docs/metrics.md";
/// Nobody is told when a counter has moved.
const POLL_INTERVAL: Duration = Duration::from_millis(100);

/// One scrape.
pub(crate) struct Scrape {
    pub(crate) text: String,
    samples: BTreeMap<Sample, f64>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Sample {
    pub(crate) name: String,
    pub(crate) labels: BTreeMap<String, String>,
}

impl Scrape {
    pub(crate) fn of(operator: &Operator) -> Result<Self> {
        let (status, text) = operator.get("/metrics")?;
        anyhow::ensure!(status == 200, "{status}: {text}");
        let lines = text.lines().filter(|line| !line.starts_with('#'));
        let samples = lines.map(|line| {
            let (sample, value) = line.rsplit_once(' ').with_context(|| line.to_owned())?;
            Ok((Sample::read(sample)?, value.parse().with_context(|| line.to_owned())?))
        });
        let samples = samples.collect::<Result<_>>()?;
        Ok(Self { text, samples })
    }

    /// The first scrape that is as wanted.
    pub(crate) async fn wait_for(
        operator: &Operator,
        what: &str,
        wanted: impl Fn(&Self) -> bool,
    ) -> Result<Self> {
        let started = Instant::now();
        loop {
            let scrape = Self::of(operator)?;
            if wanted(&scrape) {
                return Ok(scrape);
            }
            if started.elapsed() > PATIENCE {
                bail!("not {what}:\n{}", scrape.text);
            }
            tokio::time::sleep(POLL_INTERVAL).await;
        }
    }

    /// A sample, written as in the scrape without the common prefix; 0 where there is none.
    pub(crate) fn value(&self, sample: &str) -> f64 {
        let sample = Sample::read(&format!("backup_replication_{sample}"));
        sample.ok().and_then(|sample| self.samples.get(&sample)).copied().unwrap_or_default()
    }

    pub(crate) fn samples(&self) -> impl Iterator<Item = &Sample> {
        self.samples.keys()
    }

    /// Family to type, as the comments have it.
    pub(crate) fn families(&self) -> BTreeMap<String, String> {
        let types =
            self.text.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split_once(' '));
        types.map(|(name, kind)| (name.to_owned(), kind.to_owned())).collect()
    }
}

impl Sample {
    fn read(text: &str) -> Result<Self> {
        let (name, labels) = match text.split_once('{') {
            Some((name, rest)) => (name, rest.strip_suffix('}').with_context(|| text.to_owned())?),
            None => (text, ""),
        };
        let pairs = labels.split(',').filter(|pair| !pair.is_empty()).map(|pair| {
            let (label, value) = pair.split_once('=').with_context(|| text.to_owned())?;
            Ok((label.to_owned(), value.trim_matches('"').to_owned()))
        });
        Ok(Self { name: name.to_owned(), labels: pairs.collect::<Result<_>>()? })
    }
}

/// A row of the page.
pub(crate) struct Row {
    pub(crate) kind: String,
    /// Label to the values that it may have.
    pub(crate) labels: BTreeMap<String, BTreeSet<String>>,
}

/// Family, without what its type adds to its samples' names, to its row.
pub(crate) fn documented() -> Result<BTreeMap<String, Row>> {
    let page = std::fs::read_to_string(repository::path(PAGE))?;
    let mut rows = BTreeMap::new();
    for row in page.lines().filter(|line| line.starts_with("| `")) {
        let [_, name, kind, labels, ..] = row.split('|').map(str::trim).collect::<Vec<_>>()[..]
        else {
            bail!("{row}");
        };
        let name = name.trim_matches('`');
        let suffix = match kind {
            "counter" => "_total",
            "info" => "_info",
            _ => "",
        };
        let name = name.strip_suffix(suffix).with_context(|| row.to_owned())?;
        let labels = labels.split(';').filter(|label| !label.is_empty()).map(|label| {
            let mut words = label.split('`').skip(1).step_by(2).map(str::to_owned);
            let label = words.next().with_context(|| row.to_owned())?;
            let values = match label.as_str() {
                "reason" => Reason::ALL.iter().map(|reason| reason.as_str().to_owned()).collect(),
                "version" => BTreeSet::from([env!("CARGO_PKG_VERSION").to_owned()]),
                _ => words.collect(),
            };
            Ok((label, values))
        });
        let row = Row { kind: kind.to_owned(), labels: labels.collect::<Result<_>>()? };
        rows.insert(name.to_owned(), row);
    }
    Ok(rows)
}

/// The samples that the page does not have.
pub(crate) fn undocumented<'a>(
    scrape: &'a Scrape,
    rows: &BTreeMap<String, Row>,
) -> Vec<&'a Sample> {
    let is_documented = |sample: &Sample| {
        let suffixes = ["_total", "_info", "_bucket", "_sum", "_count", ""];
        let row = suffixes.iter().find_map(|suffix| rows.get(sample.name.strip_suffix(suffix)?));
        row.is_some_and(|row| {
            let mut labels = sample.labels.iter().filter(|(label, _)| label.as_str() != "le");
            labels.all(|(label, value)| {
                row.labels.get(label).is_some_and(|values| values.contains(value))
            })
        })
    };
    scrape.samples().filter(|sample| !is_documented(sample)).collect()
}
