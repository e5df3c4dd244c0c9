//! Section 2: strategies on the calendar. Not for: the drawing (`chart`).

use crate::analysis::cost::QUARTER;
use crate::analysis::restart as judged;
use crate::analysis::strategy::{PhaseAnalysis, StrategyAnalysis};
use crate::analysis::verdict::{Check, Quantity, Verdict};
use crate::analysis::words;
use crate::analysis::workload::WorkloadAnalysis;
use crate::report::model::{Block, Calendar, Cell, Column, Lane, Line, Point, Row, Shade, Table, Tone};
use crate::runfile::EventRun;
use crate::scenario::WorkloadKind;
use crate::units::Nanos;

use super::{Source, anchor, shown};

/// All strategies over the same days.
pub(super) fn calendar(from: &Source) -> Calendar {
    let strategies = &from.analysis.strategies;
    Calendar {
        days: strategies.iter().map(|s| s.cost.days).fold(0.0, f64::max),
        lanes: strategies.iter().map(|s| lane(from, s)).collect(),
    }
}

fn lane(from: &Source, strategy: &StrategyAnalysis) -> Lane {
    Lane {
        strategy: strategy.name.clone(),
        blocks: (0..strategy.phases.len()).map(|i| block(i, &strategy.phases)).collect(),
        lines: (0..from.scenario.workloads.len()).map(|w| line(from, strategy, w)).collect(),
    }
}

fn days(nanos: u64) -> f64 {
    Nanos(nanos).as_days_f64()
}

fn block(index: usize, phases: &[PhaseAnalysis]) -> Block {
    let phase = &phases[index];
    let (label, detail) = worst(phase);
    let before = index.checked_sub(1).map_or(&[][..], |before| &phases[before].events);
    // What recurs is told where it begins: under every phase it would hide what happens there.
    let goes_on = |event: &EventRun| event.every_ns.is_some() && before.iter().any(|known| known.name == event.name);
    Block {
        number: index + 1,
        name: phase.name.clone(),
        starts: days(phase.starts_ns),
        days: days(phase.lasts_ns),
        shade: shade(phase),
        label,
        detail,
        moves: phase.moves.len(),
        events: phase.events.iter().filter(|e| e.kind != QUARTER && !goes_on(e)).map(short).collect(),
    }
}

/// `read-only main-db, 10 minutes`; `restart kubernetes, daily`.
fn short(event: &EventRun) -> String {
    let how = event.every_ns.map_or_else(|| words::days(event.lasts_ns), words::every);
    format!("{}, {how}", event.name)
}

/// How near a phase's worst objective is to its limit.
fn shade(phase: &PhaseAnalysis) -> Shade {
    match (phase.verdict, phase.worst.as_ref().map(|w| w.2)) {
        (Some(Verdict::NotMeasured), _) => Shade::NotMeasured,
        (Some(Verdict::Invalid), _) => Shade::Invalid,
        (Some(Verdict::Missed), Some(ratio)) if ratio >= 2.0 => Shade::MissedFar,
        (Some(Verdict::Missed), _) => Shade::Missed,
        (_, Some(ratio)) if ratio > 0.5 => Shade::Near,
        (_, Some(_)) => Shade::Far,
        (_, None) => Shade::Unknown,
    }
}

/// The worst objective, shortly and at length.
fn worst(phase: &PhaseAnalysis) -> (String, String) {
    match (phase.verdict, &phase.worst) {
        (Some(Verdict::NotMeasured), _) => ("not measured".into(), "not measured".into()),
        (Some(Verdict::Invalid), _) => ("INVALID".into(), "the measurement failed its own checks".into()),
        (_, None) => (String::new(), "no objective has a number".into()),
        (_, Some((workload, check, ratio))) => {
            let part = if check.part == *workload { String::new() } else { format!(" {}", check.part) };
            let label = match (check.quantity, ratio.is_finite()) {
                (Quantity::Oldest, false) => format!("{} grows", check.part),
                _ => format!("{workload}{part} {} {}×", check.quantity.name(), times(*ratio)),
            };
            let value = check.measured.map_or(String::new(), |m| check.quantity.shown(m.estimate.value));
            let limit = check.quantity.shown(check.limit);
            let why = if check.why.is_empty() { String::new() } else { format!(", {}", check.why) };
            (label, format!("worst: {workload}{part} {} {value} of {limit}{why}", check.quantity.name()))
        }
    }
}

