//! The backup of a selector: chosen once, before the first claim, by a write of its own. Everything
//! that follows rests on what is stored then.

use std::time::Duration;

use crate::protocol::backoff;
use crate::protocol::choice::{Choice, choose};
use crate::protocol::decide::step::{Need, Wait};
use crate::protocol::describe::situation::Situation;
use crate::protocol::list_reading::ListReading;
use crate::protocol::observation::Observation;
use crate::resource::{BackupReplicationStatus, BackupSource, CredentialSource};

/// What is to be seen or waited for; with the choice, if there is one, in the status, to be written.
/// `waited`: for how long the resource has been waiting.
pub(crate) fn choose_backup(
    status: &mut BackupReplicationStatus,
    source: CredentialSource,
    waited: Duration,
    seen: &Observation<'_>,
) -> Result<Wait, Need> {
    let selector = match seen.resource.backup() {
        BackupSource::ToChoose(selector) => selector,
        BackupSource::Known(id) => {
            let why = format!("backup {id} is chosen, and the spec was read as if it were not");
            return Ok(Wait::new(Situation::SpecInvalid(why), Some(backoff::lookup_delay(waited))));
        }
        BackupSource::Unclear(why) => {
            return Ok(Wait::new(Situation::SpecInvalid(why.to_owned()), None));
        }
    };
    let failing_for = seen.history.failing_for;
    let again = Some(backoff::lookup_delay(waited));
    let situation = match seen.backups.as_ref().ok_or(Need::Backups)? {
        ListReading::Shown(list) => match choose(list, selector, &seen.resource.spec.project_id) {
            Ok(Choice::Chosen(id, created_at)) => {
                status.chosen_backup_id = Some(id.as_str().to_owned());
                let chosen = Situation::BackupChosen(id.as_str().to_owned(), created_at);
                return Ok(Wait::new(chosen, Some(Duration::ZERO)));
            }
            Ok(Choice::NoneFits(instead)) => Situation::NoMatchingBackup(instead),
            Ok(Choice::CannotTell(why)) => Situation::NewestUnclear(why),
            Err(why) => return Ok(Wait::new(Situation::SpecInvalid(why), None)),
        },
        ListReading::NotAvailable(why) => Situation::ListFails(why.clone(), Duration::ZERO),
        // As soon as another credential would be found in the Secret.
        ListReading::Unauthorized(why) => {
            let poll = backoff::lookup_delay(waited.min(failing_for));
            return Ok(Wait::new(Situation::CredentialRejected(source, why.clone()), Some(poll)));
        }
        ListReading::Throttled { until } => {
            let left = backoff::remaining(*until, seen.now);
            return Ok(Wait::new(Situation::ThrottledByOthers(Some(*until)), Some(left)));
        }
        ListReading::Failed(why) => {
            let again = Some(backoff::lookup_delay(failing_for));
            return Ok(Wait::new(Situation::ListFails(why.clone(), failing_for), again));
        }
    };
    Ok(Wait::new(situation, again))
}
