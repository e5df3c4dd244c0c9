//! A dashboard for Grafana: rate, errors and duration of each http workload, with its objective and what is expected.
//!
//! It reads what a mesh gives and what the alert rules record; a data source is chosen when it is opened. Not for:
//! what a mesh does not see, which a panel of text names.

use serde_json::{Value, json};

use super::prometheus::expected_now;
use super::thresholds::{Subject, elsewhere, subjects, value};
use crate::report::model::Report;

/// Panels of a row, side by side.
const ACROSS: usize = 3;
/// A dashboard is 24 wide.
const WIDE: usize = 8;
const HIGH: usize = 8;
const TEXT_HIGH: usize = 5;

/// The dashboard as JSON.
pub fn dashboard(report: &Report) -> String {
    let subjects = subjects(report);
    let mut panels = vec![about(report)];
    let mut top = TEXT_HIGH;
    for workload in workloads(&subjects) {
        let of: Vec<&Subject> = subjects.iter().filter(|subject| subject.workload == workload).collect();
        let graphs = graphs(&workload, &of, &report.scenario);
        for (index, graph) in graphs.into_iter().enumerate() {
            let (x, y) = (index % ACROSS * WIDE, top + index / ACROSS * HIGH);
            panels.push(placed(graph, panels.len() + 1, (x, y)));
        }
        top += (of.len() + 1).div_ceil(ACROSS) * HIGH;
    }
    let dashboard = json!({
        "title": format!("longhaul: {}", report.scenario),
        "uid": Value::Null,
        "tags": ["longhaul"],
        "schemaVersion": 39,
        "version": 1,
        "editable": true,
        "refresh": "1m",
        "time": { "from": "now-6h", "to": "now" },
        "templating": { "list": [{
            "name": "datasource", "label": "Data source", "type": "datasource", "query": "prometheus",
            "current": {}, "hide": 0, "refresh": 1, "options": [], "multi": false, "includeAll": false
        }] },
        "annotations": { "list": [] },
        "panels": panels,
    });
    let mut text = serde_json::to_string_pretty(&dashboard).expect("plain data serialises");
    text.push('\n');
    text
}

/// In the order of the report, each once.
fn workloads(subjects: &[Subject]) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for subject in subjects {
        if !all.contains(&subject.workload) {
            all.push(subject.workload.clone());
        }
    }
    all
}

fn about(report: &Report) -> Value {
    let elsewhere = elsewhere(report);
    let rest = if elsewhere.is_empty() {
        String::new()
    } else {
        format!("\n\nNo mesh sees these objectives; watch them with metrics of your own: {}.", elsewhere.join(", "))
    };
    let content = format!(
        "Red: the objective; beyond it is no-go. Blue, dashed: what the report expects in the phase that the rule \
         `longhaul_phase` names (load the rules of `--format prometheus-rules`); beyond it, find out why before the next \
         phase.{rest}"
    );
    json!({
        "id": 1, "type": "text", "title": "Go and no-go",
        "gridPos": { "x": 0, "y": 0, "w": 24, "h": TEXT_HIGH },
        "options": { "mode": "markdown", "content": content }
    })
}

/// Rate first, then each objective.
fn graphs(workload: &str, subjects: &[&Subject], scenario: &str) -> Vec<Value> {
    let chosen = format!("reporter=\"destination\",destination_workload=\"{}\"", value(workload));
    let rate = format!("sum(rate(istio_requests_total{{{chosen}}}[5m]))");
    let mut all = vec![json!({
        "title": format!("{workload} requests"),
        "fieldConfig": { "defaults": { "unit": "reqps", "min": 0 }, "overrides": [] },
        "targets": [target("A", &rate, "requests")],
    })];
    all.extend(subjects.iter().map(|subject| graph(subject, scenario)));
    all
}

fn graph(subject: &Subject, scenario: &str) -> Value {
    let unit = if subject.quantile.is_some() { "ms" } else { "percentunit" };
    let steps = json!([{ "color": "green", "value": Value::Null }, { "color": "red", "value": subject.limit }]);
    let dashed = json!([
        { "id": "custom.lineStyle", "value": { "fill": "dash", "dash": [10, 6] } },
        { "id": "color", "value": { "mode": "fixed", "fixedColor": "blue" } },
    ]);
    json!({
        "title": subject.name(),
        "fieldConfig": {
            "defaults": {
                "unit": unit, "min": 0,
                "custom": { "thresholdsStyle": { "mode": "line" } },
                "thresholds": { "mode": "absolute", "steps": steps },
            },
            "overrides": [{ "matcher": { "id": "byName", "options": "expected" }, "properties": dashed }],
        },
        "targets": [
            target("A", &subject.measured(), &subject.quantity),
            target("B", &format!("max({})", expected_now(subject, scenario)), "expected"),
        ],
    })
}

fn target(id: &str, expr: &str, legend: &str) -> Value {
    json!({ "refId": id, "expr": expr, "legendFormat": legend, "datasource": datasource() })
}

fn datasource() -> Value {
    json!({ "type": "prometheus", "uid": "${datasource}" })
}

/// A graph as a panel at its place.
fn placed(graph: Value, id: usize, (x, y): (usize, usize)) -> Value {
    let mut panel = json!({
        "id": id, "type": "timeseries", "datasource": datasource(),
        "gridPos": { "x": x, "y": y, "w": WIDE, "h": HIGH },
        "options": { "legend": { "displayMode": "list", "placement": "bottom" }, "tooltip": { "mode": "multi" } },
    });
    if let (Value::Object(panel), Value::Object(graph)) = (&mut panel, graph) {
        panel.extend(graph);
    }
    panel
}
