//! Walks one journey's script on real connections.
//!
//! Steps keep their order: a call is sent when the one before is answered. Each call is timed from its
//! actual start, and from its intended one, which follows from the expected times of the steps before
//! it. Not for: when journeys start and what becomes of them (`load`).

use std::cell::{Cell, RefCell};
use std::future::Future;
use std::pin::Pin;

use super::connections::{Kept, Lease, Taken, give_back, take};
use super::driver::{Connection, Failure, Reply};
use super::join::join_all;
use super::record::Part;
use super::tally::Tally;
use crate::plan::expected;
use crate::plan::script::{Op, Script, ScriptCall, ScriptRequest, ScriptSql};
use crate::scenario::StoreId;
use crate::units::Nanos;

/// A journey on its way.
pub(super) struct Walk<'a> {
    part: &'a Part,
    kept: &'a Kept,
    /// Calls are recorded.
    measured: bool,
    /// Connections of branches that have ended, for the next ones of this journey.
    spare: RefCell<Vec<(StoreId, Lease)>>,
    /// Expected time of the steps that are done, over all branches.
    pub(super) done: Cell<Nanos>,
}

/// One line of steps, with the connections it is on.
struct Branch {
    leases: Vec<Option<Lease>>,
    /// When the next step is intended to start.
    intended: Nanos,
    /// Keeps the rows that it writes apart from those of other open branches.
    row: u64,
    tally: Tally,
}

/// What a branch came to, and when.
type Ended = (Branch, Nanos, Result<(), Failure>);

