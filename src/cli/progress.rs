//! What the user sees while a run goes on: a bar on a terminal, one line every ten seconds elsewhere.
//!
//! Results go to stdout; this goes to stderr. Not for: results.

use std::io::{IsTerminal, Write};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use crate::engine::Progress;

/// A line at most this often where there is no terminal.
const LINE_EVERY: Duration = Duration::from_secs(10);

/// Shows progress in the way that fits where stderr goes.
pub(crate) enum Shown {
    /// A bar that is redrawn.
    Bar(ProgressBar),
    /// Lines, for logs.
    Lines(Mutex<Lines>),
    /// Nothing (`--quiet`).
    Nothing,
}

/// When the last line was printed, and where the run stands.
pub(crate) struct Lines {
    started: Instant,
    last: Option<Instant>,
    at: String,
}

impl Shown {
    /// A bar on a terminal, lines elsewhere, nothing if `quiet`.
    pub(crate) fn new(quiet: bool) -> Self {
        if quiet {
            return Self::Nothing;
        }
        if std::io::stderr().is_terminal() {
            let style = ProgressStyle::with_template("{bar:24} {percent:>3} %  {msg}  {elapsed} gone, {prefix} left");
            let bar = ProgressBar::new(1000);
            bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
            bar.enable_steady_tick(Duration::from_millis(250));
            return Self::Bar(bar);
        }
        Self::Lines(Mutex::new(Lines { started: Instant::now(), last: None, at: String::new() }))
    }

    /// Takes the bar away; results follow.
    pub(crate) fn done(&self) {
        if let Self::Bar(bar) = self {
            bar.finish_and_clear();
        }
    }
}

/// `1 min 20 s`, rounded up, as one reads a clock.
fn clock(left: Duration) -> String {
    let seconds = left.as_secs_f64().ceil() as u64;
    if seconds >= 60 { format!("{} min {} s", seconds / 60, seconds % 60) } else { format!("{seconds} s") }
}

impl Progress for Shown {
    fn at(&self, what: &str, number: usize, of: usize, done: f64, left: Duration) {
        let text = format!("{number}/{of} {what}");
        match self {
            Self::Bar(bar) => {
                bar.set_position((done * 1000.0) as u64);
                bar.set_prefix(clock(left));
                bar.set_message(text);
            }
            Self::Lines(lines) => {
                let Ok(mut lines) = lines.lock() else { return };
                if lines.last.is_some_and(|last| last.elapsed() < LINE_EVERY) {
                    return;
                }
                lines.last = Some(Instant::now());
                lines.at = text;
                let gone = clock(lines.started.elapsed());
                let line = format!("{:>3.0} %  {}  {gone} gone, {} left", done * 100.0, lines.at, clock(left));
                // A log that cannot be written to must not end the run.
                let _ = writeln!(std::io::stderr(), "{line}");
            }
            Self::Nothing => {}
        }
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
}
