//! What stands beside a run in its report: files of their own that say more about the same scenario.
//!
//! Their numbers are shown as what they are and never enter the run's own columns. Not for: reading files (`cli`).

use super::ReportError;
use crate::analysis::pairs::same_scenario;
use crate::runfile::Run;
use crate::runfile::advice::AdviceRun;
use crate::runfile::sweep::SweepRun;
use crate::strategy::vary::Over;

/// What a report is given beside its run; nothing by default.
#[derive(Debug, Clone, Default)]
pub struct Beside<'a> {
    /// A simulation of what was measured.
    pub simulated: Option<&'a Run>,
    /// Sweeps of the scenario, each over one quantity.
    pub edges: Vec<&'a SweepRun>,
    /// Advice on the scenario.
    pub advice: Option<&'a AdviceRun>,
}

impl<'a> Beside<'a> {
    /// A simulation alone, or nothing.
    pub fn simulation(simulated: Option<&'a Run>) -> Self {
        Self { simulated, ..Self::default() }
    }

    /// Refuses what is of another scenario than the run; the simulation is looked at where it is compared.
    pub(super) fn belongs_to(&self, run: &Run) -> Result<(), ReportError> {
        let sweeps = self.edges.iter().map(|sweep| &sweep.provenance);
        let mut all = sweeps.chain(self.advice.map(|advice| &advice.provenance));
        all.try_for_each(|other| Ok(same_scenario(&run.provenance, other)?))
    }

    /// The sweeps with a file name for each: `sweep-rtt.json`, and of a second one `sweep-rtt-2.json`.
    pub(super) fn named_edges(&self) -> Vec<(String, &'a SweepRun)> {
        let mut named: Vec<(String, &SweepRun)> = Vec::new();
        for sweep in &self.edges {
            let over = &sweep.asked.over;
            let before = self.edges.iter().take(named.len()).filter(|other| other.asked.over == *over).count();
            let number = if before == 0 { String::new() } else { format!("-{}", before + 1) };
            named.push((format!("sweep-{}{number}.json", word(*over)), sweep));
        }
        named
    }
}

const fn word(over: Over) -> &'static str {
    match over {
        Over::Rtt => "rtt",
        Over::Loss => "loss",
        Over::Rate => "rate",
        Over::Workers => "workers",
        Over::Hit => "hit",
    }
}
