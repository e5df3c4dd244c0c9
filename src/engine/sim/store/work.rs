//! One call at a store: its row, its turn, its time.
//!
//! Not for: which rules there are for rows and turns (`service`).

use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use tokio::sync::oneshot;

use super::Taken;
use crate::engine::sim::kernel::{Kernel, Sleep};
use crate::service::{Asked, LOCK_WAIT};
use crate::units::Nanos;
use crate::workset::sql::RowKey;

/// What a store is asked to do.
#[derive(Debug, Clone, Default)]
pub struct Call {
    /// How long it works on it; of commands that arrive together, their sum.
    pub service: Nanos,
    /// It waits for its turn where only so many are worked on at once; what takes no time by its kind (a login, a
    /// `BEGIN`) does not.
    pub turn: bool,
    /// The row that it needs, and that the transaction keeps.
    pub lock: Option<RowKey>,
    /// The transaction ends with it: a commit, or a statement outside of a transaction.
    pub ends: bool,
}

/// What a call waited for at the store, beside its service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Worked {
    /// For its row.
    pub waited_for_lock: Nanos,
    /// For its turn.
    pub waited_for_turn: Nanos,
}

/// Why a store did not do it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WorkError {
    /// Who has the row waits for this connection: told at once, and the transaction is rolled back (MySQL's error 1213).
    #[error("deadlock found when trying to get lock")]
    Deadlock,
    /// The row was not had in 50 s: the statement is undone, its transaction goes on (MySQL's error 1205).
    #[error("lock wait timeout exceeded")]
    LockTimeout,
}

type Outcome = Result<Worked, WorkError>;

/// A call that is worked on.
#[derive(Debug)]
#[must_use = "the reply comes when this is ready"]
pub struct Work {
    kernel: Kernel,
    rest: Rest,
}

/// What there is to do yet.
enum Rest {
    /// Its turn comes and goes.
    Turn(Turn),
    /// Its row comes first.
    Row(Pin<Box<dyn Future<Output = Outcome>>>),
    /// It will not be worked on.
    Refused(WorkError),
    Nothing,
}

impl std::fmt::Debug for Rest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Turn(_) => "Turn",
            Self::Row(_) => "Row",
            Self::Refused(_) => "Refused",
            Self::Nothing => "Nothing",
        })
    }
}

impl Work {
    /// The store sees the call now, whenever this is awaited.
    pub(super) fn begin(seat: Rc<Taken>, call: Call) -> Self {
        let kernel = seat.store.kernel.clone();
        let rest = match call.lock.as_ref().map_or(Asked::Had, |row| seat.ask(row)) {
            Asked::Had => Rest::Turn(Turn::begin(seat, &call, kernel.now())),
            Asked::Wait(granted) => {
                let (asked, limit) = (kernel.now(), kernel.sleep(LOCK_WAIT));
                Rest::Row(Box::pin(async move {
                    seat.wait(granted, limit, call.ends).await?;
                    Ok(Turn::begin(seat, &call, asked).await)
                }))
            }
            Asked::Deadlock => {
                seat.release();
                Rest::Refused(WorkError::Deadlock)
            }
        };
        Self { kernel, rest }
    }
}

impl Future for Work {
    type Output = Outcome;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Outcome> {
        let done = match &mut self.rest {
            Rest::Turn(turn) => Pin::new(turn).poll(context).map(Ok),
            Rest::Row(rest) => rest.as_mut().poll(context),
            Rest::Refused(error) => Poll::Ready(Err(*error)),
            Rest::Nothing => Poll::Pending,
        };
        if done.is_ready() {
            self.rest = Rest::Nothing;
        }
        done
    }
}

impl Drop for Work {
    /// The client has gone, and the store does not know.
    fn drop(&mut self) {
        match std::mem::replace(&mut self.rest, Rest::Nothing) {
            Rest::Turn(turn) => drop(self.kernel.spawn(turn.alone())),
            Rest::Row(rest) => drop(self.kernel.spawn(async move {
                // Nobody is there to be told.
                let _ = rest.await;
            })),
            Rest::Refused(_) | Rest::Nothing => {}
        }
    }
}

/// A call from when it has its row until it is done.
struct Turn {
    seat: Rc<Taken>,
    done: Sleep,
    ends: bool,
    worked: Worked,
}

impl Turn {
    /// Joins those who wait for a turn now, if it needs one.
    fn begin(seat: Rc<Taken>, call: &Call, asked: Nanos) -> Self {
        let had = seat.store.kernel.now();
        let done = if call.turn {
            seat.store.turns.borrow_mut().take(had, call.service)
        } else {
            had.saturating_add(call.service)
        };
        let waited_for_turn = done.saturating_sub(had).saturating_sub(call.service);
        let worked = Worked { waited_for_lock: had.saturating_sub(asked), waited_for_turn };
        Self { done: seat.store.kernel.sleep_until(done), seat, ends: call.ends, worked }
    }
    /// Without anybody to be told.
    async fn alone(self) {
        self.await;
    }
}

impl Future for Turn {
    type Output = Worked;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Worked> {
        let done = Pin::new(&mut self.done).poll(context);
        done.map(|()| {
            if self.ends {
                self.seat.release();
            }
            self.worked
        })
    }
}

impl Taken {
    fn ask(&self, row: &RowKey) -> Asked<oneshot::Receiver<()>> {
        self.store.locks.borrow_mut().ask(self.owner, row, oneshot::channel)
    }
    /// Waits for a row that was asked for, until `limit`.
    async fn wait(&self, granted: oneshot::Receiver<()>, limit: Sleep, ends: bool) -> Result<(), WorkError> {
        let had = tokio::select! {
            biased;
            granted = granted => granted.is_ok(),
            () = limit => !self.store.locks.borrow_mut().give_up(self.owner),
        };
        if had {
            return Ok(());
        }
        if ends {
            self.release();
        }
        Err(WorkError::LockTimeout)
    }
}
