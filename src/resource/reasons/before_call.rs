//! Reasons for which no call is made, or none is known to be accepted.

use super::{
    Acts, CredentialNeed, Cure, EDIT, Explained, Level, QUIET, STALLED, Telling, WARNS, WaitsFor,
};

const SECRET: Option<&str> = Some("BackupReplicationSecretUnreadable");
const CLOUD: Option<&str> = Some("BackupReplicationCloudUnreachable");

const ENDPOINT: Cure = Cure {
    when: "to name the endpoint",
    command: "kubectl patch brep -n {namespace} {name} --type=merge -p \
        '{\"spec\":{\"endpoint\":\"https://cbr.REGION.DOMAIN\"}}'",
};
const IAM: Cure = Cure {
    when: "to name IAM's endpoint, if that is the one that is refused",
    command: "kubectl patch brep -n {namespace} {name} --type=merge -p \
        '{\"spec\":{\"auth\":{\"iamEndpoint\":\"https://iam.REGION.DOMAIN\"}}}'",
};
const ALLOW: Cure = Cure {
    when: "to see the endpoints that are allowed (the administrator changes them)",
    command: "kubectl get deployments -A -l app.kubernetes.io/name=backup-replication-operator -o \
        jsonpath='{.items[*].spec.template.spec.containers[*].args}'",
};
const TOKEN: Cure = Cure {
    when: "to put a new credential into the Secret, from files",
    command: "kubectl create secret generic -n {namespace} {secret} {files} \
        --dry-run=client -o yaml | kubectl apply --server-side --force-conflicts \
        --field-manager=by-hand -f -",
};
const REACH: Cure = Cure {
    when: "to try the connection from inside the cluster",
    command: "kubectl run -n {namespace} cbr-check --rm -i --restart=Never --image=curlimages/curl \
        -- -sv {endpoint}",
};

const REACH_IAM: Cure = Cure {
    when: "to try the connection to IAM from inside the cluster",
    command: "kubectl run -n {namespace} iam-check --rm -i --restart=Never --image=curlimages/curl \
        -- -sv {iam}",
};
const TRUST: Cure = Cure {
    when: "to see the signing keys that the identity provider in IAM must have",
    command: "kubectl get --raw /openid/v1/jwks # they sign the tokens of {account}",
};
const SUBJECT: Cure = Cure {
    when: "to see the service account, whose subject in IAM is \
        system:serviceaccount:NAMESPACE:ACCOUNT",
    command: "kubectl get serviceaccount -n {namespace} {account}",
};

