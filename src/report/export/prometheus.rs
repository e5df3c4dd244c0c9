//! Alert rules for Prometheus, over the metrics that an Istio mesh gives: rate, errors, duration.
//!
//! One file for the whole move: `longhaul_phase` says where it stands and is the only thing to edit from phase to phase;
//! `longhaul_expected` records what this report expects; two alerts for each number compare. Not for: what a
//! mesh does not see, which is named in a comment.

use std::fmt::Write as _;

use super::thresholds::{Subject, elsewhere, subjects, value};
use crate::report::model::Report;

/// The rules as YAML.
pub fn rules(report: &Report) -> String {
    let subjects = subjects(report);
    let scenario = &report.scenario;
    let mut out = head(report);
    out.push_str("groups:\n");
    phase(&mut out, report);
    if subjects.iter().any(|subject| !subject.expected.is_empty()) {
        let _ = writeln!(out, "  - name: {}", quoted(&format!("longhaul {scenario} expected")));
        out.push_str("    rules:\n");
        subjects.iter().for_each(|subject| expected(&mut out, subject, scenario));
    }
    if !subjects.is_empty() {
        let _ = writeln!(out, "  - name: {}", quoted(&format!("longhaul {scenario}")));
        out.push_str("    rules:\n");
        subjects.iter().for_each(|subject| alerts(&mut out, subject, scenario));
    }
    out
}

fn head(report: &Report) -> String {
    let mut out = format!("# Go and no-go while {} moves.\n", one_line(&report.scenario));
    out.push_str(
        "#\n\
         # no-go: an objective of the scenario is missed. go: the number is at or below the upper end of what the report\n\
         # expects in this phase. Between the two the phase is slower than predicted: find out why before the next.\n\
         #\n\
         # The metrics are those of Istio (destination's side); workloads and sites must be called there as in the scenario:\n\
         # destination_workload, and destination_cluster for one arm by itself. A workload of which one part is outside of the\n\
         # mesh is seen in part. Quantiles are interpolated within the mesh's buckets: a threshold inside of a wide bucket\n\
         # is known no better than the bucket; give the mesh buckets near these thresholds.\n",
    );
    let elsewhere = elsewhere(report);
    if !elsewhere.is_empty() {
        out.push_str("#\n# No mesh sees these objectives; watch them with metrics of your own:\n");
        elsewhere.iter().for_each(|text| {
            let _ = writeln!(out, "# - {}", one_line(text));
        });
    }
    out
}

/// Where the move stands: to be edited from phase to phase.
fn phase(out: &mut String, report: &Report) {
    let first = report.watch.first();
    let strategy = first.map_or("", |watch| &watch.strategy);
    let name = format!("longhaul {} phase", report.scenario);
    let _ = writeln!(out, "  - name: {}\n    rules:", quoted(&name));
    out.push_str("      # Edit strategy and phase (its number, from 1) when the move goes on:\n");
    for watch in &report.watch {
        let mut phases: Vec<(usize, &str)> = watch.thresholds.iter().map(|t| (t.number, t.phase.as_str())).collect();
        phases.dedup();
        let all: Vec<String> = phases.iter().map(|(number, name)| format!("{number} {}", one_line(name))).collect();
        let _ = writeln!(out, "      #   {}: {}", one_line(&watch.strategy), all.join(" · "));
    }
    out.push_str("      - record: longhaul_phase\n        expr: vector(1)\n        labels:\n");
    for (key, value) in [("scenario", report.scenario.as_str()), ("strategy", strategy), ("phase", "1")] {
        let _ = writeln!(out, "          {key}: {}", quoted(value));
    }
}

fn expected(out: &mut String, subject: &Subject, scenario: &str) {
    for (strategy, number, _, value) in &subject.expected {
        let _ = write!(out, "      - record: longhaul_expected\n        expr: vector({value})\n        labels:\n");
        let phase = number.to_string();
        let of_phase = [("scenario", scenario), ("strategy", strategy), ("phase", &phase)];
        let labels = subject.labels();
        let labels = labels.iter().map(|(key, value)| (*key, value.as_str())).filter(|(_, value)| !value.is_empty());
        for (key, value) in of_phase.into_iter().chain(labels) {
            let _ = writeln!(out, "          {key}: {}", quoted(value));
        }
    }
}

fn alerts(out: &mut String, subject: &Subject, scenario: &str) {
    let (measured, name, unit) = (subject.measured(), subject.name(), subject.unit());
    // An arm by itself is not what the objective was written for.
    let severity = if subject.site.is_none() { "critical" } else { "warning" };
    let limit = subject.limit;
    let missed = [
        ("alert", "LonghaulObjectiveMissed".to_owned()),
        ("expr", format!("{measured} > {limit}")),
        ("severity", severity.into()),
        ("longhaul", "no-go".into()),
        ("summary", format!("{name} is beyond its objective of {limit}{unit}")),
        ("description", "No-go: do not begin the next phase, and be ready to go back.".into()),
    ];
    alert(out, subject, scenario, &missed);
    if subject.expected.is_empty() {
        return;
    }
    let slower = [
        ("alert", "LonghaulSlowerThanPredicted".to_owned()),
        ("expr", format!("{measured} > scalar(max({}))", expected_now(subject, scenario))),
        ("severity", "warning".into()),
        ("longhaul", "look".into()),
        ("summary", format!("{name} is beyond what was predicted for this phase")),
        ("description", "Find out why before the next phase: the plan rests on that prediction.".into()),
    ];
    alert(out, subject, scenario, &slower);
}

/// What is expected in the phase that the move stands in.
pub(super) fn expected_now(subject: &Subject, scenario: &str) -> String {
    let labels = subject.labels().map(|(key, text)| format!("{key}=\"{}\"", value(&text))).join(",");
    let scenario = value(scenario);
    format!(
        "longhaul_expected{{scenario=\"{scenario}\",{labels}}} and on (strategy, phase) longhaul_phase{{scenario=\"{scenario}\"}}"
    )
}

/// Writes an alert: name, expression, severity, mark, summary, description.
fn alert(
    out: &mut String,
    subject: &Subject,
    scenario: &str,
    [name, expr, severity, mark, summary, told]: &[(&str, String); 6],
) {
    let _ = writeln!(out, "      - {}: {}", name.0, name.1);
    let _ = writeln!(out, "        {}: {}", expr.0, quoted(&expr.1));
    out.push_str("        for: 5m\n        labels:\n");
    let own =
        [("scenario", scenario), ("workload", subject.workload.as_str()), ("quantity", subject.quantity.as_str())];
    for (key, value) in [severity, mark].map(|(key, value)| (*key, value.as_str())).into_iter().chain(own) {
        let _ = writeln!(out, "          {key}: {}", quoted(value));
    }
    out.push_str("        annotations:\n");
    for (key, value) in [summary, told] {
        // Prometheus reads annotations as templates.
        let _ = writeln!(out, "          {key}: {}", quoted(&value.replace("{{", "{ {")));
    }
}

/// A text as YAML reads it from double quotation marks; JSON's form is one of YAML's.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// A text for a comment.
fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}