/// A ratio: two digits behind the point are enough below one.
fn times(ratio: f64) -> String {
    if ratio < 1.0 { words::digits((ratio * 100.0).round() / 100.0) } else { words::digits(ratio) }
}

/// What is drawn of a workload: its measure's name, the checks' part, its limit.
struct Headline {
    measure: String,
    quantity: Quantity,
    part: Option<String>,
    limit: Option<f64>,
}

/// One workload's line: a quantile of http and queues, the job of cron that comes nearest to its limit, start-up.
fn line(from: &Source, strategy: &StrategyAnalysis, index: usize) -> Line {
    let workload = &from.scenario.workloads[index];
    let headline = headline(from, index);
    let point = |phase: &PhaseAnalysis| {
        let (starts, days) = (days(phase.starts_ns), days(phase.lasts_ns));
        let absent = |text: &str, verdict| Point {
            starts,
            days,
            value: None,
            text: text.into(),
            detail: format!("{}: {text}", phase.name),
            tone: shown::tone(verdict),
        };
        let Some(at) = phase.placement else { return absent("not measured", Verdict::NotMeasured) };
        let placement = &from.analysis.placements[at];
        if !placement.invalid.is_empty() {
            return absent("INVALID", Verdict::Invalid);
        }
        let Some((check, judged)) = value(&placement.workloads[index], &headline) else {
            return absent("no sample", Verdict::CannotTell);
        };
        let Some(measured) = check.measured else {
            return absent(check.why.split(", ").next().unwrap_or_default(), Verdict::CannotTell);
        };
        let value = measured.estimate.value;
        let grows = placement.workloads[index].grows();
        let judged_tone = if judged { shown::tone(check.verdict) } else { Tone::Plain };
        Point {
            starts,
            days,
            value: Some(value),
            text: format!(
                "{}{}{}",
                shown::sign(&measured),
                check.quantity.shown(value),
                if grows { ", grows" } else { "" }
            ),
            detail: format!("{}: {}", phase.name, shown::detail(&check, &measured, &from.run.provenance.engine)),
            tone: if grows { Tone::Missed } else { judged_tone },
        }
    };
    Line {
        workload: workload.name.clone(),
        measure: headline.measure.clone(),
        limit: headline.limit,
        limit_text: headline.limit.map(|l| headline.quantity.shown(l)).unwrap_or_default(),
        points: strategy.phases.iter().map(point).collect(),
    }
}

/// Which number of a workload is drawn, the same under every strategy.
fn headline(from: &Source, index: usize) -> Headline {
    let workload = &from.scenario.workloads[index];
    match &workload.kind {
        WorkloadKind::Http(_) | WorkloadKind::Queue(_) => {
            let first = workload.objective.quantiles.first();
            let quantity = Quantity::Quantile(first.map_or_else(|| supported(from, index), |q| q.0));
            Headline { measure: quantity.name(), quantity, part: None, limit: first.map(|q| q.1.0 as f64) }
        }
        WorkloadKind::Cron(_) => {
            let checks = from.analysis.placements.iter().flat_map(|p| &p.workloads[index].checks);
            let runs = checks.filter(|c| c.quantity == Quantity::Duration);
            let worst = runs.max_by(|a, b| a.heavier(b));
            Headline {
                measure: worst.map_or("run".into(), |c| format!("{} run", c.part)),
                quantity: Quantity::Duration,
                part: worst.map(|c| c.part.clone()),
                limit: worst.map(|c| c.limit),
            }
        }
        WorkloadKind::Startup(_) => Headline {
            measure: "all ready".into(),
            quantity: Quantity::Ready,
            part: None,
            limit: workload.objective.ready.map(|r| r.0 as f64),
        },
    }
}

