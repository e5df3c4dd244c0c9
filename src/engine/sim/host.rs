//! The simulator's side of performing: virtual time, and tasks of its kernel.
//!
//! Not for: the rules of load and journeys (`engine::perform`).

use std::future::Future;

use super::connection::SimConnection;
use super::kernel::{self, Kernel};
use super::way::SimWay;
use crate::engine::perform::{Host, Task};
use crate::units::Nanos;

/// A kernel, as those who perform see it. Nothing is ever late.
#[derive(Clone)]
pub(super) struct SimHost(pub(super) Kernel);

impl Host for SimHost {
    type Way = SimWay;
    type Connection = SimConnection;
    type Task = kernel::Task;

    fn now(&self) -> Nanos {
        self.0.now()
    }
    async fn sleep_until(&self, at: Nanos) -> Nanos {
        self.0.sleep_until(at).await;
        Nanos::ZERO
    }
    async fn yield_now(&self) {
        self.0.yield_now().await;
    }
    fn spawn(&self, task: impl Future<Output = ()> + 'static) -> Self::Task {
        self.0.spawn(task)
    }
    async fn scope<T>(&self, main: impl Future<Output = T>) -> T {
        let done = main.await;
        self.0.end_tasks();
        done
    }
}

impl Task for kernel::Task {
    fn abort(&self) {
        Self::abort(self);
    }
}
