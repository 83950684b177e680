//! What the proxy does to the messages of a client, with the simulator behind it.

use std::time::Duration;

use anyhow::{Result, ensure};
use proxy::{Gate, Message, Moment, Proxy, Upstream};
use reqwest::{Client, Response};
use simulator::{Counts, Options, Simulator, example};

/// A bound on what happens at once, so that a test fails instead of hanging.
const MINUTE: Duration = Duration::from_secs(60);

struct Scene {
    simulator: Simulator,
    gate: Gate,
    proxy: Proxy,
    client: Client,
}

impl Scene {
    async fn new() -> Result<Self> {
        let simulator = Simulator::start(Options::default())?;
        let gate = Gate::new(|message| message.path.starts_with("/v3/"));
        let upstream = Upstream::https(simulator.https_url(), simulator.ca_pem().into());
        let proxy = Proxy::start(upstream, gate.clone()).await?;
        let client = Client::builder().no_proxy().timeout(MINUTE).build()?;
        Ok(Self { simulator, gate, proxy, client })
    }

    async fn look(&self) -> reqwest::Result<Response> {
        let url =
            format!("{}/v3/{}/backups/{}", self.proxy.url(), example::PROJECT, example::BACKUP);
        self.client.get(url).header("X-Auth-Token", example::TOKEN).send().await
    }

    fn looks(&self) -> Counts {
        self.simulator.counts(example::BACKUP)
    }
}

#[tokio::test]
async fn a_message_passes_with_its_headers_and_its_answer() -> Result<()> {
    let scene = Scene::new().await?;
    let answer = scene.look().await?;
    assert_eq!(answer.status(), 200);
    assert!(answer.text().await?.contains(example::BACKUP));
    let [Message { method, path, body }] = &scene.gate.messages()[..] else {
        anyhow::bail!("{:?}", scene.gate.messages())
    };
    assert_eq!((method.as_str(), body.len()), ("GET", 0));
    assert!(path.ends_with(example::BACKUP), "{path}");
    Ok(())
}

#[tokio::test]
async fn what_does_not_count_passes_without_a_number() -> Result<()> {
    let scene = Scene::new().await?;
    let mut stop = scene.gate.stop(Moment::Request, |_| true);
    let answer = scene.client.get(format!("{}/elsewhere", scene.proxy.url())).send().await?;
    assert_eq!(answer.status(), 404);
    assert!(answer.text().await?.contains("APIG.0101"));
    assert!(scene.gate.messages().is_empty());
    let looked = tokio::join!(scene.look(), async {
        stop.reached().await?;
        stop.pass();
        anyhow::Ok(())
    });
    looked.1?;
    ensure!(looked.0?.status().is_success());
    Ok(())
}

#[tokio::test]
async fn a_message_stops_where_it_is_told_to_and_passes_or_is_lost() -> Result<()> {
    for (moment, seen) in [(Moment::Request, 0), (Moment::Answer, 1)] {
        for passes in [true, false] {
            let scene = Scene::new().await?;
            let mut nth = 0;
            let mut stop = scene.gate.stop(moment, move |_| {
                nth += 1;
                nth == 2
            });
            ensure!(scene.look().await?.status().is_success());
            let meanwhile = async {
                stop.reached().await?;
                assert_eq!(scene.looks().gets, 1 + seen, "{moment:?}");
                if passes {
                    stop.pass()
                } else {
                    stop.reset()
                }
                anyhow::Ok(())
            };
            let (looked, done) = tokio::join!(scene.look(), meanwhile);
            done?;
            assert_eq!(looked.is_ok(), passes, "{moment:?}");
            let expected = if passes { 2 } else { 1 + seen };
            assert_eq!(scene.looks().gets, expected, "{moment:?}");
            // It was stopped once.
            ensure!(scene.look().await?.status().is_success());
        }
    }
    Ok(())
}

#[tokio::test]
async fn what_is_lost_is_reset() -> Result<()> {
    let scene = Scene::new().await?;
    let mut stop = scene.gate.stop(Moment::Answer, |_| true);
    let meanwhile = async {
        stop.reached().await?;
        stop.reset();
        anyhow::Ok(())
    };
    let (looked, done) = tokio::join!(scene.look(), meanwhile);
    done?;
    let error = looked.err().map(anyhow::Error::from);
    let is_reset = |cause: &(dyn std::error::Error + 'static)| {
        cause
            .downcast_ref::<std::io::Error>()
            .is_some_and(|io| io.kind() == std::io::ErrorKind::ConnectionReset)
    };
    assert!(error.as_ref().is_some_and(|error| error.chain().any(is_reset)), "{error:?}");
    Ok(())
}
