//! Reasons that stand once a call is claimed.

use super::{
    Acts, Cure, EDIT, EventType, Explained, Level, QUIET, STALLED, Telling, WARNS, WaitsFor,
};

const SIGHT: Option<&str> = Some("BackupReplicationLostSight");

const ACCEPTED_AS: Cure = Cure {
    when: "if it was accepted, as this replication record",
    command: "kubectl brep resolve -n {namespace} {name} --accepted RECORD",
};
const ACCEPTED_NAMELESS: Cure = Cure {
    when: "if it was accepted, and the record is not known",
    command: "kubectl brep resolve -n {namespace} {name} --accepted",
};
const RETRY: Cure = Cure {
    when: "to call again with the same spec (only if you are sure you want another call)",
    command: "kubectl brep resolve -n {namespace} {name} --retry",
};
const AGAIN: Cure = Cure {
    when: "to delete this resource and apply its manifest again, which makes another call (first \
        fix the cause)",
    command: "kubectl replace --force -f FILE",
};
const ENOUGH: Cure = Cure {
    when: "if the replica exists: to be content with the acceptance",
    command: "kubectl patch brep -n {namespace} {name} --type=merge -p \
        '{\"spec\":{\"readyWhen\":\"Accepted\"}}'",
};

pub(super) const SUBMITTING: Explained = Explained {
    means: "A call is claimed and may be in flight.",
    next: "No action needed: its outcome follows within --claim-window and --request-timeout.",
    ..QUIET
};
pub(super) const OUTCOME_UNKNOWN: Explained = Explained {
    means: "It is unknown whether the cloud accepted the call: the answer was lost, late, \
        unreadable or ambiguous.",
    acts: Acts::Person,
    next: "While the resource is Reconciling, the operator checks the backup's replication \
        records and the project's operation logs. Once it is Stalled, the operator does not call \
        again unless you decide; it keeps checking both.",
    cures: &[
        Cure {
            when: "if the call was not accepted: the operator calls again",
            command: "kubectl brep resolve -n {namespace} {name} --not-accepted",
        },
        ACCEPTED_AS,
        ACCEPTED_NAMELESS,
    ],
    alert: Some("BackupReplicationOutcomeUnknown"),
    ..WARNS
};
pub(super) const REJECTED: Explained = Explained {
    means: "The cloud rejected the call. Nothing was accepted.",
    acts: Acts::Person,
    next: "If something outside the request may cure it (a right, a quota, a vault or backup that \
        does not exist, the destination), the operator tries again: when the Secret or the spec \
        changes, else after 10 minutes at first and 6 hours at most (status.retryAt). If not, or \
        with onRejection: Hold, it does not call again until a field of the request in the spec \
        changes, or you decide to call again.",
    cures: &[EDIT, RETRY],
    level: Level::Error,
    alert: STALLED,
    ..WARNS
};
pub(super) const ALREADY_REPLICATED: Explained = Explained {
    means: "The cloud says that a replica of the backup already exists in that region or is being \
        made (BackupService.1009).",
    acts: Acts::Person,
    next: "While the resource is Reconciling, the operator looks for the record of that replica, \
        to adopt it. Once it is Stalled, no record was found: find the replica in the cloud and \
        decide whether it is what you want.",
    cures: &[
        Cure {
            when: "if that replica is what you want, as this replication record",
            command: "kubectl brep resolve -n {namespace} {name} --accepted RECORD",
        },
        Cure {
            when: "if that replica is what you want, and its record is not known",
            command: "kubectl brep resolve -n {namespace} {name} --accepted",
        },
        Cure {
            when: "if that replica is not wanted: first delete it in the cloud, then call again",
            command: "kubectl brep resolve -n {namespace} {name} --retry",
        },
    ],
    alert: STALLED,
    ..WARNS
};
pub(super) const ACCEPTED: Explained = Explained {
    means: "The cloud accepted the call, or an earlier replication was adopted, or a person \
        declared the call accepted (status.origin).",
    acts: Acts::Nobody,
    next: "The operator follows the copy to its end. No further call is made.",
    cures: &[],
    ..QUIET
};
pub(super) const REPLICATING: Explained = Explained {
    means: "The cloud is copying, and spec.readyWhen is Replicated.",
    next: "No action needed. status.progress says how far the copy is, where the cloud reports it.",
    ..QUIET
};
pub(super) const REPLICATED: Explained = Explained {
    means: "The copy exists. status.replicaBackupId is its id.",
    acts: Acts::Nobody,
    next: "Nothing more happens.",
    cures: &[],
    ..QUIET
};
pub(super) const REPLICATION_FAILED: Explained = Explained {
    means: "The cloud accepted the call, and the replication failed. status.failCode and \
        status.failReason are the cloud's.",
    acts: Acts::Person,
    next: "The operator does not retry this. Fix the cause, then create a new BackupReplication \
        (or delete and re-apply this one).",
    cures: &[AGAIN],
    level: Level::Error,
    alert: STALLED,
    ..WARNS
};
pub(super) const REPLICATION_SKIPPED: Explained = Explained {
    means: "The cloud accepted the call, and did not carry it out.",
    ..REPLICATION_FAILED
};
pub(super) const ADDITIONAL_RECORDS: Explained = Explained {
    means: "The backup's records show more than one replication to the same place since the first \
        attempt.",
    acts: Acts::Person,
    next: "Nothing more is called. Check the replicas in the destination region, delete what is \
        not needed, then replace this resource.",
    cures: &[
        Cure {
            when: "to see the other records",
            command: "kubectl get brep -n {namespace} {name} -o \
                jsonpath='{.status.additionalRecords}'",
        },
        Cure {
            when: "once the replicas are checked: to replace this resource",
            command: "kubectl replace --force -f FILE",
        },
    ],
    level: Level::Error,
    alert: STALLED,
    ..WARNS
};
pub(super) const NOT_REPORTED: Explained = Explained {
    means: "The cloud does not report how the replication continues. Nobody has seen the copy.",
    acts: Acts::Person,
    next: "Nothing more is called or checked. Check in the destination region that the replica \
        exists. With readyWhen: Replicated the resource is Stalled until then.",
    cures: &[ENOUGH],
    level: Level::Info,
    event: EventType::Normal,
    told: Telling::Once,
    alert: None,
    waits_for: WaitsFor::OperatorOrCloud,
};
pub(super) const RECORD_GONE: Explained = Explained {
    means: "The replication's record was listed, and has not been for the settling time. Nobody \
        can see the copy any more.",
    level: Level::Warn,
    event: EventType::Warning,
    alert: SIGHT,
    ..NOT_REPORTED
};
pub(super) const BACKUP_GONE: Explained = Explained {
    means: "The source backup has been gone for the settling time, and its records with it. Nobody \
        can see the copy any more.",
    ..RECORD_GONE
};
pub(super) const TRACKING_LIMIT_REACHED: Explained = Explained {
    means: "The replication had not ended within --tracking-limit. The operator no longer checks \
        it.",
    ..RECORD_GONE
};
