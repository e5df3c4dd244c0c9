//! Budgets and snapshots of round trips: loaded before anything is run, judged when everything was counted.
//!
//! The same for a scenario, whose counts are exact, and for a command behind the proxies. Not for: counting.

use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow};
use clap::Args;

use super::files::{can_write, wrote};
use crate::analysis::gate::counts::Counts;
use crate::analysis::gate::{Check, Judged, Place, budget, growth, snapshot};
use crate::budget::snapshot::{MARK, Snapshot};
use crate::budget::{self as file, Budget};
use crate::cli::{Exit, Failure, OrExit};
use crate::explain;
use crate::runfile::put;
use crate::scenario;
use crate::units::Nanos;

/// What was typed.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Round trips, of a scenario or a command")]
pub(super) struct CountedArgs {
    /// Round trips, repeats and bytes may be at most what this file says
    #[arg(long, value_name = "FILE", conflicts_with_all = ["sides", "run", "history"])]
    budget: Option<PathBuf>,
    /// No statement may gain a round trip over what this file says, which `--update` writes
    #[arg(long, value_name = "FILE", conflicts_with_all = ["sides", "run", "history"])]
    snapshot: Option<PathBuf>,
    /// Write the snapshot anew instead of judging by it
    #[arg(long, requires = "snapshot")]
    update: bool,
    /// Say what round trips cost at these RTTs, such as 15ms,50ms [default: those of a scenario's links, 15ms for a command]
    #[arg(long, value_name = "RTT,…", value_delimiter = ',', conflicts_with_all = ["sides", "run", "history"])]
    rtt: Vec<Nanos>,
}

/// Budget and snapshot, read.
#[derive(Debug)]
pub(super) struct Gates {
    budget: Option<Budget>,
    snapshot: Option<Before>,
    rtts: Vec<Nanos>,
}

/// What becomes of the snapshot.
#[derive(Debug)]
enum Before {
    /// It is judged by.
    Taken(Snapshot),
    /// It is written anew; what it was, if that can be read.
    Anew(PathBuf, Option<Snapshot>),
}

impl CountedArgs {
    /// Whether anything is to be judged by counts.
    pub(super) const fn asked(&self) -> bool {
        self.budget.is_some() || self.snapshot.is_some()
    }

    /// RTTs that were typed, in the order of typing.
    pub(super) fn rtts(&self) -> &[Nanos] {
        &self.rtt
    }

    /// Where it is written what counts are held to.
    pub(super) fn place(&self) -> Option<Place> {
        let file = self.budget.as_ref().or(self.snapshot.as_ref());
        file.map(|path| Place::whole(path.display().to_string()))
    }

    /// The words that ask for the same budget and snapshot again, each behind a blank.
    pub(super) fn words(&self) -> String {
        let file = |flag: &str, path: &Option<PathBuf>| path.as_ref().map(|path| format!(" {flag} {}", path.display()));
        [file("--budget", &self.budget), file("--snapshot", &self.snapshot)].into_iter().flatten().collect()
    }

    /// Reads the files, before anything takes time. `writes` is the command that would write the snapshot.
    pub(super) fn load(&self, writes: &str) -> Result<Gates, Failure> {
        let budget = self.budget.as_deref().map(file::load).transpose().or_exit(Exit::Usage)?;
        let snapshot = self.snapshot.as_deref().map(|path| self.before(path, writes)).transpose()?;
        let mut rtts = self.rtt.clone();
        rtts.sort_unstable();
        rtts.dedup();
        Ok(Gates { budget, snapshot, rtts })
    }

    fn before(&self, path: &Path, writes: &str) -> Result<Before, Failure> {
        let there = path.try_exists().unwrap_or(true);
        if self.update {
            can_write(path)?;
        }
        match (self.update, there) {
            (true, false) => Ok(Before::Anew(path.to_owned(), None)),
            (true, true) => anew(path),
            (false, true) => file::snapshot::load(path).or_exit(Exit::Usage).map(Before::Taken),
            (false, false) => Err(Failure::new(
                Exit::Incomparable,
                anyhow!("there is no snapshot {}: `{writes}` writes it", path.display()),
            )),
        }
    }
}

