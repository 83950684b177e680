use std::collections::HashSet;

use proptest::prelude::*;
use proptest::sample::{Index, select};

use super::*;
use crate::protocol::fixtures::at;

fn backup(id: &str, second: i64) -> ListedBackup {
    ListedBackup {
        id: BackupId::parse(id).ok(),
        status: Some(BackupStatus::Available),
        image_type: Some(ImageType::Backup),
        created_at: Some(at(second)),
        resource_id: Some("s-1".into()),
        vault_id: Some("v-1".into()),
        project_id: Some("P".into()),
    }
}

fn wanted() -> BackupSelector {
    BackupSelector {
        resource_id: Some("s-1".into()),
        vault_id: Some("v-1".into()),
        created_after: Some(at(0).to_string()),
    }
}

fn chosen(backups: Vec<ListedBackup>) -> Choice {
    choose(&BackupList { backups, incomplete: None }, &wanted(), "p").unwrap()
}

fn is(choice: &Choice, id: &str) -> bool {
    matches!(choice, Choice::Chosen(chosen, _) if chosen.as_str() == id)
}

#[test]
fn the_newest_that_is_available_and_no_replica_is_chosen() {
    let mut newer = Vec::new();
    for status in ["protecting", "waiting_protect", "error", "deleting", "locked"] {
        let read = match status {
            "protecting" => BackupStatus::Protecting,
            "waiting_protect" => BackupStatus::WaitingProtect,
            "error" => BackupStatus::Error,
            "deleting" => BackupStatus::Deleting,
            other => BackupStatus::Other(other.into()),
        };
        newer.push(ListedBackup { status: Some(read), ..backup("n", 90) });
    }
    newer.push(ListedBackup { image_type: Some(ImageType::Replication), ..backup("n", 91) });
    newer.push(ListedBackup {
        image_type: Some(ImageType::Other("snapshot".into())),
        ..backup("n", 92)
    });
    newer.push(ListedBackup { resource_id: Some("s-2".into()), ..backup("n", 93) });
    newer.push(ListedBackup { vault_id: Some("v-2".into()), ..backup("n", 94) });
    newer.push(ListedBackup { project_id: Some("p2".into()), ..backup("n", 95) });
    let mut all = vec![backup("old", 10), backup("new", 20), backup("middle", 15)];
    all.extend(newer.clone());
    assert!(is(&chosen(all), "new"));
    let Choice::NoneFits(instead) = chosen(newer) else { panic!() };
    assert_eq!(instead, "5 not available, 3 of another resource or vault, 2 replicas");
}

#[test]
fn what_is_not_later_than_wanted_is_not_chosen() {
    let Choice::NoneFits(instead) = chosen(vec![backup("a", 0), backup("b", -1)]) else { panic!() };
    assert_eq!(instead, "2 not later than createdAfter");
    assert!(is(&chosen(vec![backup("a", 0), backup("b", 1)]), "b"));
    assert_eq!(chosen(vec![]), Choice::NoneFits("it is empty".into()));
    let odd = BackupSelector { created_after: Some("yesterday".into()), ..wanted() };
    assert!(choose(&BackupList::default(), &odd, "p").is_err());
}

#[test]
fn of_two_of_one_instant_the_greater_id_is_chosen_in_any_order() {
    for order in [["b-1", "b-2"], ["b-2", "b-1"]] {
        assert!(is(&chosen(order.map(|id| backup(id, 5)).to_vec()), "b-2"), "{order:?}");
    }
}

/// An entry that cannot be read may be the newest, unless it is known to be older, or another's.
#[test]
fn no_older_one_is_taken_for_the_newest() {
    let blank = ListedBackup::default();
    let newer = |change: fn(&mut ListedBackup)| {
        let mut entry = backup("x", 50);
        change(&mut entry);
        entry
    };
    for (unclear, missing) in [
        (blank, "id, status, image_type, created_at, resource_id, vault_id"),
        (newer(|entry| entry.id = None), "id"),
        (newer(|entry| entry.status = None), "status"),
        (newer(|entry| entry.image_type = None), "image_type"),
        (newer(|entry| entry.created_at = None), "created_at"),
        (newer(|entry| entry.resource_id = None), "resource_id"),
        (newer(|entry| entry.vault_id = None), "vault_id"),
    ] {
        let Choice::CannotTell(why) = chosen(vec![backup("old", 10), unclear.clone()]) else {
            panic!("{unclear:?}")
        };
        assert!(why.ends_with(&format!("its {missing} cannot be read")), "{why}");
        assert!(matches!(chosen(vec![unclear.clone()]), Choice::CannotTell(_)), "{unclear:?}");
        if let Some(created_at) = unclear.created_at {
            // Known to be older.
            assert!(created_at == at(50) && is(&chosen(vec![backup("new", 51), unclear]), "new"));
        }
    }
    // Known to be another's, whatever else is missing.
    let others = ListedBackup { vault_id: Some("v-2".into()), ..ListedBackup::default() };
    assert!(is(&chosen(vec![backup("old", 10), others]), "old"));
    for incomplete in [Incomplete::Inconsistent, Incomplete::TooLong] {
        let list = BackupList { backups: vec![backup("a", 10)], incomplete: Some(incomplete) };
        assert!(
            matches!(choose(&list, &wanted(), "p"), Ok(Choice::CannotTell(_))),
            "{incomplete:?}"
        );
    }
}

