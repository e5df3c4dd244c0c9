//! Walks one journey's script on connections.
//!
//! Steps keep their order: a call is sent when the one before is answered. Each call is timed from its
//! actual start, and from its intended one, which follows from the expected times of the steps before
//! it. Not for: when journeys start and what becomes of them (`load`).

use std::cell::Cell;
use std::future::Future;
use std::pin::Pin;

use super::connections::{Lease, Taken, give_back, take};
use super::host::{Connection, Failure, Host, Reply, Verb};
use super::join::join_all;
use super::kept::Kept;
use super::record::Part;
use super::tally::Tally;
use crate::plan::expected;
use crate::plan::script::{Op, Script, ScriptCall, ScriptRequest, ScriptSql};
use crate::scenario::StoreId;
use crate::units::Nanos;

/// A journey on its way.
pub(super) struct Walk<'a, H: Host> {
    part: &'a Part<H>,
    kept: &'a Kept<H>,
    /// Calls are recorded.
    measured: bool,
    /// Expected time of the steps that are done, over all branches.
    pub(super) done: Cell<Nanos>,
}

/// The connections of a branch, and of those that branched off from it.
struct Open<H: Host> {
    /// By store.
    leases: Vec<Option<Lease<H>>>,
    /// Those of the second and further branches of its parallel groups; a later group uses them again.
    further: Vec<Open<H>>,
}

impl<H: Host> Default for Open<H> {
    fn default() -> Self {
        Self { leases: Vec::new(), further: Vec::new() }
    }
}

/// One line of steps, with the connections it is on.
struct Branch<H: Host> {
    open: Open<H>,
    /// When the next step is intended to start.
    intended: Nanos,
    /// Keeps the rows that it writes apart from those of other open branches.
    row: u64,
    tally: Tally,
}

/// What a branch came to, and when.
type Ended<H> = (Branch<H>, Nanos, Result<(), Failure>);

