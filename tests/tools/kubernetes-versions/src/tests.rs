//! The tests whose end depends on the API server.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use control_plane::assets::FOLDER_VARIABLE;

pub(crate) struct Tests {
    /// Of the module in tests/it/.
    pub(crate) name: &'static str,
    /// Those of them whose name contains one of these; all, if there is none.
    only: &'static [&'static str],
}

pub(crate) const TESTS: &[Tests] = &[
    Tests { name: "guards", only: &[] },
    Tests { name: "frozen", only: &[] },
    Tests { name: "selector", only: &["guards::"] },
    Tests { name: "attacks", only: &["p20_guards::"] },
    Tests { name: "manifest", only: &[] },
    Tests { name: "crd", only: &[] },
    Tests { name: "roles", only: &[] },
    Tests { name: "accepted", only: &[] },
    Tests { name: "crash", only: &[] },
    Tests { name: "chart", only: &["server::", "lifecycle::", "roles::"] },
];

impl Tests {
    fn filters(&self) -> Vec<String> {
        let Self { name, only } = self;
        if only.is_empty() {
            vec![format!("{name}::")]
        } else {
            only.iter().map(|only| format!("{name}::{only}")).collect()
        }
    }

    /// Runs them with the programs of a folder, and returns how many there were.
    pub(crate) fn run(&self, programs: &Path) -> Result<usize> {
        let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        cargo.current_dir(repository::root()).env(FOLDER_VARIABLE, programs);
        cargo.args(["test", "--locked", "--test", "it", "--"]).args(self.filters());
        let output = cargo.output().context("could not run cargo")?;
        let (said, errors) =
            (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        ensure!(output.status.success(), "{}\n{said}\n{errors}", output.status);
        let passed =
            said.lines().find_map(|line| line.strip_prefix("test result: ok. ")?.split(' ').next());
        let passed = passed.and_then(|count| count.parse().ok()).filter(|count| *count > 0);
        passed.with_context(|| format!("no test ran:\n{said}"))
    }
}
