//! Two runs beside each other: a sentence, what differs, answers, costs, and every arm that both have.
//!
//! Numbers of the two have columns of their own, always. Not for: which arms belong together (`analysis::pairs`).

use crate::analysis::compare::{ArmCompared, Comparison, Pair, QUANTILES};
use crate::analysis::strategy::StrategyAnalysis;
use crate::analysis::{Analysis, words};
use crate::measure::Estimate;
use crate::report::Language;
use crate::report::compare::{CompareReport, FORMAT};
use crate::report::model::{Cell, Column, Notice, Row, Table, Tone};
use crate::runfile::Run;
use crate::scenario::Scenario;

use super::shown::{self, TimeUnit};
use super::{cost, measured, tone};

/// A run, its scenario and what follows from them.
type Side<'a> = ((&'a Run, &'a Scenario), &'a Analysis);

/// Builds the report.
pub(in crate::report) fn report(first: Side, second: Side, comparison: &Comparison) -> CompareReport {
    let made = |side: &Side| format!("{}, {}", side.0.0.provenance.scenario, measured(side.0.0));
    let (sentence, tone) = sentence(comparison);
    CompareReport {
        compare_report_format: FORMAT,
        language: Language::English,
        title: title(first.0.0, second.0.0),
        sides: [("A".into(), made(&first)), ("B".into(), made(&second))],
        notices: notices(&first, &second, comparison),
        sentence,
        tone,
        differs: differs(comparison),
        answers: answers(first, second),
        cost: costs(first.1, second.1),
        arms: arms(first.0.0, second.0.0, comparison),
    }
}

fn title(first: &Run, second: &Run) -> String {
    let (a, b) = (&first.provenance, &second.provenance);
    match (a.scenario == b.scenario, a.engine.as_str(), b.engine.as_str()) {
        (false, ..) => format!("{} against {}", a.scenario, b.scenario),
        (true, "live", "sim") => format!("{}, live against simulated", a.scenario),
        (true, "sim", "live") => format!("{}, simulated against live", a.scenario),
        (true, ..) => format!("{}, two runs", a.scenario),
    }
}

/// How the arms differ in their mean, in words.
fn sentence(comparison: &Comparison) -> (String, Tone) {
    let ratios = || comparison.arms.iter().filter_map(|arm| Some((arm, arm.mean.ratio?)));
    let quicker = ratios().filter(|(_, r)| r.better()).count();
    let slower = ratios().filter(|(_, r)| r.worse()).count();
    let (known, all) = (ratios().count(), comparison.arms.len());
    let far = ratios()
        .filter(|(_, r)| r.better() || r.worse())
        .max_by(|a, b| a.1.value.ln().abs().total_cmp(&b.1.value.ln().abs()));
    let farthest = far.map_or(String::new(), |(arm, ratio)| {
        let place = if arm.condition == "steady" { String::new() } else { format!(", {}", arm.condition) };
        format!(" Farthest is {} in “{}”{place}: {} times.", arm.arm, arm.placement, words::digits(ratio.value))
    });
    let text = format!(
        "Of {all} arms (and jobs) that both have, B is quicker on average in {quicker}, slower in {slower}, and the intervals of both meet in {}.{farthest}",
        all - quicker - slower
    );
    let tone = match (known, slower, quicker) {
        (0, ..) => Tone::Unknown,
        (_, 0, 1..) => Tone::Held,
        (_, 1.., _) => Tone::Missed,
        _ => Tone::Plain,
    };
    (text, tone)
}

fn notices(first: &Side, second: &Side, comparison: &Comparison) -> Vec<Notice> {
    let mut all = Vec::new();
    let mut say = |tone, text: String| all.push(Notice { tone, text });
    let (a, b) = (&first.0.0.provenance, &second.0.0.provenance);
    for (name, run) in [("A", first.0.0), ("B", second.0.0)] {
        let invalid = run.placements.iter().filter(|p| !p.invalid.is_empty()).count();
        if invalid > 0 {
            say(
                Tone::Invalid,
                format!("{name}: {invalid} of {} placements are INVALID and left out.", run.placements.len()),
            );
        }
        if run.provenance.partial {
            say(Tone::Unknown, format!("{name} is partial: it was stopped before all placements were measured."));
        }
    }
    if a.engine != b.engine {
        say(
            Tone::Plain,
            "One is measured and the other simulated: they stand beside each other and never for one another.".into(),
        );
    }
    if (a.scale - b.scale).abs() > 1e-12 {
        say(
            Tone::Unknown,
            "They are of different scales: the loads differ, and what waits for workers differs with them.".into(),
        );
    }
    if comparison.same_plan {
        say(Tone::Plain, "Both performed the same plan: the same journeys arrived at the same times.".into());
    }
    if comparison.alone != (0, 0) {
        let (a, b) = comparison.alone;
        say(Tone::Plain, format!("{a} arms of A and {b} of B are not in the other, and left out."));
    }
    let twice = "A difference may be the machine's or the minute's: one run of each is no proof of a change.";
    if a.engine == "live" || b.engine == "live" {
        say(Tone::Plain, twice.into());
    }
    all
}

fn differs(comparison: &Comparison) -> Table {
    let row = |(what, a, b): &(String, String, String)| {
        let cell = |text: &String| if text.is_empty() { Cell::absent("none") } else { Cell::text(text.clone()) };
        Row { head: what.clone(), unit: String::new(), cells: vec![cell(a), cell(b)] }
    };
    Table {
        id: "differs".into(),
        caption: "What differs in how they were made".into(),
        columns: vec![Column::text("What"), Column::text("A"), Column::text("B")],
        rows: comparison.differs.iter().map(row).collect(),
        note: String::new(),
    }
}

