//! The order of everything at once, against a model that is too simple to be wrong: lists that are searched.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

use proptest::collection::vec;
use proptest::prelude::*;
use tokio::sync::Notify;

use super::*;

/// A line of a task's program.
#[derive(Debug, Clone, Copy)]
enum Op {
    Sleep(u64),
    /// May have come.
    Until(u64),
    Yield,
    /// Waits for the gate, no longer than the first, and stays in for the second.
    Gate(u64, u64),
    /// A wait that wakes by a waker, and what ends it.
    Wait,
    Notify,
    Spawn(usize),
    /// By the order of spawning.
    Abort(usize),
}

/// (time, task, line, went well)
type Log = Vec<(u64, usize, usize, bool)>;

const END: u64 = 200;
const PERMITS: u32 = 2;
/// Programs may spawn each other without end.
const TASKS_MOST: usize = 24;

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        (0..6_u64).prop_map(Op::Sleep),
        (0..40_u64).prop_map(Op::Until),
        Just(Op::Yield),
        (0..6_u64, 0..6_u64).prop_map(|(most, stay)| Op::Gate(most, stay)),
        Just(Op::Wait),
        Just(Op::Notify),
        (0..6_usize).prop_map(Op::Spawn),
        (0..24_usize).prop_map(Op::Abort),
    ]
}

struct World {
    kernel: Kernel,
    gate: Gate,
    notify: Notify,
    programs: Vec<Vec<Op>>,
    tasks: RefCell<Vec<Task>>,
    log: RefCell<Log>,
}

impl World {
    fn spawn(self: &Rc<Self>, program: usize) {
        let number = self.tasks.borrow().len();
        if number < TASKS_MOST {
            let task = self.kernel.spawn(Rc::clone(self).perform(number, program));
            self.tasks.borrow_mut().push(task);
        }
    }
    async fn perform(self: Rc<Self>, number: usize, program: usize) {
        for (line, op) in self.programs[program].iter().enumerate() {
            let well = self.op(*op).await;
            self.log.borrow_mut().push((self.kernel.now().0, number, line, well));
        }
    }
    async fn op(self: &Rc<Self>, op: Op) -> bool {
        let kernel = &self.kernel;
        match op {
            Op::Sleep(length) => kernel.sleep(Nanos(length)).await,
            Op::Until(at) => kernel.sleep_until(Nanos(at)).await,
            Op::Yield => kernel.yield_now().await,
            Op::Gate(most, stay) => {
                let permit = tokio::select! {
                    biased;
                    permit = self.gate.acquire() => permit,
                    () = kernel.sleep(Nanos(most)) => return false,
                };
                kernel.sleep(Nanos(stay)).await;
                drop(permit);
            }
            Op::Wait => self.notify.notified().await,
            Op::Notify => self.notify.notify_one(),
            Op::Spawn(program) => self.spawn(program % self.programs.len()),
            Op::Abort(number) => {
                let task = self.tasks.borrow().get(number).cloned();
                if let Some(task) = task {
                    task.abort();
                }
            }
        }
        true
    }
}

fn performed(programs: &[Vec<Op>]) -> Log {
    let kernel = Kernel::new();
    let world = Rc::new(World {
        gate: Gate::new(&kernel, PERMITS),
        kernel: kernel.clone(),
        notify: Notify::new(),
        programs: programs.to_vec(),
        tasks: RefCell::default(),
        log: RefCell::default(),
    });
    (0..programs.len()).for_each(|program| world.spawn(program));
    kernel.run(kernel.sleep_until(Nanos(END))).expect("main has a timer");
    assert_eq!((world.gate.free(), world.gate.waiting()), (PERMITS, 0), "nobody is left");
    world.log.take()
}

/// What a task of the model is in the middle of.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Now {
    Begin,
    Until(u64),
    Yielded,
    /// In line for the gate until then.
    Line(u64),
    /// A permit is his, and he has not seen it.
    Handed(u64),
    In(u64),
    Waiting,
    Notified,
    Over,
}

struct Modelled {
    program: usize,
    line: usize,
    now: Now,
    queued: bool,
    alive: bool,
}

#[derive(Default)]
struct Model {
    programs: Vec<Vec<Op>>,
    now: u64,
    tasks: Vec<Modelled>,
    ready: VecDeque<usize>,
    /// (at, order of registration, task)
    timers: Vec<(u64, usize, usize)>,
    registered: usize,
    free: u32,
    line: Vec<usize>,
    waiting: Vec<usize>,
    notified: bool,
    log: Log,
}

