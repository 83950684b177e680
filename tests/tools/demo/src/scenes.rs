//! What happens, one scene after the other. Each waits for what must come by the watch on the
//! board.

use anyhow::{Context, Result};
use harness::Object;
use simulator::{Answer, Fault, LookUp, RetryAfter, Script, View};

use crate::example::Example;
use crate::parts::Parts;
use crate::table::percent;

/// How an example must have ended.
pub(crate) enum Expected {
    /// The cloud accepted one call for it.
    Accepted(Example),
    /// The API server refused it.
    Refused(Example),
}

/// Plays all scenes. What must have become of the examples so far is in `expected`, even when it
/// fails.
pub(crate) async fn play(parts: &Parts, expected: &mut Vec<Expected>) -> Result<()> {
    expected.push(Expected::Accepted(success(parts).await?));
    for example in by_other_credentials(parts).await? {
        expected.push(Expected::Accepted(example));
    }
    expected.push(Expected::Accepted(wrong_token(parts).await?));
    expected.push(Expected::Accepted(wrong_vault(parts).await?));
    expected.push(Expected::Accepted(throttled(parts).await?));
    expected.push(Expected::Refused(refused(parts).await?));
    expected.push(Expected::Accepted(lost_answer_found(parts).await?));
    expected.push(Expected::Accepted(lost_answer_decided(parts).await?));
    copied(parts, expected).await
}

async fn success(parts: &Parts) -> Result<Example> {
    let example = Example::read("named.yaml")?;
    parts
        .screen
        .step("A token in a Secret, and a replication whose copy gets a name and a description.");
    parts.apply("secret.yaml").await?;
    parts.apply("named.yaml").await?;
    let example = accepted(parts, example).await?;
    parts.screen.step(
        "Accepted is not copied: the copy is followed to its end, while others are called for.",
    );
    told_of_copy(parts, &example, "under way", |object| percent(object) > Some(0)).await?;
    Ok(example)
}

async fn by_other_credentials(parts: &Parts) -> Result<Vec<Example>> {
    parts.know_the_examples().await?;
    let mut all = Vec::new();
    for (file, step) in [
        (
            "password.yaml",
            "Tokens die after a day. With a user's password the operator gets its own from IAM.",
        ),
        ("access-key.yaml", "An access key: each request is signed, and IAM is not asked."),
        (
            "service-account.yaml",
            "A service account that IAM trusts: no secret is stored anywhere.",
        ),
    ] {
        let example = Example::read(file)?;
        parts.screen.step(step);
        parts.apply(file).await?;
        all.push(accepted(parts, example).await?);
    }
    Ok(all)
}

async fn wrong_token(parts: &Parts) -> Result<Example> {
    let example = Example::read("wrong-token.yaml")?;
    parts.screen.step(
        "A token that the cloud rejects: the resource waits, and does not call again with it.",
    );
    parts.apply("wrong-token.yaml").await?;
    told(parts, &example, "Pending", "CredentialRejected").await?;
    parts.screen.step("The Secret is corrected: the call is made.");
    parts.apply("wrong-token-corrected.yaml").await?;
    accepted(parts, example).await
}

async fn wrong_vault(parts: &Parts) -> Result<Example> {
    let example = Example::read("wrong-vault.yaml")?;
    parts.screen.step("A vault that does not exist: the cloud rejects the call permanently.");
    parts.apply("wrong-vault.yaml").await?;
    told(parts, &example, "Failed", "Rejected").await?;
    parts.screen.step(
        "The manifest is corrected: as nothing was accepted, the change starts a new attempt.",
    );
    parts.apply("wrong-vault-corrected.yaml").await?;
    accepted(parts, example).await
}

async fn throttled(parts: &Parts) -> Result<Example> {
    // Longer than the operator would wait unasked.
    const SECONDS: u64 = 8;
    let example = Example::read("minimal.yaml")?;
    parts.screen.step(&format!(
        "The least manifest. The cloud answers its first call with 429 and Retry-After: {SECONDS}, \
         which is honoured."
    ));
    let throttled = Answer::throttled(Some(RetryAfter::Seconds(SECONDS)));
    let script = Script::once(Fault::before_commit().answer(throttled));
    parts.simulator.script(script.replicate().backup(&example.backup_id))?;
    parts.apply("minimal.yaml").await?;
    told(parts, &example, "Pending", "Throttled").await?;
    accepted(parts, example).await
}

