//! Mitigations alone, those first that buy most; equal places where no difference can be told.
//!
//! Leaving a workload behind is no way to move it, so it is not ranked among the others. Not for: sets.

use super::judge::{Gain, gain};
use crate::measure::{Estimate, Z95};
use crate::runfile::advice::AdviceRun;

/// A mitigation in its place.
#[derive(Debug, Clone, PartialEq)]
pub struct Ranked {
    /// Index into [`AdviceRun::mitigations`].
    pub mitigation: usize,
    /// Index into [`AdviceRun::tries`].
    pub at: usize,
    /// From 1; equal to that of the one before it if nobody can tell the two apart.
    pub place: usize,
    /// What it buys.
    pub gain: Gain,
}

impl Ranked {
    /// It does something that can be told.
    pub fn matters(&self) -> bool {
        let short = &self.gain.short;
        self.gain.turned + self.gain.opened + short.turned.len() + short.opened.len() > 0 || self.gain.told()
    }
}

/// All mitigations that were tried alone, for one strategy.
pub fn ranking(run: &AdviceRun, strategy: usize) -> Vec<Ranked> {
    let alone = run.tries.iter().enumerate().filter_map(|(at, it)| match (it.set.as_slice(), it.reordered) {
        ([one], None) if run.mitigations[*one].leaves.is_none() => Some((*one, at, gain(run, it, strategy))),
        _ => None,
    });
    let mut all: Vec<Ranked> = alone.map(|(mitigation, at, gain)| Ranked { mitigation, at, place: 0, gain }).collect();
    all.sort_by(|a, b| b.gain.against(&a.gain).then(a.mitigation.cmp(&b.mitigation)));
    let mut head = 0;
    for at in 0..all.len() {
        if at == 0 || !alike(&all[head].gain, &all[at].gain) {
            head = at;
        }
        all[at].place = head + 1;
    }
    all
}

/// The two buy the same, as far as anyone can tell.
fn alike(a: &Gain, b: &Gain) -> bool {
    let error = |it: &Estimate| (it.high - it.value) / Z95;
    let close = (a.saved.value - b.saved.value).abs() <= Z95 * error(&a.saved).hypot(error(&b.saved));
    let (x, y) = (a.rank(), b.rank());
    (x.0, x.1, x.2) == (y.0, y.1, y.2) && close
}
