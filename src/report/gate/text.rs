//! For a terminal: what fails first, each in its own line with what is known of it, then what to do next.
//!
//! At most 100 columns; marks tell what colours tell. Not for: what passed, which is counted and not listed.

use std::fmt::Write as _;

use crate::analysis::gate::{Check, Outcome, Series};
use crate::report::text::{line, marked, paint};

use super::{Told, clean, next, shown, tone};

/// The gate as text.
pub fn text(told: &Told, colour: bool) -> String {
    let judged = told.judged;
    let mut out = String::new();
    let head = if told.failed() { tone(judged.outcome()) } else { crate::report::model::Tone::Held };
    line(&mut out, &format!("{}: {}", clean(&judged.title), paint(&told.answer(), head, colour)), 0);
    let about: Vec<_> = judged.about.iter().map(|(name, value)| format!("{} {}", clean(name), clean(value))).collect();
    if !about.is_empty() {
        line(&mut out, &about.join(" · "), 2);
    }
    for check in told.news() {
        let tone = tone(check.outcome);
        let word = paint(&marked(tone, check.outcome.word()), tone, colour);
        let harmless = check.outcome == Outcome::Pass || told.fails(check.outcome);
        let quiet = if harmless { "" } else { " (does not fail)" };
        line(&mut out, &format!("{word}{quiet}: {}", clean(&check.sentence)), 2);
        if let Some(place) = &check.place {
            let _ = writeln!(out, "      at {}:{}:{}", clean(&place.file), place.line, place.column);
        }
        check.details.iter().for_each(|detail| line(&mut out, &clean(detail), 6));
    }
    // The check of a series tells its changes; of one that passed nobody has heard yet.
    let passed =
        |series: &&Series| judged.checks.iter().any(|check| check.outcome == Outcome::Pass && is_of(check, series));
    judged.series.iter().filter(passed).for_each(|series| changes(&mut out, series));
    line(&mut out, &told.tally(), 0);
    let steps = next::steps(told);
    if !steps.is_empty() {
        line(&mut out, "next:", 0);
        for step in steps {
            line(&mut out, &format!("- {step}"), 2);
        }
    }
    out
}

fn is_of(check: &Check, series: &Series) -> bool {
    check.id.strip_prefix("history/") == Some(&series.id)
}

/// Every change of a series, the newest last.
fn changes(out: &mut String, series: &Series) {
    for change in &series.changes {
        let at = series.points.get(change.at).map_or("", |point| &point.0);
        let by = if change.from == 0.0 {
            String::new()
        } else {
            format!(" ({:+.1} %)", (change.to / change.from - 1.0) * 100.0)
        };
        let (from, to) = (shown(change.from, &series.unit), shown(change.to, &series.unit));
        let told = format!("{} {}: {from} → {to}{by} from {} on", series.subject, series.quantity, clean(at));
        line(out, &clean(&told), 2);
    }
}
