//! Which thresholds a mesh can watch, and what they are called there. Not for: how rules or dashboards are written.

use crate::report::model::{Report, Threshold};

/// What is watched of one workload: together or one arm, one quantity.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Subject {
    pub(super) workload: String,
    /// The site of one arm by itself.
    pub(super) site: Option<String>,
    /// `p99`, `errors`.
    pub(super) quantity: String,
    /// Of the response time; none for errors.
    pub(super) quantile: Option<f64>,
    /// Milliseconds, or a share.
    pub(super) limit: f64,
    /// (strategy, phase's number, phase's name, expected in milliseconds or as a share).
    pub(super) expected: Vec<(String, usize, String, f64)>,
}

impl Subject {
    /// The labels that choose its requests in Istio's metrics.
    pub(super) fn selector(&self) -> String {
        let cluster =
            self.site.as_ref().map_or(String::new(), |site| format!(",destination_cluster=\"{}\"", value(site)));
        format!("reporter=\"destination\",destination_workload=\"{}\"{cluster}", value(&self.workload))
    }
    /// The labels of its own thresholds.
    pub(super) fn labels(&self) -> [(&'static str, String); 3] {
        let site = self.site.clone().unwrap_or_default();
        [("workload", self.workload.clone()), ("quantity", self.quantity.clone()), ("site", site)]
    }
    /// The number itself, from what a mesh counts.
    pub(super) fn measured(&self) -> String {
        let chosen = self.selector();
        match self.quantile {
            Some(q) => format!(
                "histogram_quantile({q}, sum by (le) (rate(istio_request_duration_milliseconds_bucket{{{chosen}}}[5m])))"
            ),
            None => format!(
                "sum(rate(istio_requests_total{{{chosen},response_code=~\"5..\"}}[5m])) / \
                 sum(rate(istio_requests_total{{{chosen}}}[5m]))"
            ),
        }
    }
    /// `web p99`, `web p99 in cloud`.
    pub(super) fn name(&self) -> String {
        let site = self.site.as_ref().map_or(String::new(), |site| format!(" in {site}"));
        format!("{} {}{site}", self.workload, self.quantity)
    }
    /// `ms`, or nothing for shares.
    pub(super) const fn unit(&self) -> &'static str {
        if self.quantile.is_some() { " ms" } else { "" }
    }
}

/// What a mesh sees: requests and their failures. All phases of all strategies, each subject once.
pub(super) fn subjects(report: &Report) -> Vec<Subject> {
    let mut all: Vec<Subject> = Vec::new();
    for watch in &report.watch {
        for threshold in watch.thresholds.iter().filter(|threshold| in_a_mesh(threshold)) {
            let same = |known: &Subject| {
                (&known.workload, &known.site, &known.quantity)
                    == (&threshold.workload, &threshold.site, &threshold.quantity)
            };
            let at = all.iter().position(same).unwrap_or_else(|| {
                all.push(Subject {
                    workload: threshold.workload.clone(),
                    site: threshold.site.clone(),
                    quantity: threshold.quantity.clone(),
                    quantile: threshold.quantile,
                    limit: scaled(threshold, threshold.limit),
                    expected: Vec::new(),
                });
                all.len() - 1
            });
            let expected = threshold.expected.map(|value| scaled(threshold, value));
            all[at].expected.extend(
                expected.map(|value| (watch.strategy.clone(), threshold.number, threshold.phase.clone(), value)),
            );
        }
    }
    // An arm that is all of its workload at times, and beside another at others, has one number a phase and strategy.
    for subject in &mut all {
        subject.expected.sort_by(|a, b| (&a.0, a.1).cmp(&(&b.0, b.1)).then(b.3.total_cmp(&a.3)));
        subject.expected.dedup_by(|later, first| (&later.0, later.1) == (&first.0, first.1));
    }
    all
}

/// What no mesh sees: queues' ages, cron runs, boots; each once, in words.
pub(super) fn elsewhere(report: &Report) -> Vec<String> {
    let mut all = Vec::new();
    let thresholds = report.watch.iter().flat_map(|watch| &watch.thresholds).filter(|threshold| !in_a_mesh(threshold));
    for threshold in thresholds.filter(|threshold| threshold.site.is_none()) {
        let part = if threshold.part == threshold.workload { String::new() } else { format!(" {}", threshold.part) };
        let text = format!("{}{part} {}", threshold.workload, threshold.quantity);
        if !all.contains(&text) {
            all.push(text);
        }
    }
    all
}

fn in_a_mesh(threshold: &Threshold) -> bool {
    threshold.kind == "http"
}

/// Milliseconds of nanoseconds, three digits behind the point; shares as they are.
fn scaled(threshold: &Threshold, value: f64) -> f64 {
    let unit = if threshold.quantile.is_some() { 1e6 } else { 1.0 };
    (value / unit * 1e6).round() / 1e6
}

/// A label's value inside quotation marks.
pub(super) fn value(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}
