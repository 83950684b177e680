//! Runs the scripts as Argo CD does: Lua 5.1, the resource as `obj`, and what is returned is the
//! answer.

use std::path::PathBuf;

use anyhow::{Context, Result, anyhow};
use mlua::{Lua, LuaSerdeExt};
use serde_json::Value;

/// The folder with the scripts and their tests, in the layout of Argo CD's own.
pub(crate) fn folder() -> PathBuf {
    repository::path("deploy/argocd/resource_customizations/cbr.replication.dev/BackupReplication")
}

/// A YAML file of the folder.
pub(crate) fn yaml(path: &str) -> Result<Value> {
    let text = std::fs::read_to_string(folder().join(path)).with_context(|| path.to_owned())?;
    serde_saphyr::from_str(&text).with_context(|| path.to_owned())
}

/// What a script says of an object.
pub(crate) fn run(script: &str, object: &Value) -> Result<Value> {
    let text = std::fs::read_to_string(folder().join(script)).with_context(|| script.to_owned())?;
    let told = || -> mlua::Result<Value> {
        let lua = Lua::new();
        // Absent, not a null of another kind.
        let options = mlua::serde::SerializeOptions::new()
            .serialize_none_to_null(false)
            .serialize_unit_to_null(false);
        lua.globals().set("obj", lua.to_value_with(object, options)?)?;
        lua.from_value(lua.load(&text).set_name(script).eval()?)
    };
    told().map_err(|error| anyhow!("{script}: {error}"))
}
