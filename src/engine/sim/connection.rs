//! A connection in virtual time: requests cross the link, the store works, replies cross back.
//!
//! Bytes, round trips and their order are those of the live engine's drivers; when they arrive is the link model's
//! affair (`link`), how long the store takes that of its model (`store`). Where neither a bandwidth nor a lock nor a
//! limit of the store is in play, nobody else can interfere, and a whole call is one wait. Not for: protocols as bytes.

use std::rc::Rc;

use super::link::Held;
use super::store::{Call, Seat, WorkError};
use super::way_state::WayState;
use crate::engine::perform::{Connection, Failure, Opened, Reply, Verb};
use crate::link::{Direction, Flow};
use crate::plan::script::{ScriptCall, ScriptRequest, ScriptSql};
use crate::scenario::{OnReuse, Prepared};
use crate::units::Nanos;
use crate::workset::sql::RowKey;
use crate::workset::wire::{self, Exchange};

/// An open connection; dropped, it is closed, and its store learns of that one crossing later.
pub(super) struct SimConnection {
    way: Rc<WayState>,
    flow: Flow,
    /// Its place at the store.
    seat: Option<Seat>,
    /// Steps whose statements are prepared to be kept.
    kept: Vec<u32>,
    /// A transaction is open.
    open: bool,
}

impl SimConnection {
    /// Opens a connection: Memcached's is open with the handshake; MySQL's is greeted, logs in and is set up.
    pub(super) async fn open(way: &Rc<WayState>) -> Result<Opened<Self>, Failure> {
        let flow = way.link.open(way.kernel.now());
        way.seen.borrow_mut().connections += 1;
        let mut connection = Self { way: Rc::clone(way), flow, seat: None, kept: Vec::new(), open: false };
        if !way.transacts {
            way.kernel.sleep_until(connection.flow.opened_at()).await;
            connection.sit().ok_or(REFUSED)?;
            return Ok(Opened { connection, trips: 1, answered: 0 });
        }
        way.kernel.sleep_until(connection.flow.dial_at()).await;
        let sat = connection.sit();
        let greeted = connection.send(Direction::Down, way.kernel.now(), wire::GREETING).await;
        way.kernel.sleep_until(greeted + way.greeting_overhead()).await;
        sat.ok_or(REFUSED)?;
        connection.exchange(wire::LOGIN, Call::default()).await?;
        for _ in 0..way.connections.set_up {
            connection.exchange(wire::SET_UP, Call::default()).await?;
        }
        let answered = 1 + way.connections.set_up;
        Ok(Opened { connection, trips: 2 + answered, answered })
    }
    /// Takes a place at the store; `None` if there is none left.
    fn sit(&mut self) -> Option<()> {
        self.seat = self.way.store.connect();
        self.seat.is_some().then_some(())
    }
    /// Sends bytes from `from` on; gives when the last of them arrive. Where connections compete, `from` is now.
    async fn send(&mut self, direction: Direction, from: Nanos, bytes: u64) -> Nanos {
        {
            let mut seen = self.way.seen.borrow_mut();
            match direction {
                Direction::Up => seen.bytes_up += bytes,
                Direction::Down => seen.bytes_down += bytes,
            }
        }
        let way = Rc::clone(&self.way);
        let (mut left, mut at) = (bytes, from);
        let mut first_in_line = None;
        loop {
            // Whoever comes while others wait for the link waits behind them: else all of them would ask for every segment.
            if first_in_line.is_none() && way.link.competed && way.link.has_line(direction) {
                first_in_line = Some(way.link.line(direction).acquire().await);
                at = way.kernel.now();
            }
            let later = match way.link.send(&mut self.flow, direction, at, left) {
                Ok(crossing) if crossing.bytes >= left => return crossing.at,
                Ok(crossing) => {
                    left -= crossing.bytes;
                    continue;
                }
                Err(Held::Window(later)) => {
                    first_in_line = None;
                    later
                }
                Err(Held::Link(later)) => {
                    first_in_line = first_in_line.or_else(|| way.link.line(direction).try_acquire());
                    later
                }
            };
            way.kernel.sleep_until(later).await;
            at = later;
        }
    }
    /// One request and its reply; gives how long a row was waited for.
    async fn exchange(&mut self, bytes: Exchange, call: Call) -> Result<Nanos, Failure> {
        let (sent, luck) = (self.way.kernel.now(), self.way.luck());
        let extra = self.way.costs.of_store(call.service, luck);
        let call = Call { service: if self.way.costs.replaces_service { extra } else { call.service + extra }, ..call };
        let arrived = self.send(Direction::Up, sent, bytes.up).await;
        let (left, worked) = self.work(arrived, call).await;
        let back = self.send(Direction::Down, left, bytes.down).await;
        let one_way = self.way.link.one_way();
        let beyond = |from: Nanos, to: Nanos| to.saturating_sub(from).saturating_sub(one_way);
        self.way.kernel.sleep_until(back + self.way.costs.of_exchange(extra, luck)).await;
        // Booked when the call is: else those on their way at a window's edges would count here and not there.
        self.way.exchanged(left.saturating_sub(arrived), beyond(sent, arrived) + beyond(left, back));
        worked
    }
    /// What the store does with a request that arrived then: when its reply leaves, and how long a row was waited for.
    async fn work(&self, arrived: Nanos, call: Call) -> (Nanos, Result<Nanos, Failure>) {
        let Some(seat) = &self.seat else { return (arrived, Err(REFUSED)) };
        let kernel = &self.way.kernel;
        if seat.is_plain(&call) {
            let left = arrived + call.service;
            if self.way.link.competed {
                kernel.sleep_until(left).await;
            }
            return (left, Ok(Nanos::ZERO));
        }
        kernel.sleep_until(arrived).await;
        let worked = seat.work(call).await;
        let worked = worked.map(|worked| worked.waited_for_lock).map_err(|error| match error {
            // Errors 1213 and 1205: the live engine has one word for both.
            WorkError::Deadlock | WorkError::LockTimeout => Failure { kind: "deadlock", broken: false },
        });
        (kernel.now(), worked)
    }
    async fn sql(&mut self, sql: &ScriptSql, step: u32, service: Nanos) -> Result<Reply, Failure> {
        let anew = match sql.prepared {
            Prepared::No => false,
            Prepared::Each => true,
            Prepared::Cached => !self.kept.contains(&step),
        };
        if anew {
            self.exchange(wire::prepare(sql), Call::default()).await?;
        }
        if anew && sql.prepared == Prepared::Cached {
            self.kept.push(step);
        }
        let refused = sql.write && sql.refused;
        let lock = sql.lock.as_ref().map(|(name, row)| RowKey::Hot(name.clone(), *row));
        // Outside of a transaction the row goes with the statement (autocommit).
        let ends = lock.is_some() && !self.open;
        let call = if refused { Call::default() } else { Call { service, turn: true, lock, ends } };
        let waited = self.exchange(wire::perform(sql), call).await?;
        if refused {
            return Err(Failure { kind: "read-only", broken: false });
        }
        let (trips, prepared) = match sql.prepared {
            Prepared::Each => (2, 0),
            Prepared::No | Prepared::Cached => (1, u32::from(anew)),
        };
        Ok(Reply { trips, prepared, lost: 0, waited: Some(waited) })
    }
}

