//! A live run that is stored against another one. Not for: what may be told of them (`analysis::gate::session`).

use std::path::Path;

use anyhow::anyhow;

use crate::analysis::gate::{Judged, Place, session};
use crate::cli::{Exit, Failure, OrExit};
use crate::runfile::{self, Run};
use crate::scenario;

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
        place: Some(Place::whole(scenario.display().to_string())),
        ..Judged::default()
    })
}

fn read(path: &Path) -> Result<Run, Failure> {
    if !path.exists() {
        let text = format!("there is no {}: make it with `longhaul run SCENARIO --out DIR`", path.display());
        return Err(Failure::new(Exit::Incomparable, anyhow!(text)));
    }
    runfile::read(path).or_exit(Exit::Usage)
}
