//! Each mutant still applies, to one place alone.

use std::collections::BTreeSet;

use anyhow::Result;
use mutants::MUTANTS;

#[test]
fn each_mutant_applies_to_one_place_and_changes_it() -> Result<()> {
    let root = repository::root();
    let mut names = BTreeSet::new();
    for mutant in MUTANTS {
        mutant.apply(&root)?;
        assert_ne!(mutant.old, mutant.new, "{}", mutant.name);
        assert!(names.insert(mutant.name), "{} twice", mutant.name);
    }
    Ok(())
}

#[test]
fn the_page_counts_them() -> Result<()> {
    let page = std::fs::read_to_string(repository::path("docs/testing.md"))?;
    let counted = format!(": {} mutants,", MUTANTS.len());
    assert!(page.contains(&counted), "docs/testing.md does not say \"{counted}\"");
    Ok(())
}
