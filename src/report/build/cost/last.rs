//! The last phase against the first, workload by workload.

use crate::analysis::last::{LastToFirst, Ratio};
use crate::analysis::strategy::StrategyAnalysis;
use crate::analysis::words;
use crate::report::model::{Cell, Row, Tone};

use super::row;

/// What must be said about all of the table.
pub(super) const NOTE: &str = "Last ÷ first: 0.8 is a fifth quicker, 1.2 a fifth slower, in small the bounds that the 95 % \
    intervals of both leave. ✓: quicker in all that they allow, or the same measurement; ✗: slower by more than 5 % in all that \
    they allow; without a mark: neither.";

/// Less than this is not worth a mark, however sure it is.
const WORTH: f64 = 1.05;

pub(super) fn rows(strategies: &[StrategyAnalysis]) -> Vec<Row> {
    let Some(first) = strategies.first() else { return Vec::new() };
    let each = first.cost.last.iter().enumerate().flat_map(|(i, workload)| {
        let name = &workload.workload;
        let of = |what: &str, ratio: fn(&LastToFirst) -> Option<Ratio>| {
            row(&format!("{name} {what}"), "last ÷ first", strategies, |s| {
                s.cost.last.get(i).map_or(Cell::absent("unknown"), |it| cell(it, ratio(it)))
            })
        };
        let mut rows = vec![of("p50", |l| l.p50), of("p99", |l| l.p99), of("mean", |l| l.mean)];
        if strategies.iter().filter_map(|s| s.cost.last.get(i)).any(|l| l.run.is_some()) {
            rows.push(row(&format!("{name} run that changes most"), "last ÷ first", strategies, |s| {
                let it = s.cost.last.get(i);
                let run = it.and_then(|it| Some((it, it.run.as_ref()?)));
                run.map_or(Cell::absent("unknown"), |(it, (job, ratio))| {
                    let cell = cell(it, Some(*ratio));
                    Cell { detail: format!("{job}: {}", cell.detail), ..cell }
                })
            }));
        }
        rows
    });
    let known = |row: &Row| row.cells.iter().any(|cell| cell.value.is_some());
    each.filter(known).collect()
}

fn cell(it: &LastToFirst, ratio: Option<Ratio>) -> Cell {
    let Some(ratio) = ratio else { return Cell::absent("too few") };
    let times = format!("{} after, {} before", words::time(ratio.last), words::time(ratio.first));
    if it.same {
        let detail = format!("{times}: nothing has changed that it depends on, so one measurement serves both");
        return Cell { small: "same".into(), detail, ..Cell::number(1.0, "1").toned(Tone::Held) };
    }
    let tone = match () {
        () if ratio.better() => Tone::Held,
        () if ratio.low > WORTH => Tone::Missed,
        () => Tone::Plain,
    };
    let interval = format!("{}–{}", words::digits(ratio.low), words::digits(ratio.high));
    Cell {
        text: words::digits(ratio.value),
        small: interval.clone(),
        detail: format!("{times}; between {interval}"),
        value: Some(ratio.value),
        tone,
    }
}
