//! The mutants, in the order of the rules that they break.

mod conduct;
mod credentials;
mod evidence;
mod once;
mod selector;

use crate::mutant::Mutant;

const PARTS: [&[Mutant]; 5] =
    [once::MUTANTS, evidence::MUTANTS, conduct::MUTANTS, credentials::MUTANTS, selector::MUTANTS];

/// All mutants.
pub const MUTANTS: &[Mutant] = &joined::<
    { PARTS[0].len() + PARTS[1].len() + PARTS[2].len() + PARTS[3].len() + PARTS[4].len() },
>();

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
