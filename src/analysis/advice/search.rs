//! Which sets of mitigations are tried, and what the search of each strategy comes to.
//!
//! First every mitigation alone, in the phases that matter; then, strategy by strategy, sets that could make it hold,
//! and sets that save most. Not for: what a try says (`judge`).

use std::sync::Arc;

use super::bench::{Bench, Ended, Idea, Perform, Spot};
use super::judge::{self, Help};
use super::order;
use crate::mitigation::{Candidate, apply, find};
use crate::plan::horizon;
use crate::runfile::Provenance;
use crate::runfile::advice::{ADVICE_FORMAT, AdviceRun, FoundRun, MitigationRun};
use crate::scenario::{Mitigation, Scenario};
use crate::strategy::expand;

/// Exchanges with stores that advice simulates by default, all tries together.
///
/// Some 25 s on two cores of a small machine, if all of them are needed.
pub const CALLS: f64 = 95e6;

/// So many sets are planned for beside the mitigations alone, when windows are chosen.
const SETS: f64 = 24.0;
/// A try simulates only the phases that it concerns, so windows are for so many times the even share of the budget.
const CONCERNED: f64 = 1.6;
/// No whole scenario is simulated with more exchanges, however few things there are to try.
const EACH_MOST: f64 = 8e6;
/// This share of the budget is kept for sets, whatever mitigations alone would take.
const FOR_SETS: f64 = 0.35;
/// And this for mitigations alone in short states.
const FOR_SHORT: f64 = 0.1;
/// Of what is for sets, this is for what was found, in short states.
const FOR_SETS_IN_SHORT: f64 = 0.05;
/// Mitigations that are simulated together; what is stopped loses no more than these.
pub(super) const TOGETHER: usize = 8;
/// A set of more than this is a project, not a fix.
const MEMBERS_MOST: usize = 8;
/// Sets smaller than the greedy one that are tried.
const SMALLER_MOST: usize = 24;
/// Sets as large that ask for less: how many are looked at, and how many are tried.
const COMBINED_MOST: usize = 100_000;
/// See [`COMBINED_MOST`].
const LIGHTER_MOST: usize = 6;
/// Mitigations added for what they save, and how many are tried for it.
const BEST_MOST: (usize, usize) = (4, 8);

/// How much is asked.
#[derive(Debug, Clone, Copy)]
pub struct Asked {
    /// Arrivals and limits are multiplied by this.
    pub scale: f64,
    /// Multiplies [`CALLS`].
    pub effort: f64,
    /// A fix must save this share of a strategy's exposure.
    pub least_share: f64,
}

/// Searches; what was found before it ended early stands, with why it ended.
pub fn search(
    scenario: &Scenario,
    asked: Asked,
    provenance: Provenance,
    perform: Perform<'_>,
) -> (AdviceRun, Option<Ended>) {
    let mut it = Search::new(scenario, asked, provenance, perform);
    let ended = it.whole().err();
    let mut run = it.bench.run;
    if ended == Some(Ended::Spent) {
        run.left_out.push("the budget of calls was spent before every set was tried: --effort multiplies it".into());
    }
    run.provenance.partial = ended == Some(Ended::Stopped);
    (run, ended)
}

pub(super) struct Search<'a> {
    pub(super) scenario: &'a Scenario,
    pub(super) candidates: Vec<Candidate>,
    asked: Asked,
    pub(super) bench: Bench<'a>,
    /// By candidate, its try alone.
    pub(super) alone: Vec<Option<usize>>,
}

impl<'a> Search<'a> {
    fn new(scenario: &'a Scenario, asked: Asked, provenance: Provenance, perform: Perform<'a>) -> Self {
        let candidates = find(scenario);
        let budget = CALLS * asked.effort;
        let each = (CONCERNED * budget / (candidates.len() as f64 + SETS)).min(EACH_MOST * asked.effort);
        let run = AdviceRun {
            advice_format: ADVICE_FORMAT,
            provenance,
            least_share: asked.least_share,
            weights: weights(scenario),
            mitigations: candidates.iter().map(|it| told(scenario, it)).collect(),
            tries: Vec::new(),
            cells: Vec::new(),
            found: scenario
                .strategies
                .iter()
                .map(|it| FoundRun { strategy: it.name.clone(), ..FoundRun::default() })
                .collect(),
            left_out: Vec::new(),
        };
        let simulate = horizon::CALLS * asked.effort;
        let bench = Bench::new(run, scenario, perform, asked.scale, (each, simulate, budget));
        Self { scenario, alone: vec![None; candidates.len()], candidates, asked, bench }
    }

