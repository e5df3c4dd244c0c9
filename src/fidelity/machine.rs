//! What a machine can do: its timer, its scheduler, its limits.
//!
//! Not for: naming it in a run file (`runfile::Machine`).

use std::ffi::OsString;
use std::fs::{self, OpenOptions};

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use super::FidelityError;
use crate::measure::Hist;
use crate::timer::{Clock, Timer};
use crate::units::Nanos;

/// What can be told without measuring.
#[derive(Debug, Clone, PartialEq)]
pub struct Probe {
    /// System, release and processor architecture.
    pub kernel: String,
    /// Logical processors that this process may use.
    pub processors: u32,
    /// Processes that ran or wanted to, mean of the last minute.
    pub load: f64,
    /// Open files that this process may have, after asking for as many as are allowed.
    pub descriptors: u64,
    /// Whether processors can be kept from sleeping (`/dev/cpu_dma_latency`).
    pub keeps_awake: bool,
}

/// Describes the machine and raises this process's limit of open files.
pub fn probe() -> Probe {
    let limit = getrlimit(Resource::Nofile);
    // Best effort: what is left is what is told.
    let _ = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, maximum: limit.maximum });
    let name = rustix::system::uname();
    let words = [name.sysname(), name.release(), name.machine()].map(|word| word.to_string_lossy().into_owned());
    Probe {
        kernel: words.join(" "),
        processors: std::thread::available_parallelism().map_or(0, |n| n.get() as u32),
        load: fs::read_to_string("/proc/loadavg").ok().and_then(|text| first(&text)).unwrap_or(0.0),
        descriptors: getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX),
        keeps_awake: OpenOptions::new().write(true).open("/dev/cpu_dma_latency").is_ok(),
    }
}

fn first(text: &str) -> Option<f64> {
    text.split_whitespace().next()?.parse().ok()
}

/// How late waits of this crate's timer end.
#[derive(Debug, Clone)]
pub struct Waits {
    /// Lateness until the waiting task runs.
    pub late: Hist,
    /// Whether the timer's thread runs under `SCHED_FIFO`.
    pub realtime: bool,
}

/// Tasks that wait at once.
const TASKS: usize = 4;

/// Half of a round trip of 15 ms.
const WAIT: Nanos = Nanos::from_micros(7_500);

/// Measures `count` waits of 7.5 ms, four at once.
///
/// # Errors
/// [`FidelityError::System`].
pub fn waits(clock: Clock, count: usize) -> Result<Waits, FidelityError> {
    let timer = Timer::start(clock).map_err(FidelityError::system("start the timer"))?;
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    let runtime = runtime.map_err(FidelityError::system("start a runtime"))?;
    let one = |timer: Timer| async move {
        let mut late = Hist::new();
        for _ in 0..count.div_ceil(TASKS) {
            late.record(timer.sleep_until(timer.clock().now() + WAIT).await);
        }
        late
    };
    let all: Vec<_> = (0..TASKS).map(|_| runtime.spawn(one(timer.clone()))).collect();
    let mut late = Hist::new();
    for task in all {
        late.merge(&runtime.block_on(task).expect("a waiting task does not panic"));
    }
    Ok(Waits { late, realtime: timer.realtime() })
}

/// Processor time that each of this process's threads of a name has used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProcessorTime(Vec<(OsString, Nanos)>);

impl From<Nanos> for ProcessorTime {
    /// Of a process that is told as a whole.
    fn from(time: Nanos) -> Self {
        Self(vec![(OsString::new(), time)])
    }
}

impl ProcessorTime {
    /// What the threads that are there now have used since; those that have ended meanwhile are left out.
    pub fn since(&self, before: &Self) -> Nanos {
        let used = |(task, time): &(OsString, Nanos)| {
            let then = before.0.iter().find(|(other, _)| other == task).map_or(Nanos::ZERO, |(_, time)| *time);
            time.saturating_sub(then)
        };
        self.0.iter().map(used).sum()
    }
}

/// Processor time that this process's threads of this name have used; `None` where there are none or the system does not tell.
pub fn processor_time(name: &str) -> Option<ProcessorTime> {
    let mut all = Vec::new();
    for task in fs::read_dir("/proc/self/task").ok()?.flatten() {
        // A thread may end while we look.
        let Ok(is) = fs::read_to_string(task.path().join("comm")) else { continue };
        let Ok(times) = fs::read_to_string(task.path().join("schedstat")) else { continue };
        if is.trim() == name {
            let time = times.split(' ').next()?.parse().ok()?;
            all.push((task.file_name(), Nanos(time)));
        }
    }
    (!all.is_empty()).then_some(ProcessorTime(all))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_machine_has_processors_and_files() {
        let probe = probe();
        assert!(probe.processors > 0 && probe.descriptors > 100 && probe.kernel.contains(' '), "{probe:?}");
        assert_eq!(first("0.52 0.58 0.59 1/467 12345"), Some(0.52));
    }

    #[test]
    fn waits_are_counted() {
        let waits = waits(Clock::start(), 8).expect("measured");
        assert_eq!(waits.late.count(), 8);
        assert!(waits.late.max() < Nanos::from_secs(5).0);
    }

    #[test]
    fn threads_that_have_ended_are_left_out() {
        let of = |all: &[(&str, u64)]| ProcessorTime(all.iter().map(|(task, n)| (task.into(), Nanos(*n))).collect());
        assert_eq!(of(&[("7", 50), ("9", 4)]).since(&of(&[("5", 900), ("7", 20)])), Nanos(34));
    }

    #[test]
    fn a_thread_that_is_not_there_has_used_nothing() {
        assert_eq!(processor_time("nobody has this"), None);
    }
}