/// A file that is overwritten: only if it is a snapshot, however damaged (a merge leaves marks in it).
fn anew(path: &Path) -> Result<Before, Failure> {
    let read = file::snapshot::load(path);
    let text = std::fs::read(path).or_exit(Exit::Environment)?;
    if read.is_err() && !text.is_empty() && !String::from_utf8_lossy(&text).contains(MARK) {
        let error = anyhow!("{} is no snapshot: it is left as it is; name another file", path.display());
        return Err(Failure::new(Exit::Usage, error));
    }
    Ok(Before::Anew(path.to_owned(), read.ok()))
}

impl Gates {
    /// Where nothing was given, the budget of those who have none: no statement is repeated more than a few times.
    pub(super) fn or_default(mut self) -> Self {
        if self.budget.is_none() && self.snapshot.is_none() {
            let (file, units, default, total) = Default::default();
            self.budget = Some(Budget { file, units, default, total });
        }
        self
    }

    /// Whether anything is said about growth with the size of the data.
    pub(super) fn grows(&self) -> bool {
        self.budget.as_ref().is_some_and(Budget::grows)
    }

    /// Judges what was counted. `sizes` are the counts at each size of the data, where there are several; `rtts` are told of
    /// where none were typed; `again` is the command that writes the snapshot.
    pub(super) fn judge(
        &self,
        counts: &Counts,
        sizes: &[(f64, &Counts)],
        rtts: &[Nanos],
        again: &str,
    ) -> Result<Vec<Check>, Failure> {
        let rtts = if self.rtts.is_empty() { rtts } else { &self.rtts };
        let mut checks = Vec::new();
        if let Some(budget) = &self.budget {
            checks.extend(budget::judge(counts, budget, rtts));
            let one = [(1.0, counts)];
            checks.extend(growth::judge(if sizes.is_empty() { &one } else { sizes }, budget, rtts));
            if checks.is_empty() {
                checks.push(budget::limits_nothing(budget));
            }
        }
        match &self.snapshot {
            Some(Before::Taken(before)) => checks.extend(snapshot::judge(counts, before, rtts)),
            Some(Before::Anew(path, before)) => checks.push(update(path, before.as_ref(), counts, again)?),
            None => {}
        }
        Ok(checks)
    }
}

/// Counts a scenario's journeys by their typical path, and judges that.
pub(super) fn scenario(path: &Path, args: &CountedArgs) -> Result<Judged, Failure> {
    let scenario = scenario::load(path).or_exit(Exit::Usage)?.scenario;
    let snapshot = args.snapshot.as_ref().map(|file| format!(" --snapshot {}", file.display())).unwrap_or_default();
    let writes = format!("longhaul gate {}{snapshot} --update", path.display());
    let gates = args.load(&writes)?;
    let counts = explain::counts(&scenario);
    let rtts: Vec<Nanos> = explain::rtts_of(&scenario).into_iter().filter(|rtt| rtt.0 >= FAR.0).collect();
    let checks = gates.judge(&counts, &[], &rtts, &writes)?;
    let about = vec![("counted".into(), "one pass of each journey, by its typical path".into())];
    let place = args.place().or_else(|| Some(Place::whole(path.display().to_string())));
    Ok(Judged { title: scenario.name, about, checks, place, ..Judged::default() })
}

/// Links of a scenario that are shorter than this are within a site: nobody asks what round trips cost there.
const FAR: Nanos = Nanos::from_millis(1);

/// Writes the snapshot, whole or not at all, and says what changed.
fn update(path: &Path, before: Option<&Snapshot>, counts: &Counts, again: &str) -> Result<Check, Failure> {
    if let Some(first) = counts.unknown.first() {
        let error = anyhow!("the snapshot is not written, for not everything could be counted: {first}");
        return Err(Failure::new(Exit::Inconclusive, error));
    }
    if counts.units.is_empty() {
        let error = anyhow!("the snapshot is not written: no journey and no connection was seen");
        return Err(Failure::new(Exit::Inconclusive, error));
    }
    let name = path.display().to_string();
    let text = file::snapshot::write(&snapshot::take(counts), again);
    // What could not be read again is not written: so many statements that the file is too large.
    file::snapshot::parse(&name, &text).context("this snapshot is not written").or_exit(Exit::Usage)?;
    wrote(path, put(path, text.as_bytes()))?;
    Ok(snapshot::updated(&name, before, counts))
}
