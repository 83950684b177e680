//! How the service behaves where the API leaves it open, or where clouds differ.

mod gateway;
mod iam;
mod logs;

use std::time::Duration;

pub use gateway::{ExpiredToken, HeaderLimits, Quota};
pub use iam::Iam;
use jiff::Timestamp;
pub use logs::{Logs, OperationLogs};
use serde::{Deserialize, Serialize};

/// What can be switched while the service runs. An absent member of the JSON form has its default.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Behaviour {
    /// Every well-formed backup id (a UUID) exists, as an available server backup of the project
    /// that asks for it.
    pub any_backup: bool,
    /// A second replication to the same region is accepted instead of refused with
    /// `BackupService.1009`, which one of the two clouds does not document.
    pub accept_duplicates: bool,
    /// How replications advance.
    pub pace: Pace,
    /// How a timed replication ends.
    pub ending: Ending,
    /// What `GET backup` shows, unless the backup has a view of its own.
    pub view: View,
    /// What the operation logs show.
    pub logs: Logs,
    /// How backups are listed.
    pub list: List,
    /// The shape of 401 and 403 for a token.
    pub auth_errors: AuthErrors,
    /// What is said of a token that was good once.
    pub expired_token: ExpiredToken,
    /// How long the headers of a request may be; `None`: as long as tests like.
    pub header_limits: Option<HeaderLimits>,
    /// How many requests about backups the gateway takes of a caller; `None`: any number.
    pub quota: Option<Quota>,
    /// How IAM behaves.
    pub iam: Iam,
    /// Ids and regions are known in any letter case, with or without their hyphens. A destination
    /// is kept in the words it was asked for in; how it is listed is up to [`View::spelling`].
    pub any_spelling: bool,
    /// What lies between the service and its callers.
    pub cache: Cache,
    /// How JSON goes over the wire.
    pub wire: Wire,
}

/// A cache in front of the service that stores answers to look-ups by their path alone, no matter
/// who asks. What was stored is kept, with every record that came later missing, until it is
/// switched off.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cache {
    #[default]
    None,
    /// It lets through who says `Cache-Control: no-cache` or `no-store`.
    Polite,
    /// It answers whatever the request says.
    Deaf,
}

/// How JSON goes over the wire.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Wire {
    /// `application/json;charset=UTF-8` instead of `application/json`.
    pub charset: bool,
    /// In small chunks, without the length in advance.
    pub chunked: bool,
}

impl Wire {
    /// Of what the service itself says, errors included.
    pub(crate) fn content_type(self, plain: &'static str) -> &'static str {
        match (self.charset, plain) {
            (true, "application/json") => "application/json;charset=UTF-8",
            (true | false, _) => plain,
        }
    }
}

/// How replications advance.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pace {
    /// Only when told to.
    #[default]
    Manual,
    /// By the clock, from acceptance to the end in this time; the first tenth of it is spent
    /// waiting.
    Milliseconds(u64),
}

impl Pace {
    /// By the clock. Counts whole milliseconds.
    pub fn takes(duration: Duration) -> Self {
        Self::Milliseconds(u64::try_from(duration.as_millis()).unwrap_or(u64::MAX))
    }
}

/// How a timed replication ends.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ending {
    #[default]
    Success,
    Fail {
        code: String,
        reason: String,
    },
    Skip,
}

/// What `GET backup` shows of replications.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct View {
    pub look_up: LookUp,
    pub records: Records,
    pub timestamps: Timestamps,
    pub destination_vault: DestinationVault,
    pub spelling: Spelling,
    pub shape: Shape,
    pub children: Children,
    /// The body of this other backup is answered, records and all.
    pub instead: Option<String>,
}

/// How backups are listed (`GET …/backups`).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct List {
    pub availability: LookUp,
    pub order: Order,
    /// Backups on a page, however many are asked for.
    pub at_most: Option<usize>,
    pub count: Count,
    /// Every backup of the project is listed, whatever is asked for.
    pub ignores_filters: bool,
}

