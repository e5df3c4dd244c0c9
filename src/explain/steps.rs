//! The steps of a journey with the mean round trips and bytes of each.
//!
//! Means are over the journey's own random choices: a repeat counts with its mean, the steps after a missed
//! `get` with the probability of a miss. Bytes are payload of TCP: the request as the tool sends it and the reply
//! with what the protocol adds, to within a few bytes. Not for: time (`path`).

use crate::plan::script::{ScriptRequest, ScriptSql};
use crate::scenario::{Call, JourneyId, Prepared, Request, Scenario, Step, StoreId};
use crate::units::Bytes;
use crate::workset::wire;

/// One step.
#[derive(Debug, Clone, PartialEq)]
pub struct StepCost {
    /// How deep it is nested.
    pub depth: usize,
    /// What is asked, or what repeats.
    pub what: String,
    /// Which store, for a call.
    pub store: Option<String>,
    /// Mean times a journey.
    pub times: f64,
    /// Mean round trips a journey: of the step itself, not of those inside.
    pub round_trips: f64,
    /// Mean bytes of requests and replies a journey.
    pub bytes: (f64, f64),
    /// Whether it waits for others.
    pub wait: Wait,
    /// Further round trips of each reply (or request) on a connection whose window is still the initial one, because
    /// it is longer than that.
    pub slow_start: u32,
}

/// How steps follow each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wait {
    /// After the step before it.
    Sequential,
    /// At the same time as others.
    Parallel,
}

/// What a new connection may send before the first acknowledgement: 10 segments of 1,448 B (RFC 6928, 2).
const INITIAL_WINDOW: u64 = 14_480;

/// Round trips until `bytes` bytes have arrived on a connection that has sent nothing yet: slow start doubles what
/// is under way each round trip (RFC 5681, 3.1), so the smallest n with 14,480 × (2^n − 1) ≥ `bytes`.
fn flights(bytes: u64) -> u32 {
    (1..=50).find(|n| INITIAL_WINDOW.saturating_mul((1_u64 << n) - 1) >= bytes).unwrap_or(50)
}

/// All steps of a journey, depth first.
pub(super) fn of_journey(scenario: &Scenario, id: JourneyId) -> Vec<StepCost> {
    let mut walk = Walk { scenario, all: Vec::new() };
    walk.steps(&scenario.journeys[id.0].steps, At { depth: 0, times: 1.0, wait: Wait::Sequential });
    walk.all
}

/// Where a step stands.
#[derive(Clone, Copy)]
struct At {
    depth: usize,
    times: f64,
    wait: Wait,
}

impl At {
    fn inside(self, times: f64) -> Self {
        Self { depth: self.depth + 1, times: self.times * times, ..self }
    }
}

struct Walk<'s> {
    scenario: &'s Scenario,
    all: Vec<StepCost>,
}

impl Walk<'_> {
    fn steps(&mut self, steps: &[Step], at: At) {
        for step in steps {
            self.step(step, at);
        }
    }

    fn step(&mut self, step: &Step, at: At) {
        match step {
            Step::Call(call) => self.call(call, at),
            Step::Repeat { times, steps } => {
                self.group(format!("repeat {}", shown(times.mean())), at);
                self.steps(steps, at.inside(times.mean()));
            }
            Step::Parallel(branches) => {
                self.group(format!("parallel, {} branches", branches.len()), at);
                for branch in branches {
                    self.steps(branch, At { wait: Wait::Parallel, ..at.inside(1.0) });
                }
            }
            Step::Transaction(transaction) => {
                self.statement("begin", transaction.store, at);
                self.steps(&transaction.steps, at.inside(1.0));
                self.statement("commit", transaction.store, at);
            }
            Step::Think(think) => self.group(format!("think {:.1} ms", think.mean().as_millis_f64()), at),
        }
    }

    /// A line of its own that costs no round trip.
    fn group(&mut self, what: String, at: At) {
        let (times, wait, depth) = (at.times, at.wait, at.depth);
        let bytes = (0.0, 0.0);
        self.all.push(StepCost { depth, what, store: None, times, round_trips: 0.0, bytes, wait, slow_start: 0 });
    }

    fn statement(&mut self, what: &str, store: StoreId, at: At) {
        self.cost(what.to_owned(), store, 1.0, both_ways(wire::text(what)), at);
    }

    fn call(&mut self, Call { store, request }: &Call, at: At) {
        let (what, round_trips) = asked(request);
        self.cost(what, *store, round_trips, bytes_of(request), at);
        if let Request::Get(get) = request
            && !get.on_miss.is_empty()
        {
            let missed = 1.0 - get.hit.0.powf(f64::from(get.keys));
            let inside = at.inside(missed);
            self.group(format!("else, {} of the times", percent(missed)), At { depth: inside.depth, ..inside });
            self.steps(&get.on_miss, At { depth: inside.depth + 1, ..inside });
        }
    }

    fn cost(&mut self, what: String, store: StoreId, round_trips: f64, (up, down): (f64, f64), at: At) {
        let slow_start = flights(up as u64).max(flights(down as u64)) - 1;
        self.all.push(StepCost {
            depth: at.depth,
            what,
            store: Some(self.scenario.stores[store.0].name.clone()),
            times: at.times,
            round_trips: round_trips * at.times,
            bytes: (up * at.times, down * at.times),
            wait: at.wait,
            slow_start,
        });
    }
}

