//! docs/performance.md shows the figures that the benchmark kept, and the plot that is made of them.

use anyhow::{Result, ensure};

use crate::generated;

#[test]
fn the_tables_are_of_the_figures_that_are_kept() -> Result<()> {
    for (name, text) in figures::parts(&figures::read()?) {
        generated::part(figures::PAGE, name, &text)?;
    }
    Ok(())
}

#[test]
fn the_plot_is_of_the_figures_that_are_kept() -> Result<()> {
    let _alone = generated::alone();
    let now = figures::plot(&figures::read()?);
    let path = repository::path(figures::PLOT);
    if generated::is_written() {
        std::fs::write(&path, &now)?;
    }
    let kept = std::fs::read_to_string(&path)?;
    ensure!(kept == now, "{} is not current: {}", figures::PLOT, generated::HOW);
    Ok(())
}

/// Nothing may be promised that was not measured, and what is measured must be shown.
#[test]
fn the_figures_have_every_worker_and_crowds_that_grow() -> Result<()> {
    use figures::{CrowdKind, Version, Worker};

    let figures = figures::read()?;
    for worker in
        [Worker::IdealUnderSmallCrd, Worker::Ideal(Version::Now), Worker::Operator(Version::Now)]
    {
        let runs = figures.rows.iter().find(|row| row.worker == worker).map(|row| row.runs.len());
        ensure!(runs == Some(figures.setting.rounds), "{worker:?}: {runs:?} runs");
    }
    for kind in [CrowdKind::Unfinished, CrowdKind::Finished] {
        let sizes: Vec<usize> = figures
            .crowds
            .iter()
            .filter(|crowd| crowd.kind == kind && crowd.version == Version::Now)
            .map(|crowd| crowd.resources)
            .collect();
        ensure!(sizes.len() > 1 && sizes.is_sorted(), "{kind:?}: {sizes:?}");
    }
    Ok(())
}
