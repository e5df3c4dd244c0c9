//! From the analysis of a sweep to its report. Not for: layout and markup.

mod panels;
mod tables;

use crate::analysis::sweep::edge::Outcome;
use crate::analysis::sweep::fit::Agreement;
use crate::analysis::sweep::{Edge, Fit, Subject, SweepAnalysis, named, shown};
use crate::analysis::words;
use crate::report::Language;
use crate::report::build::{shown as cells, simulated};
use crate::report::model::{Notice, Tone};
use crate::report::sweep::{EdgeAnswer, FORMAT, SweepReport};
use crate::runfile::sweep::{Asked, SweepRun};
use crate::scenario::Scenario;
use crate::strategy::vary::Over;

/// What every section is made from.
struct Source<'a> {
    sweep: &'a SweepRun,
    scenario: &'a Scenario,
    analysis: &'a SweepAnalysis,
}

impl Source<'_> {
    fn over(&self) -> Over {
        self.sweep.asked.over
    }
    fn shown(&self, value: f64) -> String {
        shown(self.over(), value)
    }
    fn engine(&self) -> &str {
        &self.sweep.provenance.engine
    }
    /// The easy and the hard end of what was tried.
    fn range(&self) -> (f64, f64) {
        let points = &self.analysis.points;
        let ends = points.first().zip(points.last()).map(|(a, b)| (a.value, b.value));
        ends.unwrap_or((self.sweep.asked.from, self.sweep.asked.to))
    }
    /// The scenario's own value, if it was tried.
    fn own(&self) -> Option<f64> {
        let own = self.analysis.subject.own()?;
        self.analysis.points.iter().any(|p| (p.value / own - 1.0).abs() < 1e-9).then_some(own)
    }
    fn workload(&self, index: usize) -> &str {
        &self.scenario.workloads[index].name
    }
}

/// Builds the report.
pub(in crate::report) fn report(sweep: &SweepRun, scenario: &Scenario, analysis: &SweepAnalysis) -> SweepReport {
    let from = Source { sweep, scenario, analysis };
    SweepReport {
        sweep_report_format: FORMAT,
        language: Language::English,
        scenario: scenario.name.clone(),
        about: scenario.about.split_whitespace().collect::<Vec<_>>().join(" "),
        measured: measured(sweep),
        over: from.over(),
        swept: swept(&sweep.asked, &analysis.subject),
        notices: notices(&from),
        answers: (0..scenario.workloads.len()).filter_map(|index| answer(&from, index)).collect(),
        first: first(&from),
        edges: tables::edges(&from),
        fits: (!analysis.fits.is_empty()).then(|| tables::fits(&from)),
        panels: panels::panels(&from),
        curves: tables::curves(&from),
        validity: tables::validity(&from),
        calibration: sweep.provenance.simulated.as_ref().and_then(simulated::calibration),
        unknowns: unknowns(&from),
        again: again(sweep),
        source: sweep.provenance.source.clone(),
    }
}

/// What is swept, and how it was chosen.
pub fn swept(asked: &Asked, subject: &Subject) -> String {
    let exposed = &subject.exposed;
    let link = asked
        .link
        .as_ref()
        .map(|(a, b)| if a == b { format!("the link within {a}") } else { format!("the link between {a} and {b}") });
    let link = link.filter(|_| asked.over.of_link());
    let what = match (asked.over, &link) {
        (Over::Rtt, Some(link)) => format!("the RTT of {link}"),
        (Over::Loss, Some(link)) => format!("the loss on {link}, each way"),
        (Over::Rate, _) => "a factor on all arrivals (http and queues)".into(),
        (Over::Workers, _) => "a factor on http workers, consumers and parallel items of cron jobs".into(),
        (Over::Hit, _) => "the hit rate of every get".into(),
        (other, None) => named(other).into(),
    };
    let apart = match () {
        () if exposed.apart <= 0.0 => "nothing is apart from its stores in it".to_owned(),
        () => format!(
            "{} of {} workloads are apart from a store that they call in it",
            words::digits(exposed.apart),
            subject.workloads()
        ),
    };
    format!(
        "Swept is {what}, from {} to {}, in phase “{}” of {}: {apart}.",
        shown(asked.over, asked.from),
        shown(asked.over, asked.to),
        asked.phase,
        asked.strategy
    )
}

