//! The API server's own schemas, in the form that kubeconform reads.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use checklist::commands::output;
use control_plane::ControlPlane;
use serde_json::{Map, Value, json};

/// How kubeconform finds the file of a kind.
pub(crate) const LOCATION: &str = "{{.Group}}/{{.ResourceAPIVersion}}/{{.ResourceKind}}.json";

/// Writes a file for each kind that the API server serves.
pub(crate) fn write(cluster: &ControlPlane, folder: &Path) -> Result<()> {
    let get = |path: &str| -> Result<Value> {
        Ok(serde_json::from_str(&output(cluster.kubectl().args(["get", "--raw", path]))?)?)
    };
    let index = get("/openapi/v3")?;
    for (path, entry) in index["paths"].as_object().context("no paths")? {
        // Such as api/v1 and apis/apps/v1; the others have no kinds.
        let (group, version) = match path.split('/').collect::<Vec<_>>()[..] {
            ["api", version] => ("", version),
            ["apis", group, version] => (group, version),
            _ => continue,
        };
        let mut document = get(entry["serverRelativeURL"].as_str().context("no URL")?)?;
        let schemas = document["components"]["schemas"].as_object_mut().context("no schemas")?;
        schemas.values_mut().for_each(close);
        write_kinds(schemas, group, version, folder).with_context(|| path.clone())?;
    }
    Ok(())
}

fn write_kinds(
    schemas: &Map<String, Value>,
    group: &str,
    version: &str,
    folder: &Path,
) -> Result<()> {
    // kubeconform takes the version for the group's name where there is none.
    let folder = folder.join(if group.is_empty() { version } else { group }).join(version);
    fs::create_dir_all(&folder)?;
    // One file for all: what they refer to is in there.
    fs::write(folder.join("all.json"), json!({"components": {"schemas": schemas}}).to_string())?;
    for (name, schema) in schemas {
        let kinds = schema["x-kubernetes-group-version-kind"].as_array();
        for kind in kinds
            .into_iter()
            .flatten()
            .filter(|kind| kind["group"] == group && kind["version"] == version)
        {
            let kind = kind["kind"].as_str().context("no kind")?.to_lowercase();
            let reference = json!({"$ref": format!("all.json#/components/schemas/{name}")});
            fs::write(folder.join(format!("{kind}.json")), reference.to_string())?;
        }
    }
    Ok(())
}

/// A field that is not in the schema is a mistake, as it is for the API server.
fn close(schema: &mut Value) {
    if let Some(fields) = schema.as_object_mut() {
        let preserves =
            fields.get("x-kubernetes-preserve-unknown-fields").is_some_and(|value| *value == true);
        if fields.get("type").is_some_and(|kind| *kind == "object")
            && fields.contains_key("properties")
            && !preserves
        {
            fields.entry("additionalProperties").or_insert(json!(false));
        }
        fields.values_mut().for_each(close);
    }
    schema.as_array_mut().into_iter().flatten().for_each(close);
}