/// What a call asks in words, and its round trips.
pub(super) fn asked(request: &Request) -> (String, f64) {
    match request {
        Request::Get(get) => match get.keys {
            1 => (format!("get {}", get.size), 1.0),
            n => (format!("get {n} keys of {}", get.size), 1.0),
        },
        Request::Set { size } => (format!("set {size}"), 1.0),
        Request::Add { size } => (format!("add {size}"), 1.0),
        Request::Delete => ("delete".into(), 1.0),
        Request::Incr => ("incr".into(), 1.0),
        Request::Query(query) => {
            let plural = if query.rows == 1 { "row" } else { "rows" };
            let what = format!("query {} {plural} of {}{}", query.rows, query.row_size, how(query.prepared));
            (what, trips(query.prepared))
        }
        Request::Write(write) => (format!("write {}{}", write.row_size, how(write.prepared)), trips(write.prepared)),
    }
}

/// Its mean bytes each way, as the simulator counts them.
fn bytes_of(request: &Request) -> (f64, f64) {
    let one = |request: ScriptRequest| both_ways(wire::memcached(&request));
    match request {
        Request::Get(get) => {
            let of = |hits| one(ScriptRequest::Get { keys: get.keys, hits, size: get.size });
            let (none, all) = (of(0), of(get.keys));
            let mean = |none: f64, all: f64| none + get.hit.0 * (all - none);
            (mean(none.0, all.0), mean(none.1, all.1))
        }
        Request::Set { size } => one(ScriptRequest::Set(*size)),
        Request::Add { size } => one(ScriptRequest::Add(*size)),
        Request::Delete => one(ScriptRequest::Delete),
        Request::Incr => one(ScriptRequest::Incr),
        Request::Query(query) => {
            statement_bytes(false, query.rows, query.row_size, query.prepared, query.sql.as_deref())
        }
        Request::Write(write) => statement_bytes(true, 1, write.row_size, write.prepared, write.sql.as_deref()),
    }
}

fn statement_bytes(write: bool, rows: u32, row_size: Bytes, prepared: Prepared, own: Option<&str>) -> (f64, f64) {
    let sql = own.map(str::to_owned);
    let sql = ScriptSql { write, rows, row_size, prepared, sql, service: None, lock: None, refused: false };
    let (up, down) = both_ways(wire::perform(&sql));
    if prepared == Prepared::Each {
        let preparing = both_ways(wire::prepare(&sql));
        return (up + preparing.0, down + preparing.1);
    }
    (up, down)
}

fn both_ways(exchange: wire::Exchange) -> (f64, f64) {
    (exchange.up as f64, exchange.down as f64)
}

const fn how(prepared: Prepared) -> &'static str {
    match prepared {
        Prepared::No => "",
        Prepared::Each => ", prepared each time",
        Prepared::Cached => ", prepared once a connection",
    }
}

const fn trips(prepared: Prepared) -> f64 {
    match prepared {
        Prepared::Each => 2.0,
        Prepared::No | Prepared::Cached => 1.0,
    }
}

/// A mean count: whole where it is.
fn shown(times: f64) -> String {
    if times.fract().abs() < 0.05 { format!("{times:.0} times") } else { format!("{times:.1} times on average") }
}

fn percent(share: f64) -> String {
    format!("{} %", (share * 1_000.0).round() / 10.0)
}