/// One line: how, with what, when.
fn measured(sweep: &SweepRun) -> String {
    let p = &sweep.provenance;
    let place = format!("through the {} link against {} stores", p.link, p.stores);
    let count = words::count(sweep.points.len() as u64);
    if p.engine != "live" {
        let costs = p.simulated.as_ref().map_or_else(String::new, |it| format!(", {}", simulated::costs(it)));
        return format!("{count} values simulated in virtual time{costs}");
    }
    let (date, took) = (words::date(p.started_unix), words::time(p.took_ns as f64));
    format!("{count} values measured live {place}, {date}, in {took}")
}

/// What changes how every number is to be read, gravest first.
fn notices(from: &Source) -> Vec<Notice> {
    let p = &from.sweep.provenance;
    let mut all = Vec::new();
    let mut say = |tone, text: String| all.push(Notice { tone, text });
    for point in from.analysis.points.iter().filter(|p| !p.invalid.is_empty()) {
        say(Tone::Invalid, format!("INVALID: {}: {}", from.shown(point.value), point.invalid.join("; ")));
    }
    if p.partial {
        say(Tone::Unknown, "Partial: the sweep was stopped before all values were measured.".into());
    }
    if (p.scale - 1.0).abs() > 1e-9 {
        let scale = words::digits(p.scale);
        say(Tone::Unknown, format!("Scale {scale}: arrivals and limits were multiplied by {scale}."));
    }
    if let Some(simulated) = &p.simulated {
        say(Tone::Unknown, simulated::costs_told(simulated));
    }
    for fit in from.analysis.fits.iter().filter(|fit| fit.agreement == Some(Agreement::Apart)) {
        say(Tone::Unknown, apart(from, fit));
    }
    all
}

/// That a line does not have the round trips that were counted, and what that may mean.
fn apart(from: &Source, fit: &Fit) -> String {
    let k = fit.line.map_or(0.0, |line| line.k.value);
    let (more, why) = if k > fit.counted.mean {
        ("more", "replies larger than a first window, repaired losses, or waiting that grows with the distance")
    } else {
        ("fewer", "calls that the measured journeys did not make, or a point that was cut off")
    };
    format!(
        "{}: each added millisecond of RTT costs {} ms, and {} sequential round trips were counted: {more} than the \
         scenario says ({why}).",
        tables::journeys(from, fit),
        words::digits(k),
        words::digits(fit.counted.mean)
    )
}

/// How close a workload is: by its objective that breaks first.
fn answer(from: &Source, index: usize) -> Option<EdgeAnswer> {
    let edges = from.analysis.edges.iter().filter(|edge| edge.workload == index && edge.arm.is_none());
    let worst = edges.min_by(|a, b| rank(from, a).total_cmp(&rank(from, b)))?;
    let (word, tone) = word(from, worst);
    Some(EdgeAnswer { workload: from.workload(index).to_owned(), word, tone, sentence: sentence(from, worst) })
}

/// The workload whose objective breaks before those of all others.
fn first(from: &Source) -> Option<EdgeAnswer> {
    let edges = from.analysis.edges.iter().filter(|edge| edge.arm.is_none());
    let worst = edges.min_by(|a, b| rank(from, a).total_cmp(&rank(from, b)))?;
    answer(from, worst.workload)
}

/// The hardship at which an objective breaks; those that do not come after those that do.
fn rank(from: &Source, edge: &Edge) -> f64 {
    match (edge.outcome, edge.at) {
        (Outcome::MissedThroughout, _) => 0.0,
        (Outcome::Breaks, Some(at)) => from.over().hardship(at),
        (Outcome::CannotTell, _) => f64::MAX / 4.0,
        (Outcome::NotReached, _) => f64::MAX / 2.0,
        _ => f64::MAX,
    }
}

