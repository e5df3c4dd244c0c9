//! A gate as Prometheus text, for a Pushgateway or the textfile collector of a node exporter.
//!
//! Times in seconds, sizes in bytes, as Prometheus wants them. Not for: alert rules (`report::export`).

use std::fmt::Write as _;

use crate::analysis::gate::{Check, Outcome};

use super::{Told, finite, kind_word, nanos};

/// A number of a check.
type Of = fn(&Check) -> Option<f64>;

/// The gate's numbers as gauges.
pub fn prometheus(told: &Told) -> String {
    let mut out = String::new();
    let title = value(&told.judged.title);
    metric(&mut out, "longhaul_gate_failed", "Whether the gate failed the build.");
    let _ = writeln!(out, "longhaul_gate_failed{{gate=\"{title}\"}} {}", u8::from(told.failed()));
    metric(&mut out, "longhaul_gate_checks", "Checks by what became of them.");
    for outcome in Outcome::ALL {
        let count = told.judged.checks.iter().filter(|check| check.outcome == outcome).count();
        let _ = writeln!(out, "longhaul_gate_checks{{gate=\"{title}\",outcome=\"{}\"}} {count}", outcome.word());
    }
    let values: [(&str, &str, Of); 4] = [
        ("found", "What a check found, in the base unit that its label names.", |check| check.found),
        ("low", "Lower end of the 95 percent interval of what a check found.", |check| check.interval.map(|i| i.0)),
        ("high", "Upper end of the 95 percent interval of what a check found.", |check| check.interval.map(|i| i.1)),
        ("limit", "What a check allows, or what it was before.", |check| check.limit),
    ];
    for (name, help, of) in values {
        let name = format!("longhaul_gate_check_{name}");
        let lines: Vec<_> = told.judged.checks.iter().filter_map(|check| Some((check, finite(of(check))?))).collect();
        if !lines.is_empty() {
            metric(&mut out, &name, help);
        }
        for (check, number) in lines {
            let (number, unit) = base(number, &check.unit);
            let _ = writeln!(out, "{name}{{{},unit=\"{}\"}} {number}", labels(&title, check), value(unit));
        }
    }
    if !told.judged.checks.is_empty() {
        metric(&mut out, "longhaul_gate_check_fails", "Whether a check fails the build.");
    }
    for check in &told.judged.checks {
        let (labels, fails) = (labels(&title, check), u8::from(told.fails(check.outcome)));
        let _ = writeln!(out, "longhaul_gate_check_fails{{{labels},outcome=\"{}\"}} {fails}", check.outcome.word());
    }
    out
}

fn metric(out: &mut String, name: &str, help: &str) {
    let _ = writeln!(out, "# HELP {name} {help}\n# TYPE {name} gauge");
}

fn labels(title: &str, check: &Check) -> String {
    format!("gate=\"{title}\",id=\"{}\",kind=\"{}\"", value(&check.id), kind_word(check.kind))
}

/// A number in the base unit, and that unit's name.
fn base(number: f64, unit: &str) -> (f64, &str) {
    match (nanos(unit), unit) {
        (Some(nanos), _) => (number * nanos / 1e9, "seconds"),
        (None, "B") => (number, "bytes"),
        (None, "") => (number, "ratio"),
        (None, unit) => (number, unit),
    }
}

/// A label's value as the text format escapes it.
fn value(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}
