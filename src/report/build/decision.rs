//! The one page on top: what a person who decides needs, in a few lines each, with the way to its details.
//!
//! It is made last, from what the other sections hold; where one of them is absent it says which command gives it.

use std::path::Path;

use crate::analysis::felt::{self, Worst};
use crate::analysis::strategy::StrategyAnalysis;
use crate::analysis::words;
use crate::explain;
use crate::report::model::{AdviceShown, Answer, Cell, Column, Missing, Notice, Panel, Report, Row, Table, Tone};
use crate::strategy::vary::Over;

use super::{Source, shown};

/// Rows of the tables of costs that the one page shows, in this order; those that are not there are left out.
const COSTS: [&str; 10] = [
    "Length",
    "Split over two sites",
    "Exposure of everybody",
    "Workloads that miss an objective",
    "Cron runs late",
    "Largest backlog",
    "Downtime",
    "Read-only",
    "Moves",
    "Place and platform at once",
];

/// Rows of advice that the one page shows.
const ADVICE_ROWS: usize = 3;
/// Names of what to leave behind that the one page shows.
const LEAVE_ROWS: usize = 6;

/// Fills the one page.
pub(super) fn panels(report: &Report, from: &Source) -> Vec<Panel> {
    let file = scenario_file(from);
    vec![
        costs(report),
        worst(from),
        costliest(report, from, &file),
        leave_behind(report, &file),
        margin(report, from, &file),
        watch(report),
        trust(report, from, &file),
    ]
}

/// The answers as advice changes them: what the run says no to may be a yes with fixes, and is told as simulated.
pub(super) fn advised(report: &mut Report) {
    if let Some(advice) = &report.advice {
        overridden(advice, &mut report.answers, &mut report.answer_table);
    }
}

fn overridden(advice: &AdviceShown, answers: &mut [Answer], table: &mut Table) {
    for (index, answer) in answers.iter_mut().enumerate() {
        let Some(of) = advice.strategies.iter().find(|of| of.strategy == answer.strategy) else { continue };
        if answer.tone != Tone::Missed || of.fixes.is_empty() {
            continue;
        }
        answer.word.clone_from(&of.word);
        answer.tone = of.tone;
        answer.sentence = format!(
            "{} With {} all objectives are held (simulated): {}.",
            answer.sentence,
            words::list(&of.fixes),
            words::list(&of.titles)
        );
        for cell in table.rows.iter_mut().filter_map(|row| row.cells.get_mut(index)) {
            if cell.tone == Tone::Missed {
                cell.small = format!("{}; simulated with {}", cell.small, words::list(&of.fixes));
                cell.text.clone_from(&of.word);
                cell.tone = of.tone;
            }
        }
    }
}

/// The scenario as the command named it.
fn scenario_file(from: &Source) -> String {
    let p = &from.run.provenance;
    let is_file = |word: &&String| Path::new(word).extension().is_some_and(|end| end == "yaml" || end == "yml");
    let named = p.command.iter().find(is_file);
    named.cloned().unwrap_or_else(|| format!("{}.yaml", p.scenario))
}

fn panel(id: &str, title: &str, details: &str) -> Panel {
    Panel {
        id: id.into(),
        title: title.into(),
        lines: Vec::new(),
        table: None,
        details: Some(details.into()),
        missing: Vec::new(),
    }
}

fn line(tone: Tone, text: impl Into<String>) -> Notice {
    Notice { tone, text: text.into() }
}

fn missing(what: &str, command: String) -> Missing {
    Missing { what: what.into(), command }
}