/// `22.9 ms`, `holds throughout`, and what that means at the scenario's own value.
fn word(from: &Source, edge: &Edge) -> (String, Tone) {
    match (edge.outcome, edge.at) {
        (Outcome::HoldsThroughout, _) => ("holds throughout".into(), Tone::Held),
        (Outcome::MissedThroughout, _) => ("missed throughout".into(), Tone::Missed),
        (Outcome::NotReached, _) => ("no break seen".into(), Tone::Unknown),
        (Outcome::Breaks, Some(at)) => {
            let own = from.own().and_then(|own| edge.seen.iter().find(|(value, _)| (value / own - 1.0).abs() < 1e-9));
            let tone = own.map_or(Tone::Plain, |(_, check)| cells::tone(check.verdict));
            (format!("breaks at {}", from.shown(at)), tone)
        }
        _ => ("cannot tell".into(), Tone::Unknown),
    }
}

/// `p99 ≤ 1 s breaks at an RTT of 22.9 ms (…), 1.53 times the scenario's 15 ms.`
fn sentence(from: &Source, edge: &Edge) -> String {
    let what = limit(from, edge);
    let (easy, hard) = from.range();
    let range = format!("{} to {}", from.shown(easy), from.shown(hard));
    match (edge.outcome, edge.at) {
        (Outcome::HoldsThroughout, _) => {
            let near = from.over().of_link() && !from.analysis.subject.crosses(edge.workload);
            let why = if near { " It calls no store over this link." } else { "" };
            format!("Every objective holds at every value from {range}.{why}")
        }
        (Outcome::MissedThroughout, _) => {
            let best = edge.seen.iter().find_map(|(value, check)| Some((value, check.measured?)));
            let at = best.map_or(String::new(), |(value, measured)| {
                format!(": at {} it is {}", from.shown(*value), edge.quantity.shown(measured.estimate.value))
            });
            format!("{what} is missed at every value from {range}{at}.")
        }
        (Outcome::NotReached, _) => {
            let sure =
                edge.holds_to.map_or("surely holds nowhere".into(), |to| format!("surely holds to {}", from.shown(to)));
            format!("{what} was within its limit at every value from {range}, but not beyond doubt: {sure}.")
        }
        (Outcome::Breaks, Some(at)) => {
            let again = if edge.again { " It holds again at harder values: more than one thing changes." } else { "" };
            format!(
                "{what} breaks at {} {}{}{}.{again}",
                article(from.over()),
                from.shown(at),
                interval(from, edge),
                margin(from, at)
            )
        }
        _ => {
            let why = edge.seen.iter().find(|(_, check)| !check.why.is_empty()).map(|(_, check)| check.why.clone());
            let why = why.map_or(String::new(), |why| format!(" ({why})"));
            match (edge.holds_to, edge.misses_from) {
                (None, Some(misses)) => {
                    format!(
                        "{what} is surely missed from {}; where it holds, nobody can tell{why}.",
                        from.shown(misses)
                    )
                }
                (Some(holds), _) => {
                    format!("{what} surely holds to {}; beyond, nobody can tell{why}.", from.shown(holds))
                }
                (None, None) => format!("{what}: nobody can tell{why}."),
            }
        }
    }
}

const fn article(over: Over) -> &'static str {
    match over {
        Over::Rtt => "an RTT of",
        Over::Loss => "a loss of",
        Over::Rate => "a rate of",
        Over::Workers => "workers of",
        Over::Hit => "a hit rate of",
    }
}

