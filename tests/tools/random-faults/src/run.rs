//! A run: the parts are started, the faults strike, all settles, and what holds is checked.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use control_plane::ControlPlane;
use harness::{Cluster, Object, OperatorOptions, install_crd};
use k8s_openapi::api::coordination::v1::Lease;
use kube::api::DeleteParams;
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Api, Client, Config};
use serde_json::{Value, json};
use simulator::{Fault as Said, Script};
use tokio::sync::Mutex;
use tokio::task::{JoinSet, block_in_place};

use crate::clouds::{Cloud, Sight};
use crate::crowd::Crowd;
use crate::fault::{self, Fault, OPERATORS, TENANTS};
use crate::human::Human;
use crate::insist::insist;
use crate::memory::{self, Sample};
use crate::operators::{LEASE, Slot};
use crate::report::{Counted, Report};
use crate::tenants::{Kind, Tenant};
use crate::truth::{self, Truth};

/// By whom the operators are known to the API server.
const USER: &str = "operator";
/// How often memory is measured and questions are answered.
const ROUND: Duration = Duration::from_secs(10);
/// How old an attempt is before a human answers: no call of it can be under way.
const THOUGHT_ABOUT: Duration = Duration::from_secs(45);
/// How long the rest may take once nothing goes wrong any more.
const SETTLED: Duration = Duration::from_secs(20 * 60);

/// What is asked for.
pub(crate) struct Terms {
    pub(crate) lasts: Duration,
    pub(crate) seed: u64,
    pub(crate) resources: usize,
    pub(crate) faults_a_minute: u64,
    pub(crate) operator: PathBuf,
    pub(crate) logs: Option<PathBuf>,
}

struct Run {
    cluster: Cluster,
    client: Client,
    clouds: Arc<Vec<Cloud>>,
    tenants: Arc<Vec<Tenant>>,
    slots: Vec<Slot>,
    crowd: Crowd,
    /// What happens to the API server and etcd happens one after the other.
    servers: Mutex<()>,
    start: Instant,
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
        run.settle(human, terms).await?;
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

    fn say(&self, what: &str) {
        let at = self.start.elapsed().as_secs_f64();
        println!("{:>3}:{:04.1}  {what}", (at / 60.0).floor(), at % 60.0);
    }

    fn count(&self, change: impl FnOnce(&mut Counted)) {
        change(&mut self.state.lock().unwrap_or_else(std::sync::PoisonError::into_inner));
    }

    fn problem(&self, what: String) {
        self.say(&format!("PROBLEM: {what}"));
        self.count(|counted| counted.problems.push(what));
    }

    /// Resources come until there are as many as wanted; then for each that comes one that has
    /// ended goes.
    async fn keep_coming(&self, resources: usize, lasts: Duration) -> Result<()> {
        let filled = lasts / 6;
        let pause = filled / u32::try_from(resources)?.max(1);
        // Later each stays for a sixth of the run at least.
        let later = lasts / 8 / u32::try_from(resources)?.max(1);
        let mut next = self.start;
        while self.start.elapsed() < lasts {
            if self.crowd.living().len() < resources || self.retire_one().await? {
                self.crowd.add().await?;
            }
            let is_full = self.crowd.living().len() >= resources;
            next += if is_full { later.max(Duration::from_millis(200)) } else { pause };
            next = next.max(Instant::now());
            tokio::time::sleep_until(next.into()).await;
        }
        Ok(())
    }

