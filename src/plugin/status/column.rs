//! The columns that there are.

/// A column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Column {
    Namespace,
    Name,
    Phase,
    Ready,
    Reason,
    Destination,
    Progress,
    Age,
    Next,
    Record,
    Backup,
    Replica,
}

impl Column {
    pub(super) const USUAL: [Self; 8] = [
        Self::Namespace,
        Self::Name,
        Self::Phase,
        Self::Ready,
        Self::Reason,
        Self::Destination,
        Self::Progress,
        Self::Age,
    ];
    pub(super) const WIDE: [Self; 4] = [Self::Next, Self::Record, Self::Backup, Self::Replica];
    /// What goes first where there is no room for all.
    pub(super) const DISPENSABLE: [Self; 4] =
        [Self::Ready, Self::Destination, Self::Progress, Self::Age];

    pub(super) fn heading(self) -> &'static str {
        match self {
            Self::Namespace => "NAMESPACE",
            Self::Name => "NAME",
            Self::Phase => "PHASE",
            Self::Ready => "READY",
            Self::Reason => "REASON",
            Self::Destination => "DESTINATION",
            Self::Progress => "PROGRESS",
            Self::Age => "AGE",
            Self::Next => "NEXT",
            Self::Record => "RECORD",
            Self::Backup => "BACKUP",
            Self::Replica => "REPLICA",
        }
    }

    /// Room for what the longest usual value takes, where it is not known yet.
    pub(super) fn usual_width(self) -> usize {
        match self {
            Self::Namespace | Self::Name => 20,
            Self::Phase => 14,
            Self::Ready => 7,
            Self::Reason => 22,
            Self::Destination => 11,
            Self::Progress | Self::Next => 8,
            Self::Age => 5,
            Self::Record | Self::Backup | Self::Replica => 36,
        }
    }
}
