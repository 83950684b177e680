//! A run: the parts are started, the faults strike, all settles, and what holds is checked.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use control_plane::ControlPlane;
use harness::{Cluster, Object, OperatorOptions, install_crd};
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Client, Config};
use serde_json::Value;
use tokio::sync::Mutex;
use tokio::task::{JoinSet, block_in_place};

use crate::clouds::{Cloud, Sight};
use crate::crowd::Crowd;
use crate::fault::{self, OPERATORS, TENANTS};
use crate::human::Human;
use crate::memory::{self, Sample};
use crate::operators::{LEASE, Slot};
use crate::report::{Counted, Report};
use crate::tenants::Tenant;
use crate::truth::Truth;

/// By whom the operators are known to the API server.
const USER: &str = "operator";
/// How often memory is measured and questions are answered.
const ROUND: Duration = Duration::from_secs(10);
/// How old an attempt is before a human answers: no call of it can be under way.
pub(crate) const THOUGHT_ABOUT: Duration = Duration::from_secs(25);

/// What is asked for.
pub(crate) struct Terms {
    pub(crate) lasts: Duration,
    pub(crate) seed: u64,
    pub(crate) resources: usize,
    pub(crate) faults_a_minute: u64,
    pub(crate) operator: PathBuf,
    pub(crate) logs: Option<PathBuf>,
}

/// The parts of a run.
pub(crate) struct Run {
    pub(crate) cluster: Cluster,
    pub(crate) client: Client,
    pub(crate) clouds: Arc<Vec<Cloud>>,
    pub(crate) tenants: Arc<Vec<Tenant>>,
    pub(crate) slots: Vec<Slot>,
    pub(crate) crowd: Crowd,
    /// What happens to the API server and etcd happens one after the other.
    pub(crate) servers: Mutex<()>,
    pub(crate) start: Instant,
    state: std::sync::Mutex<Counted>,
}

/// Runs, and says what came of it.
pub(crate) async fn run(terms: &Terms) -> Result<Report> {
    let run = Arc::new(Run::start(terms).await?);
    let plan = fault::plan(terms.seed, terms.lasts, terms.faults_a_minute);
    let mut tasks = JoinSet::new();
    for slot in &run.slots {
        slot.start().await?;
    }
    let (crowd, watch) = (Arc::clone(&run), Arc::clone(&run));
    let (resources, lasts) = (terms.resources, terms.lasts);
    tasks.spawn(async move { crowd.keep_coming(resources, lasts).await });
    let mut side = JoinSet::new();
    side.spawn(async move { watch.look_after(lasts).await });
    for (at, fault) in plan {
        tokio::time::sleep_until((run.start + at).into()).await;
        run.say(&format!("{fault:?}"));
        run.count(|counted| *counted.faults.entry(fault.name()).or_default() += 1);
        let run = Arc::clone(&run);
        tasks.spawn(async move {
            let struck = run.strike(fault).await;
            struck.with_context(|| format!("{fault:?}"))
        });
    }
    tokio::time::sleep_until((run.start + terms.lasts).into()).await;
    run.say("the faults end");
    while let Some(ended) = tasks.join_next().await {
        if let Err(error) = ended? {
            run.problem(format!("{error:#}"));
        }
    }
    while let Some(ended) = side.join_next().await {
        let (human, samples) = ended??;
        run.count(|counted| counted.samples = samples);
        run.settle(human).await?;
    }
    for slot in &run.slots {
        if let Err(error) = slot.finish().await {
            run.problem(format!("{error:#}"));
        }
    }
    run.report(terms)
}