    /// Takes leave of the oldest that has come to its end, and checks it.
    async fn retire_one(&self) -> Result<bool> {
        let mut living = self.crowd.living();
        living.sort_by_key(|member| number(&member.tag));
        for member in living {
            let api = self.crowd.api(&member.namespace);
            let object = match insist(|| api.get(&member.name)).await {
                crate::insist::Taken::Done(object) => Object(serde_json::to_value(object)?),
                crate::insist::Taken::Refused(..) => continue,
            };
            if object.text("/spec/description") != Some(&member.tag) || !at_its_end(&object) {
                continue;
            }
            let truth = Truth::of(&self.clouds);
            if let Some(wrong) = truth::wrong(&truth, &member, &object, &self.clouds[member.cloud])
            {
                self.problem(wrong);
                self.keep(&object);
            }
            self.crowd.retire(&member.tag).await?;
            return Ok(true);
        }
        Ok(false)
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

    async fn strike(&self, fault: Fault) -> Result<()> {
        match fault {
            Fault::Call { cloud, .. }
            | Fault::LateCommit { cloud, .. }
            | Fault::Refusal { cloud, .. }
            | Fault::Look { cloud, .. }
            | Fault::List { cloud, .. }
            | Fault::Login { cloud, .. }
            | Fault::Hang { cloud, .. }
            | Fault::Down { cloud, .. }
            | Fault::VaultLocked { cloud, .. }
            | Fault::VaultFull { cloud, .. }
            | Fault::Quota { cloud, .. } => self.clouds[cloud].strike(&fault).await,
            Fault::Unauthorized { tenant, kind, at_the_call, cured_after } => {
                let tenant = &self.tenants[tenant];
                let value = tenant.value(kind);
                for cloud in self.clouds.iter() {
                    let refused = simulator::Answer::status(401).error(
                        simulator::ErrorShape::Gateway,
                        "APIGW.0301",
                        "Incorrect IAM authentication information",
                    );
                    let script = Script::once(Said::before_commit().answer(refused));
                    let script = if at_the_call { script.replicate() } else { script.show() };
                    let script = match kind {
                        Kind::Token => script.token(&value),
                        Kind::Password | Kind::Key => script.applicant(&value),
                    };
                    cloud.simulator.script(script)?;
                }
                tokio::time::sleep(cured_after).await;
                tenant.rotate(kind).await
            }
            Fault::TokensEnd { tenant, revoked } => {
                self.tenants[tenant].end_tokens(revoked);
                Ok(())
            }
            Fault::Kill { operator, back_after } => self.slots[operator].kill(back_after).await,
            Fault::KillAll { back_after } => {
                let kill = |slot| Slot::kill(slot, back_after);
                let ends = futures::future::join_all(self.slots.iter().skip(1).map(kill)).await;
                ends.into_iter().collect()
            }
            Fault::Terminate { operator, back_after } => {
                self.slots[operator].terminate(back_after).await
            }
            Fault::Stop { operator, lasts } => self.slots[operator].stop(lasts).await,
            Fault::LeaseDeleted => {
                let leases: Api<Lease> = Api::namespaced(self.client.clone(), "default");
                let parameters = DeleteParams::default();
                let deleted = insist(|| leases.delete(LEASE, &parameters)).await;
                deleted.or(404)
            }
            Fault::ApiServerRestarts { back_after } => {
                let _alone = self.servers.lock().await;
                block_in_place(|| self.cluster.stop_apiserver());
                tokio::time::sleep(back_after).await;
                block_in_place(|| self.cluster.start_apiserver())
            }
            Fault::ApiServerHangs { lasts } => {
                let _alone = self.servers.lock().await;
                block_in_place(|| self.cluster.pause_apiserver())?;
                tokio::time::sleep(lasts).await;
                self.cluster.resume_apiserver()
            }
            Fault::EtcdRestarts { back_after } => {
                let _alone = self.servers.lock().await;
                block_in_place(|| self.cluster.stop_etcd())?;
                tokio::time::sleep(back_after).await;
                block_in_place(|| self.cluster.start_etcd())
            }
            Fault::SpecEdited { which } => {
                let patch = json!({"spec": {"name": format!("replica-{}", which % 1000)}});
                self.crowd.edit(which, &patch).await.map(drop)
            }
            Fault::WishEdited { which } => {
                let wish = ["Hold", "Retry"][which % 2];
                self.crowd.edit(which, &json!({"spec": {"onRejection": wish}})).await.map(drop)
            }
            Fault::MetadataEdited { which } => {
                let value = format!("{}", which % 1000);
                let patch = json!({"metadata":
                    {"labels": {"edited": value}, "annotations": {"edited": value}}});
                self.crowd.edit(which, &patch).await.map(drop)
            }
            Fault::Suspended { which, lasts } => self.crowd.suspend(which, lasts).await,
            Fault::Recreated { which, after } => self.crowd.recreate(which, after).await,
            Fault::SecretGone { tenant, kind, lasts } => {
                let tenant = &self.tenants[tenant];
                tenant.remove(kind).await?;
                tokio::time::sleep(lasts).await;
                tenant.put_back(kind).await
            }
            Fault::SecretWrong { tenant, kind, lasts } => {
                let tenant = &self.tenants[tenant];
                tenant.put_wrong(kind).await?;
                tokio::time::sleep(lasts).await;
                tenant.rotate(kind).await
            }
            Fault::SecretRotated { tenant, kind } => self.tenants[tenant].rotate(kind).await,
        }
    }

    /// Nothing goes wrong any more, people answer, and everything comes to its end.
    async fn settle(&self, mut human: Human, terms: &Terms) -> Result<()> {
        for cloud in self.clouds.iter() {
            cloud.heal()?;
        }
        for tenant in self.tenants.iter() {
            for kind in Kind::ALL {
                tenant.rotate(kind).await?;
            }
        }
        let began = Instant::now();
        loop {
            let objects = self.crowd.objects().await?;
            let truth = Truth::of(&self.clouds);
            human.answer(&self.crowd, &objects, &truth, THOUGHT_ABOUT).await?;
            let open: Vec<&Object> = objects.iter().filter(|it| !at_its_end(it)).collect();
            if open.is_empty() || began.elapsed() > SETTLED {
                for object in &open {
                    let tag = object.text("/spec/description").unwrap_or_default();
                    let (reason, message) = (object.reason(), object.message());
                    self.problem(format!("LOST {tag} is not at its end: {reason}: {message}"));
                    self.keep(object);
                }
                self.check(&objects, &truth);
                break;
            }
            if began.elapsed().as_secs() % 30 < 5 {
                let reasons: Vec<&str> =
                    open.iter().map(|object| object.reason()).take(8).collect();
                self.say(&format!("{} are not at their end yet: {reasons:?} …", open.len()));
            }
            tokio::time::sleep(Duration::from_secs(5)).await;
        }
        self.say(&format!("settled after {:.0} s", began.elapsed().as_secs_f64()));
        self.count(|counted| {
            counted.decisions = human.given;
            counted.settled = began.elapsed();
        });
        let _terms = terms;
        Ok(())
    }

    /// Every resource that is there, and every call that was ever accepted.
    fn check(&self, objects: &[Object], truth: &Truth) {
        for member in self.crowd.living() {
            let is_it = |object: &&Object| {
                object.text("/metadata/name") == Some(&member.name)
                    && object.text("/metadata/namespace") == Some(&member.namespace)
            };
            let Some(object) = objects.iter().find(is_it) else {
                self.problem(format!("LOST {}: the object is not there", member.tag));
                continue;
            };
            let cloud = &self.clouds[member.cloud];
            if let Some(wrong) = truth::wrong(truth, &member, object, cloud)
                && at_its_end(object)
            {
                self.problem(wrong);
                self.keep(object);
            }
            self.count(|counted| {
                let origin = object.text("/status/origin").unwrap_or("none").to_owned();
                *counted.origins.entry(origin).or_default() += 1;
                if object.reason() == "AdditionalRecords" {
                    counted.additional += 1;
                }
            });
        }
        for (tag, records) in truth.tags() {
            if records.len() > 1 {
                self.problem(format!("DOUBLED {tag}: {} accepted calls", records.len()));
            }
        }
    }

    /// The object, for who has to find out why.
    fn keep(&self, object: &Object) {
        println!("{:#}", object.0);
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

/// Accepted, and not followed any more.
fn at_its_end(object: &Object) -> bool {
    object.is_observed()
        && object.text("/status/origin").is_some()
        && object.text("/status/trackingEnd").is_some()
}

fn number(tag: &str) -> usize {
    tag.trim_start_matches('r').split('.').next().and_then(|it| it.parse().ok()).unwrap_or_default()
}
