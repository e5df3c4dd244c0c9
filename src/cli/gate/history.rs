//! `--history DIR/`: stored results in the order of their names, and where their numbers changed.
//!
//! Both what a gate wrote as JSON and run files are read. Results of another world than the newest would be changes that nobody
//! made: they are left out, and that is told. Not for: finding changes (`analysis::gate::history`).

use std::cmp::Ordering;
use std::path::{Path, PathBuf};

use anyhow::anyhow;
use clap::Args;
use serde::Deserialize;

use crate::analysis::gate::comparable::{Same, comparable};
use crate::analysis::gate::history::{self, Asked, Stored, Value};
use crate::analysis::gate::{Judged, Place};
use crate::analysis::words;
use crate::cli::asked::file_name;
use crate::cli::{Exit, Failure, OrExit};
use crate::report::gate::json::{self, GateFile};
use crate::runfile::{self, Provenance};
use crate::scenario;
use crate::seed::Seed;
use crate::units::Fraction;

/// More stored results than this are not looked at: the newest are.
const RESULTS_MOST: usize = 1_000;

/// What was typed.
#[derive(Debug, Args)]
#[command(next_help_heading = "Over time")]
pub(super) struct HistoryArgs {
    /// Find where numbers changed over the stored results in this folder (JSON of a gate, or run.json), in the order of their names
    #[arg(long, value_name = "DIR", conflicts_with_all = ["scenario", "command"])]
    history: Option<PathBuf>,
    /// The largest probability of a false change, of all series together
    #[arg(long, value_name = "SHARE", default_value = "1%", requires = "history", conflicts_with_all = ["scenario", "command"])]
    significance: Fraction,
    /// A change by less than this is not told
    #[arg(long, value_name = "PERCENT", default_value = "0%", requires = "history", conflicts_with_all = ["scenario", "command"])]
    min_change: Fraction,
    /// Only a change that came with the newest N results counts; older ones are drawn [default: any]
    #[arg(long, value_name = "N", requires = "history", conflicts_with_all = ["scenario", "command"])]
    within: Option<usize>,
}

/// One stored result with what it must have in common with the newest.
struct Read {
    stored: Stored,
    title: String,
    made: Made,
}

/// How a result was made.
enum Made {
    /// By a run, which tells all of it.
    Run(Box<Provenance>),
    /// By a gate, in its own words.
    Gate(Vec<(String, String)>),
}

impl HistoryArgs {
    /// Judges the history; `None` if it was not asked for.
    pub(super) fn judge(&self) -> Result<Option<Judged>, Failure> {
        let Some(dir) = &self.history else { return Ok(None) };
        if !(1e-4..=0.2).contains(&self.significance.0) {
            return Err(Failure::new(Exit::Usage, anyhow!("--significance must lie between 0.01% and 20%")));
        }
        if self.within == Some(0) {
            let text = "--within 0: no change is so new that it would count; write 1 or more";
            return Err(Failure::new(Exit::Usage, anyhow!(text)));
        }
        let asked = Asked {
            significance: self.significance.0,
            least: self.min_change.0,
            within: self.within,
            seed: Seed::default(),
        };
        let (title, stored, left_out) = read(dir)?;
        let mut judged = history::judge(&format!("{title} over time"), &stored, &asked);
        let newest = stored.last().map(|stored| dir.join(&stored.name));
        judged.place = newest.map(|path| Place::whole(path.display().to_string()));
        if !left_out.is_empty() {
            let shown = words::list(&left_out[..left_out.len().min(3)]);
            let told = format!("{} stored under other conditions: {shown}", words::count(left_out.len() as u64));
            judged.about.push(("left out".into(), told));
        }
        Ok(Some(judged))
    }
}

/// The newest result's title, every result that belongs to it, and the names of those that do not, with why.
fn read(dir: &Path) -> Result<(String, Vec<Stored>, Vec<String>), Failure> {
    let files = files(dir)?;
    let Some((newest, older)) = files.split_last() else {
        let text = format!("there is no stored result in {}: put the JSON of each gate there", dir.display());
        return Err(Failure::new(Exit::Incomparable, anyhow!(text)));
    };
    let newest = one(newest)?;
    let (mut stored, mut left_out) = (Vec::new(), Vec::new());
    for path in older {
        let result = one(path)?;
        match differs(&newest, &result) {
            None => stored.push(result.stored),
            Some(why) => left_out.push(format!("{} ({why})", result.stored.name)),
        }
    }
    stored.push(newest.stored);
    Ok((newest.title, stored, left_out))
}

/// The JSON files of a folder, by name, numbers by their value.
fn files(dir: &Path) -> Result<Vec<PathBuf>, Failure> {
    let told = |error: std::io::Error| Failure::new(Exit::Usage, anyhow!("cannot read {}: {error}", dir.display()));
    let entries = std::fs::read_dir(dir).map_err(told)?;
    let mut files =
        entries.map(|entry| entry.map(|entry| entry.path())).collect::<Result<Vec<_>, _>>().map_err(told)?;
    files.retain(|path| path.extension().is_some_and(|end| end == "json") && path.is_file());
    files.sort_by(|a, b| by_number(&file_name(a), &file_name(b)));
    let first = files.len().saturating_sub(RESULTS_MOST);
    Ok(files.split_off(first))
}

