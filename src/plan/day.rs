//! The hours of a day, where arrivals have a daily shape: its busiest hour, and quarters from quiet to busy.
//!
//! Objectives are judged at the busiest hour: it is the steady state of a phase. Sums over days need the others too: the 24
//! hours are ranked by all arrivals together and put into [`QUARTERS`] of six hours each, and each quarter stands for its
//! mean rate. Not for: what waits from one hour to the next (a queue's backlog, `analysis::load`).

use crate::scenario::{Arrivals, Scenario, Shape, Workload, WorkloadKind};
use crate::strategy::Condition;
use crate::units::{Nanos, Rate};

/// Parts of a day, the quietest first.
pub const QUARTERS: u8 = 4;
/// How long each lasts.
pub const LASTS: Nanos = Nanos::from_secs(6 * 3_600);
/// From one to the next of its kind.
pub const DAY: Nanos = Nanos::from_secs(86_400);
const HOURS: usize = 24;

/// The arrivals of a workload.
fn arrivals(workload: &Workload) -> Vec<&Arrivals> {
    match &workload.kind {
        WorkloadKind::Http(http) => vec![&http.arrivals],
        WorkloadKind::Queue(queues) => queues.iter().map(|queue| &queue.arrivals).collect(),
        WorkloadKind::Cron(_) | WorkloadKind::Startup(_) => Vec::new(),
    }
}

/// Whether something arrives in a daily shape.
pub fn is_shaped(scenario: &Scenario) -> bool {
    scenario.workloads.iter().flat_map(arrivals).any(|it| matches!(it.shape, Shape::Daily(_)))
}

fn factor_at(arrivals: &Arrivals, hour: usize) -> f64 {
    if let Shape::Daily(hours) = &arrivals.shape { hours.get(hour).copied().unwrap_or(1.0) } else { 1.0 }
}

/// The hours of a quarter.
fn hours(scenario: &Scenario, quarter: u8) -> Vec<usize> {
    let all: Vec<&Arrivals> = scenario.workloads.iter().flat_map(arrivals).collect();
    let load = |hour: usize| all.iter().map(|it| it.rate.0 * factor_at(it, hour)).sum::<f64>();
    let mut ranked: Vec<(usize, f64)> = (0..HOURS).map(|hour| (hour, load(hour))).collect();
    // Stable: of equal hours the earlier one comes first.
    ranked.sort_by(|a, b| a.1.total_cmp(&b.1));
    let each = HOURS / usize::from(QUARTERS);
    ranked.into_iter().skip(usize::from(quarter) * each).take(each).map(|(hour, _)| hour).collect()
}

fn mean_at(arrivals: &Arrivals, hours: &[usize]) -> f64 {
    hours.iter().map(|hour| factor_at(arrivals, *hour)).sum::<f64>() / hours.len().max(1) as f64
}

/// The arrivals that a condition means: in a quarter of the day flat at its mean rate, else as they are.
pub fn at(scenario: &Scenario, condition: Condition, arrivals: &Arrivals) -> Arrivals {
    let (Condition::Quarter(quarter), Shape::Daily(_)) = (condition, &arrivals.shape) else { return arrivals.clone() };
    let factor = mean_at(arrivals, &hours(scenario, quarter));
    Arrivals { rate: Rate(arrivals.rate.0 * factor), pacing: arrivals.pacing, shape: Shape::Flat }
}

/// A workload's arrivals in a quarter, as a multiple of those of the mean hour.
pub fn factor(scenario: &Scenario, workload: &Workload, quarter: u8) -> f64 {
    let hours = hours(scenario, quarter);
    let all = arrivals(workload);
    let rate: f64 = all.iter().map(|it| it.rate.0).sum();
    if rate <= 0.0 {
        return 1.0;
    }
    all.iter().map(|it| it.rate.0 * mean_at(it, &hours)).sum::<f64>() / rate
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::fixtures::{query, scenario};

    #[test]
    fn quarters_are_ranked_and_add_up_to_a_day() {
        let mut scenario = scenario(vec![query()]);
        assert!(!is_shaped(&scenario));
        // Hours 0 to 23 of mean 1, rising; the second workload is flat.
        let rising: Vec<f64> = (0..24).map(|hour| 2.0 * f64::from(hour) / 23.0).collect();
        let WorkloadKind::Http(web) = &mut scenario.workloads[0].kind else { panic!("http") };
        web.arrivals.shape = Shape::Daily(rising);
        let shaped = web.arrivals.clone();
        assert!(is_shaped(&scenario));
        let of = |workload: usize| -> Vec<f64> {
            (0..QUARTERS).map(|q| factor(&scenario, &scenario.workloads[workload], q)).collect()
        };
        let (first, second) = (of(0), of(1));
        assert!(first.is_sorted() && (first.iter().sum::<f64>() - 4.0).abs() < 1e-9, "{first:?}");
        assert!((first[0] - 2.0 * 2.5 / 23.0).abs() < 1e-9 && second.iter().all(|f| (f - 1.0).abs() < 1e-9));
        let flat = at(&scenario, Condition::Quarter(3), &shaped);
        assert!((flat.rate.0 - 100.0 * first[3]).abs() < 1e-9 && flat.shape == Shape::Flat);
        assert_eq!(at(&scenario, Condition::Steady, &shaped), shaped);
    }
}
