//! A chart for each workload: the objective that breaks first, over the values. Not for: the numbers, which are in tables.

use crate::analysis::sweep::{Edge, Point, named};
use crate::analysis::verdict::{Check, Quantity};
use crate::analysis::words;
use crate::report::sweep::{EdgeCurve, EdgePanel};

use super::{Source, rank};

/// A panel for each workload that has a number.
pub(super) fn panels(from: &Source) -> Vec<EdgePanel> {
    let all = (0..from.scenario.workloads.len()).filter_map(|index| panel(from, index));
    all.filter(|panel| panel.curves.iter().any(|curve| curve.points.len() > 1)).collect()
}

fn panel(from: &Source, index: usize) -> Option<EdgePanel> {
    let of_all = from.analysis.edges.iter().filter(|edge| edge.workload == index && edge.arm.is_none());
    let edge = of_all.min_by(|a, b| rank(from, a).total_cmp(&rank(from, b)));
    let judged = from.sweep.asked.workloads.is_empty()
        || from.sweep.asked.workloads.iter().any(|name| name == from.workload(index));
    if edge.is_none() && !judged {
        return None;
    }
    let text = |value: f64| (value, from.shown(value));
    Some(EdgePanel {
        workload: from.workload(index).to_owned(),
        measure: edge.map_or_else(|| "p50, no objective".into(), |edge| measure(from, edge)),
        share: edge.is_some_and(|edge| edge.quantity == Quantity::Errors),
        limit: edge.map(|edge| (edge.limit, edge.quantity.shown(edge.limit))),
        range: from.range(),
        own: from.own().map(text),
        at: edge.and_then(|edge| edge.at).map(text),
        holds_to: edge.and_then(|edge| edge.holds_to),
        misses_from: edge.and_then(|edge| edge.misses_from),
        curves: curves(from, index, edge),
    })
}

fn measure(from: &Source, edge: &Edge) -> String {
    let part = if edge.part == from.workload(edge.workload) { String::new() } else { format!("{} ", edge.part) };
    format!("{part}{}", edge.quantity.name())
}

/// The number that the objective limits, of all arms and of each that crosses the link; medians with quantiles.
fn curves(from: &Source, index: usize, edge: Option<&Edge>) -> Vec<EdgeCurve> {
    let arms = from.analysis.points.iter().find(|p| p.invalid.is_empty()).map_or(0, |p| p.workloads[index].arms.len());
    let split = arms > 1;
    let of_all = |label: &str| if split { format!("{label}, all arms") } else { label.to_owned() };
    let crosses = from.analysis.subject.crosses(index);
    let mut all = Vec::new();
    if let Some(edge) = edge {
        let points = checked(from, edge);
        all.push(EdgeCurve { label: of_all(&measure(from, edge)), remote: !split && crosses, main: true, points });
        let alone = from
            .analysis
            .edges
            .iter()
            .filter(|e| e.workload == index && e.arm.is_some() && e.quantity == edge.quantity);
        all.extend(alone.map(|edge| EdgeCurve {
            label: format!("{}, {} alone", edge.quantity.name(), edge.arm.as_deref().unwrap_or_default()),
            remote: true,
            main: true,
            points: checked(from, edge),
        }));
    }
    if edge.is_none_or(|edge| matches!(edge.quantity, Quantity::Quantile(_))) {
        let points = from.analysis.points.iter().filter_map(|p| median(from, p, index)).collect();
        all.push(EdgeCurve { label: of_all("p50"), remote: !split && crosses, main: edge.is_none(), points });
    }
    all
}

/// What was seen of an objective, as far as there are numbers.
fn checked(from: &Source, edge: &Edge) -> Vec<(f64, f64, String)> {
    let point = |(value, check): &(f64, Check)| {
        let measured = check.measured.filter(|m| !m.at_least)?;
        let e = measured.estimate;
        let q = check.quantity;
        let text = format!(
            "{} {}: {} {} ({} to {}), {}, {}",
            named(from.over()),
            from.shown(*value),
            q.name(),
            q.shown(e.value),
            q.shown(e.low),
            q.shown(e.high),
            check.verdict.word(),
            from.engine()
        );
        Some((*value, e.value, text))
    };
    edge.seen.iter().filter_map(point).collect()
}

fn median(from: &Source, point: &Point, index: usize) -> Option<(f64, f64, String)> {
    let blend = point.workloads[index].blend.as_ref()?;
    let e = blend.response.first()?.1?.estimate;
    let text = format!(
        "{} {}: p50 {} ({} to {}), {}",
        named(from.over()),
        from.shown(point.value),
        words::time(e.value),
        words::time(e.low),
        words::time(e.high),
        from.engine()
    );
    Some((point.value, e.value, text))
}