async fn refused(parts: &Parts) -> Result<Example> {
    let example = Example::read("refused.yaml")?;
    parts
        .screen
        .step("A manifest against the limits of the API: the Kubernetes API server refuses it.");
    parts.apply_refused("refused.yaml").await?;
    Ok(example)
}

async fn lost_answer_found(parts: &Parts) -> Result<Example> {
    let example = Example::read("another-backup.yaml")?;
    parts.screen.step(
        "The cloud accepts a call, and its answer is lost: the operator finds the \
        record, and does not call a second time.",
    );
    lose_answer(parts, &example)?;
    parts.apply("another-backup.yaml").await?;
    accepted(parts, example).await
}

async fn lost_answer_decided(parts: &Parts) -> Result<Example> {
    let example = Example::read("options.yaml")?;
    parts.screen.step(
        "The same where the cloud shows no records: the operator cannot know, and does not \
            call again unless somebody decides.",
    );
    lose_answer(parts, &example)?;
    let blind = View { look_up: LookUp::Forbidden, ..View::default() };
    parts.simulator.set_view(&example.backup_id, Some(blind));
    parts.apply("options.yaml").await?;
    let message = asked(parts, &example, "OutcomeUnknown").await?;
    parts.screen.step(
        "Its user finds the replication record in the cloud, and types the command \
        from the message.",
    );
    let records = parts.simulator.records(&example.backup_id);
    let record = records.first().context("the simulator has no record of the call")?;
    parts.kubectl(&command_in(&message, &record.id)?).await?;
    accepted(parts, example).await
}

fn lose_answer(parts: &Parts, example: &Example) -> Result<()> {
    let script = Script::once(Fault::after_commit().reset());
    parts.simulator.script(script.replicate().backup(&example.backup_id))
}

/// The command of the message that says "accepted, with this record", without its first word.
fn command_in(message: &str, record_id: &str) -> Result<String> {
    let commands = message
        .split(['\n', ';'])
        .filter_map(|part| part.split_once("kubectl "))
        .map(|(_, command)| command);
    let with_record = commands.map(str::trim).find(|command| command.contains("RECORD_ID"));
    let command = with_record
        .with_context(|| format!("no command with RECORD_ID in the message: {message}"))?;
    Ok(command.replace("<RECORD_ID>", record_id))
}

/// Waits for a phase and its reason, and shows the message.
async fn told(parts: &Parts, example: &Example, phase: &str, reason: &str) -> Result<()> {
    let told = |object: &Object| (object.phase(), object.reason()) == (phase, reason);
    let object = parts.board.wait(example, &format!("{phase} ({reason})"), told).await?;
    show_message(parts, example, &object);
    Ok(())
}

/// Waits until the resource asks its user to decide.
async fn asked(parts: &Parts, example: &Example, reason: &str) -> Result<String> {
    let asks = |object: &Object| object.is("Stalled") && object.reason() == reason;
    let object = parts.board.wait(example, &format!("stalled ({reason})"), asks).await?;
    Ok(show_message(parts, example, &object))
}

fn show_message(parts: &Parts, example: &Example, object: &Object) -> String {
    let message = object.message().to_owned();
    parts.screen.output(&format!(
        "{} is {} ({}): {message}",
        example.key(),
        object.phase(),
        object.reason()
    ));
    message
}

async fn accepted(parts: &Parts, example: Example) -> Result<Example> {
    let accepted = |object: &Object| object.is("Ready") && object.reason() == "Accepted";
    parts.board.wait(&example, "Ready (Accepted)", accepted).await?;
    Ok(example)
}

/// Each copy is followed to its end, as far as the cloud tells of it.
async fn copied(parts: &Parts, expected: &[Expected]) -> Result<()> {
    parts.screen.step(
        "Each copy is followed until it exists, or until it is clear that the cloud does not tell.",
    );
    for expected in expected {
        match expected {
            Expected::Accepted(example) => {
                told_of_copy(parts, example, "copied", |object| object.phase() == "Succeeded")
                    .await?;
            }
            Expected::Refused(_) => {}
        }
    }
    Ok(())
}

/// Waits until a copy is as wanted, and shows what `Replicated` says then.
async fn told_of_copy(
    parts: &Parts,
    example: &Example,
    what: &str,
    wanted: impl Fn(&Object) -> bool,
) -> Result<()> {
    let object = parts.board.wait(example, what, wanted).await?;
    let (replicated, reason, message) = object.condition("Replicated");
    parts
        .screen
        .output(&format!("{}: Replicated is {replicated} ({reason}): {message}", example.key()));
    Ok(())
}
