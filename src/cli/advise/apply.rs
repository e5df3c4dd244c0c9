//! Doing mitigations: the changed scenario as a file, whole or not at all.

use std::io::{ErrorKind, Write};
use std::path::Path;

use anyhow::{Context, anyhow};

use crate::cli::{Exit, Failure, OrExit};
use crate::mitigation::{Applied, Candidate, apply, find_one};
use crate::runfile;
use crate::scenario::error::nearest;
use crate::scenario::{Scenario, parse, render};

/// Longest text about a scenario, in bytes.
const ABOUT_MAX: usize = 20_000;

/// What is to be done.
pub(super) struct Request<'a> {
    /// The file it came from.
    pub(super) from: &'a Path,
    /// Switches and found mitigations, in order.
    pub(super) names: &'a [String],
    /// Where to write.
    pub(super) to: &'a Path,
    /// Over a file that is there.
    pub(super) force: bool,
}

pub(super) fn run(scenario: &Scenario, request: &Request<'_>, out: &mut dyn Write) -> Result<Exit, Failure> {
    let chosen = chosen(scenario, request)?;
    let mitigations: Vec<_> = chosen.iter().map(|it| it.mitigation.clone()).collect();
    let Applied { scenario: changed, notes } = apply(scenario, &mitigations).map_err(|refusal| {
        let help = refusal.help().map_or_else(String::new, |help| format!("; {help}"));
        Failure::new(Exit::Usage, anyhow!("these mitigations do not go together: {refusal}{help}"))
    })?;
    let changed = told(changed, &chosen, request);
    let text = text(&changed)?;
    put(request, &text)?;
    let to = request.to.display();
    for it in &chosen {
        let place = if it.place.is_empty() { String::new() } else { format!(": {}", it.place) };
        writeln!(out, "{}: {}{place}", it.name, it.title).context("stdout is closed")?;
    }
    for note in &notes {
        writeln!(out, "{note}").context("stdout is closed")?;
    }
    writeln!(out, "{to} written, without comments; `longhaul explain {to}` says what is left")
        .context("stdout is closed")?;
    Ok(Exit::Fine)
}

/// The mitigations of these names.
fn chosen(scenario: &Scenario, request: &Request<'_>) -> Result<Vec<Candidate>, Failure> {
    let by_name = |name: &String| {
        find_one(scenario, name).map_err(|known| {
            let near = nearest(name, known.iter().map(String::as_str));
            let near = near.map_or_else(String::new, |near| format!("did you mean `{near}`? "));
            let (from, scenario) = (request.from.display(), &scenario.name);
            let list = format!("`longhaul advise {from} --list` tells all");
            Failure::new(Exit::Usage, anyhow!("no mitigation `{name}` applies to {scenario}: {near}{list}"))
        })
    };
    request.names.iter().map(by_name).collect()
}

/// The changed scenario says what it is: its name is that of its file, so that its report has a folder of its own.
fn told(changed: Scenario, chosen: &[Candidate], request: &Request<'_>) -> Scenario {
    let changed_name = changed.name.clone();
    let words: Vec<String> = chosen.iter().map(|it| format!("{} ({})", it.title, it.name)).collect();
    let about = format!("{}\n\nMade from {}, with: {}.", changed.about.trim_end(), changed.name, words.join("; "));
    let stem = request.to.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
    let about = if about.len() <= ABOUT_MAX { about } else { changed.about.clone() };
    let named = Scenario { name: stem.to_owned(), about, ..changed };
    // Not every file name is a name of scenarios.
    if text(&named).is_ok() { named } else { Scenario { name: changed_name, ..named } }
}

/// The file's text, which loads as what was meant.
fn text(scenario: &Scenario) -> Result<String, Failure> {
    let text = render(scenario).context("the changed scenario cannot be written down")?;
    let again = parse("the changed scenario", &text).or_exit(Exit::Internal)?;
    if again != *scenario {
        return Err(Failure::new(
            Exit::Internal,
            anyhow!("the changed scenario loads as another one: nothing is written"),
        ));
    }
    Ok(text)
}

/// Puts the text at its place, whole or not at all.
fn put(request: &Request<'_>, text: &str) -> Result<(), Failure> {
    let path = request.to.display();
    let put = if request.force { runfile::put } else { runfile::put_new };
    put(request.to, text.as_bytes()).map_err(|error| {
        if error.kind() == ErrorKind::AlreadyExists {
            return Failure::new(Exit::Usage, anyhow!("{path} is there already: name another file, or add --force"));
        }
        Failure::new(Exit::Environment, anyhow!(error).context(format!("{path} cannot be written")))
    })
}
