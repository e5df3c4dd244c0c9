//! Runs the command: with this terminal, under a time limit, and so that signals reach it and not only us.
//!
//! Where no terminal is there (CI), the command leads a process group of its own, and what is asked of us is asked of all of
//! it. On a terminal it stays in ours, for another could not read what is typed: there Ctrl-C reaches it without us, and is its own
//! matter, as under `time`. Not for: what it connects to (`watch`).

use std::io::{self, IsTerminal};
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use tokio::process::{Child, Command};
use tokio::runtime::Runtime;
use tokio::signal::unix::{self, SignalKind};
use tokio::time::{Instant, sleep_until};

/// How long a command may take to end in order when it is asked to.
const GRACE: Duration = Duration::from_secs(10);

/// So often Ctrl-C is the command's own matter; then it is ended.
const INTERRUPTS: u32 = 3;

/// How a command ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Ended {
    /// With exit code 0, of its own accord.
    Well,
    /// Otherwise: how, in words that follow "the command".
    Badly(String),
}

/// Runs commands, one after the other.
pub(super) struct Runner {
    runtime: Runtime,
    signals: Signals,
    /// There is a terminal that the command may want to read from.
    terminal: bool,
}

struct Signals {
    interrupt: unix::Signal,
    terminate: unix::Signal,
    hang_up: unix::Signal,
}

impl Signals {
    async fn next(&mut self) -> Signal {
        tokio::select! {
            _ = self.interrupt.recv() => Signal::INT,
            _ = self.terminate.recv() => Signal::TERM,
            _ = self.hang_up.recv() => Signal::HUP,
        }
    }
}

/// Whom signals are sent to.
#[derive(Debug, Clone, Copy)]
enum Target {
    Group(Pid),
    One(Pid),
}

impl Target {
    /// Sends one; a command that has ended meanwhile needs none.
    fn send(self, signal: Signal) {
        let _ = match self {
            Self::Group(pid) => kill_process_group(pid, signal),
            Self::One(pid) => kill_process(pid, signal),
        };
    }
}

impl Runner {
    /// From here on, signals that would end this process are kept for [`Self::run`].
    pub(super) fn new() -> io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let entered = runtime.enter();
        let signals = Signals {
            interrupt: unix::signal(SignalKind::interrupt())?,
            terminate: unix::signal(SignalKind::terminate())?,
            hang_up: unix::signal(SignalKind::hangup())?,
        };
        drop(entered);
        let terminal = io::stdin().is_terminal() || io::stdout().is_terminal() || io::stderr().is_terminal();
        Ok(Self { runtime, signals, terminal })
    }

    /// Runs a command to its end.
    ///
    /// # Errors
    /// Where it cannot be started.
    pub(super) fn run(&mut self, command: std::process::Command, limit: Duration) -> io::Result<Ended> {
        let Self { runtime, signals, terminal } = self;
        runtime.block_on(async {
            let mut command = Command::from(command);
            command.kill_on_drop(true);
            if !*terminal {
                command.process_group(0);
            }
            let mut child = command.spawn()?;
            attend(&mut child, signals, *terminal, limit).await
        })
    }
}

/// Waits for the end, and hastens it where that is asked for.
async fn attend(child: &mut Child, signals: &mut Signals, terminal: bool, limit: Duration) -> io::Result<Ended> {
    let id = child.id().and_then(|id| Pid::from_raw(id.cast_signed()));
    let Some(pid) = id else { return Ok(ended(child.wait().await?, None)) };
    let target = if terminal { Target::One(pid) } else { Target::Group(pid) };
    let mut deadline = Instant::now() + limit;
    let (mut why, mut interrupts): (Option<String>, u32) = (None, 0);
    loop {
        tokio::select! {
            status = child.wait() => return Ok(ended(status?, why)),
            signal = signals.next() => {
                interrupts += 1;
                if terminal && signal == Signal::INT && interrupts < INTERRUPTS && why.is_none() {
                    continue;
                }
                target.send(if why.is_some() { Signal::KILL } else { signal });
                why.get_or_insert_with(|| format!("was interrupted by {}", name(signal.as_raw())));
                deadline = Instant::now() + GRACE;
            }
            () = sleep_until(deadline) => {
                target.send(if why.is_some() { Signal::KILL } else { Signal::TERM });
                let shown = crate::units::Nanos::from(limit);
                why.get_or_insert_with(|| format!("did not end within {shown} (--timeout)"));
                deadline = Instant::now() + GRACE;
            }
        }
    }
}

fn ended(status: ExitStatus, why: Option<String>) -> Ended {
    match (why, status.code(), status.signal()) {
        (Some(why), ..) => Ended::Badly(why),
        (None, Some(0), _) => Ended::Well,
        (None, Some(code), _) => Ended::Badly(format!("ended with exit code {code}")),
        (None, None, signal) => Ended::Badly(format!("was ended by {}", name(signal.unwrap_or_default()))),
    }
}

/// `signal 15 (SIGTERM)`.
fn name(signal: i32) -> String {
    const NAMES: [(i32, &str); 9] = [
        (1, "SIGHUP"),
        (2, "SIGINT"),
        (3, "SIGQUIT"),
        (6, "SIGABRT"),
        (7, "SIGBUS"),
        (9, "SIGKILL"),
        (11, "SIGSEGV"),
        (13, "SIGPIPE"),
        (15, "SIGTERM"),
    ];
    let known = NAMES.iter().find(|(number, _)| *number == signal);
    known.map_or_else(|| format!("signal {signal}"), |(_, name)| format!("signal {signal} ({name})"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(words: &[&str], limit: Duration) -> io::Result<Ended> {
        let mut command = std::process::Command::new(words[0]);
        command.args(&words[1..]);
        let mut runner = Runner::new()?;
        // Whoever runs the tests may do so on a terminal; what is tested is what CI sees.
        runner.terminal = false;
        runner.run(command, limit)
    }

    #[test]
    fn a_command_ends_in_many_ways() {
        let long = Duration::from_mins(1);
        let badly = |text: &str| Ended::Badly(text.to_owned());
        for (words, ended) in [
            (&["true"][..], Ended::Well),
            (&["sh", "-c", "exit 3"], badly("ended with exit code 3")),
            (&["sh", "-c", "kill -9 $$"], badly("was ended by signal 9 (SIGKILL)")),
            (&["sh", "-c", "kill -62 $$"], badly("was ended by signal 62")),
        ] {
            assert_eq!(run(words, long).expect("starts"), ended, "{words:?}");
        }
        assert!(run(&["/no/such/command"], long).is_err_and(|error| error.kind() == io::ErrorKind::NotFound));
    }

    #[test]
    fn one_that_takes_too_long_is_ended_with_its_children() {
        // The child's child holds no pipe of ours, and would sleep on.
        let ended = run(&["sh", "-c", "sleep 1000 & wait"], Duration::from_millis(200)).expect("starts");
        assert_eq!(ended, Ended::Badly("did not end within 200ms (--timeout)".into()));
    }

    #[test]
    fn children_that_outlive_it_are_not_waited_for() {
        let started = std::time::Instant::now();
        let ended = run(&["sh", "-c", "sleep 30 & exit 0"], Duration::from_mins(1)).expect("starts");
        assert_eq!(ended, Ended::Well);
        assert!(started.elapsed() < Duration::from_secs(25));
    }
}
