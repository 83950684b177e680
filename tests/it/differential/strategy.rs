//! Random histories, each from a seed and a number.

use anyhow::{Result, anyhow};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use super::history::{Cloud, History, Instead, Odd, Post, Refusal, Say, Spelling, Step, View};

/// The history of this number.
pub(crate) fn history(seed: u64, number: u64) -> Result<History> {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    bytes[8..16].copy_from_slice(&number.to_le_bytes());
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    let parts = (cloud(), vec(post(), 0..=2), vec(step(), 1..=6));
    let tree = parts.new_tree(&mut runner).map_err(|why| anyhow!("no history: {why}"))?;
    let (cloud, first, steps) = tree.current();
    Ok(History { cloud, first, steps })
}

fn cloud() -> impl Strategy<Value = Cloud> {
    let calls_again = prop_oneof![9 => Just(false), 1 => Just(true)];
    (view(), view(), spelling(), calls_again).prop_map(|(first, second, spelling, calls_again)| {
        Cloud { first, second, spelling, calls_again }
    })
}

fn view() -> impl Strategy<Value = View> {
    prop_oneof![
        4 => Just(View::Present),
        3 => Just(View::Late),
        2 => Just(View::Empty),
        1 => Just(View::Null),
        1 => Just(View::Absent),
        2 => Just(View::NoLookUp),
    ]
}

fn spelling() -> impl Strategy<Value = Spelling> {
    prop_oneof![
        Just(Spelling::AsAsked),
        Just(Spelling::Lower),
        Just(Spelling::Upper),
        Just(Spelling::WithoutHyphens)
    ]
}

fn post() -> impl Strategy<Value = Post> {
    prop_oneof![
        1 => Just(Post::Accepted),
        1 => Just(Post::Nameless),
        5 => instead().prop_map(Post::Lost),
        4 => instead().prop_map(Post::NeverArrived),
        4 => refusal().prop_map(Post::Refused),
        3 => any::<bool>().prop_map(|accepted| Post::Killed { accepted }),
    ]
}

fn instead() -> impl Strategy<Value = Instead> {
    prop_oneof![
        Just(Instead::Reset),
        Just(Instead::BadGateway),
        Just(Instead::Teapot),
        Just(Instead::SeeOther),
        Just(Instead::Success),
    ]
}

fn refusal() -> impl Strategy<Value = Refusal> {
    prop_oneof![
        2 => Just(Refusal::Vault),
        1 => Just(Refusal::Busy),
        2 => Just(Refusal::Replicated),
        1 => Just(Refusal::Token),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    let odd = prop_oneof![Just(Odd::Page), Just(Odd::NoSuchBackup), Just(Odd::Token)];
    let say = prop_oneof![Just(Say::Record), Just(Say::Accepted), Just(Say::Retry)];
    prop_oneof![
        4 => post().prop_map(Step::Post),
        2 => odd.prop_map(Step::Look),
        3 => Just(Step::Rotate),
        1 => Just(Step::EditReadyWhen),
        2 => Just(Step::EditVault),
        2 => Just(Step::Suspend),
        10 => say.prop_map(Step::Decide),
        3 => Just(Step::Kill),
        4 => Just(Step::Recreate),
        3 => Just(Step::Reveal),
        2 => any::<bool>().prop_map(|other_vault| Step::AnothersRecord { other_vault }),
        2 => any::<bool>().prop_map(|failed| Step::End { failed }),
    ]
}
