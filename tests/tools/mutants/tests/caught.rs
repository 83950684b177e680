//! A test that was renamed still catches its mutants.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::{Context, Result};
use mutants::MUTANTS;

/// The names of modules and of functions in these sources.
#[derive(Default)]
struct Names {
    modules: BTreeSet<String>,
    functions: BTreeSet<String>,
}

impl Names {
    fn read(&mut self, folder: &Path) -> Result<()> {
        let entries = std::fs::read_dir(folder).with_context(|| folder.display().to_string())?;
        for entry in entries {
            let path = entry?.path();
            if path.is_dir() {
                self.modules.extend(stem(&path));
                self.read(&path)?;
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                self.modules.extend(stem(&path));
                let text = std::fs::read_to_string(&path)?;
                let functions = text.split("fn ").skip(1);
                let name =
                    |rest: &str| rest.split(['(', '<']).next().unwrap_or_default().to_owned();
                self.functions.extend(functions.map(name));
            }
        }
        Ok(())
    }

    /// Whether a test can have this part of a filter in its path.
    fn have(&self, filter: &str) -> bool {
        let Some((modules, last)) = filter.rsplit_once("::") else {
            return self.names(filter);
        };
        modules.split("::").all(|module| self.modules.contains(module))
            && (last.is_empty() || self.names(last))
    }

    fn names(&self, part: &str) -> bool {
        self.modules.iter().chain(&self.functions).any(|name| name.contains(part))
    }
}

fn stem(path: &Path) -> Option<String> {
    Some(path.file_stem()?.to_string_lossy().into_owned())
}

#[test]
fn each_mutant_names_a_test_that_exists() -> Result<()> {
    for mutant in MUTANTS {
        let mut words = mutant.caught_by.split(' ');
        let (folder, filter) = match (words.next(), words.next(), words.next()) {
            (Some("--lib"), Some(filter), _) => ("src", filter),
            (Some("--test"), Some("it"), Some(filter)) => ("tests/it", filter),
            (Some("--test"), Some("model"), Some(filter)) => ("tests/tools/model/src", filter),
            _ => anyhow::bail!("{}: {} is not understood here", mutant.name, mutant.caught_by),
        };
        let mut names = Names::default();
        names.read(&repository::path(folder))?;
        assert!(names.have(filter), "{}: no test in {folder} has {filter}", mutant.name);
    }
    Ok(())
}
