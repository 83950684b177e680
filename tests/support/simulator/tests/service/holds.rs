//! Answers held back until a test lets them go.

use anyhow::Result;
use simulator::{Counts, Fault, Options, Script, Simulator, example};

use crate::caller::{Caller, json_of, soon};

#[tokio::test]
async fn a_call_can_be_held_before_the_commit() -> Result<()> {
    let simulator = Simulator::start(Options::default())?;
    let hold = simulator.hold("before");
    simulator.script(Script::once(Fault::before_commit().hold(&hold).ordinary()))?;
    let caller = Caller::plain(&simulator)?;
    let call = tokio::spawn(async move { caller.accepted(example::BACKUP).await });
    soon(hold.arrived()).await?;
    assert_eq!(simulator.counts(example::BACKUP), Counts { posts: 1, accepted: 0, gets: 0 });
    hold.release();
    let id = soon(call).await???;
    assert_eq!(simulator.records(example::BACKUP)[0].id, id);
    Ok(())
}

#[tokio::test]
async fn a_call_can_be_held_after_the_commit() -> Result<()> {
    let simulator = Simulator::start(Options::default())?;
    let hold = simulator.hold("after");
    simulator.script(Script::once(Fault::after_commit().hold(&hold).ordinary()))?;
    let caller = Caller::plain(&simulator)?;
    let call = tokio::spawn(async move { caller.accepted(example::BACKUP).await });
    soon(hold.arrived()).await?;
    let committed = simulator.records(example::BACKUP);
    assert_eq!((committed.len(), call.is_finished()), (1, false));
    hold.release();
    assert_eq!(soon(call).await???, committed[0].id);
    Ok(())
}

#[tokio::test]
async fn a_held_call_is_committed_after_its_caller_has_gone() -> Result<()> {
    let simulator = Simulator::start(Options::default())?;
    let hold = simulator.hold("late");
    simulator.script(Script::once(Fault::before_commit().hold(&hold).ordinary()))?;
    let caller = Caller::plain(&simulator)?;
    let call = tokio::spawn(async move { caller.replicate(example::BACKUP).await.map(|_| ()) });
    soon(hold.arrived()).await?;
    call.abort();
    soon(simulator.wait_for(|log| log.calls()[0].client_gone)).await?;
    assert_eq!(simulator.counts(example::BACKUP).accepted, 0);
    hold.release();
    soon(simulator.wait_for(|log| log.counts(example::BACKUP).accepted == 1)).await?;
    assert_eq!(simulator.log(|log| log.calls()[0].ending.clone()), None);
    Ok(())
}

#[tokio::test]
async fn a_held_look_up_answers_with_what_it_saw() -> Result<()> {
    let simulator = Simulator::start(Options::default())?;
    let hold = simulator.hold("stale");
    simulator.script(Script::once(Fault::after_commit().hold(&hold).ordinary()).show())?;
    let caller = Caller::plain(&simulator)?;
    let look = Caller::plain(&simulator)?;
    let look = tokio::spawn(async move { look.records(example::BACKUP).await });
    soon(hold.arrived()).await?;
    caller.accepted(example::BACKUP).await?;
    hold.release();
    assert_eq!(soon(look).await???, Some(serde_json::json!([])));
    Ok(())
}

#[tokio::test]
async fn held_calls_pass_one_by_one_in_order_of_arrival() -> Result<()> {
    let simulator = Simulator::start(Options::any_backup())?;
    let hold = simulator.hold("queue");
    simulator.script(Script::always(Fault::before_commit().hold(&hold).ordinary()).replicate())?;
    let backups = ["11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222"];
    let mut calls = Vec::new();
    for (arrivals, backup) in (1..).zip(backups) {
        let caller = Caller::plain(&simulator)?;
        calls
            .push(tokio::spawn(async move { json_of(caller.replicate(backup).await?, 200).await }));
        soon(hold.arrivals(arrivals)).await?;
    }
    hold.release_one();
    soon(simulator.wait_for(|log| log.counts(backups[0]).accepted == 1)).await?;
    // Whatever else the release had let pass would have been processed before a call that comes
    // only now.
    Caller::plain(&simulator)?.show(example::BACKUP).await?;
    assert_eq!(simulator.log(|log| log.total().accepted), 1);
    hold.release_one();
    for call in calls {
        soon(call).await???;
    }
    assert_eq!(simulator.counts(backups[1]).accepted, 1);
    Ok(())
}
