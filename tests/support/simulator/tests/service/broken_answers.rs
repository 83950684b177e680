//! Answers that cannot be read, before and after the commit.

use anyhow::Result;
use simulator::{Answer, Body, CallEnding, Cut, Fault, Options, Script, Simulator, example};

use crate::caller::{Caller, was_reset};

/// A simulator with one script for the next replication, and a client.
fn scripted(fault: Fault) -> Result<(Simulator, Caller)> {
    let simulator = Simulator::start(Options::default())?;
    simulator.script(Script::once(fault).replicate())?;
    let caller = Caller::plain(&simulator)?;
    Ok((simulator, caller))
}

#[tokio::test]
async fn a_200_can_be_empty_or_unreadable() -> Result<()> {
    for (fault, accepted, text) in [
        (Fault::before_commit().answer(Answer::status(200)), 0, ""),
        (Fault::after_commit().answer(Answer::status(200)), 1, ""),
        (Fault::after_commit().answer(Answer::status(200).text("<html>")), 1, "<html>"),
    ] {
        let (simulator, caller) = scripted(fault)?;
        let response = caller.replicate(example::BACKUP).await?;
        assert_eq!(response.status(), 200);
        assert_eq!(response.text().await?, text);
        assert_eq!(simulator.counts(example::BACKUP).accepted, accepted);
    }
    Ok(())
}

#[tokio::test]
async fn a_200_can_stop_short_in_an_answer_that_is_whole() -> Result<()> {
    let short = Answer::status(200).body(Body::Ordinary { keep: Some(20) });
    let (simulator, caller) = scripted(Fault::after_commit().answer(short))?;
    let text = caller.replicate(example::BACKUP).await?.text().await?;
    assert_eq!(text.len(), 20);
    assert!(text.starts_with("{\"replication\":{"), "{text}");
    assert_eq!(simulator.counts(example::BACKUP).accepted, 1);
    Ok(())
}

#[tokio::test]
async fn a_200_can_break_off_within_its_body() -> Result<()> {
    for (cut, reset) in [(Cut::Close, false), (Cut::Reset, true)] {
        let broken = Answer::status(200).body(Body::Ordinary { keep: None }).cut_off(20, cut);
        let (simulator, caller) = scripted(Fault::after_commit().answer(broken))?;
        let response = caller.replicate(example::BACKUP).await;
        // A reset may overtake the head of the answer that it follows.
        let error = match response {
            Ok(response) => {
                let length = response.headers()["content-length"].to_str()?.parse::<u64>()?;
                assert!(length > 20, "{length}");
                anyhow::Error::from(response.bytes().await.expect_err("the body is cut off"))
            }
            Err(error) if reset => error,
            Err(error) => return Err(error),
        };
        assert_eq!(was_reset(error.as_ref()), reset, "{error:?}");
        assert_eq!(simulator.counts(example::BACKUP).accepted, 1);
    }
    Ok(())
}

#[tokio::test]
async fn a_body_can_come_to_a_halt() -> Result<()> {
    let stalled = Answer::status(200).body(Body::Ordinary { keep: None }).cut_off(20, Cut::Hang);
    let (simulator, caller) = scripted(Fault::after_commit().answer(stalled))?;
    let mut response = caller.replicate(example::BACKUP).await?;
    let first = response.chunk().await?.map(|chunk| chunk.len());
    assert_eq!(first, Some(20));
    let ending = simulator.log(|log| log.calls()[0].ending.clone());
    assert_eq!(ending, Some(CallEnding::Answered { status: 200 }));
    Ok(())
}

#[tokio::test]
async fn a_body_can_be_huge_with_or_without_its_length_in_advance() -> Result<()> {
    let size = 3_000_000;
    for chunked in [false, true] {
        let huge = Answer::status(200).body(Body::Filler { bytes: size, chunked });
        let (simulator, caller) = scripted(Fault::after_commit().answer(huge))?;
        let response = caller.replicate(example::BACKUP).await?;
        assert_eq!(response.content_length(), (!chunked).then_some(size));
        assert_eq!(response.bytes().await?.len() as u64, size);
        assert_eq!(simulator.counts(example::BACKUP).accepted, 1);
    }
    Ok(())
}
