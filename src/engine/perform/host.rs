//! What an engine gives to the code that performs plans: time, tasks, and ways to the stores.
//!
//! Not for: the rules of load and journeys, which know nothing of who hosts them.

use std::future::Future;

use crate::measure::Hist;
use crate::plan::script::ScriptCall;
use crate::scenario::OnReuse;
use crate::units::Nanos;

/// Time and tasks on the one thread of an engine.
pub(in crate::engine) trait Host: Clone + 'static {
    /// A way from an arm to a store.
    type Way: Way<Connection = Self::Connection>;
    /// A connection to a store.
    type Connection: Connection;
    /// A task that was started; dropping it lets it go on.
    type Task: Task;

    /// The time, since some origin.
    fn now(&self) -> Nanos;
    /// Waits until `at`, and says how late it is. Never early.
    async fn sleep_until(&self, at: Nanos) -> Nanos;
    /// The same for one who performs journeys, who may be woken late where that is calibrated.
    async fn wake_at(&self, at: Nanos) -> Nanos {
        self.sleep_until(at).await
    }
    /// The load begins; what arrives from `from` until `to` is recorded.
    fn begins(&self, _from: Nanos, _to: Nanos) {}
    /// Lets everybody else go on who can.
    async fn yield_now(&self);
    /// Starts a task. It ends with the [`Host::scope`] in which it was started.
    fn spawn(&self, task: impl Future<Output = ()> + 'static) -> Self::Task;
    /// Performs `main`; the tasks that were started meanwhile, and are not done, end with it.
    async fn scope<T>(&self, main: impl Future<Output = T>) -> T;
}

/// A task that was started.
pub(in crate::engine) trait Task: 'static {
    /// Ends it where it stands; what it holds is dropped.
    fn abort(&self);
}

/// A way from an arm to a store, over a link.
pub(in crate::engine) trait Way: 'static {
    /// A connection to the store.
    type Connection;
    /// Its store takes real time, so that what was given to it is worth keeping call by call.
    const MEASURED: bool;

    /// The RTT that the link asks for; zero where there is none.
    fn rtt(&self) -> Nanos;
    /// Opens a connection; what the policy sends after a login included.
    async fn connect(&self) -> Result<Opened<Self::Connection>, Failure>;
    /// Whether the store takes the times that the scenario gives it: a stand-in and a model do, a real server its own.
    fn keeps_times(&self) -> bool;
    /// What was seen on the way since [`Way::restart`]; `None` where nobody looks.
    fn seen(&self) -> Option<Seen>;
    /// Forgets what was seen so far.
    fn restart(&self);
}

/// A connection that was opened, and what that cost.
#[derive(Debug)]
pub(in crate::engine) struct Opened<C> {
    pub(in crate::engine) connection: C,
    /// Awaited round trips, the handshake included.
    pub(in crate::engine) trips: u32,
    /// Of these, requests that the store answered: not the handshake, nor a greeting.
    pub(in crate::engine) answered: u32,
}

/// An open connection. One request at a time.
pub(in crate::engine) trait Connection: 'static {
    /// Sends one request and awaits its reply. `row` tells journeys that are open at once apart.
    async fn call(&mut self, call: &ScriptCall, row: u64) -> Result<Reply, Failure>;
    /// Begins or ends a transaction; gives its round trips.
    async fn transact(&mut self, verb: Verb) -> Result<u32, Failure>;
    /// What a driver sends when it takes up a kept connection; gives its round trips. Those of a re-login are
    /// `relogin`, since the server decides over them.
    async fn reuse(&mut self, how: OnReuse, relogin: u32) -> Result<u32, Failure>;
    /// Says goodbye without awaiting anything.
    fn close(self);
}

/// How a transaction begins and ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::engine) enum Verb {
    Begin,
    Commit {
        /// How long the store works on it.
        service: Nanos,
        /// That time was drawn: a stand-in has to be told of it.
        drawn: bool,
    },
    Rollback,
}

impl Verb {
    /// As SQL.
    pub(in crate::engine) const fn sql(self) -> &'static str {
        match self {
            Self::Begin => "BEGIN",
            Self::Commit { .. } => "COMMIT",
            Self::Rollback => "ROLLBACK",
        }
    }
}

/// What a call came back with.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(in crate::engine) struct Reply {
    /// Round trips that were awaited.
    pub(in crate::engine) trips: u32,
    /// Beside them, round trips for preparing a statement that the connection keeps.
    pub(in crate::engine) prepared: u32,
    /// Keys that should have been found and were not.
    pub(in crate::engine) lost: u32,
    /// How long a row was waited for, where that is known.
    pub(in crate::engine) waited: Option<Nanos>,
}

/// Why a journey, or an attempt of it, did not end well.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::engine) struct Failure {
    /// One of the words of `PartRun::errors`.
    pub(in crate::engine) kind: &'static str,
    /// The connection cannot be used any more.
    pub(in crate::engine) broken: bool,
}

/// What was seen on a way to a store.
#[derive(Debug, Clone, Default)]
pub(in crate::engine) struct Seen {
    /// Connections that were opened.
    pub(in crate::engine) connections: u64,
    /// Requests that were followed by a reply.
    pub(in crate::engine) exchanges: u64,
    /// From the last byte of a request at the store until the first byte of its reply left.
    pub(in crate::engine) server_time: Hist,
    /// Per exchange: what its crossings took beyond one RTT, by the link's model.
    pub(in crate::engine) beyond_rtt: Hist,
    /// Per exchange: what it took beyond what the link's model asked for.
    pub(in crate::engine) round_trip_lateness: Hist,
    /// How late the arrival of bytes may have been noted.
    pub(in crate::engine) stamp_lateness: Hist,
    /// Bytes towards the store.
    pub(in crate::engine) bytes_up: u64,
    /// Bytes from the store.
    pub(in crate::engine) bytes_down: u64,
}
