//! Prints what happens: a live table, plain lines, or NDJSON.
//!
//! A reader that has gone (a closed pipe) ends the proxy in order; nothing else that happens here does. Not
//! for: deciding what happens.

use std::io::{self, ErrorKind, IsTerminal, Write};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use super::args::Format;
use super::lines::{Line, Listening};
use super::live::{Screen, Size};
use super::outbox::{Outbox, Said};
use super::running::Running;
use super::summary::Summary;
use crate::ledger;
use crate::units::Nanos;

/// A table that is redrawn more often only flickers.
const REDRAW: Duration = Duration::from_millis(500);

/// Statements of each route in the live table.
const STATEMENTS: usize = 8;

/// How things are printed.
enum Way {
    /// A table that is redrawn.
    Live(Screen),
    /// Lines for a person.
    Lines,
    /// Lines for a program.
    Ndjson,
}

/// Prints to one writer.
pub(super) struct Voice<'a> {
    out: &'a mut dyn Write,
    way: Way,
    quiet: bool,
    /// The reader has gone, or the disk is full: nothing is written any more.
    failed: Option<io::Error>,
}

impl<'a> Voice<'a> {
    pub(super) fn new(format: Format, quiet: bool, out: &'a mut dyn Write) -> Self {
        let terminal = io::stdout().is_terminal();
        let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        let way = match format {
            Format::Ndjson => Way::Ndjson,
            Format::Auto if !terminal => Way::Ndjson,
            Format::Auto | Format::Text if terminal && !quiet && !dumb => {
                let styled = std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
                Way::Live(Screen::new(styled))
            }
            Format::Auto | Format::Text => Way::Lines,
        };
        Self { out, way, quiet, failed: None }
    }

    /// Whether every exchange is wanted.
    pub(super) fn wants_exchanges(&self) -> bool {
        matches!(self.way, Way::Ndjson) && !self.quiet
    }

    fn write(&mut self, text: &str) {
        if self.failed.is_none() {
            let written = self.out.write_all(text.as_bytes()).and_then(|()| self.out.flush());
            self.failed = written.err();
        }
    }

    /// What listens where: the first thing that is printed.
    pub(super) fn listening(&mut self, listening: &Listening) {
        let text = match &self.way {
            Way::Ndjson => Line::Listening(listening).json(),
            Way::Live(_) => format!("{}Ctrl-C ends it with a summary\n\n", listening.text()),
            Way::Lines => listening.text(),
        };
        self.write(&text);
    }

    /// Prints what is said until the end, or until nobody reads: whether somebody still does.
    pub(super) fn speak(&mut self, said: &Receiver<Said>, running: &Running, outbox: &Outbox) -> bool {
        let mut redraw = Instant::now();
        loop {
            let wait = redraw.saturating_duration_since(Instant::now());
            match said.recv_timeout(wait) {
                Ok(Said::End) | Err(RecvTimeoutError::Disconnected) => break,
                Ok(said) => self.say(&said),
                Err(RecvTimeoutError::Timeout) => {}
            }
            if redraw <= Instant::now() {
                self.redraw(running);
                redraw = Instant::now() + REDRAW;
            }
            let left_out = outbox.take_left_out();
            if left_out > 0 && matches!(self.way, Way::Ndjson) {
                self.write(&Line::LeftOut { lines: left_out }.json());
            }
            if self.failed.is_some() {
                return false;
            }
        }
        true
    }

    fn say(&mut self, said: &Said) {
        match &self.way {
            _ if self.quiet => {}
            Way::Ndjson => self.write(&json(said)),
            Way::Lines => self.write(&words(said)),
            Way::Live(_) => {
                let clear = self.clear();
                self.write(&(clear + &words(said)));
            }
        }
    }

    fn clear(&mut self) -> String {
        match &mut self.way {
            Way::Live(screen) => screen.clear(Size::now()),
            Way::Lines | Way::Ndjson => String::new(),
        }
    }

    fn redraw(&mut self, running: &Running) {
        let Way::Live(screen) = &mut self.way else { return };
        let links = running.links().iter().map(|link| format!("{}: {}", link.name, link.words())).collect::<Vec<_>>();
        let head = format!("{}  ·  {}", links.join("; "), clock(running.now()));
        let size = Size::now();
        let table = ledger::text::table(&running.view(), STATEMENTS, size.line());
        let frame = screen.draw(&format!("{head}\n{table}"), size);
        self.write(&frame);
    }

    /// The last thing that is printed.
    pub(super) fn summary(&mut self, summary: &Summary) {
        let text = match &self.way {
            Way::Ndjson => Line::Summary(summary).json(),
            Way::Live(_) | Way::Lines => {
                self.clear() + "\n" + &summary.text(Size::told().map_or(ledger::text::WIDTH, Size::line))
            }
        };
        self.write(&text);
    }

    /// Why it could not be printed, unless the reader has simply gone.
    pub(super) fn failure(self) -> Option<io::Error> {
        self.failed.filter(|error| error.kind() != ErrorKind::BrokenPipe)
    }
}

fn json(said: &Said) -> String {
    match said {
        Said::Changed { at, happening, by, link } => Line::Change { at_ns: at.0, happening, by: *by, link }.json(),
        Said::Reset { at, route, connections } => Line::Reset { at_ns: at.0, route, connections: *connections }.json(),
        Said::Finished(finished) => {
            let mut lines: String = finished.exchanges.iter().map(|exchange| Line::Exchange(exchange).json()).collect();
            if finished.dropped > 0 {
                lines += &Line::LeftOut { lines: finished.dropped }.json();
            }
            lines
        }
        Said::End => String::new(),
    }
}

fn words(said: &Said) -> String {
    match said {
        Said::Changed { at, happening, link, .. } => {
            let what = match *happening {
                "change" => link.words(),
                other => other.to_owned(),
            };
            format!("{}  {}: {what}\n", clock(*at), link.name)
        }
        Said::Reset { at, route, connections } => {
            format!("{}  {route}: {connections} connections reset\n", clock(*at))
        }
        Said::Finished(_) | Said::End => String::new(),
    }
}

/// `0:02.500`, `1:02:03.000`: time since the start.
fn clock(at: Nanos) -> String {
    let ms = at.0 / 1_000_000;
    let (hours, minutes, seconds) = (ms / 3_600_000, ms / 60_000 % 60, ms / 1_000 % 60);
    let rest = ms % 1_000;
    if hours > 0 {
        format!("{hours}:{minutes:02}:{seconds:02}.{rest:03}")
    } else {
        format!("{minutes}:{seconds:02}.{rest:03}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_read_like_a_stop_watch() {
        assert_eq!(clock(Nanos::from_millis(2_500)), "0:02.500");
        assert_eq!(clock(Nanos::from_millis(3_723_004)), "1:02:03.004");
    }
}
