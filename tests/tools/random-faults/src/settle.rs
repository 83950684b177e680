//! The end: all settles, and what holds is checked. Some resources come to theirs before.

use std::time::{Duration, Instant};

use anyhow::Result;
use harness::Object;

use crate::human::Human;
use crate::insist::{Taken, insist};
use crate::run::{Run, THOUGHT_ABOUT};
use crate::tenants::Kind;
use crate::truth::{self, Truth};

/// How long the rest may take once nothing goes wrong any more.
const SETTLED: Duration = Duration::from_secs(20 * 60);

impl Run {
    /// Resources come until there are as many as wanted; then for each that comes one that has
    /// ended goes.
    pub(crate) async fn keep_coming(&self, resources: usize, lasts: Duration) -> Result<()> {
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
                Taken::Done(object) => Object(serde_json::to_value(object)?),
                Taken::Refused(..) => continue,
            };
            if object.text("/spec/description") != Some(&member.tag) || !at_its_end(&object) {
                continue;
            }
            self.note_outcomes(&object);
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

    /// Nothing goes wrong any more, people answer, and everything comes to its end.
    pub(crate) async fn settle(&self, mut human: Human) -> Result<()> {
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
            self.note_outcomes(object);
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
                self.problem(truth::doubled(tag, records));
            }
        }
    }

    fn note_outcomes(&self, object: &Object) {
        self.count(|counted| {
            for attempt in object.attempts() {
                let outcome = attempt["outcome"].as_str().unwrap_or("none").to_owned();
                *counted.outcomes.entry(outcome).or_default() += 1;
            }
        });
    }

    /// The object, for who has to find out why.
    fn keep(&self, object: &Object) {
        println!("{:#}", object.0);
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