/// The order of the list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Order {
    #[default]
    NewestFirst,
    OldestFirst,
    ById,
}

/// What `count` says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Count {
    /// Of all that match.
    #[default]
    Total,
    /// Of the page.
    OfPage,
    /// No such key.
    Absent,
}

/// How records name projects, backups, vaults, regions and themselves, whatever the request said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Spelling {
    #[default]
    AsAsked,
    Lower,
    Upper,
    /// As asked, but for the hyphens of the ids.
    WithoutHyphens,
}

impl Spelling {
    pub(crate) fn id(self, id: &str) -> String {
        match self {
            Self::AsAsked => id.to_owned(),
            Self::Lower => id.to_lowercase(),
            Self::Upper => id.to_uppercase(),
            Self::WithoutHyphens => id.replace('-', ""),
        }
    }

    /// A hyphen is part of a region's name.
    pub(crate) fn region(self, region: &str) -> String {
        match self {
            Self::AsAsked | Self::WithoutHyphens => region.to_owned(),
            Self::Lower => region.to_lowercase(),
            Self::Upper => region.to_uppercase(),
        }
    }
}

/// Which keys a backup has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Shape {
    #[default]
    Full,
    /// Without `updated_at`, `protected_at`, `expired_at` and `parent_id`, and with a number as
    /// `enterprise_project_id`.
    Sparse,
}

/// What a backup consists of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Children {
    #[default]
    None,
    /// Disks, with an `extend_info` and children of their own.
    Disks,
    /// The same, each with `replication_records`: those of the backup, under other ids and as
    /// failed. Anyone who takes them for records of the backup is wrong.
    WithRecords,
}

/// Whether `GET backup` is offered at all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LookUp {
    #[default]
    Available,
    /// 404 `APIG.0101` of the gateway.
    NotFound,
    /// 405 without a code.
    MethodNotAllowed,
    /// 501 without a code.
    NotImplemented,
    /// 403: the token is good, but not for this API.
    Forbidden,
    /// 401 `APIGW.0301`: the token is good for replications alone.
    Refused,
    /// 404 `BackupService.6200`: the backup is there for replications alone.
    NoSuchBackup,
}

/// What becomes of `replication_records`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Records {
    /// Each is shown from its acceptance on.
    #[default]
    Present,
    /// Each is shown from this long after its acceptance on, or once revealed, whichever is first;
    /// `None`: only once revealed. Until then the array does not contain it.
    Late { milliseconds: Option<u64> },
    /// Always an empty array.
    Empty,
    /// Always `null`.
    Null,
    /// Never such a key.
    Absent,
}

/// The styles of timestamps seen in the API's documentation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Timestamps {
    /// `2020-02-05T10:38:34.209782`
    #[default]
    Unzoned,
    /// `2019-05-10T07:59:12.085+00:00`
    Offset,
    /// `2020-02-23T01:00:32Z`
    Zulu,
    /// `2020-02-23T02:00:32 CET`, which names no offset that a program could know.
    Unreadable,
    /// No such key.
    Absent,
}

impl Timestamps {
    /// The instant in this style; what the style has no digits for is cut off. Empty for no time at
    /// all.
    pub fn format(self, at: Timestamp) -> String {
        match self {
            Self::Unzoned => at.strftime("%Y-%m-%dT%H:%M:%S.%6f").to_string(),
            Self::Offset => at.strftime("%Y-%m-%dT%H:%M:%S.%3f+00:00").to_string(),
            Self::Zulu => at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
            Self::Unreadable => at.strftime("%Y-%m-%dT%H:%M:%S CET").to_string(),
            Self::Absent => String::new(),
        }
    }
}

/// Where a record names its destination vault.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DestinationVault {
    #[default]
    Both,
    TopLevel,
    ExtraInfo,
}

/// The shape of 401 and 403 for a token.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AuthErrors {
    /// `{"error_msg":…,"error_code":"APIGW.0301","request_id":…}`
    #[default]
    Gateway,
    /// `{"error":{"code":401,"message":…,"title":"Unauthorized"}}`
    Iam,
}
