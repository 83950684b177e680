//! A command in a message can be pasted: nothing follows it on its line but another alternative.

use super::fixtures::every_description;

/// Between the alternatives that a reader has.
const BETWEEN: &str = " ; ";
const DECISIONS: [&str; 4] = ["not-accepted", "accepted", "accepted:<RECORD_ID>", "retry"];

#[test]
fn what_follows_a_command_does_not_run_into_it() {
    let mut commands = 0;
    for described in every_description() {
        for condition in described.resource.status.unwrap_or_default().conditions {
            for (at, _) in condition.message.match_indices("kubectl ") {
                let rest = &condition.message[at..];
                let command = rest.split(BETWEEN).next().unwrap_or_default();
                let name = &described.situation;
                let words: Vec<_> = command.split(' ').collect();
                let [_, verb, kind, flag, namespace, resource, overwrite, decision] = words[..]
                else {
                    panic!("{name}: {command}")
                };
                assert_eq!(
                    [verb, kind, flag, namespace, resource, overwrite],
                    ["annotate", "brep", "-n", "backups", "db", "--overwrite"],
                    "{name}"
                );
                let (_, word) = decision.split_once(':').unwrap_or_default();
                assert!(DECISIONS.contains(&word), "{name}: {decision}");
                commands += 1;
            }
        }
    }
    assert!(commands > 100, "{commands}");
}
