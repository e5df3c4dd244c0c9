//! Two sides on sockets, by turns: both stand ready, and lanes change from one to the other.
//!
//! Both are on one thread, and each has links and routes of its own. A control goes on meanwhile: no-ops over a link of the
//! first side, by lanes that take turns as the others do but stay there. Not for: which turns there are (`engine::turns`).

use std::cell::Cell;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::atomic::Ordering;

use super::driver::Connection;
use super::host::{LiveHost, Routes};
use super::{LiveEngine, noop};
use crate::engine::perform::{Connection as _, Errand, Host, Lanes, Place, Ran, Snapshot, Way, build, join_all, links};
use crate::engine::told::Told;
use crate::engine::turns::{Compared, GROUP, Pace, cell, side_of};
use crate::engine::{EngineError, Progress};
use crate::measure::turns::{Held, ORDER, Side, Subject, Turn, Turns};
use crate::plan::Plan;
use crate::runfile::LinkRun;
use crate::units::Nanos;

/// How often the stop flag is looked at.
const LOOK_EVERY: Nanos = Nanos::from_millis(50);
/// From the start of one control to the next, at least: a near store is not asked without a pause.
const CONTROL_EVERY: Nanos = Nanos::from_millis(5);
/// Lanes begin a turn one after the other within this time, so that they do not ask in step.
const SPREAD: Nanos = Nanos::from_millis(20);
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
        let both = Both { sides: [Ready::new(first, pace.lanes)?, Ready::new(second, pace.lanes)?], journeys, pace };
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
    fn new((engine, plan): (&'a LiveEngine, &Plan), lanes: u32) -> Result<Self, EngineError> {
        let host = LiveHost { timer: engine.timer.clone(), probes: Rc::default() };
        let mut routes = Routes::new(engine, plan);
        let place = build(host, &engine.scenario, plan, &mut routes)?;
        let lanes = Lanes::new(&place, lanes);
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
        let mut controls = Vec::new();
        for side in [Side::First, Side::Second] {
            let ready = self.side(side);
            // Links are not checked beforehand: a machine that is late now and then is late on both sides, and how well the
            // delay was held is seen at the end.
            noop::relogins(ready.engine, &ready.place).await?;
            let used: Vec<_> = self.journeys.iter().map(|journey| on(side, journey)).collect();
            ready.lanes.warm(&used).await;
        }
        for _ in 0..GROUP {
            controls.push(self.sides[0].control().await?);
        }
        let mut subjects: Vec<Subject> =
            self.journeys.iter().map(|journey| Subject::new(journey.name.clone(), false)).collect();
        subjects.push(Subject::new(CONTROL.into(), true));
        let begin = self.now();
        // Round 0 warms up, and is not kept.
        for round in 0..=self.pace.rounds {
            let mut cells: Vec<[Turn; 4]> = vec![Default::default(); subjects.len()];
            for at in 0..ORDER.len() {
                self.turn((round, at), &mut controls, &mut cells).await;
            }
            if round > 0 {
                subjects.iter_mut().zip(cells).for_each(|(subject, cells)| subject.rounds.push(cells));
            }
            let elapsed = self.now() - begin;
            told.set(elapsed, elapsed.scale(f64::from(self.pace.rounds + 1) / f64::from(round + 1)));
        }
        controls.into_iter().for_each(Connection::close);
        Ok(Turns { subjects, held: [self.sides[0].held(), self.sides[1].held()] })
    }
    fn now(&self) -> Nanos {
        self.sides[0].place.world.now()
    }
    fn side(&self, side: Side) -> &Ready<'_> {
        &self.sides[usize::from(side == Side::Second)]
    }
    /// One turn: every lane performs its journeys on the side that it is on; controls go on until the last is done.
    async fn turn(&self, (round, at): (u32, usize), controls: &mut [Connection], cells: &mut [[Turn; 4]]) {
        let lanes = self.pace.lanes;
        let errands: Vec<Vec<Errand>> = (0..lanes).map(|lane| self.errands(lane, round, at)).collect();
        let over = Cell::new(false);
        let begin = self.now();
        let spread = SPREAD.scale(1.0 / f64::from(lanes));
        let performed = async {
            let walks = (0..lanes).zip(&errands).map(|(lane, errands)| {
                let start = begin + spread * u64::from(lane);
                let walk = self.side(side_of(lane, at)).lanes.lane(lane as usize, start, errands);
                Box::pin(walk) as Pin<Box<dyn Future<Output = Vec<Ran>> + '_>>
            });
            let ran = join_all(walks.collect()).await;
            over.set(true);
            ran
        };
        let asked = controls.iter_mut().map(|control| Box::pin(self.ask(control, &over)) as Asking<'_>);
        let (ran, asked) = tokio::join!(performed, join_all(asked.collect()));
        for (lane, ran) in (0..lanes).zip(ran) {
            for ran in ran {
                count(&mut cells[ran.subject][cell(lane, at)], ran);
            }
        }
        for (lane, asked) in (0..).zip(asked) {
            let turn = &mut cells[self.journeys.len()][cell(lane, at)];
            turn.times_ns.extend(asked.times_ns);
            turn.failed += asked.failed;
        }
    }
    /// What a lane performs in a turn: the same draws as the others of its group, whichever side they are on.
    fn errands(&self, lane: u32, round: u32, at: usize) -> Vec<Errand> {
        let side = side_of(lane, at);
        let group = (self.pace.before + u64::from(round)) * 4 + at as u64;
        let group = group * u64::from(self.pace.lanes / GROUP) + u64::from(lane / GROUP);
        let each = (0..self.pace.per_lane).flat_map(|n| self.journeys.iter().enumerate().map(move |it| (n, it)));
        let errand = |(n, (subject, journey)): (u32, (usize, &Compared))| {
            let number = group * u64::from(self.pace.per_lane) + u64::from(n);
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

/// A control while it goes on.
type Asking<'a> = Pin<Box<dyn Future<Output = Turn> + 'a>>;

/// A journey on one side.
fn on(side: Side, journey: &Compared) -> (usize, crate::scenario::JourneyId) {
    match side {
        Side::First => journey.first,
        Side::Second => journey.second,
    }
}

fn count(turn: &mut Turn, ran: Ran) {
    match ran.done {
        Some((time, trips)) => {
            turn.times_ns.push(time.0);
            turn.trips += u64::from(trips);
        }
        None => turn.failed += 1,
    }
}
