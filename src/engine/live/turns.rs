//! Two sides on sockets, by turns: both stand ready, one of them is performed at a time.
//!
//! Both are on one thread, and each has links and routes of its own. A control goes on meanwhile: no-ops over a link of the first
//! side, whose turn it may be or not, so that it is the same on both. Not for: which turns there are (`engine::turns`).

use std::cell::Cell;
use std::rc::Rc;
use std::sync::atomic::Ordering;

use super::driver::Connection;
use super::host::{LiveHost, Routes};
use super::{LiveEngine, noop};
use crate::engine::perform::{Connection as _, Errand, Host, Lanes, Place, Ran, Snapshot, Way, build, links};
use crate::engine::told::Told;
use crate::engine::turns::{Compared, Pace};
use crate::engine::{EngineError, Progress};
use crate::measure::turns::{Held, ORDER, Side, Subject, Turn, Turns};
use crate::plan::Plan;
use crate::runfile::LinkRun;
use crate::units::Nanos;

/// How often the stop flag is looked at.
const LOOK_EVERY: Nanos = Nanos::from_millis(50);
/// From the start of one control to the next, at least: a near store is not asked without a pause.
const CONTROL_EVERY: Nanos = Nanos::from_millis(5);
/// What the control is called.
const CONTROL: &str = "control (no-op on the first side)";

/// Performs journeys on two sides by turns; `first` is what is compared with.
pub fn by_turns(
    first: (&LiveEngine, &Plan),
    second: (&LiveEngine, &Plan),
    journeys: &[Compared],
    pace: &Pace,
    progress: &dyn Progress,
) -> Result<Turns, EngineError> {
    let told = Told::default();
    told.while_performing("longhaul-turns", progress, || on_this_thread([first, second], journeys, pace, &told))
}

fn on_this_thread(
    sides: [(&LiveEngine, &Plan); 2],
    journeys: &[Compared],
    pace: &Pace,
    told: &Told,
) -> Result<Turns, EngineError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build();
    let runtime = runtime.map_err(|e| EngineError::Environment(format!("no runtime for the load: {e}")))?;
    runtime.block_on(async {
        let [first, second] = sides;
        let both = Both { sides: [Ready::new(first, pace)?, Ready::new(second, pace)?], journeys, pace };
        let host = both.sides[0].place.world.host.clone();
        let whole = host.scope(both.perform(told));
        tokio::select! {
            biased;
            () = stopped(first.0, &host) => Err(EngineError::Stopped),
            done = whole => done,
        }
    })
}

/// Ends when the engine is asked to stop.
async fn stopped(engine: &LiveEngine, host: &LiveHost) {
    while !engine.stop.load(Ordering::Relaxed) {
        host.sleep_until(host.now() + LOOK_EVERY).await;
    }
}

/// A side that stands ready.
struct Ready<'a> {
    engine: &'a LiveEngine,
    place: Place<LiveHost>,
    lanes: Lanes<LiveHost>,
}

