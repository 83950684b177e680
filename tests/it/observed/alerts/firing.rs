//! A real Prometheus scrapes running operators: every query of the dashboard finds data, each alert
//! fires in its case, and no other.

use std::collections::BTreeSet;

use anyhow::{Context, Result};
use prometheus::{Prometheus, Sample, Target, hastened};

use super::cases::{Alert, Case, DEEDS};
use super::{dashboard, rules};

const ABSENT: &str = "BackupReplicationOperatorAbsent";
/// All that has fired so far.
const FIRED: &str =
    r#"group by (job, alertname, reason) (max_over_time(ALERTS{alertstate="firing"}[1h]))"#;

fn fired(samples: &[Sample]) -> BTreeSet<(String, String, String)> {
    let label = |sample: &Sample, name: &str| sample.label(name).to_owned();
    samples.iter().map(|s| (label(s, "job"), label(s, "alertname"), label(s, "reason"))).collect()
}

#[tokio::test]
async fn each_alert_fires_in_its_case_and_in_no_other_and_the_dashboard_finds_data() -> Result<()> {
    let mut cases = Vec::new();
    for (deed, _, _) in DEEDS {
        cases.push(Case::new(deed).await.with_context(|| format!("{deed:?}"))?);
    }
    let targets: Vec<Target> = DEEDS
        .iter()
        .zip(&cases)
        .map(|((_, job, _), case)| {
            Ok(Target { job: (*job).to_owned(), address: case.address()?, namespace: None })
        })
        .collect::<Result<_>>()?;
    let prometheus = Prometheus::start(&targets)?;
    prometheus
        .wait("sum(up)", |samples| samples.iter().any(|sum| sum.value == DEEDS.len() as f64))
        .await?;
    // Before that they would all seem to be absent.
    prometheus.load(&hastened()?).await?;
    // The first event of its kind is an increase only where there was a 0 before.
    for counted in rules::increases()? {
        let at_zero = format!("count by (job) ({counted} == 0)");
        prometheus.wait(&at_zero, |jobs| jobs.len() == DEEDS.len()).await?;
    }
    for (case, (deed, ..)) in cases.iter().zip(DEEDS) {
        case.happen().await.with_context(|| format!("{deed:?}"))?;
    }

    for (title, query) in dashboard::queries()? {
        let finds_data = |samples: &[Sample]| samples.iter().any(|sample| sample.value.is_finite());
        prometheus.wait(&query, finds_data).await.with_context(|| format!("panel {title}"))?;
    }

    let of_case = |job: &'static str, alerts: &'static [Alert]| {
        alerts
            .iter()
            .map(move |(name, reason)| (job.to_owned(), (*name).to_owned(), (*reason).to_owned()))
    };
    let mut expected: BTreeSet<_> =
        DEEDS.into_iter().flat_map(|(_, job, alerts)| of_case(job, alerts)).collect();
    let samples = prometheus.wait(FIRED, |samples| expected.is_subset(&fired(samples))).await?;
    assert_eq!(fired(&samples), expected);

    drop(cases);
    expected.insert((String::new(), ABSENT.to_owned(), String::new()));
    let samples = prometheus
        .wait(FIRED, |samples| samples.iter().any(|s| s.label("alertname") == ABSENT))
        .await?;
    assert_eq!(fired(&samples), expected);
    Ok(())
}

/// What only a bug, or days, could bring about here is fired with made-up samples alone.
#[test]
fn every_other_alert_has_its_case() -> Result<()> {
    const MADE_UP: [&str; 4] = [
        "BackupReplicationOperatorPanicked",
        "BackupReplicationLostSight",
        "BackupReplicationAnotherOperator",
        "BackupReplicationQueueSlow",
    ];
    let real = DEEDS
        .into_iter()
        .flat_map(|(_, _, alerts)| alerts.iter().map(|(name, _)| *name))
        .chain([ABSENT]);
    let all: BTreeSet<String> = real.chain(MADE_UP).map(str::to_owned).collect();
    assert_eq!(all, rules::names()?);
    Ok(())
}
