//! Names that reach a URL, a request body or a status. Each is checked once, where it enters, and
//! is plain text after that.

use std::fmt;

/// Longest project, backup or vault id, in characters. Nothing longer than a UUID has been seen.
const ID_CHARS: usize = 64;
/// Longest region name, in characters (`CopyBackup.rst`).
const REGION_CHARS: usize = 255;
/// Longest replication record id that is kept, in characters.
const RECORD_ID_CHARS: usize = 128;

/// A text that is not such a name. The message says which kind, and what is accepted; it never
/// repeats the text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the {kind} must be {accepted}")]
pub struct InvalidId {
    kind: &'static str,
    accepted: &'static str,
}

const AN_ID: &str = "1 to 64 ASCII letters, digits, '_' or '-', beginning with a letter or a digit";

const A_RECORD_ID: &str = "the id that the cloud shows for the record, as \
    1579a71e-0b7d-4c7d-8a0d-2f7c1e5b9a44 (1 to 128 ASCII letters, digits, '.', '_' or '-', \
    beginning with a letter or a digit), and no placeholder such as RECORD_ID";

fn is_id(text: &str) -> bool {
    text.len() <= ID_CHARS
        && text.starts_with(|first: char| first.is_ascii_alphanumeric())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
}

fn is_region(text: &str) -> bool {
    (1..=REGION_CHARS).contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-'))
}

/// Record ids are printed into commands, so nothing in one may mean something to a shell, and none
/// may look like an option.
fn is_record_id(text: &str) -> bool {
    text.len() <= RECORD_ID_CHARS
        && text.starts_with(|first: char| first.is_ascii_alphanumeric())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-'))
        && !is_placeholder(text)
}

/// What a printed command has in the place of a record id, pasted as it stands.
fn is_placeholder(text: &str) -> bool {
    let letters =
        text.bytes().filter(u8::is_ascii_alphanumeric).map(|byte| byte.to_ascii_lowercase());
    let word: Vec<u8> = letters.collect();
    [&b"record"[..], b"recordid", b"replicationrecord", b"replicationrecordid"]
        .contains(&word.as_slice())
}

macro_rules! name {
    ($(#[$docs:meta])* $type:ident, $kind:literal, $accepts:path, $accepted:expr) => {
        $(#[$docs])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $type(String);

        impl $type {
            /// Checks the shape alone; whether the cloud knows the name is the cloud's to say.
            ///
            /// # Errors
            /// Where the text has another shape.
            pub fn parse(text: &str) -> Result<Self, InvalidId> {
                if $accepts(text) {
                    Ok(Self(text.to_owned()))
                } else {
                    Err(InvalidId { kind: $kind, accepted: $accepted })
                }
            }

            /// The text as it was given.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

name!(
    /// A project (tenant) of the cloud, source or destination.
    ProjectId, "project id", is_id, AN_ID
);
name!(
    /// A backup, or a replica, which is a backup too.
    BackupId, "backup id", is_id, AN_ID
);
name!(
    /// What was backed up: a server, a disk, a file system.
    ResourceId, "resource id", is_id, AN_ID
);
name!(
    /// A vault: where backups are kept.
    VaultId, "vault id", is_id, AN_ID
);
name!(
    /// A region, as `eu-de`.
    Region, "region", is_region, "1 to 255 ASCII letters, digits, '.', '_' or '-'"
);
name!(
    /// One replication as the cloud records it: `replication_record_id` of the answer, `id` in
    /// `replication_records`.
    RecordId, "replication record id", is_record_id, A_RECORD_ID
);
name!(
    /// One operation as the cloud has logged it: `id` in `operation_logs`.
    OperationLogId, "operation log id", is_record_id, A_RECORD_ID
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_letters_digits_and_two_marks() {
        for good in ["a", "0", "a5200268-74a5-4806-acc6-95793ab0228b", "A_-", &"x".repeat(64)] {
            assert_eq!(BackupId::parse(good).unwrap().as_str(), good);
        }
        for bad in
            ["", "-a", "_a", ".", "..", "a/b", "a b", "a%2f", "ä", "a\n", "a?", &"x".repeat(65)]
        {
            assert!(ProjectId::parse(bad).is_err(), "{bad:?}");
            assert!(VaultId::parse(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn regions_may_have_dots_and_any_first_character() {
        for good in ["eu-de", ".", "a.b_C", &"x".repeat(255)] {
            assert!(Region::parse(good).is_ok(), "{good:?}");
        }
        for bad in ["", "eu de", "eu/de", "é", &"x".repeat(256)] {
            assert!(Region::parse(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn record_ids_are_loose_but_bounded() {
        for good in [
            "rec.1_a-B",
            "0",
            "1579a71e-0b7d-4c7d-8a0d-2f7c1e5b9a44",
            "record-1",
            "a-record",
            &"x".repeat(128),
        ] {
            assert_eq!(RecordId::parse(good).unwrap().as_str(), good);
        }
        for bad in [
            "",
            "a b",
            "a\tb",
            "a\n",
            "é",
            "-a",
            "--yes",
            ".a",
            "..",
            "_a",
            "a/b",
            "a:b",
            &"x".repeat(129),
        ] {
            assert!(RecordId::parse(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn what_a_shell_would_read_and_what_stands_for_an_id_is_none() {
        for bad in [
            "$(touch x)",
            "`x`",
            "a;b",
            "a|b",
            "a&b",
            "a>b",
            "a'b",
            "a\"b",
            "a\\b",
            "a*",
            "~",
            "{a}",
            "a#b",
            "a=b",
            "a,b",
            "<RECORD_ID>",
            "<id>",
            "RECORD_ID",
            "RECORD",
            "record_id",
            "Record-Id",
            "RECORDID",
            "REPLICATION_RECORD_ID",
        ] {
            let refusal = RecordId::parse(bad).expect_err(bad).to_string();
            assert!(
                refusal.contains("as 1579a71e-") && refusal.contains("placeholder"),
                "{refusal}"
            );
        }
    }

    #[test]
    fn the_message_names_the_field_and_never_repeats_the_text() {
        let message = VaultId::parse(&"evil/".repeat(1000)).unwrap_err().to_string();
        assert!(message.contains("vault id") && message.contains("64"), "{message}");
        assert!(!message.contains("evil"));
    }
}