impl Model {
    fn run(mut self) -> Log {
        loop {
            while let Some(task) = self.ready.pop_front() {
                self.tasks[task].queued = false;
                if self.tasks[task].alive {
                    self.go_on(task);
                }
            }
            let Some(&(at, ..)) = self.timers.iter().min().filter(|timer| timer.0 < END) else { return self.log };
            self.now = at;
            self.timers.sort_unstable();
            while self.timers.first().is_some_and(|timer| timer.0 == at) {
                let (_, _, task) = self.timers.remove(0);
                self.wake(task);
            }
        }
    }
    fn spawn(&mut self, program: usize) {
        let task = self.tasks.len();
        if task < TASKS_MOST {
            self.tasks.push(Modelled { program, line: 0, now: Now::Begin, queued: true, alive: true });
            self.ready.push_back(task);
        }
    }
    fn wake(&mut self, task: usize) {
        if self.tasks[task].alive && !self.tasks[task].queued {
            self.tasks[task].queued = true;
            self.ready.push_back(task);
        }
    }
    fn set(&mut self, at: u64, task: usize) {
        self.registered += 1;
        self.timers.push((at, self.registered, task));
    }
    /// Runs it until it waits.
    fn go_on(&mut self, task: usize) {
        while let Some(&op) = self.programs[self.tasks[task].program].get(self.tasks[task].line) {
            let was = self.tasks[task].now;
            let Some(well) = self.op(task, op, was) else {
                if !self.tasks[task].alive {
                    self.forget(task);
                }
                return;
            };
            let line = self.tasks[task].line;
            self.log.push((self.now, task, line, well));
            self.tasks[task].line += 1;
            self.tasks[task].now = Now::Begin;
        }
        self.tasks[task].now = Now::Over;
        self.tasks[task].alive = false;
    }
    /// `None` while it waits.
    fn op(&mut self, task: usize, op: Op, was: Now) -> Option<bool> {
        match (op, was) {
            (Op::Sleep(length), Now::Begin) => self.sleep(task, self.now + length, Now::Until),
            (Op::Until(at), Now::Begin) => self.sleep(task, at, Now::Until),
            (_, Now::Until(at)) if self.now < at => None,
            (Op::Yield, Now::Begin) => {
                self.tasks[task].now = Now::Yielded;
                self.wake(task);
                None
            }
            (Op::Gate(_, stay), Now::Begin) if self.free > 0 => {
                self.free -= 1;
                self.enter(task, stay)
            }
            (Op::Gate(0, _), Now::Begin) => Some(false),
            (Op::Gate(most, _), Now::Begin) => {
                self.line.push(task);
                self.sleep(task, self.now + most, Now::Line)
            }
            (Op::Gate(_, stay), Now::Handed(until)) => {
                self.cancel(until, task);
                self.enter(task, stay)
            }
            (_, Now::Line(until)) if self.now < until => None,
            (_, Now::Line(_)) => {
                self.line.retain(|waits| *waits != task);
                Some(false)
            }
            (_, Now::In(until)) if self.now < until => None,
            (_, Now::In(_)) => {
                self.release();
                Some(true)
            }
            (Op::Wait, Now::Begin) if self.notified => {
                self.notified = false;
                Some(true)
            }
            (Op::Wait, Now::Begin) => {
                self.tasks[task].now = Now::Waiting;
                self.waiting.push(task);
                None
            }
            (_, Now::Waiting) => None,
            (Op::Notify, _) => {
                self.notify();
                Some(true)
            }
            (Op::Spawn(program), _) => {
                self.spawn(program % self.programs.len());
                Some(true)
            }
            (Op::Abort(number), _) => {
                if number < self.tasks.len() && self.tasks[number].alive {
                    self.tasks[number].alive = false;
                    if number != task {
                        self.forget(number);
                    }
                }
                Some(true)
            }
            (_, Now::Until(_) | Now::Yielded | Now::Notified) => Some(true),
            (_, state) => panic!("{op:?} in {state:?}"),
        }
    }
    fn sleep(&mut self, task: usize, at: u64, state: fn(u64) -> Now) -> Option<bool> {
        if at <= self.now {
            return Some(true);
        }
        self.tasks[task].now = state(at);
        self.set(at, task);
        None
    }
    fn enter(&mut self, task: usize, stay: u64) -> Option<bool> {
        self.sleep(task, self.now + stay, Now::In)?;
        self.release();
        Some(true)
    }
    fn release(&mut self) {
        if self.line.is_empty() {
            self.free += 1;
            return;
        }
        let first = self.line.remove(0);
        if let Now::Line(until) = self.tasks[first].now {
            self.tasks[first].now = Now::Handed(until);
        }
        self.wake(first);
    }
    fn notify(&mut self) {
        if self.waiting.is_empty() {
            self.notified = true;
            return;
        }
        let first = self.waiting.remove(0);
        self.tasks[first].now = Now::Notified;
        self.wake(first);
    }
    fn cancel(&mut self, at: u64, task: usize) {
        self.timers.retain(|timer| (timer.0, timer.2) != (at, task));
    }
    /// What its end does.
    fn forget(&mut self, task: usize) {
        self.timers.retain(|timer| timer.2 != task);
        self.line.retain(|waits| *waits != task);
        self.waiting.retain(|waits| *waits != task);
        match std::mem::replace(&mut self.tasks[task].now, Now::Over) {
            Now::Handed(_) | Now::In(_) => self.release(),
            Now::Notified => self.notify(),
            _ => {}
        }
    }
}

fn modelled(programs: &[Vec<Op>]) -> Log {
    let mut model = Model { programs: programs.to_vec(), free: PERMITS, ..Model::default() };
    (0..programs.len()).for_each(|program| model.spawn(program));
    model.run()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]
    #[test]
    fn everything_happens_when_the_model_says(programs in vec(vec(op(), 1..9), 1..7)) {
        prop_assert_eq!(performed(&programs), modelled(&programs));
    }
}
