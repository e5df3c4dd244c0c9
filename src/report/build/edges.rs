//! Section: how close to the edge. Sweeps of the scenario, taken over as they are told by themselves.

use crate::analysis::sweep::{SweepAnalysis, SweepError, named};
use crate::report::model::{EdgesShown, Table};
use crate::runfile::sweep::SweepRun;
use crate::scenario::Scenario;
use crate::seed::Seed;

/// A section each, in the order given.
pub(in crate::report) fn shown(sweeps: &[&SweepRun], scenario: &Scenario) -> Result<Vec<EdgesShown>, SweepError> {
    sweeps.iter().enumerate().map(|(number, sweep)| one(number + 1, sweep, scenario)).collect()
}

fn one(number: usize, sweep: &SweepRun, scenario: &Scenario) -> Result<EdgesShown, SweepError> {
    let scenario = Scenario { seed: Seed(sweep.provenance.seed), ..scenario.clone() };
    let report = super::sweep::report(sweep, &scenario, &SweepAnalysis::of(sweep, &scenario)?);
    // Several sweeps have tables of the same names.
    let apart = |table: Table| Table { id: format!("edge-{number}-{}", table.id), ..table };
    Ok(EdgesShown {
        over: report.over,
        name: named(report.over).into(),
        measured: report.measured,
        swept: report.swept,
        notices: report.notices,
        answers: report.answers,
        first: report.first,
        edges: apart(report.edges),
        fits: report.fits.map(apart),
        panels: report.panels,
        curves: report.curves.into_iter().map(apart).collect(),
    })
}