    fn whole(&mut self) -> Result<(), Ended> {
        let base =
            Idea { set: Vec::new(), reordered: None, scenario: Arc::new(self.scenario.clone()), what: String::new() };
        let base = std::slice::from_ref(&base);
        self.bench.tries(base, &|spot| spot.event.is_none())?;
        let lengthened = self.bench.lengthen();
        if !lengthened.is_empty() {
            self.bench.tries(base, &|spot| spot.event.is_none())?;
            self.bench.settle(lengthened);
        }
        let short = self.bench.tries(base, &|spot| spot.event.is_some()).map(|_| ());
        let budget = CALLS * self.asked.effort;
        self.bench.keep_back(budget * (FOR_SETS + FOR_SHORT));
        let alone = self.alone();
        self.bench.keep_back(budget * FOR_SETS);
        let short = short.and_then(|()| if alone == Err(Ended::Stopped) { alone } else { self.alone_in_short() });
        if alone == Err(Ended::Spent) {
            let untried = self.alone.iter().filter(|it| it.is_none()).count();
            let text =
                format!("{untried} mitigations were not tried alone, for want of calls: --effort multiplies them");
            self.bench.run.left_out.push(text);
        } else {
            alone?;
        }
        self.untold(short)?;
        self.bench.keep_back(budget * FOR_SETS_IN_SHORT);
        let sets = self.sets();
        self.bench.keep_back(0.0);
        if sets != Err(Ended::Stopped) {
            let all = 0..self.scenario.strategies.len();
            let short = all.map(|s| self.sets_in_short(s)).find(Result::is_err);
            self.untold(short.unwrap_or(Ok(())))?;
        }
        sets
    }

    /// Orders, and sets of mitigations, for each strategy.
    fn sets(&mut self) -> Result<(), Ended> {
        for strategy in 0..self.scenario.strategies.len() {
            self.order(strategy)?;
        }
        for strategy in 0..self.scenario.strategies.len() {
            self.smallest(strategy)?;
        }
        for strategy in 0..self.scenario.strategies.len() {
            self.best(strategy)?;
        }
        Ok(())
    }

    /// Says what of short states is not known for want of calls.
    fn untold(&mut self, tried: Result<(), Ended>) -> Result<(), Ended> {
        if tried == Err(Ended::Spent) {
            let text = "not everything was tried in short states, for want of calls: --effort multiplies them";
            let known = &mut self.bench.run.left_out;
            known.retain(|known| known != text);
            known.push(text.into());
            return Ok(());
        }
        tried
    }

    /// Simulates every mitigation alone, in the phases in which something is open, those that expose, and those whose
    /// placement it changes.
    fn alone(&mut self) -> Result<(), Ended> {
        let matters = self.matters();
        let moves = |index: usize| {
            matches!(
                self.candidates[index].mitigation,
                Mitigation::LeaveBehind { .. } | Mitigation::LocalReplica { .. } | Mitigation::Link { .. }
            )
        };
        let mut all: Vec<(usize, bool)> = (0..self.candidates.len()).map(|index| (index, moves(index))).collect();
        // What may have to stay is asked first: it is the answer of last resort. Then what acts on starts.
        let stays = |index: usize| matches!(self.candidates[index].mitigation, Mitigation::LeaveBehind { .. });
        all.sort_by_key(|(index, _)| (!stays(*index), !of_starts(&self.candidates[*index].mitigation)));
        let mut ended = Ok(());
        for part in all.chunks(TOGETHER) {
            match self.these_alone(part, &matters) {
                // What is cheap still has its place where what is dear has none.
                Err(Ended::Spent) => {
                    for one in part.chunks(1) {
                        match self.these_alone(one, &matters) {
                            Err(Ended::Spent) => ended = Err(Ended::Spent),
                            other => other?,
                        }
                    }
                }
                other => other?,
            }
        }
        ended
    }

