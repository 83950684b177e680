//! `kubectl brep status`: where resources stand, and which of them need a person.

mod column;
mod columns;
mod row;

use std::collections::BTreeMap;

use futures::StreamExt;
use jiff::Timestamp;
use kube::ResourceExt;
use kube::api::ListParams;
use kube::runtime::watcher;
use serde::Serialize;

use super::cluster::Cluster;
use super::color::is_colored;
use super::failure::PluginFailure;
use super::next::needs_person;
use super::options::{ClusterOptions, ListForm, StatusOptions};
use super::terminal::{print, print_json, print_yaml};
use super::watch::{News, watched};
use super::words::plain;
use crate::resource::BackupReplication;
use columns::Table;
use row::Row;

/// The number of this form; a field that joins does not change it.
const VERSION: u32 = 1;

/// The documented JSON. Each key is always there, and null where nothing is known.
#[derive(Serialize)]
struct Listing<'a> {
    version: u32,
    items: &'a [Row],
}

/// Lists, prints, and follows where that is asked for.
///
/// # Errors
/// The line for the reader.
pub(super) async fn run(
    options: &ClusterOptions,
    status: &StatusOptions,
) -> Result<(), PluginFailure> {
    let cluster = Cluster::new(options).await?;
    // All namespaces are meant where none is named: --all-namespaces says it aloud. A name is one
    // of a namespace.
    let of_one = options.namespace.is_some() || !status.names.is_empty();
    let namespace = of_one.then_some(cluster.namespace.as_str());
    let mut objects = read(&cluster, namespace, status).await?;
    objects.retain(|object| is_shown(object, status));
    objects.sort_by_cached_key(|object| {
        let created = object.metadata.creation_timestamp.as_ref().map(|at| at.0);
        (created, object.namespace(), object.name_any())
    });
    let rows: Vec<Row> = objects.iter().map(Row::new).collect();
    let is_wide = status.output == ListForm::Wide;
    let mut table = Table::new(&rows, is_wide, !of_one, is_colored(status.color));
    match status.output {
        // What follows is a row in each line.
        ListForm::Json if status.watch => print(&lines(&rows, status.output, &table)?)?,
        ListForm::Json => print_json(&Listing { version: VERSION, items: &rows })?,
        ListForm::Yaml => print_yaml(&Listing { version: VERSION, items: &rows })?,
        ListForm::Name => print(&lines(&rows, status.output, &table)?)?,
        ListForm::Table | ListForm::Wide if rows.is_empty() => {
            eprintln!("{}", nothing(namespace, status));
        }
        ListForm::Table | ListForm::Wide => print(&table.heading_and(&rows, Timestamp::now()))?,
    }
    if !status.watch {
        return Ok(());
    }
    if rows.is_empty() {
        table = Table::for_rows_to_come(is_wide, !of_one, is_colored(status.color));
    }
    follow(&cluster, namespace, status, rows, &table).await
}

async fn read(
    cluster: &Cluster,
    namespace: Option<&str>,
    status: &StatusOptions,
) -> Result<Vec<BackupReplication>, PluginFailure> {
    if status.names.is_empty() {
        let selected = ListParams { label_selector: status.selector.clone(), ..Default::default() };
        return cluster.list(namespace, selected).await;
    }
    let mut objects: Vec<BackupReplication> = Vec::new();
    for name in &status.names {
        if !objects.iter().any(|object| object.name_any() == *name) {
            objects.push(cluster.get(name).await?);
        }
    }
    Ok(objects)
}

fn is_shown(object: &BackupReplication, status: &StatusOptions) -> bool {
    !status.needs_me || needs_person(object)
}

fn nothing(namespace: Option<&str>, status: &StatusOptions) -> String {
    let place =
        namespace.map_or_else(|| "any namespace".to_owned(), |name| format!("namespace {name}"));
    match (status.needs_me, &status.selector) {
        (true, _) => format!("No BackupReplication in {place} needs a person."),
        (false, Some(_)) => format!("There is no BackupReplication with these labels in {place}."),
        (false, None) => format!("There is no BackupReplication in {place}."),
    }
}

/// Prints whatever changes, until the reader ends it.
async fn follow(
    cluster: &Cluster,
    namespace: Option<&str>,
    status: &StatusOptions,
    rows: Vec<Row>,
    table: &Table,
) -> Result<(), PluginFailure> {
    let mut shown: BTreeMap<(String, String), Row> =
        rows.into_iter().map(|row| (row.key(), row)).collect();
    let config = watcher::Config { label_selector: status.selector.clone(), ..Default::default() };
    let mut news = watched(cluster.resources_of(namespace), config);
    let mut away = false;
    while let Some(one) = news.next().await {
        let (object, is_deleted) = match one {
            News::Seen(object) => (object, false),
            News::Deleted(object) => (object, true),
            News::Listed { none: _ } => {
                if std::mem::take(&mut away) {
                    eprintln!("The API server answers again.");
                }
                continue;
            }
            News::Away(why) => {
                if !std::mem::replace(&mut away, true) {
                    eprintln!("The API server is away: {}. Waiting for it.", plain(&why));
                }
                continue;
            }
        };
        let is_named = status.names.is_empty() || status.names.contains(&object.name_any());
        let row = Row::new(&object);
        if is_deleted {
            shown.remove(&row.key());
        } else if is_named && is_shown(&object, status) && shown.get(&row.key()) != Some(&row) {
            print(&lines(std::slice::from_ref(&row), status.output, table)?)?;
            shown.insert(row.key(), row);
        }
    }
    Err(PluginFailure::new("the watch ended, which it never should"))
}

/// A line for each.
fn lines(rows: &[Row], form: ListForm, table: &Table) -> Result<String, PluginFailure> {
    let mut text = String::new();
    for row in rows {
        text.push_str(&match form {
            ListForm::Table | ListForm::Wide => table.line(row, Timestamp::now()),
            ListForm::Name => row.named(),
            ListForm::Json | ListForm::Yaml => serde_json::to_string(row)
                .map_err(|error| PluginFailure::new(format!("a row cannot be written: {error}")))?,
        });
        text.push('\n');
    }
    Ok(text)
}