impl Run {
    async fn start(terms: &Terms) -> Result<Self> {
        let options = ControlPlane::options().user(USER, "system:masters");
        let cluster = block_in_place(|| {
            let cluster = Cluster::own_with(options)?;
            install_crd(&cluster)?;
            Ok::<_, anyhow::Error>(cluster)
        })?;
        let kubeconfig = Kubeconfig::read_from(cluster.kubeconfig())?;
        let config =
            Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default()).await?;
        let client = Client::try_from(config)?;
        let clouds = [Sight::Records, Sight::Logs, Sight::Nothing];
        let clouds = Arc::new(clouds.map(Cloud::start).into_iter().collect::<Result<Vec<_>>>()?);
        let keys = cluster.kubectl().args(["get", "--raw", "/openid/v1/jwks"]).output()?;
        let keys: Value = serde_json::from_slice(&keys.stdout)?;
        let mut tenants = Vec::new();
        for number in 0..TENANTS {
            let clouds = clouds.iter().map(|cloud| cloud.simulator.clone()).collect();
            tenants.push(Tenant::new(number, &client, clouds, &keys).await?);
        }
        let tenants = Arc::new(tenants);
        let authorities = cluster.folder().join("clouds.pem");
        fs::write(&authorities, clouds.iter().map(|it| it.simulator.ca_pem()).collect::<String>())?;
        let mut options = OperatorOptions::new(&terms.operator, &cluster.kubeconfig_of(USER))
            .arg(format!("--ca-bundle={}", authorities.display()))
            .arg("--leader-election")
            .arg(format!("--lease-name={LEASE}"))
            .arg("--lease-namespace=default")
            .arg("--lease-duration=5s")
            .arg("--claim-window=3s")
            .arg("--request-timeout=4s")
            .arg("--connect-timeout=2s")
            .arg("--settling-time=20s")
            .arg("--look-up-patience=3s")
            .arg("--first-call-after=2s")
            .arg("--rejection-retry=10s");
        for cloud in clouds.iter() {
            let url = cloud.simulator.https_url();
            options = options
                .arg(format!("--allowed-endpoint={url}"))
                .arg(format!("--allowed-iam-endpoint={url}"));
        }
        let slot = |number| Slot::new(number, options.clone(), terms.logs.clone());
        let crowd =
            Crowd::new(client.clone(), Arc::clone(&tenants), Arc::clone(&clouds), terms.seed);
        Ok(Self {
            cluster,
            client,
            clouds,
            tenants,
            slots: (0..OPERATORS).map(slot).collect(),
            crowd,
            servers: Mutex::default(),
            start: Instant::now(),
            state: std::sync::Mutex::default(),
        })
    }

    pub(crate) fn say(&self, what: &str) {
        let at = self.start.elapsed().as_secs_f64();
        println!("{:>3}:{:04.1}  {what}", (at / 60.0).floor(), at % 60.0);
    }

    pub(crate) fn count(&self, change: impl FnOnce(&mut Counted)) {
        change(&mut self.state.lock().unwrap_or_else(std::sync::PoisonError::into_inner));
    }

    /// A promise that is broken; said and counted once.
    pub(crate) fn problem(&self, what: String) {
        self.say(&format!("PROBLEM: {what}"));
        self.count(|counted| {
            if !counted.problems.contains(&what) {
                counted.problems.push(what);
            }
        });
    }

    /// Measures memory, and answers questions.
    async fn look_after(&self, lasts: Duration) -> Result<(Human, Vec<Sample>)> {
        let (mut human, mut samples) = (Human::default(), Vec::new());
        let mut told = 0;
        while self.start.elapsed() < lasts {
            tokio::time::sleep(ROUND).await;
            samples.extend(memory::sample(&self.slots, self.start, self.crowd.living().len()));
            let objects = self.crowd.objects().await?;
            let truth = Truth::of(&self.clouds);
            human.answer(&self.crowd, &objects, &truth, THOUGHT_ABOUT).await?;
            let minute = self.start.elapsed().as_secs() / 60;
            if minute > told {
                told = minute;
                self.tell(&objects, &samples);
            }
        }
        Ok((human, samples))
    }

    fn tell(&self, objects: &[Object], samples: &[Sample]) {
        let mut phases = std::collections::BTreeMap::<&str, usize>::new();
        for object in objects {
            *phases.entry(object.phase()).or_default() += 1;
        }
        let held: Vec<String> = (0..OPERATORS)
            .filter_map(|operator| samples.iter().rev().find(|it| it.operator == operator))
            .map(|sample| format!("{:.1}", sample.kib as f64 / 1024.0))
            .collect();
        let made = self.crowd.made();
        self.say(&format!("made {made}, there {phases:?}, memory {} MiB", held.join(" ")));
    }

    fn report(&self, terms: &Terms) -> Result<Report> {
        let counted = std::mem::take(
            &mut *self.state.lock().unwrap_or_else(std::sync::PoisonError::into_inner),
        );
        let (made, gone) = (self.crowd.made(), self.crowd.gone());
        let again = gone.iter().filter(|member| !member.tag.ends_with(".1")).count()
            + self.crowd.living().iter().filter(|member| !member.tag.ends_with(".1")).count();
        let mut calls = crate::report::Calls::default();
        for cloud in self.clouds.iter() {
            cloud.simulator.log(|log| calls.add(log));
        }
        let about = format!("\"username\":\"{USER}\"");
        for event in self.cluster.audit_events_about(&about)? {
            calls.asked(&event);
        }
        Ok(Report::new(terms, counted, calls, made, again))
    }
}