/// The strategies that both have.
fn common<'a>(a: &'a Analysis, b: &'a Analysis) -> Vec<(&'a StrategyAnalysis, &'a StrategyAnalysis)> {
    let pair =
        |first: &'a StrategyAnalysis| Some((first, b.strategies.iter().find(|second| second.name == first.name)?));
    a.strategies.iter().filter_map(pair).collect()
}

fn answers(first: Side, second: Side) -> Table {
    let pairs = common(first.1, second.1);
    let columns = pairs.iter().flat_map(|(s, _)| ["A", "B"].map(|run| Column::text(&format!("{}, {run}", s.name))));
    let cell = |strategy: &StrategyAnalysis, name: &str| {
        let answer = strategy.answers.iter().find(|answer| answer.workload == name);
        answer.map_or(Cell::absent("not there"), |answer| Cell {
            small: answer.reason.clone(),
            ..Cell::text(answer.word.shown()).toned(tone(answer.word))
        })
    };
    let row = |workload: &crate::scenario::Workload| Row {
        head: workload.name.clone(),
        unit: workload.kind.word().into(),
        cells: pairs.iter().flat_map(|(a, b)| [a, b].map(|s| cell(s, &workload.name))).collect(),
    };
    let rows = if pairs.is_empty() { Vec::new() } else { first.0.1.workloads.iter().map(row).collect() };
    Table {
        id: "answers".into(),
        caption: "Can it be done this way?".into(),
        columns: std::iter::once(Column::text("Workload")).chain(columns).collect(),
        rows,
        note: String::new(),
    }
}

/// Costs of the strategies that both have, as a report of one run shows those of several.
fn costs(a: &Analysis, b: &Analysis) -> Table {
    let named = |strategy: &StrategyAnalysis, run: &str| StrategyAnalysis {
        name: format!("{}, {run}", strategy.name),
        ..strategy.clone()
    };
    let both: Vec<_> = common(a, b).into_iter().flat_map(|(a, b)| [named(a, "A"), named(b, "B")]).collect();
    cost::whole(&both)
}

/// A table for each placement.
fn arms(first: &Run, second: &Run, comparison: &Comparison) -> Vec<Table> {
    let mut tables: Vec<Table> = Vec::new();
    let mut last = None;
    for arm in &comparison.arms {
        if last != Some(arm.index) {
            let condition = if arm.condition == "steady" { String::new() } else { format!(", {}", arm.condition) };
            tables.push(Table {
                id: format!("arms-{}", tables.len() + 1),
                caption: format!("{}{condition}", arm.placement),
                columns: columns(),
                rows: Vec::new(),
                note: "B ÷ A, in small the bounds that the 95 % intervals of both leave; ✓ B is quicker, ✗ B is slower, in all that \
                       they allow."
                    .into(),
            });
            last = Some(arm.index);
        }
        if let Some(table) = tables.last_mut() {
            table.rows.push(row(arm, [&first.provenance.engine, &second.provenance.engine]));
        }
    }
    tables
}

/// The median and the p99 first: a terminal has room for no more.
const ORDER: [usize; 4] = [0, 2, 1, 3];

fn columns() -> Vec<Column> {
    let three = |name: &str| {
        [Column::number(&format!("{name} A"), "ms"), Column::number("B", "ms"), Column::number("B ÷ A", "")]
    };
    let names = ORDER.map(|at| words::quantile(QUANTILES[at])).into_iter().chain(["mean".to_owned()]);
    let ends = [
        Column::number("Failed A", "%"),
        Column::number("B", "%"),
        Column::number("Round trips A", "mean"),
        Column::number("B", "mean"),
    ];
    std::iter::once(Column::text("Arm")).chain(names.flat_map(|name| three(&name))).chain(ends).collect()
}

fn row(arm: &ArmCompared, engines: [&str; 2]) -> Row {
    let pairs = ORDER.iter().map(|at| &arm.percentiles[*at]).chain([&arm.mean]);
    let mut cells: Vec<Cell> = pairs.flat_map(|pair| pair_cells(pair, arm.n, engines)).collect();
    cells.extend([arm.failed.0, arm.failed.1].map(failed));
    let trips = |trips: Option<f64>| trips.map_or(Cell::absent("–"), |t| Cell::number(t, words::digits(t)));
    cells.extend([trips(arm.trips.0), trips(arm.trips.1)]);
    Row { head: arm.arm.clone(), unit: String::new(), cells }
}

fn pair_cells(pair: &Pair, n: (u64, u64), engines: [&str; 2]) -> [Cell; 3] {
    let time = |estimate: &Option<Estimate>, n, engine| shown::time(estimate.as_ref(), n, TimeUnit::MS, engine);
    let ratio = pair.ratio.map_or(Cell::absent("–"), |ratio| {
        let tone = match () {
            () if ratio.better() => Tone::Held,
            () if ratio.worse() => Tone::Missed,
            () => Tone::Plain,
        };
        let small = format!("{}–{}", words::digits(ratio.low), words::digits(ratio.high));
        Cell { small, ..Cell::number(ratio.value, words::digits(ratio.value)).toned(tone) }
    });
    [time(&pair.first, n.0, engines[0]), time(&pair.second, n.1, engines[1]), ratio]
}

fn failed(share: Option<Estimate>) -> Cell {
    share.map_or(Cell::absent("–"), |share| Cell {
        detail: format!("up to {}, n = {}", words::percent(share.high), words::count(share.n)),
        ..Cell::number(share.value, words::digits(share.value * 100.0))
    })
}