/// ` (it surely holds to …, and is surely missed from …)`.
fn interval(from: &Source, edge: &Edge) -> String {
    match (edge.holds_to, edge.misses_from) {
        (Some(holds), Some(misses)) => {
            format!(" (it surely holds to {} and is surely missed from {})", from.shown(holds), from.shown(misses))
        }
        (Some(holds), None) => {
            format!(" (it surely holds to {}; from where it is surely missed, nobody can tell)", from.shown(holds))
        }
        (None, Some(misses)) => format!(" (it surely holds nowhere, and is surely missed from {})", from.shown(misses)),
        (None, None) => " (nothing of it is beyond doubt)".into(),
    }
}

/// `, 1.53 times the scenario's 15 ms`.
fn margin(from: &Source, at: f64) -> String {
    match from.analysis.subject.own() {
        Some(own) if own > 0.0 && from.over().of_link() => {
            format!(", {} times the scenario's {}", words::digits(at / own), from.shown(own))
        }
        _ => String::new(),
    }
}

/// `p99 ≤ 1 s`, `run of ranking ≤ 15 min`.
fn limit(from: &Source, edge: &Edge) -> String {
    let of = if edge.part == from.workload(edge.workload) { String::new() } else { format!(" of {}", edge.part) };
    format!("{}{of} ≤ {}", edge.quantity.name(), edge.quantity.shown(edge.limit))
}

/// What a sweep cannot tell.
fn unknowns(from: &Source) -> Vec<String> {
    let p = &from.sweep.provenance;
    let window = words::time(p.windows.measure_ns as f64);
    let mut all = vec![
        format!(
            "What takes longer than {window} to show: no value was measured for longer. A queue that fills slowly may break \
             earlier."
        ),
        "What breaks between two values that were tried and mends before the second: only where neighbours differ was \
         looked closer."
            .to_owned(),
        "Whether the interval of a break point holds for other journeys than these: all values share the same random \
         numbers, which makes them comparable, not independent."
            .to_owned(),
    ];
    if from.over() == Over::Rate {
        all.push("Cron jobs and booting instances do not arrive: their items and number stay as they are.".into());
    }
    if from.over() == Over::Workers {
        all.push("Pools of connections keep their size, and whole workers are rounded.".into());
    }
    if p.simulated.as_ref().is_some_and(|it| !it.taken.is_empty()) {
        all.push("How real drivers, servers and machines bear other load than that of the run that this was calibrated from.".into());
    } else if p.stores.starts_with("stand-in") || p.engine == "sim" {
        all.push("How a real MySQL or Memcached bears this load: service times are those of the scenario.".into());
    }
    all
}

/// How to do it again.
fn again(sweep: &SweepRun) -> Vec<(String, String)> {
    let (p, asked) = (&sweep.provenance, &sweep.asked);
    let w = &p.windows;
    let times = [w.warm_up_ns, w.measure_ns, w.drain_ns].map(|ns| words::time(ns as f64));
    let facts = [
        ("Command", format!("longhaul {}", p.command.join(" "))),
        ("Seed", p.seed.to_string()),
        ("Scenario", format!("{}, SHA-256 {}", p.scenario, p.digest)),
        ("longhaul", format!("{}, engine {}, link {}", p.version, p.engine, p.link)),
        ("Placement", format!("phase {} of {}", asked.phase, asked.strategy)),
        (
            "Values",
            format!(
                "{} steps, {} in all, sought to {}",
                asked.steps,
                sweep.points.len(),
                words::percent(asked.precision)
            ),
        ),
        ("Windows", format!("at most: warm-up {}, measured {}, drained {}", times[0], times[1], times[2])),
        ("Started", words::date(p.started_unix)),
        ("Took", words::time(p.took_ns as f64)),
        ("Machine", format!("{}; {}, {} logical processors", p.machine.system, p.machine.processor, p.machine.cores)),
    ];
    let calibration = p.simulated.as_ref().map(|it| ("Calibration", it.calibration.clone()));
    // When and where says nothing of a simulation.
    let live = p.engine == "live";
    let facts =
        facts.into_iter().chain(calibration).filter(|(name, _)| live || !["Started", "Took", "Machine"].contains(name));
    facts.map(|(name, value)| (name.to_owned(), value)).collect()
}