/// The highest usual quantile that every valid placement has samples for.
fn supported(from: &Source, index: usize) -> f64 {
    let steady = || from.analysis.placements.iter().filter(|p| p.invalid.is_empty() && p.condition == "steady");
    let everywhere =
        |q: f64| steady().filter_map(|p| p.workloads[index].blend.as_ref()).all(|b| b.mix.estimate(q).is_some());
    [0.99, 0.9].into_iter().find(|q| everywhere(*q)).unwrap_or(0.5)
}

/// The headline number of a workload at a placement, and whether an objective judges it.
fn value(workload: &WorkloadAnalysis, headline: &Headline) -> Option<(Check, bool)> {
    let of_part = |c: &&Check| headline.part.as_ref().is_none_or(|part| *part == c.part);
    if let Some(check) = workload.checks.iter().filter(of_part).find(|c| c.quantity == headline.quantity) {
        return Some((check.clone(), true));
    }
    let unjudged = |measured, why: &str| Check::of(&workload.name, headline.quantity, f64::INFINITY, measured, why);
    match headline.quantity {
        Quantity::Quantile(q) => {
            let blend = workload.blend.as_ref()?;
            let measured = blend.response.iter().find(|r| (r.0 - q).abs() < 1e-9).and_then(|r| r.1);
            let mut check = unjudged(measured, &format!("n = {} too few", words::count(blend.mix.count())));
            if workload.grows() {
                check.why = "a queue of it falls behind".into();
            }
            Some((check, false))
        }
        Quantity::Duration => {
            let runs = workload.arms.iter().flat_map(|a| &a.jobs).filter_map(|j| j.duration);
            let longest = runs.max_by(|a, b| a.estimate.value.total_cmp(&b.estimate.value));
            Some((unjudged(longest, "no item ended"), false))
        }
        Quantity::Ready => {
            let last = workload.arms.iter().filter_map(|a| a.startup.as_ref()?.last);
            let last = last.max_by(|a, b| a.estimate.value.total_cmp(&b.estimate.value));
            Some((unjudged(last, "no instance became ready"), false))
        }
        Quantity::Errors | Quantity::Oldest => None,
    }
}

/// Each strategy's phases in words: what moves, when, how near the limits.
pub(super) fn phases(from: &Source) -> Vec<Table> {
    from.analysis.strategies.iter().map(|s| phase_table(from, s)).collect()
}

fn phase_table(from: &Source, strategy: &StrategyAnalysis) -> Table {
    let row = |(i, phase): (usize, &PhaseAnalysis)| {
        let (label, detail) = worst(phase);
        let told = |e: &EventRun| if e.every_ns.is_some() { restart(from, phase, e) } else { event(from, e) };
        let events: Vec<_> = phase.events.iter().filter(|e| e.kind != QUARTER).map(told).collect();
        let verdict = phase.verdict.map_or("no objective", Verdict::word);
        let verdict = if verdict == "none seen" { "held, as far as seen" } else { verdict };
        let tone = phase.verdict.map_or(Tone::Muted, |v| match v {
            Verdict::NoneSeen => Tone::Held,
            other => shown::tone(other),
        });
        Row {
            head: format!("{}. {}", i + 1, phase.name),
            unit: String::new(),
            cells: vec![
                Cell::number(days(phase.starts_ns) + 1.0, words::digits(days(phase.starts_ns) + 1.0)),
                Cell::number(days(phase.lasts_ns), words::digits(days(phase.lasts_ns))),
                Cell::text(if phase.moves.is_empty() { "nothing".into() } else { phase.moves.join("; ") }),
                Cell::text(events.join("; ")),
                Cell { detail, ..Cell::text(label) },
                Cell::text(verdict).toned(tone),
            ],
        }
    };
    let recurs = strategy.phases.iter().flat_map(|phase| &phase.events).any(|event| event.kind == "restart");
    Table {
        id: anchor("phases", &strategy.name),
        caption: format!("{}: phases", strategy.name),
        columns: vec![
            Column::text("Phase"),
            Column::number("From", "day"),
            Column::number("Lasts", "d"),
            Column::text("What moves"),
            Column::text(if recurs { "At its start, and again and again" } else { "At its start" }),
            Column::text("Nearest its limit"),
            Column::text("Objectives"),
        ],
        rows: strategy.phases.iter().enumerate().map(row).collect(),
        note: String::new(),
    }
}