/// The worst phase of each strategy, and who feels it.
fn worst(from: &Source) -> Panel {
    let columns = [
        Column::text("Strategy"),
        Column::text("Phase"),
        Column::number("Lasts", "d"),
        Column::text("Misses its objectives"),
        Column::number("Slow or failed", "a day"),
    ];
    let rows = from.analysis.strategies.iter().map(|strategy| worst_row(from, strategy));
    Panel {
        table: Some(Table {
            id: "front-worst".into(),
            caption: "Where it hurts most".into(),
            columns: columns.into(),
            rows: rows.collect(),
            note: "The phase in which the most workloads miss an objective; of equals, the one with the most slow journeys. \
                   Slow or failed: requests and jobs a day, at the scenario's full mean rate, that take longer than the \
                   objective of their highest percentile or fail."
                .into(),
        }),
        ..panel("worst", "The worst phase", "objectives")
    }
}

fn worst_row(from: &Source, strategy: &StrategyAnalysis) -> Row {
    let head = strategy.name.clone();
    let Some(worst) = felt::worst(strategy, from.analysis, from.scenario) else {
        let none = std::iter::repeat_with(Cell::default).take(3);
        return Row {
            head,
            unit: String::new(),
            cells: std::iter::once(Cell::absent("no number")).chain(none).collect(),
        };
    };
    if worst.missed.is_empty() && worst.slow < 0.5 {
        let none = Cell { small: "no phase misses an objective".into(), ..Cell::text("none") };
        let cells = vec![none, Cell::absent("–"), Cell::text("none"), slow(&worst)];
        return Row { head, unit: String::new(), cells };
    }
    let phase = &strategy.phases[worst.phase];
    let days = phase.lasts_ns as f64 / 86_400e9;
    let unknown = if worst.days_unknown > 0.0 {
        format!("without {} d that have no numbers", words::digits(worst.days_unknown))
    } else {
        String::new()
    };
    let name = format!("{}. {}", worst.phase + 1, phase.name);
    let cells = vec![
        Cell { small: unknown, ..Cell::text(name) },
        Cell::number(days, words::digits(days)),
        who(&worst),
        slow(&worst),
    ];
    Row { head, unit: String::new(), cells }
}

fn who(worst: &Worst) -> Cell {
    if worst.missed.is_empty() {
        Cell::text("none")
    } else {
        Cell::text(words::list(&worst.missed)).toned(Tone::Missed)
    }
}

fn slow(worst: &Worst) -> Cell {
    if worst.of <= 0.0 {
        return Cell::absent("nothing arrives");
    }
    let share = worst.slow / worst.of;
    Cell {
        small: format!("{} of {}", words::percent(share), words::digits(worst.of)),
        ..Cell::number(worst.slow, words::digits(worst.slow.round()))
    }
}

/// Strategies down, what they cost across.
fn costs(report: &Report) -> Panel {
    let rows =
        COSTS.iter().filter_map(|head| report.cost.iter().flat_map(|table| &table.rows).find(|r| r.head == **head));
    let rows: Vec<&Row> = rows.collect();
    let columns = rows.iter().map(|row| Column::number(&row.head, &row.unit));
    let of = |(index, answer): (usize, &Answer)| Row {
        head: answer.strategy.clone(),
        unit: String::new(),
        cells: rows.iter().map(|row| row.cells.get(index).cloned().unwrap_or_default()).collect(),
    };
    let table = Table {
        id: "front-cost".into(),
        caption: "Strategies side by side".into(),
        columns: std::iter::once(Column::text("Strategy")).chain(columns).collect(),
        rows: report.answers.iter().enumerate().map(of).collect(),
        note: String::new(),
    };
    let table = (table.columns.len() > 1).then_some(table);
    Panel { table, ..panel("side", "Strategies side by side", "costs") }
}