impl<'a> Walk<'a> {
    pub(super) fn new(part: &'a Part, kept: &'a Kept, measured: bool) -> Self {
        Self { part, kept, measured, spare: RefCell::default(), done: Cell::new(Nanos::ZERO) }
    }
    /// Walks a whole journey that was meant to start at `intended`, the platform's overhead first.
    pub(super) async fn journey(&self, script: &Script, intended: Nanos) -> Result<Tally, Failure> {
        let mut branch = self.branch(intended);
        self.think(self.part.arm.overhead(), &mut branch).await;
        let walked = self.steps(script, &mut branch).await;
        if walked.is_err() {
            self.roll_back(&mut branch).await;
        }
        self.release(&mut branch);
        for (store, lease) in self.spare.take() {
            give_back(&self.part.arm, self.kept, store, lease);
        }
        walked.map(|()| branch.tally)
    }
    fn branch(&self, intended: Nanos) -> Branch {
        let stores = self.part.arm.paths.len();
        let leases = std::iter::repeat_with(|| None).take(stores).collect();
        Branch { leases, intended, row: self.part.arm.world.row(), tally: Tally::new(stores) }
    }
    async fn steps(&self, script: &Script, branch: &mut Branch) -> Result<(), Failure> {
        for op in &script.0 {
            match op {
                Op::Think(time) => self.think(*time, branch).await,
                Op::Call(call) => self.call(call, op, branch).await?,
                Op::Begin(store) => self.transact("BEGIN", *store, op, branch).await?,
                Op::Commit(store) => self.transact("COMMIT", *store, op, branch).await?,
                Op::Parallel(scripts) => self.parallel(scripts, branch).await?,
            }
        }
        Ok(())
    }
    async fn think(&self, time: Nanos, branch: &mut Branch) {
        if time == Nanos::ZERO {
            return;
        }
        let world = &self.part.arm.world;
        world.sleep_until(world.now() + time).await;
        branch.tally.think += time;
        branch.intended += time;
        self.progress(time);
    }
    fn expected(&self, op: &Op) -> Nanos {
        expected::op(&self.part.arm.world.scenario, &self.part.arm.arm, op)
    }
    fn progress(&self, time: Nanos) {
        self.done.set(self.done.get() + time);
    }
    async fn call(&self, call: &ScriptCall, op: &Op, branch: &mut Branch) -> Result<(), Failure> {
        let (store, row) = (call.store, branch.row);
        let expected = self.expected(op);
        let lease = self.lease(store, branch).await?;
        let start = self.part.arm.world.now();
        let reply = lease.connection.call(call, row).await;
        let Reply { trips, lost } = self.checked(store, branch, reply)?;
        let took = self.called(store, start, expected, trips, branch);
        self.count_keys(call, lost);
        self.lock_wait(call, took, trips, branch);
        Ok(())
    }
    async fn transact(&self, text: &str, store: StoreId, op: &Op, branch: &mut Branch) -> Result<(), Failure> {
        let expected = self.expected(op);
        let lease = self.lease(store, branch).await?;
        let start = self.part.arm.world.now();
        let sent = lease.connection.statement(text).await;
        lease.in_transaction = text == "BEGIN" || sent.is_err();
        let trips = self.checked(store, branch, sent)?;
        self.called(store, start, expected, trips, branch);
        Ok(())
    }
    /// Drops the connection of a failure that broke it.
    fn checked<T>(&self, store: StoreId, branch: &mut Branch, result: Result<T, Failure>) -> Result<T, Failure> {
        if result.as_ref().is_err_and(|failure| failure.broken) {
            branch.leases[store.0] = None;
        }
        result
    }
    /// Books a call that has ended; gives how long it took.
    fn called(&self, store: StoreId, start: Nanos, expected: Nanos, trips: u32, branch: &mut Branch) -> Nanos {
        let end = self.part.arm.world.now();
        branch.tally.called(store.0, trips);
        self.progress(expected);
        if self.measured {
            self.part.call(end - branch.intended.min(start), end - start);
        }
        branch.intended += expected;
        end - start
    }
    /// The connection of a branch to a store, taken now if there is none yet.
    async fn lease<'b>(&self, store: StoreId, branch: &'b mut Branch) -> Result<&'b mut Lease, Failure> {
        if branch.leases[store.0].is_none() {
            let lease = match self.take_spare(store) {
                Some(lease) => lease,
                None => self.take_new(store, branch).await?,
            };
            branch.leases[store.0] = Some(lease);
        }
        Ok(branch.leases[store.0].as_mut().expect("a lease was just put there"))
    }
    fn take_spare(&self, store: StoreId) -> Option<Lease> {
        let mut spare = self.spare.borrow_mut();
        let found = spare.iter().position(|(to, _)| *to == store)?;
        Some(spare.swap_remove(found).1)
    }
    async fn take_new(&self, store: StoreId, branch: &mut Branch) -> Result<Lease, Failure> {
        let arm = &self.part.arm;
        let (lease, Taken { trips, answered, waited }) = take(arm, self.kept, store).await?;
        branch.tally.connected(store.0, trips, answered);
        branch.intended += expected::trip(&arm.arm, store) * u64::from(trips);
        if arm.path(store).pool.is_some() {
            branch.tally.waited(waited);
        }
        Ok(lease)
    }
    /// What the locking call took beyond its round trips and the store's own time was waiting for the row.
    fn lock_wait(&self, call: &ScriptCall, took: Nanos, trips: u32, branch: &mut Branch) {
        if !matches!(&call.request, ScriptRequest::Sql(ScriptSql { lock: Some(_), .. })) {
            return;
        }
        let arm = &self.part.arm;
        let own =
            expected::trip(&arm.arm, call.store) * u64::from(trips) + expected::service(&arm.world.scenario, call);
        let waited = took.saturating_sub(own);
        branch.tally.wait_lock += waited;
        let path = arm.path(call.store);
        path.lock_wait.set(path.lock_wait.get() + waited);
        if self.measured {
            self.part.lock_wait(waited);
        }
    }
    fn count_keys(&self, call: &ScriptCall, lost: u32) {
        if let (true, ScriptRequest::Get { hits, .. }) = (self.measured, &call.request) {
            let keys = &self.part.arm.path(call.store).keys;
            let (asked, missed) = keys.get();
            keys.set((asked + u64::from(*hits), missed + u64::from(lost)));
        }
    }
    /// Walks branches at once: the first on the connections of its parent, the others on their own.
    async fn parallel(&self, scripts: &[Script], parent: &mut Branch) -> Result<(), Failure> {
        let mut branches: Vec<Branch> = scripts.iter().map(|_| self.branch(parent.intended)).collect();
        if let Some(first) = branches.first_mut() {
            std::mem::swap(&mut first.leases, &mut parent.leases);
        }
        let walks = branches.into_iter().zip(scripts).enumerate().map(|(n, (b, s))| self.boxed(n > 0, s, b));
        let ended = join_all(walks.collect()).await;
        let mut result = Ok(());
        let mut tallies = Vec::with_capacity(ended.len());
        let expected = ended.iter().map(|e| e.0.intended).max();
        for (n, (mut branch, at, walked)) in ended.into_iter().enumerate() {
            if n == 0 {
                std::mem::swap(&mut branch.leases, &mut parent.leases);
            }
            tallies.push((branch.tally, at));
            result = result.and(walked);
        }
        parent.tally.join(&tallies);
        parent.intended = expected.unwrap_or(parent.intended);
        result
    }
    /// One branch; `own` connections are spare when it ends. Boxed, since branches hold branches.
    fn boxed<'b>(
        &'b self,
        own: bool,
        script: &'b Script,
        mut branch: Branch,
    ) -> Pin<Box<dyn Future<Output = Ended> + 'b>> {
        Box::pin(async move {
            let walked = self.steps(script, &mut branch).await;
            let end = self.part.arm.world.now();
            if own {
                if walked.is_err() {
                    self.roll_back(&mut branch).await;
                }
                self.release(&mut branch);
            }
            (branch, end, walked)
        })
    }
    /// Makes a branch's connections spare.
    fn release(&self, branch: &mut Branch) {
        for (store, lease) in branch.leases.iter_mut().enumerate() {
            if let Some(lease) = lease.take() {
                self.spare.borrow_mut().push((StoreId(store), lease));
            }
        }
    }
    /// After a failure: ends what is open, as applications do, so that the connections can be kept.
    async fn roll_back(&self, branch: &mut Branch) {
        for lease in &mut branch.leases {
            let Some(open) = lease.as_mut().filter(|lease| lease.in_transaction) else { continue };
            if matches!(open.connection, Connection::Mysql(_)) && open.connection.statement("ROLLBACK").await.is_ok() {
                open.in_transaction = false;
            } else {
                *lease = None;
            }
        }
    }
}
