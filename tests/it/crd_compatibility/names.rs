//! By what clients reach the resources: crdify looks at the schemas alone.

use std::collections::BTreeSet;

use serde_json::Value;

/// What the new CRD lacks of the old one's.
pub(crate) fn gone(old: &Value, new: &Value) -> Vec<String> {
    let kept = names(new);
    names(old).difference(&kept).map(|name| format!("gone: {name}")).collect()
}

fn names(crd: &Value) -> BTreeSet<String> {
    let spec = &crd["spec"];
    let mut names = BTreeSet::from([format!("group {}", spec["group"])]);
    for (what, name) in spec["names"].as_object().into_iter().flatten() {
        names.extend(each(name).map(|name| format!("{what} {name}")));
    }
    for version in each(&spec["versions"]).filter(|version| version["served"] == true) {
        let name = &version["name"];
        names.insert(format!("version {name}"));
        names.extend(
            each(&version["selectableFields"]).map(|field| format!("version {name}: {field}")),
        );
        let subresources = version["subresources"].as_object().into_iter().flatten();
        names.extend(subresources.map(|(subresource, _)| format!("version {name}: {subresource}")));
    }
    names
}

/// The items of a list, or the one that is none.
fn each(value: &Value) -> impl Iterator<Item = &Value> {
    let items: &[Value] = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
    items.iter()
}
