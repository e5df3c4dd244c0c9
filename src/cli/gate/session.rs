//! A live run that is stored against another one. Not for: what may be told of them (`analysis::gate::session`).

use std::path::{Path, PathBuf};

use anyhow::anyhow;
use clap::Args;

use crate::analysis::gate::{Judged, session};
use crate::cli::{Exit, Failure, OrExit};
use crate::runfile::{self, Run};
use crate::scenario;

/// What was typed.
#[derive(Debug, Args)]
#[command(next_help_heading = "A live run against one of another day: large differences only")]
pub(super) struct SessionArgs {
    /// The run to judge, which `longhaul run` of SCENARIO wrote
    #[arg(long, value_name = "RUN.JSON", requires = "live_baseline")]
    live_run: Option<PathBuf>,
    /// The run to compare it with
    #[arg(long, value_name = "RUN.JSON", requires = "live_run")]
    live_baseline: Option<PathBuf>,
}

impl SessionArgs {
    /// Both files, if they were given.
    pub(super) fn asked(&self) -> Option<(&Path, &Path)> {
        Some((self.live_run.as_deref()?, self.live_baseline.as_deref()?))
    }
}

/// Judges one stored run by another.
pub(super) fn judge(scenario: &Path, (now, stored): (&Path, &Path)) -> Result<Judged, Failure> {
    let loaded = scenario::load(scenario).or_exit(Exit::Usage)?;
    let now_run = read(now)?;
    if now_run.provenance.digest != loaded.digest {
        let text = format!("{} is of another text than {}: run it again", now.display(), scenario.display());
        return Err(Failure::new(Exit::Incomparable, anyhow!(text)));
    }
    let stored_run = read(stored)?;
    let threshold = session::threshold(&now_run.provenance, &stored_run.provenance);
    let about = [
        ("run", now.display().to_string()),
        ("baseline", stored.display().to_string()),
        ("engine", now_run.provenance.engine.clone()),
        ("link", now_run.provenance.link.clone()),
        ("seed", now_run.provenance.seed.to_string()),
        ("version", now_run.provenance.version.clone()),
        (
            "can be told",
            format!("differences beyond ±{:.0} %, which sessions differ by without any cause", 100.0 * threshold),
        ),
    ];
    Ok(Judged {
        title: loaded.scenario.name,
        about: about.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
        checks: session::judge(&now_run, &stored_run),
        pairs: Vec::new(),
    })
}

fn read(path: &Path) -> Result<Run, Failure> {
    if !path.exists() {
        let text = format!("there is no {}: make it with `longhaul run SCENARIO --out DIR`", path.display());
        return Err(Failure::new(Exit::Incomparable, anyhow!(text)));
    }
    runfile::read(path).or_exit(Exit::Usage)
}