/// A short state in words, with what it does to workloads: `read-only main-db for 10 minutes: web 33 % fail`.
fn event(from: &Source, event: &EventRun) -> String {
    let what = format!("{} for {}", event.name, words::days(event.lasts_ns));
    let Some(placement) = event.placement.map(|at| &from.analysis.placements[at]) else {
        return format!("{what} (not measured)");
    };
    if !placement.invalid.is_empty() {
        return format!("{what} (INVALID)");
    }
    let harmed = placement.workloads.iter().filter_map(|w| {
        let failed = w.blend.as_ref().and_then(|b| b.failed).map_or(0.0, |f| f.value);
        let missed = w.worst().filter(|(check, _)| check.verdict == Verdict::Missed);
        match missed {
            _ if failed > 0.001 => Some(format!("{} {} fail", w.name, words::percent(failed))),
            Some((check, _)) => Some(format!("{} misses {}", w.name, check.quantity.name())),
            None => None,
        }
    });
    let harmed: Vec<String> = harmed.collect();
    match harmed.len() {
        0 => format!("{what}: no objective missed"),
        n if n > 4 => format!("{what}: {} and {} more workloads", harmed[..3].join(", "), n - 3),
        _ => format!("{what}: {}", harmed.join(", ")),
    }
}

/// A platform that restarts, with what that does each time: `restart kubernetes, daily, 9.4 s in 4 waves: …`.
fn restart(from: &Source, phase: &PhaseAnalysis, event: &EventRun) -> String {
    let what = short(event);
    let Some(at) = event.placement.map(|at| &from.analysis.placements[at]) else {
        return format!("{what} (not measured)");
    };
    let (Some(run), true) = (&at.restart, at.invalid.is_empty()) else { return format!("{what} (INVALID)") };
    let lasts = match run.took_ns {
        Some(took) => words::time(took as f64),
        None => format!("≈ {}, {} of them seen", words::time(judged::felt_ns(run) as f64), run.waves_done),
    };
    let waves = if run.waves == 1 { "all at once".to_owned() } else { format!("in {} waves", run.waves) };
    let mut parts: Vec<String> = Vec::new();
    if run.failed_starts > 0 {
        parts.push(format!("{} starts fail and are tried again", words::count(run.failed_starts.into())));
    }
    if run.killed > 0 {
        parts.push(format!("{} journeys killed", words::count(run.killed)));
    }
    let steady = phase.placement.map(|steady| &from.analysis.placements[steady]);
    for harm in steady.map(|steady| judged::harms(from.scenario, steady, at)).unwrap_or_default() {
        if let Some(more) = harm.more.filter(|more| *more >= 1.0) {
            parts.push(format!("{} {} more failed or late each time", harm.workload, words::digits(more)));
        }
        if let Some(check) = harm.missed {
            let value =
                check.measured.map_or(String::new(), |m| format!(" at {}", check.quantity.shown(m.estimate.value)));
            parts.push(format!("{} misses {}{value} meanwhile", harm.workload, check.quantity.name()));
        }
    }
    let harmed = if parts.is_empty() { "nothing else is missed".into() } else { parts.join(", ") };
    format!("{what}, {lasts} {waves}: {harmed}")
}