/// What is not named is not asked for.
#[test]
fn a_selector_asks_for_nothing_that_it_does_not_name() {
    let by_vault = BackupSelector { vault_id: Some("V1".into()), ..BackupSelector::default() };
    let sparse = ListedBackup { resource_id: None, ..backup("a", -5) };
    let list = BackupList { backups: vec![sparse], incomplete: None };
    assert!(is(&choose(&list, &by_vault, "p").unwrap(), "a"));
}

fn entries() -> impl Strategy<Value = Vec<ListedBackup>> {
    let field = |value: &'static str, other: &'static str| {
        select(vec![Some(value), Some(value), Some(value), Some(other), None])
    };
    let entry =
        (0_usize..30, -3_i64..10, field("s-1", "s-2"), field("v-1", "v-2"), 0_u8..9, 0_u8..6)
            .prop_map(|(id, second, resource, vault, status, kind)| ListedBackup {
                id: (id > 0).then(|| BackupId::parse(&format!("b-{id}")).unwrap()),
                created_at: (second < 9).then(|| at(second)),
                resource_id: resource.map(Into::into),
                vault_id: vault.map(Into::into),
                project_id: None,
                status: match status {
                    0 => None,
                    1 => Some(BackupStatus::Protecting),
                    2 => Some(BackupStatus::Other("x".into())),
                    _ => Some(BackupStatus::Available),
                },
                image_type: match kind {
                    0 => None,
                    1 => Some(ImageType::Replication),
                    _ => Some(ImageType::Backup),
                },
            });
    // Of each id there is one: a list that shows a backup twice does not come here.
    proptest::collection::vec(entry, 0..8).prop_map(|entries| {
        let mut seen = HashSet::new();
        let mut is_first = |entry: &ListedBackup| entry.id.clone().is_none_or(|id| seen.insert(id));
        entries.into_iter().filter(|entry| is_first(entry)).collect()
    })
}

proptest! {
    /// What is chosen fits in all that is known of it, and nothing that may fit is newer.
    #[test]
    fn what_is_chosen_fits_and_nothing_may_be_newer(backups in entries()) {
        if let Choice::Chosen(id, created_at) = chosen(backups.clone()) {
            let own = backups.iter().find(|entry| {
                entry.id.as_ref() == Some(&id) && entry.created_at == Some(created_at)
            }).unwrap();
            prop_assert_eq!(&own.status, &Some(BackupStatus::Available));
            prop_assert_eq!(&own.image_type, &Some(ImageType::Backup));
            prop_assert!(own.resource_id.as_ref().unwrap().is("s-1"));
            prop_assert!(own.vault_id.as_ref().unwrap().is("v-1") && created_at > at(0));
            for entry in &backups {
                let newer = entry.created_at.is_none_or(|at| at > created_at);
                let speaks_against = entry.resource_id.as_ref().is_some_and(|it| !it.is("s-1"))
                    || entry.vault_id.as_ref().is_some_and(|it| !it.is("v-1"))
                    || entry.status.as_ref().is_some_and(|it| *it != BackupStatus::Available)
                    || entry.image_type.as_ref().is_some_and(|it| *it != ImageType::Backup);
                prop_assert!(!newer || speaks_against, "{:?} may be newer than {}", entry, id);
            }
        }
    }

    /// The cloud's order does not matter.
    #[test]
    fn the_order_does_not_matter(backups in entries(), keys in proptest::collection::vec(any::<Index>(), 8)) {
        let mut shuffled = backups.clone();
        for (from, key) in (0..backups.len()).zip(keys) {
            shuffled.swap(from, key.index(backups.len()));
        }
        let ids = |choice: Choice| match choice {
            Choice::Chosen(id, at) => Some((id, at)),
            Choice::NoneFits(_) | Choice::CannotTell(_) => None,
        };
        prop_assert_eq!(ids(chosen(backups)), ids(chosen(shuffled)));
    }
}
