use proptest::prelude::*;
use serde_json::json;

use super::*;

fn token() -> Credential {
    Credential::Token(crate::cbr::Token::from_bytes(b"MIIabcdefghijklmnopqrstuvwxyz").unwrap())
}

fn page(ids: &[usize], count: Option<usize>) -> Page {
    let entries: Vec<_> = ids.iter().map(|id| json!({"id": format!("b{id}")})).collect();
    Page::read(&json!({"backups": entries, "count": count}), &token()).unwrap()
}

/// A service with so many backups that gives at most so many on a page.
fn read_all(total: usize, at_most: usize, tells: bool, limit: usize) -> BackupList {
    let mut pages = Pages::default();
    for _ in 0..1000 {
        let here: Vec<usize> = (0..total).skip(pages.offset()).take(limit.min(at_most)).collect();
        if let Some(list) = pages.add(page(&here, tells.then_some(total))) {
            return list;
        }
    }
    panic!("no end");
}

#[test]
fn an_entry_that_cannot_be_read_is_there_and_says_nothing() {
    for odd in [json!(null), json!(7), json!([]), json!({}), json!({"id": "a/b", "status": null})] {
        let page = Page::read(&json!({"backups": [odd], "count": 1}), &token()).unwrap();
        assert_eq!(page.entries, [ListedBackup::default()], "{odd}");
    }
    let echo = json!({"backups": [{"id": "MIIabcdefghijklmnopqrstuvwxyz"}]});
    assert_eq!(Page::read(&echo, &token()).unwrap().entries, [ListedBackup::default()]);
    for no_list in [json!({}), json!({"backups": null}), json!({"backups": {}}), json!([])] {
        assert!(Page::read(&no_list, &token()).is_none(), "{no_list}");
    }
}

#[test]
fn a_documented_entry_is_read_whole() {
    let entry = json!({
        "id": "A5200268-74a5", "status": "AVAILABLE", "image_type": "backup",
        "created_at": "2026-11-23T01:00:00.209782", "resource_id": "s-1", "vault_id": "v-1",
        "children": [{"id": "x"}], "enterprise_project_id": 0,
    });
    let read = ListedBackup::read(&entry, &token());
    assert_eq!(read.id.unwrap().as_str(), "A5200268-74a5");
    assert_eq!(
        (read.status, read.image_type),
        (Some(BackupStatus::Available), Some(ImageType::Backup))
    );
    assert_eq!(read.created_at.unwrap().to_string(), "2026-11-23T01:00:00.209782Z");
    assert!(read.resource_id.unwrap().is("S1") && read.vault_id.unwrap().is("v-1"));
}

#[test]
fn pages_that_do_not_fit_together_are_no_whole_list() {
    // One was deleted, or made, between two pages.
    for counts in [(Some(3), Some(2)), (Some(3), Some(4)), (Some(4), None)] {
        let mut pages = Pages::default();
        assert_eq!(pages.add(page(&[0, 1], counts.0)), None);
        let second = pages.add(page(&[2], counts.1));
        let list = second.or_else(|| pages.add(page(&[], None))).unwrap();
        assert_eq!(list.incomplete, Some(Incomplete::Inconsistent), "{counts:?}");
    }
    // It gives fewer than it is asked for, and counts the page.
    let mut pages = Pages::default();
    assert_eq!(pages.add(page(&[0, 1], Some(2))), None);
    assert_eq!(pages.add(page(&[2], Some(1))), None);
    let list = pages.add(page(&[], Some(0))).unwrap();
    assert_eq!((list.backups.len(), list.incomplete), (3, Some(Incomplete::Inconsistent)));
    // A service that does not know `offset` shows the same again and again.
    let mut pages = Pages::default();
    assert_eq!(pages.add(page(&[0, 1], None)), None);
    let list = pages.add(page(&[0, 1], None)).unwrap();
    assert_eq!((list.backups.len(), list.incomplete), (2, Some(Incomplete::Inconsistent)));
    // It says that there are some, and shows none.
    let list = Pages::default().add(page(&[], Some(2))).unwrap();
    assert_eq!(list.incomplete, Some(Incomplete::Inconsistent));
    let none = Pages::default().add(page(&[], Some(0))).unwrap();
    assert_eq!(none, BackupList::default());
}

#[test]
fn a_list_has_a_bound() {
    let list = read_all(MOST_BACKUPS + 200, 1000, true, 100);
    assert_eq!(list.incomplete, Some(Incomplete::TooLong));
    assert_eq!(read_all(MOST_BACKUPS, 1000, true, 100).incomplete, None);
}

proptest! {
    /// However small the service makes its pages, and whether or not it tells how many there are.
    #[test]
    fn all_pages_are_read(total in 0_usize..350, at_most in 1_usize..150, tells: bool) {
        let list = read_all(total, at_most, tells, 100);
        prop_assert_eq!(list.incomplete, None);
        prop_assert_eq!(list.backups.len(), total);
    }
}