/// What a store with too many connections answers.
const REFUSED: Failure = Failure { kind: "too many connections", broken: true };

impl Connection for SimConnection {
    async fn call(&mut self, call: &ScriptCall, _row: u64) -> Result<Reply, Failure> {
        if let ScriptRequest::Sql(sql) = &call.request {
            return self.sql(sql, call.step, call.service).await;
        }
        let (bytes, service) = (wire::memcached(&call.request), call.service);
        self.exchange(bytes, Call { service, turn: true, ..Call::default() }).await?;
        Ok(Reply { trips: 1, prepared: 0, lost: 0, waited: Some(Nanos::ZERO) })
    }
    async fn transact(&mut self, verb: Verb) -> Result<u32, Failure> {
        let ends = verb != Verb::Begin;
        self.open = !ends;
        // As at the stand-in, only a commit is work.
        let (service, turn) =
            if let Verb::Commit { service, .. } = verb { (service, true) } else { (Nanos::ZERO, false) };
        self.exchange(wire::text(verb.sql()), Call { service, turn, lock: None, ends }).await?;
        Ok(1)
    }
    async fn reuse(&mut self, how: OnReuse, relogin: u32) -> Result<u32, Failure> {
        let (bytes, trips) = match how {
            OnReuse::Nothing => return Ok(0),
            OnReuse::Ping | OnReuse::Reset => (wire::PING, 1),
            OnReuse::Relogin => (wire::RELOGIN, relogin),
        };
        if !self.way.transacts {
            return Ok(0);
        }
        if how != OnReuse::Ping {
            self.kept.clear();
        }
        for _ in 0..trips {
            self.exchange(bytes, Call::default()).await?;
        }
        Ok(trips)
    }
    fn close(self) {}
}

impl Drop for SimConnection {
    fn drop(&mut self) {
        let Some(seat) = self.seat.take() else { return };
        let kernel = self.way.kernel.clone();
        let told = kernel.now() + self.way.link.one_way();
        let waiting = kernel.clone();
        kernel.spawn(async move {
            waiting.sleep_until(told).await;
            drop(seat);
        });
    }
}
