//! The mutants, in the order of the rules that they break.

mod conduct;
mod credentials;
mod evidence;
mod gate;
mod heals;
mod newest;
mod once;
mod plugin;
mod queue;
mod selector;

use crate::mutant::Mutant;

const PARTS: &[&[Mutant]] = &[
    once::MUTANTS,
    evidence::MUTANTS,
    conduct::MUTANTS,
    credentials::MUTANTS,
    newest::MUTANTS,
    heals::MUTANTS,
    selector::MUTANTS,
    gate::MUTANTS,
    plugin::MUTANTS,
    queue::MUTANTS,
];

/// All mutants.
pub const MUTANTS: &[Mutant] = &joined::<{ total() }>();

const fn total() -> usize {
    let (mut total, mut part) = (0, 0);
    while part < PARTS.len() {
        total += PARTS[part].len();
        part += 1;
    }
    total
}

const fn joined<const N: usize>() -> [Mutant; N] {
    let mut all = [PARTS[0][0]; N];
    let (mut at, mut part) = (0, 0);
    while part < PARTS.len() {
        let mut within = 0;
        while within < PARTS[part].len() {
            all[at] = PARTS[part][within];
            at += 1;
            within += 1;
        }
        part += 1;
    }
    all
}
