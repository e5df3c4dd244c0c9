//! How a gate ends: what is printed and written, and the exit code.

use std::io::Write;

use clap::{Args, ValueEnum};

use crate::analysis::gate::{Judged, Outcome};
use crate::cli::{Exit, Failure, OrExit};
use crate::report::gate;

/// What was typed about the end of any gate.
#[derive(Debug, Args)]
pub(super) struct EndArgs {
    /// What ends with an exit code of its own; everything else is told and ends with 0
    #[arg(
        long,
        value_enum,
        value_name = "OUTCOME",
        value_delimiter = ',',
        default_values_t = [FailOn::Regression, FailOn::OverBudget, FailOn::Invalid, FailOn::Inconclusive, FailOn::Incomparable]
    )]
    fail_on: Vec<FailOn>,
}

/// Outcomes that can fail a build.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum FailOn {
    /// Slower, or an objective missed: exit code 1
    Regression,
    /// More round trips, repeats or bytes than allowed: exit code 3
    OverBudget,
    /// Load or delay was not delivered: exit code 4
    Invalid,
    /// Too little data: exit code 5
    Inconclusive,
    /// Nothing to compare with: exit code 6
    Incomparable,
    /// Better than the baseline or budget, which should then be tightened: exit code 1
    Improvement,
}

impl EndArgs {
    /// Prints what was judged, and ends with the worst of what was asked to fail.
    pub(super) fn end(&self, judged: &Judged, out: &mut dyn Write, _err: &mut dyn Write) -> Result<Exit, Failure> {
        out.write_all(gate::text::text(judged).as_bytes()).or_exit(Exit::Environment)?;
        Ok(self.exit(judged))
    }
    /// The exit code of the worst outcome that fails.
    fn exit(&self, judged: &Judged) -> Exit {
        let worst = judged.checks.iter().map(|check| check.outcome).filter(|outcome| self.fails(*outcome)).max();
        match worst {
            None | Some(Outcome::Pass) => Exit::Fine,
            Some(Outcome::Improvement | Outcome::Regression) => Exit::Regression,
            Some(Outcome::Inconclusive) => Exit::Inconclusive,
            Some(Outcome::Incomparable) => Exit::Incomparable,
            Some(Outcome::Invalid) => Exit::Invalid,
            Some(Outcome::OverBudget) => Exit::Budget,
        }
    }
    fn fails(&self, outcome: Outcome) -> bool {
        let named = match outcome {
            Outcome::Pass => return false,
            Outcome::Improvement => FailOn::Improvement,
            Outcome::Inconclusive => FailOn::Inconclusive,
            Outcome::Incomparable => FailOn::Incomparable,
            Outcome::Invalid => FailOn::Invalid,
            Outcome::Regression => FailOn::Regression,
            Outcome::OverBudget => FailOn::OverBudget,
        };
        self.fail_on.contains(&named)
    }
}
