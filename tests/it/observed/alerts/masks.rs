//! What differs from run to run in what is shown, put out of sight.

use anyhow::Result;
use regex::Regex;

/// In this order.
const MASKS: [(&str, &str); 11] = [
    (r"test-[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "backups"),
    (r"https://localhost:\d+", "https://cbr.eu-de.otc.t-systems.com"),
    (r"(Claimed By:\s+).*", "${1}WHO"),
    (r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "ID"),
    (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", "TIME"),
    (r"((?:Resource|Secret) Version:\s+)\d+", "${1}NUMBER"),
    (r"(Record Shown To:\s+\S+@)\d+", "${1}NUMBER"),
    (r"(Request Digest:\s+)[0-9a-f]{32}", "${1}DIGEST"),
    (r"((?i:request id):?\s+)[0-9a-f]{32}", "${1}ID"),
    (r"(?m)^(\s*(?:Normal|Warning)\s+\w+\s+)(?:\S+ \(x\d+ over \S+\)|\S+)", "${1}AGE"),
    (r"[ \t]+", " "),
];

/// The text with its lines trimmed and everything masked.
pub(crate) fn masked(text: &str) -> Result<String> {
    // Which Events come on the way, such as a wait for another resource, is a matter of time.
    let event = Regex::new(r"^\s*(?:Normal|Warning)\s+\w+\s")?;
    let lines =
        text.lines().map(str::trim_end).filter(|line| !line.is_empty() && !event.is_match(line));
    let mut text = lines.collect::<Vec<_>>().join("\n");
    for (pattern, mask) in MASKS {
        text = Regex::new(pattern)?.replace_all(&text, mask).into_owned();
    }
    Ok(text)
}
