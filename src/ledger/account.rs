//! The sums of one route, phase or statement while they grow.
//!
//! Not for: what they are shown as (`view`).

use std::collections::HashMap;
use std::sync::Arc;

use hdrhistogram::Histogram;

use super::desk::Pending;
use super::exchange::Phase;
use super::notes::Notes;
use super::view::{PhaseView, RouteView, StatementView, Sums, Waits};

/// Statements that are told apart on one route; later ones are "others".
pub const STATEMENTS_MOST: usize = 500;

/// Waits of a statement, in microseconds, two digits.
#[derive(Debug)]
struct Waited {
    hist: Histogram<u32>,
    max_ns: u64,
}

/// Longer waits are recorded as this: an hour, in microseconds.
const LONGEST_US: u64 = 3_600_000_000;

impl Waited {
    fn new() -> Self {
        Self { hist: Histogram::new(2).expect("two significant digits are in range"), max_ns: 0 }
    }
    fn record(&mut self, ns: u64) {
        self.max_ns = self.max_ns.max(ns);
        let us = (ns / 1_000).clamp(1, LONGEST_US);
        self.hist.record(us).expect("a resizing histogram takes every value below its bound");
    }
    /// A quantile is the upper end of its bucket, which may lie above the longest.
    fn view(&self) -> Waits {
        let at = |quantile| (self.hist.value_at_quantile(quantile) * 1_000).min(self.max_ns);
        Waits { p50_ns: at(0.5), p99_ns: at(0.99), max_ns: self.max_ns }
    }
}

#[derive(Debug)]
struct Statement {
    text: Arc<str>,
    sums: Sums,
    waited: Waited,
}

/// What is known of one route.
#[derive(Debug, Default)]
pub(super) struct Account {
    sums: Sums,
    phases: [Sums; Phase::ALL.len()],
    statements: HashMap<Arc<str>, Statement>,
    others: Option<Sums>,
    pub(super) notes: Notes,
    pub(super) missed_bytes: u64,
    pub(super) connections: u64,
    pub(super) open: u64,
}

impl Account {
    /// Adds an exchange; its statement becomes the one text that is kept for all like it.
    pub(super) fn add(&mut self, pending: &mut Pending) {
        let sums = sums(pending);
        self.sums.add(&sums);
        self.phases[pending.label.phase as usize].add(&sums);
        let Some(text) = &mut pending.label.statement else { return };
        if let Some(statement) = self.statements.get_mut(&**text) {
            statement.add(&sums, pending.answered);
            *text = Arc::clone(&statement.text);
        } else if self.statements.len() < STATEMENTS_MOST {
            let mut statement = Statement { text: Arc::clone(text), sums: Sums::default(), waited: Waited::new() };
            statement.add(&sums, pending.answered);
            self.statements.insert(Arc::clone(text), statement);
        } else {
            self.others.get_or_insert_default().add(&sums);
        }
    }

    /// All of it.
    pub(super) fn view(&self, name: &Arc<str>, speaks: String) -> RouteView {
        let phases = Phase::ALL.iter().zip(&self.phases).filter(|(_, sums)| sums.calls > 0);
        let mut statements: Vec<_> = self
            .statements
            .iter()
            .map(|(text, s)| StatementView {
                statement: Arc::clone(text),
                sums: s.sums.clone(),
                waits: s.waited.view(),
            })
            .collect();
        statements.sort_by(|a, b| {
            let key = |s: &StatementView| (s.sums.round_trips, s.sums.time.waited_ns(), s.sums.calls);
            key(b).cmp(&key(a)).then_with(|| a.statement.cmp(&b.statement))
        });
        RouteView {
            name: Arc::clone(name),
            speaks,
            connections: self.connections,
            open: self.open,
            sums: self.sums.clone(),
            phases: phases.map(|(phase, sums)| PhaseView { phase: *phase, sums: sums.clone() }).collect(),
            statements,
            others: self.others.clone(),
            missed_bytes: self.missed_bytes,
            notes: self.notes.all(),
        }
    }
}

impl Statement {
    fn add(&mut self, sums: &Sums, answered: bool) {
        self.sums.add(sums);
        if answered {
            self.waited.record(sums.time.waited_ns());
        }
    }
}

fn sums(pending: &Pending) -> Sums {
    Sums {
        calls: 1,
        prepares: u64::from(pending.label.prepare),
        unanswered: u64::from(!pending.answered),
        failed: u64::from(pending.failed),
        round_trips: pending.round_trips,
        bytes_up: pending.bytes_up,
        bytes_down: pending.bytes_down,
        rows: pending.rows.unwrap_or_default(),
        keys: pending.label.keys.unwrap_or_default(),
        time: pending.times,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_exact_to_a_hundredth() {
        let mut waited = Waited::new();
        for ms in 1..=1_000_u64 {
            waited.record(ms * 1_000_000);
        }
        let view = waited.view();
        let near = |ns: u64, ms: u64| ns.abs_diff(ms * 1_000_000) <= ms * 10_000;
        assert!(near(view.p50_ns, 500) && near(view.p99_ns, 990) && view.max_ns == 1_000_000_000, "{view:?}");
        waited.record(u64::MAX);
        assert_eq!(waited.view().max_ns, u64::MAX);
    }
}
