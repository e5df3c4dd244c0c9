//! The order of a strategy's workload moves that exposes least, before its stores move.
//!
//! Exposure adds up: a phase costs its days × the sum over workloads of the share that is away × the time that being away
//! adds to it. What orders share (workers, locks, a link) can break that, so the best order is simulated before it is
//! told. Phases keep their lengths and moves; those that move the same workload keep their order. Not for: moving stores.

use std::sync::Arc;

use crate::scenario::{Move, Phase, Scenario, WorkloadId, parse, render};
use crate::strategy::{PlacedPhase, expand};

/// More phases than this are put in order by weight (Smith's rule) instead of by trying all orders.
const ALL_ORDERS_MOST: usize = 8;

/// A phase that may stand elsewhere.
struct Piece {
    /// Where it stands now.
    phase: usize,
    days: f64,
    /// Workloads that it moves, with the cost of a day of them as they are after it.
    after: Vec<(WorkloadId, f64)>,
}

/// The share of each workload that is away from a store that it calls.
pub(super) fn away(scenario: &Scenario, phase: &PlacedPhase) -> Vec<f64> {
    let mut shares = vec![0.0; scenario.workloads.len()];
    for arm in &phase.placement.arms {
        let called = arm.links.iter().zip(&phase.placement.stores).filter(|(link, _)| link.is_some());
        if called.into_iter().any(|(_, store)| *store != arm.site) {
            shares[arm.workload.0] += arm.share.0;
        }
    }
    shares
}

/// The scenario with the phases of a strategy in the order that exposes least; `None` if there is none better.
///
/// `added` is what being away adds to the mean of each workload, in milliseconds.
pub(super) fn best(scenario: &Scenario, strategy: usize, added: &[f64]) -> Option<Arc<Scenario>> {
    let text = render(&reordered(scenario, strategy, added)?).ok()?;
    parse("reordered", &text).ok().map(Arc::new)
}

/// The same, not yet judged as its file would be.
pub(super) fn reordered(scenario: &Scenario, strategy: usize, added: &[f64]) -> Option<Scenario> {
    let placed = expand(scenario, strategy);
    let (from, pieces) = pieces(scenario, strategy, &placed, added)?;
    let founding: Vec<usize> = (0..pieces.len()).collect();
    let mut found = (cost(&pieces, &founding), founding.clone());
    if pieces.len() <= ALL_ORDERS_MOST {
        all(&pieces, &mut Vec::new(), &mut found);
    } else {
        let order = by_weight(&pieces);
        if cost(&pieces, &order) < found.0 * (1.0 - 1e-9) {
            found.1 = order;
        }
    }
    (found.1 != founding).then_some(())?;
    let mut changed = scenario.clone();
    let phases: Vec<Phase> =
        found.1.iter().map(|at| scenario.strategies[strategy].phases[pieces[*at].phase].clone()).collect();
    let end = from + phases.len();
    changed.strategies[strategy].phases.splice(from..end, phases);
    Some(changed)
}

/// The phases that only move workloads, up to the first that moves a store, and where they begin.
fn pieces(scenario: &Scenario, strategy: usize, placed: &[PlacedPhase], added: &[f64]) -> Option<(usize, Vec<Piece>)> {
    let phases = &scenario.strategies[strategy].phases;
    let from = phases.iter().position(|phase| !phase.moves.is_empty())?;
    let only = |phase: &Phase| !phase.moves.is_empty() && phase.moves.iter().all(|it| matches!(it, Move::Workload(_)));
    let pieces: Vec<Piece> = phases[from..]
        .iter()
        .take_while(|phase| only(phase))
        .enumerate()
        .map(|(at, phase)| {
            let shares = away(scenario, &placed[from + at]);
            let moved = phase.moves.iter().filter_map(|it| match it {
                Move::Workload(it) => Some((it.workload, shares[it.workload.0] * added[it.workload.0])),
                _ => None,
            });
            Piece { phase: from + at, days: phase.lasts.as_days_f64(), after: moved.collect() }
        })
        .collect();
    (pieces.len() > 1).then_some((from, pieces))
}

/// Millisecond-days of an order.
fn cost(pieces: &[Piece], order: &[usize]) -> f64 {
    let mut now: Vec<(WorkloadId, f64)> = Vec::new();
    let mut sum = 0.0;
    for at in order {
        for (workload, cost) in &pieces[*at].after {
            now.retain(|(known, _)| known != workload);
            now.push((*workload, *cost));
        }
        sum += pieces[*at].days * now.iter().map(|(_, cost)| cost).sum::<f64>();
    }
    sum
}

/// Whether a piece must stay behind another.
fn after(pieces: &[Piece], first: usize, second: usize) -> bool {
    first < second
        && pieces[second].after.iter().any(|(id, _)| pieces[first].after.iter().any(|(other, _)| other == id))
}

/// Tries all orders that keep the moves of each workload in theirs; the first of the best stays.
fn all(pieces: &[Piece], order: &mut Vec<usize>, found: &mut (f64, Vec<usize>)) {
    if order.len() == pieces.len() {
        let cost = cost(pieces, order);
        if cost < found.0 - 1e-9 * found.0.abs() {
            *found = (cost, order.clone());
        }
        return;
    }
    for next in 0..pieces.len() {
        let free = |other: usize| order.contains(&other) || !after(pieces, other, next);
        if !order.contains(&next) && (0..pieces.len()).all(free) {
            order.push(next);
            all(pieces, order, found);
            order.pop();
        }
    }
}

/// The cheapest day first, as far as the moves of each workload allow.
fn by_weight(pieces: &[Piece]) -> Vec<usize> {
    let mut order: Vec<usize> = Vec::new();
    let weight = |at: usize| pieces[at].after.iter().map(|(_, cost)| cost).sum::<f64>() / pieces[at].days.max(1e-9);
    while order.len() < pieces.len() {
        let free = |next: &usize| {
            !order.contains(next)
                && (0..pieces.len()).all(|other| order.contains(&other) || !after(pieces, other, *next))
        };
        let next = (0..pieces.len()).filter(free).min_by(|a, b| weight(*a).total_cmp(&weight(*b)));
        // There is always a free one: the first that is left waits for none.
        order.extend(next);
    }
    order
}
