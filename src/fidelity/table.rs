//! Measures cases over paths, by turns: path after path for each case, round after round.
//!
//! So whatever else the machine does in a minute is in all columns alike. Cases with a pause are performed beside each other,
//! staggered, because they mostly wait. Not for: judging (`verdict`).

use std::io;
use std::thread;
use std::time::Duration;

use super::FidelityError;
use super::case::Case;
use super::conversation::{Conversation, perform, prepare, warm_up};
use super::path::Path;
use super::rules;
use super::sampled::Sampled;
use crate::timer::Clock;
use crate::units::Nanos;

/// One case over one path.
#[derive(Debug, Clone)]
pub struct Row {
    /// Which case.
    pub case: Case,
    /// Which of the paths that were given.
    pub path: usize,
    /// What it took.
    pub sampled: Sampled,
}

/// Processors' share of opening a connection: added to the distance until it is settled.
const SETTLE: Nanos = Nanos::from_millis(10);

/// What the machine itself takes of a turn, so that pauses' ends do not meet.
const OWN_TIME: Nanos = Nanos::from_millis(3);

/// Performs each case `rounds` times over each path; rows are ordered by case, then by path.
///
/// # Errors
/// [`FidelityError::Conversation`], where a connection breaks or nothing comes for 20 seconds.
pub fn table(clock: Clock, paths: &[Path], cases: &[Case], rounds: usize) -> Result<Vec<Row>, FidelityError> {
    let mut samples = vec![Vec::with_capacity(rounds); cases.len() * paths.len()];
    for _ in 0..rounds {
        round(clock, paths, cases, &mut samples)?;
    }
    pauses(clock, paths, cases, rounds, &mut samples)?;
    let rows = samples.into_iter().enumerate().filter_map(|(i, samples)| {
        let (case, path) = (cases[i / paths.len()], i % paths.len());
        Sampled::new(samples).map(|sampled| Row { case, path, sampled })
    });
    Ok(rows.collect())
}

/// (place among the samples, case, path) of all that `wanted` takes.
fn turns<'a>(
    paths: &'a [Path],
    cases: &'a [Case],
    wanted: impl Fn(Case) -> bool + 'a,
) -> impl Iterator<Item = (usize, Case, &'a Path)> + 'a {
    let all = cases
        .iter()
        .enumerate()
        .flat_map(move |(i, case)| paths.iter().enumerate().map(move |(j, path)| (i * paths.len() + j, *case, path)));
    all.filter(move |turn| wanted(turn.1))
}

/// Everything without a pause, once: all connections first, so that settling is waited for once.
fn round(clock: Clock, paths: &[Path], cases: &[Case], samples: &mut [Vec<Nanos>]) -> Result<(), FidelityError> {
    let turns = || turns(paths, cases, |case| case.pause() == Nanos::ZERO);
    let open = turns().map(|(_, case, path)| prepare(case, path).map_err(broken(case, path)));
    let open = open.collect::<Result<Vec<_>, _>>()?;
    settle(paths);
    for ((place, case, path), open) in turns().zip(open) {
        samples[place].push(turn(case, path, clock, open).map_err(broken(case, path))?);
    }
    Ok(())
}

/// One measurement on a settled connection.
fn turn(case: Case, path: &Path, clock: Clock, mut open: Option<Conversation>) -> io::Result<Nanos> {
    if let Some(open) = &mut open {
        warm_up(case, open)?;
    }
    perform(case, path, clock, open)
}

/// Waits until what the handshakes of these paths owe is paid.
fn settle(paths: &[Path]) {
    let longest = paths.iter().map(|path| path.link().rtt.0 * 2).max().unwrap_or_default();
    thread::sleep((longest + SETTLE).into());
}

/// Everything with a pause, a thread each.
fn pauses(
    clock: Clock,
    paths: &[Path],
    cases: &[Case],
    rounds: usize,
    samples: &mut [Vec<Nanos>],
) -> Result<(), FidelityError> {
    thread::scope(|scope| {
        let mut running = Vec::new();
        let mut start = Nanos::ZERO;
        for _ in 0..rounds {
            for (place, case, path) in turns(paths, cases, |case| case.pause() > Nanos::ZERO) {
                let at = Duration::from(start);
                start += rules::floor(path.link(), case) + OWN_TIME;
                let body = move || {
                    thread::sleep(at);
                    rested(case, path, clock).map_err(broken(case, path))
                };
                running.push((place, scope.spawn(body)));
            }
        }
        for (place, thread) in running {
            samples[place].push(thread.join().expect("a measuring thread does not panic")?);
        }
        Ok(())
    })
}

fn rested(case: Case, path: &Path, clock: Clock) -> io::Result<Nanos> {
    let open = prepare(case, path)?;
    thread::sleep((path.link().rtt.0 * 2 + SETTLE).into());
    turn(case, path, clock, open)
}

fn broken(case: Case, path: &Path) -> impl FnOnce(io::Error) -> FidelityError {
    let path = path.kind().word();
    move |source| FidelityError::Conversation { what: case.to_string(), path, source }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fidelity::{PathKind, Upstream, Verdict, judge};
    use crate::link::LinkKind;
    use crate::proxy::Proxy;
    use crate::scenario::Link;
    use crate::seed::Seed;
    use crate::units::Bytes;

    #[test]
    fn every_case_is_measured_over_every_path_and_never_early() {
        let (clock, upstream) = (Clock::start(), Upstream::start().expect("a server"));
        let proxy = Proxy::start(clock, LinkKind::Stream).expect("a proxy");
        let link = Link::plain(Nanos::from_millis(2));
        let stream = Path::through(&proxy, LinkKind::Stream, &link, Seed(1), upstream.both()).expect("a route");
        let paths = [Path::direct(&upstream), stream];
        let mut cases = Case::few();
        cases.push(Case::Idle(Bytes(200_000), Nanos::from_millis(20)));
        let rows = table(clock, &paths, &cases, 2).expect("measured");
        assert_eq!(rows.len(), cases.len() * paths.len());
        for row in rows {
            let path = &paths[row.path];
            assert_eq!(row.sampled.count(), 2);
            assert!(row.sampled.max() < Nanos::from_secs(5), "{}: {:?}", row.case, row.sampled);
            // Of replies larger than a window only this is sure of every model.
            let one_trip = row.case == Case::Connect || row.sampled.min() >= path.link().rtt.0;
            assert!(one_trip, "{} over {:?}: {:?}", row.case, path.kind(), row.sampled);
            if path.kind() == PathKind::Through(LinkKind::Stream) && row.case.bytes() <= 14_480 {
                assert_ne!(judge(&link, row.case, &row.sampled), Some(Verdict::Early), "{}", row.case);
            }
        }
    }

    #[test]
    fn a_server_that_is_gone_is_an_error() {
        let clock = Clock::start();
        let upstream = Upstream::start().expect("a server");
        let path = Path::direct(&upstream);
        drop(upstream);
        let error = table(clock, &[path], &[Case::Small], 1).expect_err("nobody listens");
        assert!(error.to_string().contains("small round trip over the direct path"), "{error}");
    }
}