/// The calls that cost most: by advice with what fixing buys, else by how often they cross.
fn costliest(report: &Report, from: &Source, file: &str) -> Panel {
    let base = panel("costliest", "What costs most", if report.advice.is_some() { "advice" } else { "why" });
    if let Some(advice) = &report.advice {
        return Panel { table: Some(front(&advice.costliest, "front-costliest", ADVICE_ROWS)), ..base };
    }
    let costly = explain::costliest(from.scenario);
    let number = |value: f64| Cell::number(value, words::digits(value));
    let row = |it: &explain::Costly| Row {
        head: it.step.clone(),
        unit: String::new(),
        cells: vec![
            Cell { small: it.journey.clone(), ..Cell::text(it.workload.clone()) },
            number(it.round_trips),
            number(it.per_second),
        ],
    };
    let table = Table {
        id: "front-costliest".into(),
        caption: "Calls that cross most often".into(),
        columns: vec![
            Column::text("Call"),
            Column::text("Of"),
            Column::number("Round trips", "a journey"),
            Column::number("Round trips", "a second"),
        ],
        rows: costly.iter().take(ADVICE_ROWS).map(row).collect(),
        note: String::new(),
    };
    let absent = missing("what fixing each of them buys", advise(file));
    Panel { table: Some(table), missing: vec![absent], ..base }
}

/// The first rows of a table.
fn front(table: &Table, id: &str, rows: usize) -> Table {
    // The whole table follows further down: two regions of a page have two names.
    let caption = format!("{}, the first of them", table.caption);
    Table {
        id: id.into(),
        caption,
        rows: table.rows.iter().take(rows).cloned().collect(),
        note: String::new(),
        ..table.clone()
    }
}

fn advise(file: &str) -> String {
    format!("longhaul advise {file}")
}

fn leave_behind(report: &Report, file: &str) -> Panel {
    let base = panel("stay", "What must not move before the databases", "advice");
    let Some(advice) = &report.advice else {
        return Panel {
            missing: vec![missing("which workloads should stay until their stores move", advise(file))],
            ..base
        };
    };
    if advice.leave_behind.rows.is_empty() {
        return Panel { lines: vec![line(Tone::Held, "Nothing has to be left behind.")], ..base };
    }
    Panel { table: Some(front(&advice.leave_behind, "front-stay", LEAVE_ROWS)), ..base }
}

/// The highest RTT and loss at which the plan holds.
fn margin(report: &Report, from: &Source, file: &str) -> Panel {
    let mut base = panel("margin", "How much more distance and loss it bears", "edge");
    for edges in &report.edges {
        base.lines.extend(edges.first.iter().map(|first| {
            let told =
                format!("{}, {}: {} breaks first: {}", edges.name, edges.placement, first.workload, first.sentence);
            line(first.tone, told)
        }));
    }
    let has = |over| report.edges.iter().any(|edges| edges.over == over);
    if !from.scenario.links.between.iter().any(|((a, b), _)| a != b) {
        return base;
    }
    if !has(Over::Rtt) {
        base.missing.push(missing("the highest RTT at which the plan holds", format!("longhaul sweep {file}")));
    }
    if !has(Over::Loss) {
        let command = format!("longhaul sweep {file} --over loss --range 0.001%..5%");
        base.missing.push(missing("how much loss it bears", command));
    }
    base
}

/// One sentence a strategy; the numbers are in their section.
fn watch(report: &Report) -> Panel {
    let of = |watch: &crate::report::model::Watch| {
        let together = watch.thresholds.iter().filter(|threshold| threshold.site.is_none());
        let mut stops: Vec<usize> =
            together.filter(|threshold| threshold.tone == Tone::Missed).map(|threshold| threshold.number).collect();
        stops.dedup();
        let phases = watch.table.columns.len().saturating_sub(1);
        match stops.as_slice() {
            [] => line(
                Tone::Held,
                format!("{}: go in all {phases} phases, as long as the numbers stay below.", watch.strategy),
            ),
            all => {
                let plural = if all.len() == 1 { "phase" } else { "phases" };
                let all: Vec<String> = all.iter().map(ToString::to_string).collect();
                // The thresholds are those of the plan as it is, and the answer may be a yes with fixes.
                let fixes = report.advice.iter().flat_map(|advice| &advice.strategies);
                let mended = fixes.into_iter().any(|it| it.strategy == watch.strategy && !it.fixes.is_empty());
                let (strategy, all) = (&watch.strategy, words::list(&all));
                let told = if mended {
                    format!("{strategy}: without the fixes, expected no-go in {plural} {all} of {phases}.")
                } else {
                    format!("{strategy}: expected no-go in {plural} {all} of {phases}.")
                };
                line(Tone::Missed, told)
            }
        }
    };
    Panel { lines: report.watch.iter().map(of).collect(), ..panel("go", "Go and no-go in production", "watch") }
}

