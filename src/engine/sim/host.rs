//! The simulator's side of performing: virtual time, and tasks of its kernel.
//!
//! Not for: the rules of load and journeys (`engine::perform`).

use std::cell::RefCell;
use std::future::Future;
use std::rc::Rc;

use super::busyness::Busyness;
use super::connection::SimConnection;
use super::kernel::{self, Kernel};
use super::way::SimWay;
use crate::engine::calibration::Times;
use crate::engine::perform::{Host, Task};
use crate::seed::{Seed, Stream};
use crate::units::Nanos;

/// A kernel, as those who perform see it. Nothing is late but what is calibrated to be.
#[derive(Clone)]
pub(super) struct SimHost {
    pub(super) kernel: Kernel,
    late: Rc<Late>,
}

/// How late journeys start and pauses end, and by what luck.
struct Late {
    times: Times,
    busyness: Rc<Busyness>,
    own: RefCell<Stream>,
}

impl SimHost {
    pub(super) fn new(kernel: &Kernel, lateness: &Times, busyness: &Rc<Busyness>, seed: Seed) -> Self {
        let own = RefCell::new(seed.stream("lateness", 0));
        let late = Late { times: lateness.clone(), busyness: Rc::clone(busyness), own };
        Self { kernel: kernel.clone(), late: Rc::new(late) }
    }
}

impl Host for SimHost {
    type Way = SimWay;
    type Connection = SimConnection;
    type Task = kernel::Task;

    fn now(&self) -> Nanos {
        self.kernel.now()
    }
    async fn sleep_until(&self, at: Nanos) -> Nanos {
        self.kernel.sleep_until(at).await;
        Nanos::ZERO
    }
    async fn wake_at(&self, at: Nanos) -> Nanos {
        let Late { times, busyness, own } = &*self.late;
        let late = busyness.draw(times, self.kernel.now(), &mut own.borrow_mut());
        self.kernel.sleep_until(at + late).await;
        late
    }
    async fn yield_now(&self) {
        self.kernel.yield_now().await;
    }
    fn spawn(&self, task: impl Future<Output = ()> + 'static) -> Self::Task {
        self.kernel.spawn(task)
    }
    async fn scope<T>(&self, main: impl Future<Output = T>) -> T {
        let done = main.await;
        self.kernel.end_tasks();
        done
    }
}

impl Task for kernel::Task {
    fn abort(&self) {
        Self::abort(self);
    }
}
