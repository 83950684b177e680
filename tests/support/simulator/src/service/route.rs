//! Which call a request is.

use http::Method;

/// The three calls that the service knows, those of IAM, and all others.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Route {
    Replicate { project_id: String, backup_id: String },
    Show { project_id: String, backup_id: String },
    OperationLogs { project_id: String },
    List { project_id: String },
    IssueToken,
    Exchange,
    TemporaryKey,
    ListProjects,
    Capabilities { project_id: String },
    Unknown,
}

impl Route {
    /// By method and path, both exact: no trailing slash, no other version.
    pub(crate) fn find(method: &Method, path: &str) -> Self {
        let segments: Vec<&str> = path.split('/').collect();
        match (method, segments.as_slice()) {
            (&Method::POST, ["", "v3", project, "backups", backup, "replicate"])
                if ids(project, backup) =>
            {
                Self::Replicate {
                    project_id: (*project).to_owned(),
                    backup_id: (*backup).to_owned(),
                }
            }
            (&Method::GET, ["", "v3", project, "backups", backup]) if ids(project, backup) => {
                Self::Show { project_id: (*project).to_owned(), backup_id: (*backup).to_owned() }
            }
            (&Method::GET, ["", "v3", project, "operation-logs"]) if !project.is_empty() => {
                Self::OperationLogs { project_id: (*project).to_owned() }
            }
            (&Method::GET, ["", "v3", project, "backups"]) if !project.is_empty() => {
                Self::List { project_id: (*project).to_owned() }
            }
            (&Method::POST, ["", "v3", "auth", "tokens"]) => Self::IssueToken,
            (&Method::POST, ["", "v3.0", "OS-AUTH", "id-token", "tokens"]) => Self::Exchange,
            (&Method::POST, ["", "v3.0", "OS-CREDENTIAL", "securitytokens"]) => Self::TemporaryKey,
            (&Method::GET, ["", "v3", "projects"]) => Self::ListProjects,
            (&Method::GET, ["", "v3", project, "replication-capabilities"])
                if !project.is_empty() =>
            {
                Self::Capabilities { project_id: (*project).to_owned() }
            }
            _ => Self::Unknown,
        }
    }

    pub(crate) fn backup_id(&self) -> Option<&str> {
        match self {
            Self::Replicate { project_id: _, backup_id }
            | Self::Show { project_id: _, backup_id } => Some(backup_id),
            Self::List { project_id: _ }
            | Self::OperationLogs { project_id: _ }
            | Self::IssueToken
            | Self::Exchange
            | Self::TemporaryKey
            | Self::ListProjects
            | Self::Capabilities { project_id: _ }
            | Self::Unknown => None,
        }
    }
}

fn ids(project: &str, backup: &str) -> bool {
    !project.is_empty() && !backup.is_empty()
}