/// How far to trust it, in a few lines.
fn trust(report: &Report, from: &Source, file: &str) -> Panel {
    let mut base = panel("believe", "How far to trust it", "trust");
    let placements = &from.run.placements;
    let invalid = placements.iter().filter(|placement| !placement.invalid.is_empty()).count();
    let total = words::count(placements.len() as u64);
    base.lines.push(match invalid {
        0 => line(Tone::Held, format!("All {total} placements are valid.")),
        n => line(Tone::Invalid, format!("{n} of {total} placements are invalid and have no numbers.")),
    });
    base.lines.extend(super::trust::lateness(from.run).map(|told| line(Tone::Plain, told)));
    match (&report.agreement, from.run.provenance.simulated.is_some()) {
        (Some(agreement), _) => base.lines.push(line(agreement.tone, agreement.sentence.clone())),
        (None, simulated) => {
            let what = if simulated { "whether real sockets agree" } else { "whether a simulation agrees" };
            base.missing.push(missing(what, format!("longhaul run {file} --engine both")));
        }
    }
    let unknown: usize = shown::unknown(&report.objectives);
    if unknown > 0 {
        base.lines
            .push(line(Tone::Unknown, format!("About {} numbers nobody can tell.", words::count(unknown as u64))));
    }
    base
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::model::StrategyAdvice;

    fn answer(strategy: &str, word: &str, tone: Tone) -> Answer {
        let (strategy, word) = (strategy.to_owned(), word.to_owned());
        Answer { strategy, about: String::new(), word, tone, sentence: "As measured.".into(), days: 1.0 }
    }

    fn advice(strategy: &str, fixes: &[&str]) -> StrategyAdvice {
        StrategyAdvice {
            strategy: strategy.into(),
            word: "yes, with fixes".into(),
            tone: Tone::Unknown,
            fixes: fixes.iter().map(|&fix| fix.to_owned()).collect(),
            titles: fixes.iter().map(|&fix| format!("do {fix}")).collect(),
            sentence: "All hold.".into(),
        }
    }

    #[test]
    fn advice_turns_only_a_no_into_a_yes_with_fixes() {
        let answers =
            [answer("a", "no", Tone::Missed), answer("b", "yes", Tone::Held), answer("c", "no", Tone::Missed)];
        let mut table = Table { rows: vec![Row::default()], ..Table::default() };
        table.rows[0].cells = answers.iter().map(|a| Cell::text(a.word.clone()).toned(a.tone)).collect();
        let advice = AdviceShown {
            sentence: String::new(),
            strategies: vec![advice("a", &["batch:page", "pool:web"]), advice("b", &["batch:page"]), advice("c", &[])],
            costliest: Table::default(),
            gains: Vec::new(),
            short_states: Table::default(),
            leave_behind: Table::default(),
            order: Table::default(),
            apply: Vec::new(),
        };
        let mut answers = answers.to_vec();
        overridden(&advice, &mut answers, &mut table);
        let words: Vec<_> = answers.iter().map(|a| a.word.as_str()).collect();
        assert_eq!(words, ["yes, with fixes", "yes", "no"]);
        assert_eq!(
            answers[0].sentence,
            "As measured. With batch:page and pool:web all objectives are held (simulated): do batch:page and do pool:web."
        );
        let cells: Vec<_> = table.rows[0].cells.iter().map(|cell| cell.text.as_str()).collect();
        assert_eq!(cells, ["yes, with fixes", "yes", "no"]);
        assert!(table.rows[0].cells[0].small.ends_with("simulated with batch:page and pool:web"));
    }
}