    /// Each of these alone, and whether it is tried wherever it changes the placement.
    fn these_alone(&mut self, these: &[(usize, bool)], matters: &[Vec<bool>]) -> Result<(), Ended> {
        let idea = |(index, _): &(usize, bool)| self.idea(&[*index], Arc::new(self.candidates[*index].after.clone()));
        let ideas: Vec<Idea> = these.iter().map(idea).collect();
        let which = |spot: &Spot<'_>| {
            let matters = matters[spot.strategy][spot.phase] || (these[spot.idea].1 && spot.changed);
            spot.event.is_none() && matters
        };
        let tries = self.bench.tries(&ideas, &which)?;
        for ((index, _), at) in these.iter().zip(tries) {
            self.alone[*index] = Some(at);
        }
        Ok(())
    }

    pub(super) fn idea(&self, set: &[usize], scenario: Arc<Scenario>) -> Idea {
        let names: Vec<&str> = set.iter().map(|at| self.candidates[*at].name.as_str()).collect();
        Idea { set: set.to_vec(), reordered: None, scenario, what: names.join(" + ") }
    }

    /// By strategy and phase: something is open in it, or it has its share of the exposure of the strategy that exposes most.
    fn matters(&self) -> Vec<Vec<bool>> {
        let run = &self.bench.run;
        let base = &run.tries[0];
        let whole = |s: usize| judge::exposed_by_phase(run, base, s).iter().map(|it| it.max(0.0)).sum::<f64>();
        let whole = (0..base.strategies.len()).map(whole).fold(0.0, f64::max);
        let of = |s: usize| {
            let open = judge::open(run, base, s);
            let by_phase = judge::exposed_by_phase(run, base, s);
            let share = self.asked.least_share;
            let phase = |p: usize| {
                let exposes = by_phase.get(p).is_some_and(|it| *it > 0.0 && *it >= share * whole);
                open.iter().any(|open| open.phase == p) || exposes
            };
            (0..base.strategies[s].len()).map(phase).collect()
        };
        (0..base.strategies.len()).map(of).collect()
    }

    /// What each mitigation alone does to what is open in a strategy.
    fn helps(&self, s: usize) -> Vec<Vec<Help>> {
        let run = &self.bench.run;
        let open = judge::open(run, &run.tries[0], s);
        let of = |alone: &Option<usize>| match alone {
            Some(at) => open.iter().map(|open| judge::help(run, &run.tries[*at], s, open)).collect(),
            None => vec![Help::None; open.len()],
        };
        self.alone.iter().map(of).collect()
    }

    /// Simulates a set in all phases of a strategy; `None` if its members do not go together.
    fn set(&mut self, s: usize, set: &[usize]) -> Result<Option<usize>, Ended> {
        let mut set = set.to_vec();
        set.sort_unstable();
        let all: Vec<Mitigation> = set.iter().map(|at| self.candidates[*at].mitigation.clone()).collect();
        let Ok(applied) = apply(self.scenario, &all) else { return Ok(None) };
        let idea = self.idea(&set, Arc::new(applied.scenario));
        Ok(self.bench.tries(&[idea], &|spot| spot.strategy == s && spot.event.is_none())?.first().copied())
    }

    fn feasible(&self, s: usize, at: usize) -> bool {
        judge::feasible(&self.bench.run, &self.bench.run.tries[at], s)
    }

    /// The smallest set that makes a strategy hold.
    fn smallest(&mut self, s: usize) -> Result<(), Ended> {
        if self.feasible(s, 0) {
            return Ok(());
        }
        let helps = self.helps(s);
        let Some(mut set) = self.greedy(s, &helps)? else { return Ok(()) };
        for member in set.clone().into_iter().rev() {
            let fewer: Vec<usize> = set.iter().copied().filter(|at| *at != member).collect();
            if let Some(at) = self.set(s, &fewer)?
                && !fewer.is_empty()
                && self.feasible(s, at)
            {
                set = fewer;
            }
        }
        // What holds is told even if the budget ends the search for less.
        self.found(s, &set)?;
        let (smaller, exact) = self.smaller(s, &set, &helps)?;
        if let Some(smaller) = smaller {
            self.found(s, &smaller)?;
            set = smaller;
        }
        self.bench.run.found[s].exact = exact;
        if let Some(lighter) = self.lighter(s, &set, &helps)? {
            self.found(s, &lighter)?;
        }
        Ok(())
    }

    fn found(&mut self, s: usize, set: &[usize]) -> Result<(), Ended> {
        let smallest = self.set(s, set)?;
        let mut without = Vec::new();
        for member in set {
            let fewer: Vec<usize> = set.iter().copied().filter(|at| at != member).collect();
            without.extend(self.set(s, &fewer)?);
        }
        let found = &mut self.bench.run.found[s];
        (found.smallest, found.without) = (smallest, without);
        Ok(())
    }

    /// Adds the mitigation that closes most of what is open, until nothing is; `None` if that does not come about.
    fn greedy(&mut self, s: usize, helps: &[Vec<Help>]) -> Result<Option<Vec<usize>>, Ended> {
        let (mut set, mut refused): (Vec<usize>, Vec<usize>) = (Vec::new(), Vec::new());
        let mut now = self.score(s, 0);
        while set.len() < MEMBERS_MOST {
            let still = self.still(s, &set);
            let rank = |at: &usize| {
                let of = |help| still.iter().filter(|open| helps[*at][**open] == help).count();
                let saved = self.alone[*at].map_or(0.0, |it| self.gain(s, it).saved_as_told());
                (of(Help::Held), of(Help::Nearer), -i64::from(weight(&self.candidates[*at].mitigation)), saved)
            };
            let free = |at: &usize| !set.contains(at) && !refused.contains(at);
            let ranked = (0..self.candidates.len()).filter(free).map(|at| (rank(&at), at));
            let useful = ranked.filter(|((held, nearer, ..), _)| held + nearer > 0);
            // The first of equals: `max_by` would take the last.
            let next = useful
                .collect::<Vec<_>>()
                .into_iter()
                .rev()
                .max_by(|(a, _), (b, _)| (a.0, a.1, a.2).cmp(&(b.0, b.1, b.2)).then(a.3.total_cmp(&b.3)));
            let Some((_, next)) = next else { return Ok(None) };
            let more: Vec<usize> = set.iter().copied().chain([next]).collect();
            match self.set(s, &more)? {
                Some(at) if self.feasible(s, at) => return Ok(Some(more)),
                Some(at) if self.score(s, at) < now => {
                    now = self.score(s, at);
                    set = more;
                }
                _ => refused.push(next),
            }
        }
        Ok(None)
    }

    /// Which of what is open in the scenario as it is stays open with a set.
    fn still(&self, s: usize, set: &[usize]) -> Vec<usize> {
        let run = &self.bench.run;
        let base = judge::open(run, &run.tries[0], s);
        let mut set = set.to_vec();
        set.sort_unstable();
        let at = run.tries.iter().position(|it| it.set == set && it.reordered.is_none());
        let held =
            |open: &judge::Open<'_>| at.is_some_and(|at| judge::help(run, &run.tries[at], s, open) == Help::Held);
        (0..base.len()).filter(|open| !held(&base[*open])).collect()
    }

    /// How far a try is from holding: objectives missed, open, and by how much.
    fn score(&self, s: usize, at: usize) -> (usize, usize, f64) {
        let run = &self.bench.run;
        let open = judge::open(run, &run.tries[at], s);
        let far = open.iter().map(|open| judge::ratio(open.check).min(1e3)).sum();
        (open.iter().filter(|open| open.missed()).count(), open.len(), far)
    }

    fn gain(&self, s: usize, at: usize) -> judge::Gain {
        judge::gain(&self.bench.run, &self.bench.run.tries[at], s)
    }

    /// A set of fewer members that holds, if one does, and whether all that could were tried.
    ///
    /// Only sets of which each open objective is helped by some member alone: others would have to help together with
    /// what none of them does by itself.
    fn smaller(&mut self, s: usize, set: &[usize], helps: &[Vec<Help>]) -> Result<(Option<Vec<usize>>, bool), Ended> {
        let useful = |at: &usize| helps[*at].iter().any(|help| *help > Help::None);
        let mut useful: Vec<usize> = (0..self.candidates.len()).filter(useful).collect();
        useful.sort_by_key(|at| weight(&self.candidates[*at].mitigation));
        let mut tried = 0;
        for size in 1..set.len() {
            for combination in combinations(useful.len(), size) {
                let some: Vec<usize> = combination.iter().map(|at| useful[*at]).collect();
                let helped = |open: usize| some.iter().any(|at| helps[*at][open] > Help::None);
                let open = helps.first().map_or(0, Vec::len);
                let held_alone = size > 1 || helps[some[0]].iter().all(|help| *help == Help::Held);
                if !held_alone || !(0..open).all(helped) {
                    continue;
                }
                if tried == SMALLER_MOST {
                    return Ok((None, false));
                }
                tried += 1;
                if let Some(at) = self.set(s, &some)?
                    && self.feasible(s, at)
                {
                    return Ok((Some(some), true));
                }
            }
        }
        Ok((None, true))
    }

    /// As many others that hold too and ask for less (see [`weight`]): of each open objective, one of them alone holds it.
    fn lighter(&mut self, s: usize, set: &[usize], helps: &[Vec<Help>]) -> Result<Option<Vec<usize>>, Ended> {
        let heavy =
            |set: &[usize]| set.iter().map(|at| u32::from(weight(&self.candidates[*at].mitigation))).sum::<u32>();
        let useful: Vec<usize> = (0..self.candidates.len()).filter(|at| helps[*at].contains(&Help::Held)).collect();
        let open = helps.first().map_or(0, Vec::len);
        let covers = |some: &Vec<usize>| (0..open).all(|open| some.iter().any(|at| helps[*at][open] == Help::Held));
        let all = combinations(useful.len(), set.len()).take(COMBINED_MOST);
        let all = all.map(|some| some.iter().map(|at| useful[*at]).collect::<Vec<_>>());
        let mut all: Vec<Vec<usize>> = all.filter(|some| heavy(some) < heavy(set) && covers(some)).collect();
        all.sort_by_key(|some| heavy(some));
        for some in all.into_iter().take(LIGHTER_MOST) {
            if let Some(at) = self.set(s, &some)?
                && self.feasible(s, at)
            {
                return Ok(Some(some));
            }
        }
        Ok(None)
    }

    /// Adds what saves most exposure, to what makes the strategy hold, until too little is saved.
    fn best(&mut self, s: usize) -> Result<(), Ended> {
        let run = &self.bench.run;
        let whole = judge::exposed(run, &run.tries[0], s);
        let mut now = run.found[s].smallest;
        let mut set = now.map_or_else(Vec::new, |at| run.tries[at].set.clone());
        let mut ranked: Vec<(f64, usize)> = (0..self.candidates.len())
            .filter(|at| weight(&self.candidates[*at].mitigation) < 2)
            .filter_map(|at| Some((self.gain(s, self.alone[at]?), at)))
            .filter(|(gain, _)| gain.told() && gain.saved.value >= self.asked.least_share * whole && gain.opened == 0)
            .map(|(gain, at)| (gain.saved.value, at))
            .collect();
        ranked.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        let mut added = 0;
        for (_, at) in ranked.into_iter().filter(|(_, at)| !set.contains(at)).take(BEST_MOST.1).collect::<Vec<_>>() {
            if added == BEST_MOST.0 || whole <= 0.0 {
                break;
            }
            let more: Vec<usize> = set.iter().copied().chain([at]).collect();
            let Some(found) = self.set(s, &more)? else { continue };
            let before = now.map_or(0.0, |now| self.gain(s, now).saved.value);
            let after = self.gain(s, found);
            if after.saved.value - before >= self.asked.least_share * whole && after.opened == 0 {
                (set, now) = (more, Some(found));
                self.bench.run.found[s].best.push(found);
                added += 1;
            }
        }
        Ok(())
    }

    /// The order of phases that exposes least, simulated.
    fn order(&mut self, s: usize) -> Result<(), Ended> {
        let added = self.added(s);
        let Some(scenario) = order::best(self.scenario, s, &added) else { return Ok(()) };
        let what = format!("{} in another order", self.scenario.strategies[s].name);
        let idea = Idea { set: Vec::new(), reordered: Some(s), scenario, what };
        let at = self.bench.tries(&[idea], &|spot| spot.strategy == s && spot.event.is_none())?.first().copied();
        self.bench.run.found[s].order = at;
        Ok(())
    }

    /// What being away adds to the mean of each workload, in milliseconds of everybody: where most of it is away.
    fn added(&self, s: usize) -> Vec<f64> {
        let run = &self.bench.run;
        let placed = expand(self.scenario, s);
        let mean = |phase: usize, w: usize| {
            let cell = run.tries[0].strategies[s].get(phase)?.cell?;
            Some(run.cells[cell].workloads.get(w)?.mean?.value)
        };
        let shares: Vec<Vec<f64>> = placed.iter().map(|phase| order::away(self.scenario, phase)).collect();
        let of = |w: usize| {
            let most = (0..shares.len()).rev().max_by(|a, b| shares[*a][w].total_cmp(&shares[*b][w]))?;
            let share = shares[most][w];
            (share > 0.0).then(|| Some((mean(most, w)? - mean(0, w)?) / 1e6 / share))?
        };
        (0..self.scenario.workloads.len()).map(|w| run.weights[w] * of(w).unwrap_or(0.0)).collect()
    }
}

