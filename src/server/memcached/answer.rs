//! One command in, its reply out.
//!
//! Looks at the front of what has arrived, and says how much of it was used. Not for: waiting.

use super::cache::{Cache, Counted, New, Stored, too_large};
use crate::protocol::Parsed;
use crate::protocol::memcached::{self, Command, ERROR, Keys, Refused, Store, put_number, put_value};
use crate::units::Nanos;

/// The version that is told.
pub(in crate::server) const VERSION: &str = "1.6.18-longhaul";

/// What came of looking at the front of the input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    /// A command was answered; so many bytes were it.
    Used(usize),
    /// So many bytes, most of which have yet to come, are thrown away before the reply goes out.
    Swallow(usize),
    /// The command has not arrived as a whole.
    More,
    /// The client wants to go, or speaks something else.
    Close,
}

/// Answers the command at the front of `input`, appending the reply to `out`.
pub(super) fn answer(input: &[u8], cache: &mut Cache, now: Nanos, out: &mut Vec<u8>) -> Outcome {
    let (line, used) = match memcached::read(input) {
        Ok(Parsed::Done(line, used)) => (line, used),
        Ok(Parsed::More) => return Outcome::More,
        Err(_) => return Outcome::Close,
    };
    let mut say = |quiet: bool, reply: &str| {
        if !quiet {
            out.extend_from_slice(reply.as_bytes());
        }
    };
    match line {
        Err(Refused { reply, quiet }) => say(quiet, reply),
        Ok(Command::Get { expires, cas, keys }) => get(cache, (expires, cas, keys), now, out),
        Ok(Command::Store(store)) => return put(input, used, store, cache, now, out),
        Ok(Command::Count { key, down, by, quiet }) => match cache.count(key, down, by, now) {
            Counted::Value(value) if !quiet => {
                put_number(out, value);
                out.extend_from_slice(b"\r\n");
            }
            Counted::Value(_) => {}
            Counted::NotFound => say(quiet, "NOT_FOUND\r\n"),
            Counted::NotANumber => say(quiet, "CLIENT_ERROR cannot increment or decrement non-numeric value\r\n"),
        },
        Ok(Command::Delete { key, quiet }) => {
            say(quiet, if cache.delete(key, now) { "DELETED\r\n" } else { "NOT_FOUND\r\n" });
        }
        Ok(Command::Touch { key, expires, quiet }) => {
            let touched = cache.touch(key, expires, now).is_some();
            say(quiet, if touched { "TOUCHED\r\n" } else { "NOT_FOUND\r\n" });
        }
        Ok(Command::FlushAll { delay, quiet }) => {
            cache.flush(delay, now);
            say(quiet, "OK\r\n");
        }
        Ok(Command::Verbosity { quiet }) => say(quiet, "OK\r\n"),
        Ok(Command::Version) => say(false, &format!("VERSION {VERSION}\r\n")),
        Ok(Command::Stats(what)) => say(false, &stats(what, cache, now)),
        Ok(Command::Quit) => return Outcome::Close,
    }
    Outcome::Used(used)
}

fn get(cache: &mut Cache, (expires, cas, keys): (Option<i32>, bool, Keys<'_>), now: Nanos, out: &mut Vec<u8>) {
    for key in keys {
        let found = match expires {
            Some(expires) => cache.touch(key, expires, now),
            None => cache.get(key, now),
        };
        if let Some(item) = found {
            put_value(out, key, item.flags, &item.value, cas.then_some(item.cas));
        }
    }
    out.extend_from_slice(b"END\r\n");
}

fn put(input: &[u8], used: usize, store: Store<'_>, cache: &mut Cache, now: Nanos, out: &mut Vec<u8>) -> Outcome {
    let whole = used + store.length + 2;
    let mut say = |reply: &str| {
        if !store.quiet {
            out.extend_from_slice(reply.as_bytes());
        }
    };
    if too_large(store.key, store.flags, store.length as u64) {
        if store.verb == memcached::Verb::Set {
            cache.forget(store.key, now);
        }
        say("SERVER_ERROR object too large for cache\r\n");
        return Outcome::Swallow(whole);
    }
    let Some(data) = input.get(used..whole) else {
        return Outcome::More;
    };
    let Some(value) = data.strip_suffix(b"\r\n") else {
        say("CLIENT_ERROR bad data chunk\r\n");
        return Outcome::Used(whole);
    };
    let new = New { value, flags: store.flags, expires: store.expires };
    say(match cache.store(store.verb, store.key, new, now) {
        Stored::Done => "STORED\r\n",
        Stored::Not => "NOT_STORED\r\n",
        Stored::Exists => "EXISTS\r\n",
        Stored::NotFound => "NOT_FOUND\r\n",
    });
    Outcome::Used(whole)
}

fn stats(what: &[u8], cache: &mut Cache, now: Nanos) -> String {
    match what {
        b"" => {
            let counts = cache.counts;
            let all = [
                ("pid", u64::from(std::process::id())),
                ("uptime", now.0 / 1_000_000_000),
                ("cmd_get", counts.gets),
                ("cmd_set", counts.sets),
                ("get_hits", counts.hits),
                ("get_misses", counts.gets - counts.hits),
                ("curr_items", cache.len() as u64),
                ("bytes", cache.used()),
                ("limit_maxbytes", cache.limit()),
                ("evictions", counts.evictions),
                ("threads", 1),
            ];
            let lines = all.map(|(name, value)| format!("STAT {name} {value}\r\n")).concat();
            format!("STAT version {VERSION}\r\n{lines}END\r\n")
        }
        b"reset" => {
            cache.counts = super::cache::Counts::default();
            "RESET\r\n".into()
        }
        b"items" | b"slabs" | b"sizes" | b"settings" | b"conns" => "END\r\n".into(),
        _ => ERROR.into(),
    }
}
