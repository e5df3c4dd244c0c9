//! A journey's calls in their order, each with its beginning and what its time is made of, at one distance.
//!
//! Means over the journey's own random choices, on an idle system: a repeat is one bar as long as all its repetitions,
//! and the steps after a missed `get` count with the probability of a miss. Round trips cost the RTT alone: no slow
//! start, no jitter, no waiting. Not for: load (`engine`), drawing (`report`).

use super::connecting::connecting;
use super::steps::asked;
use crate::scenario::{Call, JourneyId, Request, Scenario, Step, StoreId, Workload};
use crate::units::Nanos;

/// One call, or what lies between calls; times in nanoseconds.
#[derive(Debug, Clone, PartialEq)]
pub struct Bar {
    /// What is asked.
    pub what: String,
    /// How many parallel groups it is inside of.
    pub depth: usize,
    /// From the start of the journey.
    pub starts: f64,
    /// Round trips × RTT.
    pub distance: f64,
    /// The store's own time.
    pub store: f64,
    /// The application's own time, and its platform's.
    pub think: f64,
    /// Mean round trips of all its repetitions.
    pub round_trips: f64,
}

impl Bar {
    /// How long it lasts.
    pub fn total(&self) -> f64 {
        self.distance + self.store + self.think
    }
}

/// A journey as `workload` performs it, with all its stores at this distance: its bars, and when it ends.
///
/// Of parallel branches the one with the longest mean counts: the mean of the longest, which `times` gives, is a little more.
pub fn waterfall(scenario: &Scenario, journey: JourneyId, workload: &Workload, rtt: Nanos) -> (Vec<Bar>, f64) {
    let mut walk = Walk { scenario, rtt: rtt.0 as f64, bars: Vec::new() };
    let overhead = scenario.platforms[workload.platform.0].overhead.0 as f64;
    let mut at = At { time: 0.0, times: 1.0, depth: 0 };
    if overhead > 0.0 {
        walk.bar("platform", &mut at, 0.0, 0.0, overhead);
    }
    for its in connecting(scenario, journey, workload) {
        let store = &scenario.stores[its.store.0].name;
        walk.bar(&format!("connect to {store}"), &mut at, its.mean(), 0.0, 0.0);
    }
    walk.steps(&scenario.journeys[journey.0].steps, &mut at);
    (walk.bars, at.time)
}

/// Where the walk is: the time, how often what comes is performed on average, and in how many groups.
#[derive(Debug, Clone, Copy)]
struct At {
    time: f64,
    times: f64,
    depth: usize,
}

impl At {
    /// The same place, `times` as often.
    fn often(self, times: f64) -> Self {
        Self { times: self.times * times, ..self }
    }
}

struct Walk<'s> {
    scenario: &'s Scenario,
    rtt: f64,
    bars: Vec<Bar>,
}

impl Walk<'_> {
    fn steps(&mut self, steps: &[Step], at: &mut At) {
        for step in steps {
            self.step(step, at);
        }
    }

    fn step(&mut self, step: &Step, at: &mut At) {
        match step {
            Step::Call(call) => self.call(call, at),
            Step::Repeat { times, steps } => {
                let mut inside = at.often(times.mean());
                self.steps(steps, &mut inside);
                at.time = inside.time;
            }
            Step::Parallel(branches) => self.parallel(branches, at),
            Step::Transaction(transaction) => {
                self.bar("begin", at, 1.0, 0.0, 0.0);
                self.steps(&transaction.steps, at);
                let commit = self.scenario.stores[transaction.store.0].commit().mean();
                self.bar("commit", at, 1.0, commit.0 as f64, 0.0);
            }
            Step::Think(think) => self.bar("think", at, 0.0, 0.0, think.mean().0 as f64),
        }
    }

    fn parallel(&mut self, branches: &[Vec<Step>], at: &mut At) {
        let mut ends = at.time;
        for branch in branches {
            let mut inside = At { depth: at.depth + 1, ..*at };
            self.steps(branch, &mut inside);
            ends = ends.max(inside.time);
        }
        at.time = ends;
    }

    fn call(&mut self, Call { store, request }: &Call, at: &mut At) {
        let (what, round_trips) = asked(request);
        let service = self.service(*store, request);
        self.bar(&what, at, round_trips, service, 0.0);
        if let Request::Get(get) = request
            && !get.on_miss.is_empty()
        {
            let mut inside = at.often(1.0 - get.hit.0.powf(f64::from(get.keys)));
            self.steps(&get.on_miss, &mut inside);
            at.time = inside.time;
        }
    }

    fn service(&self, store: StoreId, request: &Request) -> f64 {
        self.scenario.stores[store.0].service(request).mean().0 as f64
    }

    /// Adds a bar for `at.times` repetitions of what takes so many round trips and so much time, and moves on.
    fn bar(&mut self, what: &str, at: &mut At, round_trips: f64, store: f64, think: f64) {
        let of = |one: f64| one * at.times;
        let bar = Bar {
            what: if (at.times - 1.0).abs() < 1e-9 {
                what.to_owned()
            } else {
                format!("{} × {what}", often(at.times))
            },
            depth: at.depth,
            starts: at.time,
            distance: of(round_trips) * self.rtt,
            store: of(store),
            think: of(think),
            round_trips: of(round_trips),
        };
        at.time += bar.total();
        self.bars.push(bar);
    }
}

/// How often, shortly: `30`, `26.4`, `0.02`.
fn often(times: f64) -> String {
    match times {
        t if (t - t.round()).abs() < 1e-9 => format!("{t:.0}"),
        t if t >= 10.0 => format!("{t:.1}"),
        t => format!("{t:.2}"),
    }
}
