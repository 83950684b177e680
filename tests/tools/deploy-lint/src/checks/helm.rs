//! Helm's own judgement of the chart.

use anyhow::{Context, Result, ensure};
use checklist::commands::output_without_warning;
use serde_json::Value;

use crate::helm::{Helm, KUBERNETES, chart, name_of, values, with};

pub(super) fn lint(helm: &Helm) -> Result<()> {
    for file in values()? {
        let mut command = helm.command();
        let said = output_without_warning(with(
            command.args(["lint", "--strict", KUBERNETES]).arg(chart()),
            file.as_deref(),
        ))?;
        ensure!(
            !said.contains("[WARNING]") && !said.contains("[ERROR]"),
            "{}: {said}",
            name_of(file.as_deref())
        );
    }
    Ok(())
}

/// Helm 4 orders and formats as it likes.
pub(super) fn same(one: &Helm, other: &Helm) -> Result<()> {
    for file in values()? {
        let file = file.as_deref();
        let (left, right) = (objects(one, file)?, objects(other, file)?);
        ensure!(!left.is_empty(), "{}: nothing is rendered", name_of(file));
        for (name, object) in &left {
            let found = right.iter().find(|(other, _)| other == name);
            let (_, found) =
                found.with_context(|| format!("{}: the other has no {name}", name_of(file)))?;
            ensure!(object == found, "{}: {name} differs:\n{object:#}\n{found:#}", name_of(file));
        }
        ensure!(left.len() == right.len(), "{}: the other has more", name_of(file));
    }
    Ok(())
}

/// Each with its kind, namespace and name.
fn objects(helm: &Helm, file: Option<&std::path::Path>) -> Result<Vec<(String, Value)>> {
    let objects: Vec<Value> = serde_saphyr::from_multiple(&helm.template(file)?)?;
    let name = |object: &Value| {
        let metadata = &object["metadata"];
        format!("{} {} {}", object["kind"], metadata["namespace"], metadata["name"])
    };
    Ok(objects.into_iter().map(|object| (name(&object), object)).collect())
}
