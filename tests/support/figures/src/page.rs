//! Where the figures are kept and shown.

use anyhow::{Context, Result};

use crate::data::Figures;
use crate::{crowds, plan, plot, rates};

/// What the benchmark wrote.
pub const FILE: &str = "docs/performance.json";
/// The page that shows it.
pub const PAGE: &str = "docs/performance.md";
/// The plot on that page.
pub const PLOT: &str = "docs/performance.svg";

/// The figures that are kept.
///
/// # Errors
/// There are none, or they are of another form.
pub fn read() -> Result<Figures> {
    let text = std::fs::read_to_string(repository::path(FILE)).context(FILE)?;
    Ok(serde_json::from_str(&text)?)
}

/// The generated parts of the page: between `<!-- NAME -->` and `<!-- end of NAME -->`.
pub fn parts(figures: &Figures) -> [(&'static str, String); 5] {
    [
        ("setting", setting(figures)),
        ("throughput", rates::throughput(figures)),
        ("requests", rates::requests(figures)),
        ("many resources", crowds::table(figures)),
        ("plan", plan::table(figures)),
    ]
}

fn setting(figures: &Figures) -> String {
    let setting = &figures.setting;
    format!(
        "{} processors; {} rounds of {} replications, {} at once.\n",
        setting.processors, setting.rounds, setting.replications, setting.at_once
    )
}

/// Keeps these figures, and shows them: the page's parts and its plot.
///
/// # Errors
/// A file cannot be written, or the page lacks a part.
pub fn write(figures: &Figures) -> Result<()> {
    let json = serde_json::to_string_pretty(figures)?;
    std::fs::write(repository::path(FILE), json + "\n").context(FILE)?;
    std::fs::write(repository::path(PLOT), plot::plot(figures)).context(PLOT)?;
    let path = repository::path(PAGE);
    let mut page = std::fs::read_to_string(&path).context(PAGE)?;
    for (name, text) in parts(figures) {
        let (begin, end) = (format!("<!-- {name} -->\n"), format!("<!-- end of {name} -->"));
        let (before, rest) = page.split_once(&begin).with_context(|| begin.clone())?;
        let (_, after) = rest.split_once(&end).with_context(|| end.clone())?;
        page = format!("{before}{begin}{}\n{end}{after}", text.trim_end());
    }
    std::fs::write(&path, page).context(PAGE)
}
