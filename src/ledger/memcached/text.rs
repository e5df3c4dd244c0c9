//! The text protocol, meta commands among it: commands up, answers down, in the same order.
//!
//! Quiet reads (`mg … q`) are one request with the command that ends them, and have one answer with it. Not for: the
//! binary protocol.

use std::collections::VecDeque;

use super::check;
use crate::ledger::desk::{Desk, Label, Pending, Stamp};
use crate::ledger::exchange::Phase;
use crate::ledger::fingerprint::Keys;
use crate::ledger::flights::Why;
use crate::ledger::lost::Lost;
use crate::ledger::notes::NoteKind;
use crate::protocol::memcached::lines::{Found, Lines};
use crate::protocol::memcached::meta::{self, Meta, Verb};
use crate::protocol::memcached::{self as codec, Command};

/// A `get` of many keys may be as long.
const LINE_UP_MOST: usize = 1 << 20;
/// Longer than any line of an answer.
const LINE_DOWN_MOST: usize = 64 << 10;

/// Commands that an administrator sends, answered with one line.
const ADMINISTRATIVE: &[&str] =
    &["slabs", "lru", "lru_crawler", "cache_memlimit", "extstore", "misbehave", "debugtime", "refresh_certs"];

/// What must follow quiet reads: the answers to other commands look like theirs.
const UNENDED: &str = "`mn`, or an opaque word, to end quiet reads with";

/// Which answer waits.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Expected {
    /// `VALUE` lines up to an `END`.
    Values,
    /// One line.
    Line,
    /// Lines up to an `END`, or one other.
    Stats,
    /// A meta command's; with an opaque word, those before it are of quiet commands.
    Meta(Verb, Option<Vec<u8>>),
}

/// What becomes of a request.
#[derive(Debug)]
enum How {
    /// It is answered.
    Ask(Expected),
    /// It is not, usually.
    Say,
    /// It is the first of several that have one answer.
    Begin,
    /// It is one more of them.
    Join,
    /// It is the last of them.
    End(Expected),
}

#[derive(Debug)]
struct Request {
    label: Label,
    how: How,
    /// Bytes that follow its line.
    block: u64,
}

/// Both directions.
#[derive(Debug, Default)]
pub(in crate::ledger) struct Text {
    up: Lines,
    down: Lines,
    /// A request whose block is not there yet.
    sending: Option<Request>,
    /// Bytes of a value that are not there yet, and whether the answer ends with it.
    value: Option<(u64, bool)>,
    state: State,
}

#[derive(Debug, Default)]
struct State {
    expected: VecDeque<Expected>,
    /// The keys of quiet reads that the next command ends.
    quiet: Keys,
    /// Something other than the version was asked for.
    asked: bool,
}

/// What a line of an answer is.
#[derive(Debug, Clone, Copy)]
enum Answer {
    /// A value of so many bytes follows, its end of line included; `last`: and nothing after it.
    Value {
        block: u64,
        last: bool,
    },
    More,
    /// A key that is there, without its value.
    Hit {
        last: bool,
    },
    Last {
        failed: bool,
    },
}

impl Text {
    pub(super) fn up(
        &mut self,
        data: &[u8],
        stamp: Stamp,
        desk: &mut Desk,
        done: &mut Vec<Pending>,
    ) -> Result<(), Lost> {
        let mut rest = data;
        loop {
            if let Some(request) = &mut self.sending {
                desk.up(pass(&mut request.block, &mut rest), stamp);
                if request.block > 0 {
                    return Ok(());
                }
            }
            if let Some(request) = self.sending.take() {
                self.state.send(request, desk, done);
                check(desk).map_err(|lost| lost.with_rest(rest.len()))?;
            }
            let before = rest.len();
            let found = self.up.next(&mut rest, LINE_UP_MOST);
            desk.up(before - rest.len(), stamp);
            match found {
                Found::Line(line) => {
                    let request = self.state.request(line).map_err(|lost| lost.with_rest(rest.len()))?;
                    self.sending = Some(request);
                }
                Found::End => return Ok(()),
                Found::TooLong => return Err(Lost::because("the end of a command's line").with_rest(rest.len())),
            }
        }
    }

    pub(super) fn down(
        &mut self,
        data: &[u8],
        stamp: Stamp,
        desk: &mut Desk,
        done: &mut Vec<Pending>,
    ) -> Result<(), Lost> {
        let mut rest = data;
        loop {
            if let Some((left, last)) = &mut self.value {
                desk.down(pass(left, &mut rest), stamp);
                if *left > 0 {
                    return Ok(());
                }
                if *last {
                    self.state.answered(false, desk, done);
                }
                self.value = None;
            }
            let before = rest.len();
            let found = self.down.next(&mut rest, LINE_DOWN_MOST);
            desk.down(before - rest.len(), stamp);
            let line = match found {
                Found::Line(line) => line,
                Found::End => return Ok(()),
                Found::TooLong => return Err(Lost::because("the end of an answer's line").with_rest(rest.len())),
            };
            match self.state.answer(line).map_err(|lost| lost.with_rest(rest.len()))? {
                Answer::More => {}
                Answer::Value { block, last } => {
                    hits(desk, 1);
                    self.value = Some((block, last));
                }
                Answer::Hit { last } => {
                    hits(desk, 1);
                    if last {
                        self.state.answered(false, desk, done);
                    }
                }
                Answer::Last { failed } => self.state.answered(failed, desk, done),
            }
        }
    }
}