impl<'a> Ready<'a> {
    fn new((engine, plan): (&'a LiveEngine, &Plan), pace: &Pace) -> Result<Self, EngineError> {
        let host = LiveHost { timer: engine.timer.clone(), probes: Rc::default() };
        let mut routes = Routes::new(engine, plan);
        let place = build(host, &engine.scenario, plan, &mut routes)?;
        let lanes = Lanes::new(&place, pace.lanes);
        Ok(Self { engine, place, lanes })
    }
    /// What its links did since they were looked at.
    fn held(&self) -> Vec<Held> {
        let seen: Vec<Snapshot> = self.place.arms.iter().map(|arm| Snapshot::of(arm)).collect();
        let held = |link: LinkRun| Held {
            link: link.name,
            rtt_ns: link.rtt_ns,
            count: link.round_trip_lateness.count(),
            median_ns: link.round_trip_lateness.at(0.5),
            p99_ns: link.round_trip_lateness.at(0.99),
        };
        links(&self.place, &[], &seen).into_iter().map(held).collect()
    }
    /// A connection over the longest link, for the control.
    async fn control(&self) -> Result<Connection, EngineError> {
        let ways = self.place.arms.iter().flat_map(|arm| arm.paths.iter().flatten().map(|path| &path.way));
        let farthest = ways.max_by_key(|way| way.rtt());
        let farthest = farthest.ok_or_else(|| EngineError::Environment("no journey calls any store".into()))?;
        let opened = farthest.connect().await;
        opened.map(|opened| opened.connection).map_err(|failure| {
            EngineError::Environment(format!("a store takes no connection for the control ({})", failure.kind))
        })
    }
}

/// Both sides and what they perform.
struct Both<'a> {
    sides: [Ready<'a>; 2],
    journeys: &'a [Compared],
    pace: &'a Pace,
}

impl Both<'_> {
    async fn perform(&self, told: &Told) -> Result<Turns, EngineError> {
        for side in &self.sides {
            noop::check(side.engine, &side.place).await?;
        }
        let mut control = self.sides[0].control().await?;
        // The second side first, so that the first one's first turn follows one of its own, as all later ones do.
        for side in [Side::Second, Side::First] {
            let used: Vec<_> = self.journeys.iter().map(|journey| on(side, journey)).collect();
            self.side(side).lanes.warm(&used).await;
            self.turn(side, 0, &mut control).await;
        }
        let mut subjects: Vec<Subject> =
            self.journeys.iter().map(|journey| Subject::new(journey.name.clone(), false)).collect();
        subjects.push(Subject::new(CONTROL.into(), true));
        let begin = self.now();
        for round in 0..self.pace.rounds {
            let mut turns: Vec<[Turn; 4]> = vec![Default::default(); subjects.len()];
            for (at, side) in ORDER.into_iter().enumerate() {
                for (subject, turn) in self.turn(side, round + 1, &mut control).await.into_iter().enumerate() {
                    turns[subject][at] = turn;
                }
                let done = u64::from(round * 4) + at as u64 + 1;
                let elapsed = self.now() - begin;
                told.set(elapsed, elapsed.scale(f64::from(self.pace.rounds) * 4.0 / done as f64));
            }
            subjects.iter_mut().zip(turns).for_each(|(subject, turns)| subject.rounds.push(turns));
        }
        control.close();
        Ok(Turns { subjects, held: [self.sides[0].held(), self.sides[1].held()] })
    }
    fn now(&self) -> Nanos {
        self.sides[0].place.world.now()
    }
    fn side(&self, side: Side) -> &Ready<'_> {
        &self.sides[usize::from(side == Side::Second)]
    }
    /// One turn, by subject, the control last. Round 0 is for warming up.
    async fn turn(&self, side: Side, round: u32, control: &mut Connection) -> Vec<Turn> {
        let errands = self.errands(side, round);
        let mut turns = vec![Turn::default(); self.journeys.len() + 1];
        let over = Cell::new(false);
        let bout = async {
            let ran = self.side(side).lanes.bout(&errands).await;
            over.set(true);
            ran
        };
        let (ran, asked) = tokio::join!(bout, self.ask(control, &over));
        ran.into_iter().for_each(|ran| count(&mut turns, ran));
        turns[self.journeys.len()] = asked;
        turns
    }
    /// The journeys of a turn: the same draws on both sides and in all turns of a round.
    fn errands(&self, side: Side, round: u32) -> Vec<Errand> {
        let each = (0..self.pace.per_turn).flat_map(|n| self.journeys.iter().enumerate().map(move |it| (n, it)));
        let errand = |(n, (subject, journey)): (u32, (usize, &Compared))| {
            let number = (self.pace.before + u64::from(round)) * u64::from(self.pace.per_turn) + u64::from(n);
            let draws = self.pace.seed.stream(&format!("turns {}", journey.name), number);
            self.side(side).lanes.errand(subject, on(side, journey), draws)
        };
        each.map(errand).collect()
    }
    /// No-ops until the turn is over, each timed; the last one is waited for, so that its reply is not taken for another's.
    async fn ask(&self, control: &mut Connection, over: &Cell<bool>) -> Turn {
        let mut asked = Turn::default();
        while !over.get() {
            let start = self.now();
            match control.noop().await {
                Ok(()) => asked.times_ns.push((self.now() - start).0),
                Err(_) => asked.failed += 1,
            }
            self.sides[0].place.world.host.sleep_until(start + CONTROL_EVERY).await;
        }
        asked
    }
}

/// A journey on one side.
fn on(side: Side, journey: &Compared) -> (usize, crate::scenario::JourneyId) {
    match side {
        Side::First => journey.first,
        Side::Second => journey.second,
    }
}

fn count(turns: &mut [Turn], ran: Ran) {
    let turn = &mut turns[ran.subject];
    match ran.done {
        Some((time, trips)) => {
            turn.times_ns.push(time.0);
            turn.trips += u64::from(trips);
        }
        None => turn.failed += 1,
    }
}
