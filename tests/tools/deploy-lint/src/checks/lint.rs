//! chart-testing's judgement of the chart: its form, and that of its YAML.

use std::env;

use anyhow::{Context, Result};
use checklist::commands::output;

use crate::programs::Tools;

pub(super) fn chart(tools: &Tools) -> Result<()> {
    let mut ct = tools.helm_3.command_of(&tools.linters.join("ct"));
    // It runs helm, yamale and yamllint by their names.
    let helm = tools.helm_3.program.parent().context("helm lies in a folder")?;
    let path = env::var_os("PATH").unwrap_or_default();
    let folders = [helm, &tools.python].into_iter().map(Into::into).chain(env::split_paths(&path));
    ct.env("PATH", env::join_paths(folders)?).current_dir(repository::path(""));
    ct.arg("lint").arg("--config").arg(repository::path("tests/tools/deploy-lint/ct.yaml"));
    ct.arg("--lint-conf").arg(tools.linters.join("lintconf.yaml"));
    ct.arg("--chart-yaml-schema").arg(tools.linters.join("chart_schema.yaml"));
    output(&mut ct).map(drop)
}