/// Passes over as much of a block as there is: how much that was.
fn pass(block: &mut u64, rest: &mut &[u8]) -> usize {
    let there = usize::try_from(*block).unwrap_or(usize::MAX).min(rest.len());
    *rest = &rest[there..];
    *block -= there as u64;
    there
}

fn hits(desk: &mut Desk, more: u64) {
    if let Some(head) = desk.head() {
        *head.rows.get_or_insert(0) += more;
    }
}

impl State {
    fn request(&mut self, line: &[u8]) -> Result<Request, Lost> {
        let word = line.split(|b| *b == b' ').next().unwrap_or_default();
        if let Some(meta) = meta::read(line) {
            return self.meta(&meta);
        }
        if self.quiet.count() > 0 {
            return Err(Lost::because(UNENDED));
        }
        match codec::read_line(line) {
            Ok(command) => Ok(self.command(&command, word)),
            Err(refused) if refused.reply != codec::ERROR => {
                let how = if refused.quiet { How::Say } else { How::Ask(Expected::Line) };
                Ok(self.plain(&format!("{} (refused)", String::from_utf8_lossy(word)), how))
            }
            Err(_) => self.administrative(line, word),
        }
    }

    fn administrative(&mut self, line: &[u8], word: &[u8]) -> Result<Request, Lost> {
        let stream = line.starts_with(b"watch") || line.windows(4).any(|four| four == b"dump");
        if stream {
            return Err(Lost::of(Why::Lost, NoteKind::Stream, "a stream of the cache's log or keys"));
        }
        match ADMINISTRATIVE.iter().find(|name| name.as_bytes() == word) {
            Some(name) => Ok(self.plain(name, How::Ask(Expected::Line))),
            None => Err(Lost::because("a command of Memcached's")),
        }
    }

    fn command(&mut self, command: &Command<'_>, word: &[u8]) -> Request {
        let name = String::from_utf8_lossy(word);
        let how = |quiet: bool| if quiet { How::Say } else { How::Ask(Expected::Line) };
        match *command {
            Command::Get { keys, .. } => {
                let keys: Keys = keys.into_iter().collect();
                let mut request = self.plain(&keys.statement(&name), How::Ask(Expected::Values));
                request.label.keys = Some(keys.count());
                request
            }
            Command::Store(store) => {
                let request = self.keyed(&name, store.key, how(store.quiet));
                Request { block: store.length as u64 + 2, ..request }
            }
            Command::Count { key, quiet, .. } | Command::Delete { key, quiet } | Command::Touch { key, quiet, .. } => {
                self.keyed(&name, key, how(quiet))
            }
            Command::FlushAll { quiet, .. } | Command::Verbosity { quiet } => self.plain(&name, how(quiet)),
            Command::Version if !self.asked => {
                let label = Label::of(Phase::SetUp, Some("version".into()));
                Request { label, how: how(false), block: 0 }
            }
            Command::Version => self.plain(&name, how(false)),
            Command::Stats(_) => self.plain(&name, How::Ask(Expected::Stats)),
            Command::Quit => self.plain(&name, How::Say),
        }
    }

    fn meta(&mut self, meta: &Meta<'_>) -> Result<Request, Lost> {
        let name = match meta.verb {
            Verb::Get => "mg",
            Verb::Set => "ms",
            Verb::Delete => "md",
            Verb::Arithmetic => "ma",
            Verb::NoOp => "mn",
            Verb::Debug => "me",
        };
        if meta.verb == Verb::Get && meta.quiet {
            let how = if self.quiet.count() == 0 { How::Begin } else { How::Join };
            self.quiet.add(meta.key);
            return Ok(self.plain("mg (not ended)", how));
        }
        let block = if meta.verb == Verb::Set { meta.length as u64 + 2 } else { 0 };
        if meta.quiet && self.quiet.count() > 0 {
            return Ok(Request { block, ..self.plain(name, How::Join) });
        }
        if meta.quiet {
            return Ok(Request { block, ..self.keyed(name, meta.key, How::Say) });
        }
        let expected = Expected::Meta(meta.verb, meta.opaque.map(<[u8]>::to_vec));
        let quiet = std::mem::take(&mut self.quiet);
        if quiet.count() == 0 {
            let mut request = self.keyed(name, meta.key, How::Ask(expected));
            request.label.keys = (meta.verb == Verb::Get).then_some(1);
            return Ok(Request { block, ..request });
        }
        if meta.verb != Verb::NoOp && meta.opaque.is_none() {
            return Err(Lost::because(UNENDED));
        }
        let mut keys = quiet;
        if meta.verb == Verb::Get {
            keys.add(meta.key);
        }
        let mut request = self.plain(&keys.statement("mg"), How::End(expected));
        request.label.keys = Some(keys.count());
        Ok(Request { block, ..request })
    }