/// Only starts of instances and short states feel it.
pub(super) fn of_starts(it: &Mitigation) -> bool {
    matches!(
        it,
        Mitigation::Stagger { .. }
            | Mitigation::OnDemand { .. }
            | Mitigation::RollingRestart { .. }
            | Mitigation::Warm { .. }
    )
}

/// Of mitigations that do as much, those first that change the application alone, then those that rest on assumptions,
/// that leave a workload where it is, that need another line.
fn weight(it: &Mitigation) -> u8 {
    match it {
        Mitigation::Link { .. } => 3,
        Mitigation::LeaveBehind { .. } => 2,
        Mitigation::LocalCache { .. } | Mitigation::LocalReplica { .. } | Mitigation::OnDemand { .. } => 1,
        _ => 0,
    }
}

/// Each workload's share of all that arrives; all alike where nothing does.
fn weights(scenario: &Scenario) -> Vec<f64> {
    let each: Vec<f64> = scenario.workloads.iter().map(|it| it.arrivals_per_day().unwrap_or(0.0)).collect();
    let all: f64 = each.iter().sum();
    each.into_iter().map(|it| if all > 0.0 { it / all } else { 1.0 }).collect()
}

fn told(scenario: &Scenario, it: &Candidate) -> MitigationRun {
    MitigationRun {
        name: it.name.clone(),
        title: it.title.clone(),
        place: it.place.clone(),
        leaves: match &it.mitigation {
            Mitigation::LeaveBehind { workload } => Some(scenario.workloads[workload.0].name.clone()),
            _ => None,
        },
        assumes: it.assumes.clone(),
        costs: it.costs.clone(),
    }
}

/// All choices of `size` of `of`, in order.
pub(super) fn combinations(of: usize, size: usize) -> impl Iterator<Item = Vec<usize>> {
    let first: Option<Vec<usize>> = (size <= of).then(|| (0..size).collect());
    std::iter::successors(first, move |last| {
        let at = (0..size).rev().find(|at| last[*at] < of - size + at)?;
        let mut next = last.clone();
        next[at] += 1;
        for later in at + 1..size {
            next[later] = next[later - 1] + 1;
        }
        Some(next)
    })
}
