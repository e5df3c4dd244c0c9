//! A command behind proxies: run, counted to its end, and judged by what it made of round trips.
//!
//! Its own failure is told apart (exit code 7), and nothing is judged then: half a test suite makes half the round trips. Not
//! for: budgets and snapshots (`counted`).

mod child;
mod journeys;
mod request;
mod told;
mod watch;

use std::ffi::OsString;
use std::io::{self, Write};
use std::os::fd::AsFd;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use anyhow::anyhow;

use super::counted::CountedArgs;
use crate::analysis::gate::Judged;
use crate::analysis::gate::observed::Seen;
use crate::cli::{Exit, Failure, OrExit};
use crate::engine::live::raise_descriptor_limit;
use crate::units::{Nanos, Rtt};
use child::{Ended, Runner};
use journeys::Journeys;
pub(super) use request::CommandArgs;
use request::Request;
use watch::Watch;

/// What round trips are told to cost where nobody says: between two regions of a continent.
const RTT: Nanos = Nanos::from_millis(15);

/// Longer than any link.
const RTT_MOST: Nanos = Nanos::from_secs(10);

/// A command that was run, once or at several sizes.
#[derive(Debug)]
struct Ran {
    /// It, as it would be typed.
    title: String,
    /// Name and upstream of each store.
    stores: Vec<(String, String)>,
    /// Where the command finds the first of each kind.
    variables: Vec<&'static str>,
    /// What was seen at each size.
    sizes: Vec<(Option<u64>, Seen)>,
}

/// Runs what was asked for, and judges it by budget and snapshot. With `apart`, what the command prints goes to standard error,
/// for standard output is read by a program.
pub(super) fn judge(
    args: &CommandArgs,
    counted: &CountedArgs,
    apart: bool,
    err: &mut dyn Write,
) -> Result<Judged, Failure> {
    let request = Request::new(args, apart)?;
    let rtt = added(request.inject, counted.rtts())?;
    // Before anything takes time.
    let writes = format!("longhaul gate{}{} --update -- {}", request.words(), counted.words(), request.title());
    let gates = counted.load(&writes)?.or_default();
    if request.sizes.iter().any(Option::is_some) && !gates.grows() {
        let text = "--sizes: nothing says how round trips may grow with them: write for example `default: { growth: constant }` in a \
                    budget (--budget FILE)";
        return Err(Failure::new(Exit::Usage, anyhow!(text)));
    }
    let ran = perform(&request, rtt, err)?;
    let mut checks = ran.nothing_counted();
    if let (true, Some((_, last))) = (checks.is_empty(), ran.sizes.last()) {
        let sizes: Vec<_> =
            ran.sizes.iter().filter_map(|(size, seen)| size.map(|size| (size as f64, &seen.counts))).collect();
        checks = gates.judge(&last.counts, &sizes, &[RTT], &writes)?;
    }
    let place = counted.place().unwrap_or_else(|| request.place());
    Ok(Judged { about: ran.about(), title: ran.title, checks, place: Some(place), ..Judged::default() })
}

/// What is really added to every round trip.
fn added(inject: bool, typed: &[Nanos]) -> Result<Rtt, Failure> {
    let usage = |text: &'static str| Err(Failure::new(Exit::Usage, anyhow!(text)));
    match typed.first() {
        _ if !inject => Ok(Rtt::default()),
        None => usage("--inject needs to know what to add: give --rtt, such as `--rtt 15ms`"),
        Some(rtt) if *rtt > RTT_MOST => usage("--inject adds 10s to a round trip at most: give a shorter --rtt first"),
        Some(rtt) => Ok(Rtt(*rtt)),
    }
}

/// Runs the command at each size.
fn perform(request: &Request, rtt: Rtt, err: &mut dyn Write) -> Result<Ran, Failure> {
    raise_descriptor_limit();
    let mut runner = Runner::new().or_exit(Exit::Environment)?;
    let journeys = Journeys::start(request.journeys)?;
    let mut sizes = Vec::new();
    for size in &request.sizes {
        sizes.push((*size, once(request, *size, rtt, &mut runner, &journeys, err)?));
    }
    let stores = request.routes.iter().map(|route| (route.name.clone(), route.upstream.clone())).collect();
    Ok(Ran { title: request.title(), stores, variables: request.variables(), sizes })
}

/// Runs it at one size.
fn once(
    request: &Request,
    size: Option<u64>,
    rtt: Rtt,
    runner: &mut Runner,
    journeys: &Journeys,
    err: &mut dyn Write,
) -> Result<Seen, Failure> {
    let watch = Arc::new(Watch::start(request, rtt)?);
    journeys.follow(Some(Arc::clone(&watch)));
    let looking = watch.look_on().or_exit(Exit::Environment)?;
    let command = command(request, size, &watch, journeys).or_exit(Exit::Environment)?;
    let ended = runner.run(command, request.timeout);
    drop(looking);
    journeys.follow(None);
    let left = watch.drain();
    let at = size.map_or_else(String::new, |size| format!(" at size {size}"));
    let why = match ended {
        Ok(Ended::Well) => {
            if left > 0 {
                // Nobody is left to tell if this cannot be written.
                let were = if left == 1 { " was" } else { "s were" };
                let _ = writeln!(
                    err,
                    "note: {left} connection{were} still open when the command had ended{at}: counted until then"
                );
            }
            return Ok(watch.seen());
        }
        Ok(Ended::Badly(how)) => format!("the command {how}{at}"),
        Err(error) => format!("the command cannot be started: {}: {error}", Path::new(&request.program).display()),
    };
    for sentence in watch.unreached(request) {
        let _ = writeln!(err, "note: {sentence}");
    }
    Err(Failure::new(Exit::Command, anyhow!("{why}: nothing was judged")))
}

/// The command with its environment.
fn command(request: &Request, size: Option<u64>, watch: &Watch, journeys: &Journeys) -> io::Result<Command> {
    let mut command = Command::new(&request.program);
    if request.apart {
        command.stdout(io::stderr().as_fd().try_clone_to_owned()?);
    }
    command.envs(watch.environment(request)).env("LONGHAUL_JOURNEY", journeys.url()).envs(no_proxy());
    match size {
        None => command.args(&request.arguments),
        Some(size) => {
            let size = size.to_string();
            command.env("LONGHAUL_SIZE", &size);
            command.args(request.arguments.iter().map(|word| sized(word, &size)))
        }
    };
    Ok(command)
}

/// `{size}` in an argument is the size; one that is no text has none.
fn sized(word: &OsString, size: &str) -> OsString {
    word.to_str().map_or_else(|| word.clone(), |text| text.replace("{size}", size).into())
}

/// Where an HTTP proxy is set, names of journeys are not sent through it.
fn no_proxy() -> Vec<(&'static str, String)> {
    let is_set =
        ["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"].iter().any(|name| std::env::var_os(name).is_some());
    if !is_set {
        return Vec::new();
    }
    let with = |name| match std::env::var(name) {
        Ok(all) if !all.is_empty() => format!("{all},127.0.0.1"),
        _ => "127.0.0.1".to_owned(),
    };
    ["no_proxy", "NO_PROXY"].map(|name| (name, with(name))).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_is_told_in_arguments() {
        assert_eq!(sized(&"--rows={size}".into(), "10"), "--rows=10");
        assert_eq!(sized(&"size".into(), "10"), "size");
    }
}