    fn keyed(&mut self, name: &str, key: &[u8], how: How) -> Request {
        if key.is_empty() {
            return self.plain(name, how);
        }
        let keys: Keys = [key].into_iter().collect();
        self.plain(&keys.statement(name), how)
    }

    fn plain(&mut self, statement: &str, how: How) -> Request {
        self.asked = true;
        Request { label: Label::of(Phase::Query, Some(statement.into())), how, block: 0 }
    }

    fn send(&mut self, request: Request, desk: &mut Desk, done: &mut Vec<Pending>) {
        match request.how {
            How::Ask(expected) => {
                desk.ask(request.label);
                self.expected.push_back(expected);
            }
            How::Say => desk.say(request.label, done),
            How::Begin => desk.ask(request.label),
            How::Join => desk.join(),
            How::End(expected) => {
                desk.join();
                desk.relabel(request.label);
                self.expected.push_back(expected);
            }
        }
    }

    fn answer(&self, line: &[u8]) -> Result<Answer, Lost> {
        let failed = is_error(line);
        let Some(expected) = self.expected.front() else {
            if self.quiet.count() > 0 {
                return meta_answer(Verb::NoOp, None, line);
            }
            // A command that wanted no answer has one when it fails.
            return if failed || is_unchanged(line) {
                Ok(Answer::More)
            } else {
                Err(Lost::because("nothing: no command waits for an answer"))
            };
        };
        match expected {
            Expected::Line => Ok(Answer::Last { failed }),
            _ if failed => Ok(Answer::Last { failed }),
            Expected::Stats => {
                let last = matches!(line, b"END" | b"RESET" | b"OK");
                Ok(if last { Answer::Last { failed } } else { Answer::More })
            }
            Expected::Values if line == b"END" => Ok(Answer::Last { failed }),
            Expected::Values => match (line.strip_prefix(b"VALUE "), length(line, 3)) {
                (Some(_), Some(length)) => Ok(Answer::Value { block: length + 2, last: false }),
                _ => Err(Lost::because("`VALUE` or `END`")),
            },
            Expected::Meta(verb, opaque) => meta_answer(*verb, opaque.as_deref(), line),
        }
    }

    fn answered(&mut self, failed: bool, desk: &mut Desk, done: &mut Vec<Pending>) {
        let expected = self.expected.pop_front();
        if let Some(head) = desk.head() {
            head.failed = failed;
            if matches!(expected, Some(Expected::Values)) || head.label.keys.is_some() {
                head.rows.get_or_insert(0);
            }
        }
        desk.answered(done);
    }
}

fn meta_answer(verb: Verb, opaque: Option<&[u8]>, line: &[u8]) -> Result<Answer, Lost> {
    let code = line.get(..2).unwrap_or_default();
    let of_quiet = match (verb, opaque) {
        (Verb::NoOp, _) => code != b"MN",
        (_, Some(own)) => meta::opaque(line) != Some(own),
        (Verb::Get, None) => matches!(code, b"NS" | b"EX" | b"NF"),
        _ => false,
    };
    let last = !of_quiet;
    match code {
        b"VA" => {
            let length = length(line, 1).ok_or(Lost::because("the length of a value"))?;
            Ok(Answer::Value { block: length + 2, last })
        }
        b"HD" if verb == Verb::Get || of_quiet => Ok(Answer::Hit { last }),
        b"HD" | b"EN" | b"NF" | b"NS" | b"EX" | b"ME" | b"MN" if last => Ok(Answer::Last { failed: false }),
        b"EN" | b"NF" | b"NS" | b"EX" => Ok(Answer::More),
        _ => Err(Lost::because("an answer to a meta command")),
    }
}

/// The number that is the line's word after so many others.
fn length(line: &[u8], word: usize) -> Option<u64> {
    let text = line.split(|b| *b == b' ').nth(word)?;
    std::str::from_utf8(text).ok()?.parse().ok().filter(|n| u32::try_from(*n).is_ok())
}

fn is_error(line: &[u8]) -> bool {
    line == b"ERROR" || line.starts_with(b"CLIENT_ERROR") || line.starts_with(b"SERVER_ERROR")
}

/// What a quiet change says when it was not made.
fn is_unchanged(line: &[u8]) -> bool {
    matches!(line.get(..2), Some(b"NS" | b"EX" | b"NF")) && line.get(2).is_none_or(|b| *b == b' ')
}