impl<'a, H: Host> Walk<'a, H> {
    pub(super) fn new(part: &'a Part<H>, kept: &'a Kept<H>, measured: bool) -> Self {
        Self { part, kept, measured, done: Cell::new(Nanos::ZERO) }
    }
    /// Walks a whole journey that was meant to start at `intended`, the platform's overhead first.
    pub(super) async fn journey(&self, script: &Script, intended: Nanos) -> Result<Tally, Failure> {
        let mut branch = self.branch(intended, Open::default());
        self.think(self.part.arm.overhead(), &mut branch).await;
        let walked = self.steps(script, &mut branch).await;
        if walked.is_err() {
            roll_back(&mut branch.open).await;
        }
        self.give_back(branch.open);
        walked.map(|()| branch.tally)
    }
    fn branch(&self, intended: Nanos, mut open: Open<H>) -> Branch<H> {
        let stores = self.part.arm.paths.len();
        open.leases.resize_with(stores, || None);
        Branch { open, intended, row: self.part.arm.world.row(), tally: Tally::new(stores) }
    }
    async fn steps(&self, script: &Script, branch: &mut Branch<H>) -> Result<(), Failure> {
        for op in &script.0 {
            match op {
                Op::Think(time) => self.think(*time, branch).await,
                Op::Call(call) => self.call(call, op, branch).await?,
                Op::Begin(store) => self.transact(Verb::Begin, *store, op, branch).await?,
                Op::Commit(store, service) => self.commit(*store, *service, op, branch).await?,
                Op::Parallel(scripts) if scripts.is_empty() => {}
                Op::Parallel(scripts) => self.parallel(scripts, branch).await?,
            }
        }
        Ok(())
    }
    async fn think(&self, time: Nanos, branch: &mut Branch<H>) {
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
        expected::op(&self.part.arm.arm, op)
    }
    fn progress(&self, time: Nanos) {
        self.done.set(self.done.get() + time);
    }
    async fn call(&self, call: &ScriptCall, op: &Op, branch: &mut Branch<H>) -> Result<(), Failure> {
        let (store, row) = (call.store, branch.row);
        let expected = self.expected(op);
        let lease = self.lease(store, branch).await?;
        let start = self.part.arm.world.now();
        let reply = lease.connection.call(call, row).await;
        let Reply { trips, prepared, lost, waited } = checked(store, branch, reply)?;
        let took = self.called(store, start, expected, trips, call.service, branch);
        branch.tally.connected(store.0, prepared, prepared);
        self.count_keys(call, lost);
        self.count_stale(call);
        let waited = self.lock_wait(call, waited, took, trips + prepared, branch);
        let path = self.part.arm.path(store);
        path.gave(call.service, waited);
        if trips + prepared == 1 && call.lock().is_none() {
            path.took(took, call.service, start + took);
        }
        Ok(())
    }
    async fn transact(&self, verb: Verb, store: StoreId, op: &Op, branch: &mut Branch<H>) -> Result<(), Failure> {
        let expected = self.expected(op);
        let lease = self.lease(store, branch).await?;
        let start = self.part.arm.world.now();
        let sent = lease.connection.transact(verb).await;
        lease.in_transaction = verb == Verb::Begin || sent.is_err();
        let trips = checked(store, branch, sent)?;
        let service = if let Verb::Commit { service, .. } = verb { service } else { Nanos::ZERO };
        let took = self.called(store, start, expected, trips, service, branch);
        let path = self.part.arm.path(store);
        path.gave(service, Nanos::ZERO);
        if trips == 1 {
            path.took(took, service, start + took);
        }
        Ok(())
    }
    async fn commit(&self, store: StoreId, service: Nanos, op: &Op, branch: &mut Branch<H>) -> Result<(), Failure> {
        let drawn = self.part.arm.world.scenario.stores[store.0].commit().constant().is_none();
        self.transact(Verb::Commit { service, drawn }, store, op, branch).await
    }
    /// Books a call that has ended; gives how long it took.
    fn called(
        &self,
        store: StoreId,
        start: Nanos,
        expected: Nanos,
        trips: u32,
        service: Nanos,
        branch: &mut Branch<H>,
    ) -> Nanos {
        let end = self.part.arm.world.now();
        let service = self.part.arm.path(store).works_for(service);
        branch.tally.called(store.0, trips, service);
        self.progress(expected);
        if self.measured {
            self.part.call(end - branch.intended.min(start), end - start);
        }
        branch.intended += expected;
        end - start
    }
    /// The connection of a branch to a store, taken now if there is none yet.
    async fn lease<'b>(&self, store: StoreId, branch: &'b mut Branch<H>) -> Result<&'b mut Lease<H>, Failure> {
        if branch.open.leases[store.0].is_none() {
            branch.open.leases[store.0] = Some(self.take_new(store, branch).await?);
        }
        Ok(branch.open.leases[store.0].as_mut().expect("a lease was just put there"))
    }
    async fn take_new(&self, store: StoreId, branch: &mut Branch<H>) -> Result<Lease<H>, Failure> {
        let arm = &self.part.arm;
        let (lease, Taken { trips, answered, waited }) = take(arm, self.kept, store).await?;
        branch.tally.connected(store.0, trips, answered);
        branch.intended += expected::trip(&arm.arm, store) * u64::from(trips);
        if arm.path(store).pool.is_some() {
            branch.tally.waited(waited);
        }
        Ok(lease)
    }
    /// Books what a call waited for a row, and gives it. Where it is not known, what the locking call took beyond its round trips and the store's own time was waiting for the row.
    fn lock_wait(
        &self,
        call: &ScriptCall,
        waited: Option<Nanos>,
        took: Nanos,
        trips: u32,
        branch: &mut Branch<H>,
    ) -> Nanos {
        if call.lock().is_none() {
            return Nanos::ZERO;
        }
        let arm = &self.part.arm;
        let own = expected::trip(&arm.arm, call.store) * u64::from(trips) + call.service;
        let waited = waited.unwrap_or_else(|| took.saturating_sub(own));
        branch.tally.wait_lock += waited;
        let path = arm.path(call.store);
        path.lock_wait.set(path.lock_wait.get() + waited);
        if self.measured {
            self.part.lock_wait(waited);
        }
        waited
    }
    fn count_keys(&self, call: &ScriptCall, lost: u32) {
        if let (true, ScriptRequest::Get { hits, .. }) = (self.measured, &call.request) {
            let keys = &self.part.arm.path(call.store).keys;
            let (asked, missed) = keys.get();
            keys.set((asked + u64::from(*hits), missed + u64::from(lost)));
        }
    }
    /// Books what reads from a copy, or changes one of two caches.
    fn count_stale(&self, call: &ScriptCall) {
        let path = self.part.arm.path(call.store);
        if let (true, true, ScriptRequest::Sql(ScriptSql { write: false, .. })) =
            (self.measured, path.spared, &call.request)
        {
            path.itself_read.set(path.itself_read.get() + 1);
        }
        let counts = match &call.request {
            ScriptRequest::Sql(sql) => !sql.write,
            ScriptRequest::Get { .. } => false,
            ScriptRequest::Set(_) | ScriptRequest::Add(_) | ScriptRequest::Delete | ScriptRequest::Incr => true,
        };
        if self.measured && path.copied && counts {
            path.stale.set(path.stale.get() + 1);
        }
    }
    /// Walks branches at once: the first on the connections of its parent, the others on their own.
    async fn parallel(&self, scripts: &[Script], parent: &mut Branch<H>) -> Result<(), Failure> {
        let Open { leases, mut further } = std::mem::take(&mut parent.open);
        let idle = further.split_off(further.len().min(scripts.len().saturating_sub(1)));
        let first = Open { leases, further: idle };
        let opens = std::iter::once(first).chain(further).chain(std::iter::repeat_with(Open::default));
        let branches: Vec<Branch<H>> =
            scripts.iter().zip(opens).map(|(_, open)| self.branch(parent.intended, open)).collect();
        let walks = branches.into_iter().zip(scripts).map(|(branch, script)| self.boxed(script, branch));
        let ended = join_all(walks.collect()).await;
        self.join(ended, parent)
    }
    /// Books what branches came to, and keeps their connections.
    fn join(&self, ended: Vec<Ended<H>>, parent: &mut Branch<H>) -> Result<(), Failure> {
        let (mut result, mut tallies, mut opens) = (Ok(()), Vec::new(), Vec::new());
        for (branch, at, walked) in ended {
            parent.intended = parent.intended.max(branch.intended);
            tallies.push((branch.tally, at));
            opens.push(branch.open);
            result = result.and(walked);
        }
        parent.tally.join(&tallies);
        let mut opens = opens.into_iter();
        let first = opens.next().unwrap_or_default();
        // What branched off from the first is as good as any for a later, wider group.
        parent.open = Open { leases: first.leases, further: opens.chain(first.further).collect() };
        parent.open.leases.resize_with(self.part.arm.paths.len(), || None);
        result
    }
    /// One branch; boxed, since branches hold branches.
    fn boxed<'b>(&'b self, script: &'b Script, mut branch: Branch<H>) -> Pin<Box<dyn Future<Output = Ended<H>> + 'b>> {
        Box::pin(async move {
            let walked = self.steps(script, &mut branch).await;
            let end = self.part.arm.world.now();
            (branch, end, walked)
        })
    }
    /// Gives all connections back.
    fn give_back(&self, open: Open<H>) {
        for (store, lease) in open.leases.into_iter().enumerate() {
            if let Some(lease) = lease {
                give_back(&self.part.arm, self.kept, StoreId(store), lease);
            }
        }
        open.further.into_iter().for_each(|further| self.give_back(further));
    }
}

/// Drops the connection of a failure that broke it.
fn checked<H: Host, T>(store: StoreId, branch: &mut Branch<H>, result: Result<T, Failure>) -> Result<T, Failure> {
    if result.as_ref().is_err_and(|failure| failure.broken) {
        branch.open.leases[store.0] = None;
    }
    result
}

/// After a failure: ends what is open, as applications do, so that the connections can be kept.
async fn roll_back<H: Host>(open: &mut Open<H>) {
    let mut all: Vec<&mut Open<H>> = vec![open];
    while let Some(open) = all.pop() {
        for lease in &mut open.leases {
            let Some(busy) = lease.as_mut().filter(|lease| lease.in_transaction) else { continue };
            if busy.connection.transact(Verb::Rollback).await.is_ok() {
                busy.in_transaction = false;
            } else {
                *lease = None;
            }
        }
        all.extend(&mut open.further);
    }
}
