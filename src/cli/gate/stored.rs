//! Baselines on disk: reading one, writing one. Not for: whether it may be compared (`analysis::gate::comparable`).

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::anyhow;
use clap::Args;

use super::files::can_write;
use crate::cli::{Exit, Failure, OrExit};
use crate::runfile::{self, Run};
use crate::units::Fraction;

/// What was typed about baselines.
#[derive(Debug, Args)]
#[command(next_help_heading = "Against a stored run")]
pub(super) struct StoredArgs {
    /// Nothing may be worse than in this run, which --write-baseline or `longhaul simulate` wrote
    #[arg(long, value_name = "RUN.JSON", conflicts_with_all = ["command", "sides", "history"])]
    baseline: Option<PathBuf>,
    /// Judge this live run, which `longhaul run` of SCENARIO wrote, instead of simulating: against a live baseline of another
    /// session, so by large differences only
    #[arg(long, value_name = "RUN.JSON", requires = "baseline", conflicts_with_all = ["write_baseline", "objectives"])]
    run: Option<PathBuf>,
    /// Store this run as a baseline; may be the file of --baseline, which is replaced only if nothing fails
    #[arg(long, value_name = "RUN.JSON", conflicts_with_all = ["command", "sides", "history"])]
    write_baseline: Option<PathBuf>,
    /// By how much a number may be worse than in the baseline
    #[arg(long, value_name = "PERCENT", default_value = "0%", requires = "baseline")]
    tolerance: Fraction,
}

impl StoredArgs {
    /// Whether a run is to be compared or stored.
    pub(super) const fn asked(&self) -> bool {
        self.baseline.is_some() || self.write_baseline.is_some()
    }
    /// The live run to judge and the one to compare it with, if such were given.
    pub(super) fn live(&self) -> Option<(&Path, &Path)> {
        self.run.as_deref().zip(self.baseline.as_deref())
    }
    /// The run to compare with; `None` if none was asked for.
    ///
    /// That there is none where one was asked for is an answer of its own (exit code 6). That this run could not be stored
    /// is told here, too: before it is made.
    pub(super) fn read(&self) -> Result<Option<Run>, Failure> {
        self.to_write().map_or(Ok(()), can_write)?;
        let Some(path) = &self.baseline else { return Ok(None) };
        if !path.exists() {
            let next = format!("make it with --write-baseline {}", path.display());
            return Err(Failure::new(Exit::Incomparable, anyhow!("there is no baseline {}; {next}", path.display())));
        }
        runfile::read(path).or_exit(Exit::Usage).map(Some)
    }
    /// The share by which a number may be worse.
    pub(super) fn tolerance(&self) -> f64 {
        self.tolerance.0
    }
    /// Where this run is to be stored.
    pub(super) fn to_write(&self) -> Option<&Path> {
        self.write_baseline.as_deref()
    }
    /// Stores a run as a baseline, if it was asked for; one that it failed against stays.
    pub(super) fn write(&self, run: &Run, failed: bool, err: &mut dyn Write) -> Result<(), Failure> {
        let Some(path) = self.to_write() else { return Ok(()) };
        if failed && self.baseline.as_deref() == Some(path) {
            let told =
                format!("{} stays as it is, since this run fails; remove --baseline to accept it", path.display());
            return writeln!(err, "{told}").or_exit(Exit::Environment);
        }
        runfile::write(path, run).or_exit(Exit::Environment)?;
        writeln!(err, "baseline: {}", path.display()).or_exit(Exit::Environment)
    }
}