pub(super) const BEING_DELETED: Explained = Explained {
    means: "The resource is being deleted, and a finalizer of something else still holds it.",
    acts: Acts::Nobody,
    next: "No further call is made for it. A call that was made is still followed.",
    cures: &[Cure {
        when: "to see what holds it",
        command: "kubectl get brep -n {namespace} {name} -o jsonpath='{.metadata.finalizers}'",
    }],
    told: Telling::Once,
    ..QUIET
};
pub(super) const SUSPENDED: Explained = Explained {
    means: "spec.suspend is true, and holds the call back.",
    acts: Acts::Person,
    next: "Nothing is called until spec.suspend is false or absent.",
    cures: &[Cure {
        when: "to let it continue",
        command: "kubectl patch brep -n {namespace} {name} --type=merge -p \
            '{\"spec\":{\"suspend\":false}}'",
    }],
    told: Telling::Once,
    waits_for: WaitsFor::Person,
    ..QUIET
};
pub(super) const ENDPOINT_MISSING: Explained = Explained {
    means: "Neither the resource nor the operator names an endpoint.",
    acts: Acts::Person,
    next: "Nothing is sent until spec.endpoint is set, or the administrator sets \
        --default-endpoint.",
    cures: &[ENDPOINT],
    level: Level::Error,
    alert: STALLED,
    waits_for: WaitsFor::Person,
    ..WARNS
};
pub(super) const ENDPOINT_REFUSED: Explained = Explained {
    means: "The endpoint, or IAM's (spec.auth.iamEndpoint), is not on the operator's allow-list, or \
        is not a bare https://host.",
    acts: Acts::Person,
    next: "Nothing is sent until it is corrected, or the administrator allows it \
        (--allowed-endpoint, --allowed-iam-endpoint).",
    cures: &[ENDPOINT, IAM, ALLOW],
    level: Level::Error,
    alert: STALLED,
    waits_for: WaitsFor::Person,
    ..WARNS
};
pub(super) const SPEC_INVALID: Explained = Explained {
    means: "A field has a shape that cannot be sent; an older CRD let it through.",
    acts: Acts::Person,
    next: "Nothing is sent until the spec is corrected. The administrator should update the CRD.",
    cures: &[EDIT],
    level: Level::Error,
    alert: STALLED,
    waits_for: WaitsFor::Person,
    ..WARNS
};
pub(super) const CREDENTIAL_NOT_FOUND: Explained = Explained {
    means: "The Secret or the service account that the resource names does not exist.",
    acts: Acts::Person,
    next: "The operator checks again automatically, every 30 s in the first hour and every 5 \
        minutes later, and calls once it exists.",
    cures: &[
        Cure {
            when: "to create the Secret, with the credential from files",
            command: "kubectl create secret generic -n {namespace} {secret} {files}",
        },
        Cure {
            when: "to create the service account",
            command: "kubectl create serviceaccount -n {namespace} {account}",
        },
    ],
    alert: SECRET,
    waits_for: WaitsFor::Credential(CredentialNeed::Exists),
    ..WARNS
};
pub(super) const CREDENTIAL_MISSING: Explained = Explained {
    means: "The Secret lacks a key that is needed, or has nothing under it.",
    acts: Acts::Person,
    next: "The operator checks again automatically, as for CredentialNotFound, and calls once the key \
        holds a value.",
    cures: &[TOKEN],
    alert: SECRET,
    waits_for: WaitsFor::Credential(CredentialNeed::Holds),
    ..WARNS
};
pub(super) const CREDENTIAL_UNUSABLE: Explained = Explained {
    means: "What the Secret holds cannot be used as a credential of its kind, so nothing is sent.",
    acts: Acts::Person,
    next: "The operator checks again automatically, as for CredentialNotFound, and calls once the key \
        holds the bare value.",
    cures: &[TOKEN],
    alert: SECRET,
    waits_for: WaitsFor::Credential(CredentialNeed::Holds),
    ..WARNS
};
pub(super) const CREDENTIAL_NOT_PERMITTED: Explained = Explained {
    means: "The operator may not read the Secret, or create a token of the service account: its \
        role does not allow it, or the Secret lacks the label that --require-secret-label demands.",
    acts: Acts::Administrator,
    next: "The operator checks again automatically, as for CredentialNotFound, and calls once it may.",
    cures: &[
        Cure {
            when: "to check the operator's right (with the namespace and the account of your \
                installation)",
            command: "kubectl auth can-i get secrets/{secret} -n {namespace} \
                --as=system:serviceaccount:backup-replication:backup-replication-operator",
        },
        Cure {
            when: "to see the labels of the Secret",
            command: "kubectl get secret -n {namespace} {secret} --show-labels",
        },
        Cure {
            when: "to check the right to create tokens of the service account",
            command: "kubectl auth can-i create serviceaccounts/{account} --subresource=token \
                -n {namespace} \
                --as=system:serviceaccount:backup-replication:backup-replication-operator",
        },
    ],
    alert: SECRET,
    waits_for: WaitsFor::Credential(CredentialNeed::Permitted),
    ..WARNS
};
pub(super) const CREDENTIAL_REJECTED: Explained = Explained {
    means: "The cloud rejects the credential: it has expired, or is for another project or domain.",
    acts: Acts::Person,
    next: "Nothing is called with this credential. A new one in the Secret is found automatically: \
        within 30 s in the first hour, within 5 minutes later. The old one is tried again once an \
        hour at most. A token that the operator got from IAM is replaced automatically.",
    cures: &[TOKEN],
    told: Telling::OncePerSeries,
    alert: Some("BackupReplicationCredentialRejected"),
    waits_for: WaitsFor::Credential(CredentialNeed::AcceptedByCloud),
    ..WARNS
};
pub(super) const LOGIN_REFUSED: Explained = Explained {
    means: "IAM refuses to issue a token: the name, password or domain is wrong, the identity \
        provider does not know the service account, or the user may not.",
    acts: Acts::Person,
    next: "A corrected Secret is found automatically: within 30 s in the first hour, within 5 \
        minutes later. A refused password is tried again after 30 minutes, and then seldom: IAM \
        locks users. A service account is tried again at least every 5 minutes.",
    cures: &[TOKEN, SUBJECT, TRUST],
    told: Telling::OncePerSeries,
    alert: SECRET,
    waits_for: WaitsFor::Credential(CredentialNeed::AcceptedByIam),
    ..WARNS
};
pub(super) const LOGIN_FAILED: Explained = Explained {
    means: "IAM issues no token at the moment: it cannot be reached, fails, or asks for fewer \
        requests.",
    acts: Acts::Administrator,
    next: "The operator tries again automatically, at least every 5 minutes.",
    cures: &[REACH_IAM],
    told: Telling::OncePerSeries,
    alert: CLOUD,
    ..WARNS
};
pub(super) const THROTTLED: Explained = Explained {
    means: "The cloud is throttling requests.",
    next: "No action needed: the message says when the next attempt is made.",
    told: Telling::OncePerSeries,
    alert: Some("BackupReplicationThrottled"),
    ..WARNS
};
pub(super) const TEMPORARILY_REJECTED: Explained = Explained {
    means: "The cloud cannot take the call now (the vault is busy, for example).",
    next: "No action needed: the message says when the next attempt is made.",
    told: Telling::OncePerSeries,
    alert: CLOUD,
    ..WARNS
};
pub(super) const NOT_SENT: Explained = Explained {
    means: "The call could not start: no connection to the endpoint, or the claim's window was \
        over. Nothing was sent.",
    next: "The operator retries automatically. If it persists, check the endpoint, DNS, \
        NetworkPolicies, proxy and --ca-bundle.",
    cures: &[REACH],
    told: Telling::OncePerSeries,
    alert: CLOUD,
    ..WARNS
};
pub(super) const LOOK_UP_FAILED: Explained = Explained {
    means: "The backup is looked up before the call, and that failed: no connection, no sensible \
        answer, or the answer that there is no such backup or no look-up. Or the list of backups \
        for spec.backupSelector could not be read, or does not tell which is the newest. No call \
        was made.",
    next: "The operator retries automatically. An answer that there is no look-up, or no such \
        backup, must stay the same for --look-up-patience before the call is made without a \
        look-up. If it persists, check the endpoint, DNS, NetworkPolicies, proxy and --ca-bundle.",
    cures: &[REACH],
    alert: CLOUD,
    ..WARNS
};
pub(super) const NO_MATCHING_BACKUP: Explained = Explained {
    means: "No available backup matches spec.backupSelector yet (replicas and unfinished backups \
        are never chosen). No call was made.",
    acts: Acts::Person,
    next: "The operator reads the list of backups again automatically: after seconds at first, \
        every 10 minutes at most, and chooses the newest backup as soon as one matches. If you \
        expect one, check resourceId, vaultId, createdAfter and spec.projectId.",
    cures: &[
        Cure {
            when: "to see what is selected",
            command: "kubectl get brep -n {namespace} {name} -o \
                jsonpath='{.spec.projectId} {.spec.backupSelector}'",
        },
        EDIT,
    ],
    told: Telling::Once,
    ..QUIET
};
pub(super) const BACKUP_CHOSEN: Explained = Explained {
    means: "The newest backup that matches spec.backupSelector was chosen (status.chosenBackupId). \
        The choice stays, whatever is newer later.",
    next: "No action needed: the operator looks the backup up, and then calls.",
    told: Telling::Once,
    ..QUIET
};
pub(super) const SOURCE_NOT_READY: Explained = Explained {
    means: "The cloud says that the backup is still being made.",
    next: "No action needed: the call is made once the backup is complete.",
    told: Telling::Once,
    ..QUIET
};
pub(super) const TOO_YOUNG: Explained = Explained {
    means: "The resource is new, and the cloud shows no record that tells what was called for \
        before. A tool that restores a resource restores its status in a second write.",
    next: "No action needed: the first call waits for --first-call-after, 30 times as long where \
        the resource carries the marks of a restore. To be sure, restore with spec.suspend: true.",
    ..QUIET
};
pub(super) const CLAIM_REFUSED: Explained = Explained {
    means: "The API server refuses what the operator writes into the status before a call, or does \
        not keep it as written (an admission policy or webhook, an old CRD, a missing role).",
    acts: Acts::Administrator,
    next: "No call is made without it. Correct what the message names. The operator tries again \
        automatically, after 5 s at first and 10 minutes at most; a changed spec is tried at once.",
    cures: &[
        Cure {
            when: "to see what may refuse or change the write",
            command: "kubectl get \
                validatingwebhookconfigurations,mutatingwebhookconfigurations,validatingadmissionpolicies",
        },
        Cure {
            when: "to check the operator's right (with the namespace and the account of your \
                installation)",
            command: "kubectl auth can-i patch backupreplications/status -n {namespace} \
                --as=system:serviceaccount:backup-replication:backup-replication-operator",
        },
    ],
    level: Level::Error,
    alert: STALLED,
    waits_for: WaitsFor::Person,
    ..WARNS
};
pub(super) const OBJECT_TOO_LARGE: Explained = Explained {
    means: "The metadata of the resource take more than 256 KiB, so that the outcome of a call \
        might not fit into it.",
    acts: Acts::Person,
    next: "No call is made until what fills it is removed (annotations, finalizers, owner \
        references, managed fields). Or create the resource under another name.",
    cures: &[
        Cure {
            when: "to see what fills it",
            command: "kubectl get brep -n {namespace} {name} --show-managed-fields -o yaml",
        },
        EDIT,
    ],
    level: Level::Error,
    alert: STALLED,
    waits_for: WaitsFor::Person,
    ..WARNS
};
pub(super) const SAME_TARGET_IN_USE: Explained = Explained {
    means: "Another resource of the namespace has a call for the same backup and region whose \
        outcome is not known yet, or which is too recent for the cloud's records to show it.",
    next: "No action needed, unless the other resource is Stalled: then decide about that one. The \
        message names it.",
    cures: &[Cure {
        when: "to see the other resource",
        command: "kubectl brep status -n {namespace}",
    }],
    told: Telling::Once,
    ..QUIET
};
pub(super) const NOT_ACCEPTED: Explained = Explained {
    means: "No call is known to be accepted yet.",
    next: "The condition Ready says what is waited for.",
    ..QUIET
};