/// Orders names as people do: `run-9` before `run-10`.
fn by_number(a: &str, b: &str) -> Ordering {
    let parts = |name: &str| -> Vec<(String, String)> {
        let mut parts: Vec<(String, String)> = vec![<(String, String)>::default()];
        for c in name.chars() {
            let fresh = !c.is_ascii_digit() && parts.last().is_some_and(|(_, number)| !number.is_empty());
            if fresh {
                parts.push(<(String, String)>::default());
            }
            if let Some((word, number)) = parts.last_mut() {
                if c.is_ascii_digit() { number.push(c) } else { word.push(c) }
            }
        }
        parts
    };
    let number = |digits: &str| (digits.trim_start_matches('0').len(), digits.trim_start_matches('0').to_owned());
    for (one, other) in parts(a).iter().zip(&parts(b)) {
        let order = one.0.cmp(&other.0).then_with(|| number(&one.1).cmp(&number(&other.1)));
        if order.is_ne() {
            return order;
        }
    }
    a.len().cmp(&b.len()).then_with(|| a.cmp(b))
}

fn one(path: &Path) -> Result<Read, Failure> {
    #[derive(Deserialize)]
    struct Which {
        gate_format: Option<u64>,
        format: Option<u64>,
    }
    let name = file_name(path);
    let bytes = runfile::bytes_of(path).or_exit(Exit::Usage)?;
    let strange = |why: &str| {
        let text = format!("{} is neither the JSON of a gate nor a run file: {why}", path.display());
        Failure::new(Exit::Usage, anyhow!("{text}; take it out of the folder"))
    };
    // A list would be taken for the fields in their order.
    if bytes.iter().find(|byte| !byte.is_ascii_whitespace()).is_some_and(|byte| *byte == b'[') {
        return Err(strange("it is a list"));
    }
    let which: Which = serde_json::from_slice(&bytes).map_err(|error| strange(&error.to_string()))?;
    if which.gate_format.is_none() && which.format.is_none() {
        return Err(strange("it has neither `gate_format` nor `format`"));
    }
    if which.gate_format.is_some() {
        let file = json::read(&bytes).map_err(|why| anyhow!("{}: {why}", path.display())).or_exit(Exit::Usage)?;
        return Ok(of_gate(name, file));
    }
    let run = runfile::parse(path, &bytes).or_exit(Exit::Usage)?;
    let inside = format!("{} (scenario inside)", path.display());
    let mut scenario = scenario::parse(&inside, &run.provenance.source).or_exit(Exit::Usage)?;
    scenario.seed = Seed(run.provenance.seed);
    let values = history::values(&run, &scenario);
    let title = run.provenance.scenario.clone();
    Ok(Read { stored: Stored { name, values }, title, made: Made::Run(Box::new(run.provenance)) })
}

fn of_gate(name: String, file: GateFile) -> Read {
    let made = file.about.iter().filter(|fact| ["engine", "link", "scale"].contains(&fact.name.as_str()));
    let made = made.map(|fact| (fact.name.clone(), fact.value.clone())).collect();
    let value = |(id, subject, quantity, unit, value)| Value { id, subject, quantity, unit, value };
    let title = file.title.clone();
    Read {
        stored: Stored { name, values: file.numbers().into_iter().map(value).collect() },
        title,
        made: Made::Gate(made),
    }
}

/// Why a result says nothing about the newest.
fn differs(newest: &Read, result: &Read) -> Option<String> {
    if newest.title != result.title {
        return Some(format!("of `{}`", result.title));
    }
    match (&newest.made, &result.made) {
        (Made::Run(newest), Made::Run(result)) if result.partial && !newest.partial => Some("stopped early".into()),
        (Made::Run(newest), Made::Run(result)) => {
            comparable(newest, result, Same::World).err().map(|differs| differs.to_string())
        }
        (Made::Gate(newest), Made::Gate(result)) if newest != result => {
            let other = result.iter().find(|fact| !newest.contains(fact));
            Some(other.map_or_else(|| "made otherwise".into(), |(name, value)| format!("{name} {value}")))
        }
        (Made::Gate(_), Made::Gate(_)) => None,
        _ => Some("the one a run, the other a gate's result".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_in_the_order_of_people() {
        let mut names = ["run-10.json", "run-9.json", "run-9b.json", "a.json", "run-009.json", "run-100.json"];
        names.sort_by(|a, b| by_number(a, b));
        assert_eq!(names, ["a.json", "run-9.json", "run-009.json", "run-9b.json", "run-10.json", "run-100.json"]);
    }
}
