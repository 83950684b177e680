//! A page of a list, read object by object: what is remembered of an object takes a tenth of what
//! the decoded object does, so no more than one of them is there at a time.

use std::fmt;
use std::marker::PhantomData;

use kube::core::DeserializeGuard;
use serde::Deserialize;
use serde::de::{
    DeserializeOwned, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor,
};

use crate::resource::BackupReplication;

/// An object that may not be readable.
pub(super) type Guarded = DeserializeGuard<BackupReplication>;

/// What is left of a page.
#[derive(Debug)]
pub(super) struct ListPage<T> {
    pub(super) items: Vec<T>,
    /// What the next page is asked for with.
    pub(super) token: Option<String>,
    /// What the list is of.
    pub(super) version: Option<String>,
}

impl<T> ListPage<T> {
    /// Reads a page, and reduces each of its objects.
    pub(super) fn read(
        body: &[u8],
        reduce: &mut impl FnMut(Guarded) -> T,
    ) -> serde_json::Result<Self> {
        let quickly =
            read(body, &mut |object: BackupReplication| reduce(DeserializeGuard(Ok(object))));
        // One that cannot be read must not hide the others. To find it takes three times as long.
        quickly.or_else(|_| read(body, reduce))
    }
}

fn read<O: DeserializeOwned, T>(
    body: &[u8],
    reduce: &mut impl FnMut(O) -> T,
) -> serde_json::Result<ListPage<T>> {
    let mut decoder = serde_json::Deserializer::from_slice(body);
    let page = PageSeed { reduce, object: PhantomData }.deserialize(&mut decoder)?;
    decoder.end()?;
    Ok(page)
}

struct PageSeed<'a, O, F> {
    reduce: &'a mut F,
    object: PhantomData<O>,
}

#[derive(Deserialize)]
struct PageMeta {
    #[serde(rename = "continue")]
    token: Option<String>,
    #[serde(rename = "resourceVersion")]
    version: Option<String>,
}

impl<'de, O: DeserializeOwned, T, F: FnMut(O) -> T> DeserializeSeed<'de> for PageSeed<'_, O, F> {
    type Value = ListPage<T>;

    fn deserialize<D: Deserializer<'de>>(self, decoder: D) -> Result<ListPage<T>, D::Error> {
        decoder.deserialize_map(self)
    }
}

impl<'de, O: DeserializeOwned, T, F: FnMut(O) -> T> Visitor<'de> for PageSeed<'_, O, F> {
    type Value = ListPage<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of objects")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<ListPage<T>, A::Error> {
        let mut page = ListPage { items: Vec::new(), token: None, version: None };
        while let Some(field) = fields.next_key::<String>()? {
            match field.as_str() {
                "items" => {
                    let items = ItemsSeed { reduce: &mut *self.reduce, object: self.object };
                    page.items = fields.next_value_seed(items)?;
                }
                "metadata" => {
                    let PageMeta { token, version } = fields.next_value()?;
                    page.token = token.filter(|token| !token.is_empty());
                    page.version = version.filter(|version| !version.is_empty());
                }
                _ => drop(fields.next_value::<IgnoredAny>()?),
            }
        }
        Ok(page)
    }
}

struct ItemsSeed<'a, O, F> {
    reduce: &'a mut F,
    object: PhantomData<O>,
}

impl<'de, O: DeserializeOwned, T, F: FnMut(O) -> T> DeserializeSeed<'de> for ItemsSeed<'_, O, F> {
    type Value = Vec<T>;

    fn deserialize<D: Deserializer<'de>>(self, decoder: D) -> Result<Vec<T>, D::Error> {
        decoder.deserialize_seq(self)
    }
}

impl<'de, O: DeserializeOwned, T, F: FnMut(O) -> T> Visitor<'de> for ItemsSeed<'_, O, F> {
    type Value = Vec<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("objects")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut objects: A) -> Result<Vec<T>, A::Error> {
        let mut items = Vec::new();
        while let Some(object) = objects.next_element::<O>()? {
            items.push((self.reduce)(object));
        }
        Ok(items)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn object(name: &str, spec: Value) -> Value {
        json!({
            "apiVersion": "cbr.replication.dev/v1alpha1", "kind": "BackupReplication",
            "metadata": {"name": name, "namespace": "n", "uid": name, "resourceVersion": "1"},
            "spec": spec,
        })
    }

    fn sound() -> Value {
        json!({
            "projectId": "p", "backupId": "b", "destinationProjectId": "dp",
            "destinationRegion": "eu-nl", "destinationVaultId": "v", "auth": {},
        })
    }

    /// Each object's name, and whether it could be read.
    fn names(items: Value, metadata: Value) -> (Vec<(String, bool)>, ListPage<()>) {
        let body = json!({
            "apiVersion": "cbr.replication.dev/v1alpha1", "items": items,
            "kind": "BackupReplicationList", "metadata": metadata,
        });
        let reduce = &mut |guarded: Guarded| match guarded.0 {
            Ok(object) => (object.metadata.name.unwrap(), true),
            Err(invalid) => (invalid.metadata.name.unwrap(), false),
        };
        let ListPage { items, token, version } =
            ListPage::read(body.to_string().as_bytes(), reduce).unwrap();
        (items, ListPage { items: Vec::new(), token, version })
    }

    #[test]
    fn each_object_is_reduced_and_the_next_page_is_known() {
        let items = json!([object("a", sound()), object("b", sound())]);
        let (names, page) = names(items, json!({"continue": "t", "resourceVersion": "7"}));
        assert_eq!(names, [("a".to_owned(), true), ("b".to_owned(), true)]);
        assert_eq!((page.token.as_deref(), page.version.as_deref()), (Some("t"), Some("7")));
        let (names, page) = self::names(json!([]), json!({"continue": "", "resourceVersion": ""}));
        assert!(names.is_empty() && page.token.is_none() && page.version.is_none());
    }

    #[test]
    fn one_that_cannot_be_read_does_not_hide_the_others() {
        let items = json!([
            object("a", sound()),
            object("odd", json!({"projectId": 7})),
            object("b", sound())
        ]);
        let (names, _) = names(items, json!({}));
        let readable: Vec<_> = names.iter().map(|(name, read)| (name.as_str(), *read)).collect();
        assert_eq!(readable, [("a", true), ("odd", false), ("b", true)]);
    }

    #[test]
    fn what_is_no_list_is_an_error() {
        for body in ["", "[]", "{\"items\":7}", "{\"items\":[]", "{\"items\":[]}x"] {
            let read = ListPage::read(body.as_bytes(), &mut |_: Guarded| ());
            assert!(read.is_err(), "{body}");
        }
    }
}
