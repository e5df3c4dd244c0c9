//! What the user sees while a run goes on: a bar on a terminal, one line every ten seconds elsewhere.
//!
//! Results go to stdout; this goes to stderr. Not for: results.

use std::io::{IsTerminal, Write};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use crate::engine::Progress;
use crate::units::Nanos;

/// A line at most this often where there is no terminal.
const LINE_EVERY: Duration = Duration::from_secs(10);

/// Shows progress in the way that fits where stderr goes.
pub(crate) struct Shown {
    started: Instant,
    way: Way,
    /// Times that are told are virtual, and of all placements together.
    virtual_time: bool,
    at: Mutex<At>,
}

/// How it is shown.
enum Way {
    /// A bar that is redrawn.
    Bar(ProgressBar),
    /// Lines, for logs.
    Lines,
    /// Nothing (`--quiet`).
    Nothing,
}

/// Where the run stands.
#[derive(Default)]
struct At {
    /// `3/12 web 1 %, steady`.
    what: String,
    number: usize,
    of: usize,
    /// Length of the current placement, which stands for those to come.
    total: Nanos,
    elapsed: Nanos,
    last_line: Option<Instant>,
}

impl At {
    /// The share of all placements that is done.
    fn done(&self) -> f64 {
        (self.number.saturating_sub(1) as f64 + self.inside()) / self.of.max(1) as f64
    }
    /// The share of the time that is told that is gone.
    fn inside(&self) -> f64 {
        let share = self.elapsed.as_secs_f64() / self.total.as_secs_f64();
        if self.total == Nanos::ZERO { 0.0 } else { share.min(1.0) }
    }
    /// Time left: what is left of this placement, and as much as this one for each to come.
    fn left(&self) -> Duration {
        let to_come = self.of.saturating_sub(self.number) as u64;
        self.total.saturating_sub(self.elapsed).saturating_add(Nanos(self.total.0.saturating_mul(to_come))).into()
    }
}

impl Shown {
    /// A bar on a terminal, lines elsewhere, nothing if `quiet`.
    pub(crate) fn new(quiet: bool) -> Self {
        let way = match () {
            () if quiet => Way::Nothing,
            () if std::io::stderr().is_terminal() => Way::Bar(bar()),
            () => Way::Lines,
        };
        Self { started: Instant::now(), way, virtual_time: false, at: Mutex::default() }
    }
    /// The same for virtual time, which says nothing of how long the rest takes: that goes by the part that is done.
    pub(crate) fn simulating(quiet: bool) -> Self {
        Self { virtual_time: true, ..Self::new(quiet) }
    }

    /// Takes the bar away; results follow.
    pub(crate) fn done(&self) {
        if let Way::Bar(bar) = &self.way {
            bar.finish_and_clear();
        }
    }

    /// The share that is done, and how long the rest takes.
    fn stand(&self, at: &At) -> (f64, Duration) {
        if !self.virtual_time {
            return (at.done(), at.left());
        }
        let done = at.inside();
        (done, left_of(self.started.elapsed(), done))
    }
    fn show(&self, at: &mut At) {
        let (done, left) = self.stand(at);
        match &self.way {
            Way::Bar(bar) => {
                bar.set_position((done * 1000.0) as u64);
                bar.set_prefix(clock(left));
                bar.set_message(at.what.clone());
            }
            Way::Lines if at.last_line.is_none_or(|last| last.elapsed() >= LINE_EVERY) => {
                at.last_line = Some(Instant::now());
                let (gone, left) = (clock(self.started.elapsed()), clock(left));
                let line = format!("{:>3.0} %  {}  ({gone} gone, about {left} left)", done * 100.0, at.what);
                // A log that cannot be written to must not end the run.
                let _ = writeln!(std::io::stderr(), "{line}");
            }
            Way::Lines | Way::Nothing => {}
        }
    }
}

/// The time for the rest, if `done` took `gone`; before anything is done nobody knows, and it is said to take as long again.
fn left_of(gone: Duration, done: f64) -> Duration {
    if done < 1e-3 { gone } else { gone.mul_f64((1.0 - done) / done) }
}

fn bar() -> ProgressBar {
    let style = ProgressStyle::with_template("{bar:24} {percent:>3} %  {msg}  ({elapsed} gone, about {prefix} left)");
    let bar = ProgressBar::new(1000);
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    bar.enable_steady_tick(Duration::from_millis(250));
    bar
}

/// `1 min 20 s`, rounded up, as one reads a clock.
fn clock(left: Duration) -> String {
    let seconds = left.as_secs_f64().ceil() as u64;
    if seconds >= 60 { format!("{} min {} s", seconds / 60, seconds % 60) } else { format!("{seconds} s") }
}

impl Progress for Shown {
    fn placement(&self, number: usize, of: usize, label: &str, condition: &str) {
        let Ok(mut at) = self.at.lock() else { return };
        let what = if condition == "steady" { label.to_owned() } else { format!("{label}, {condition}") };
        *at =
            At { what: format!("{number}/{of} {what}"), number, of, elapsed: Nanos::ZERO, ..std::mem::take(&mut *at) };
    }
    fn elapsed(&self, elapsed: Nanos, total: Nanos) {
        let Ok(mut at) = self.at.lock() else { return };
        (at.elapsed, at.total) = (elapsed, total);
        self.show(&mut at);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_left_reads_like_a_clock() {
        assert_eq!(clock(Duration::from_millis(900)), "1 s");
        assert_eq!(clock(Duration::from_secs(80)), "1 min 20 s");
    }

    #[test]
    fn what_is_left_of_virtual_time_goes_by_what_is_done() {
        assert_eq!(left_of(Duration::from_secs(10), 0.25), Duration::from_secs(30));
        assert_eq!(left_of(Duration::from_secs(10), 0.0), Duration::from_secs(10));
    }

    #[test]
    fn what_is_left_counts_placements_to_come() {
        let secs = Nanos::from_secs;
        let at = At { number: 2, of: 4, total: secs(10), elapsed: secs(5), ..At::default() };
        assert_eq!(at.left(), Duration::from_secs(25));
        assert!((at.done() - 0.375).abs() < 1e-9);
    }
}
