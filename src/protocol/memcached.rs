//! The Memcached text protocol: command lines in, reply texts out.
//!
//! Lines are read as memcached 1.6 reads them, its tolerances included: tokens are parted by spaces
//! alone, numbers are what `strtol` makes of them, a wrong line is refused with the words that it
//! would use. A storage command's data block follows its line and is the caller's to wait for. For
//! lookers-on there are [`lines`], [`meta`] and [`binary`] too. Not for: what is in the cache.

pub mod binary;
pub mod lines;
pub mod meta;

use super::{Malformed, Parsed};

/// The longest key.
pub const KEY_MAX: usize = 250;

/// A line that is no `get` and longer than this is not waited for.
pub const LINE_MAX: usize = 2048;

/// The longest `get` line that is waited for.
const GET_LINE_MAX: usize = 1 << 20;

/// A command's keys, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Keys<'a>(&'a [u8]);

impl<'a> IntoIterator for Keys<'a> {
    type Item = &'a [u8];
    type IntoIter = std::iter::Filter<std::slice::Split<'a, u8, fn(&u8) -> bool>, fn(&&'a [u8]) -> bool>;
    fn into_iter(self) -> Self::IntoIter {
        let space: fn(&u8) -> bool = |&b| b == b' ';
        self.0.split(space).filter(|token| !token.is_empty())
    }
}

/// How a storage command stores.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    /// In any case.
    Set,
    /// If there is nothing yet.
    Add,
    /// If there is something.
    Replace,
    /// Behind what there is.
    Append,
    /// Before what there is.
    Prepend,
    /// If nobody has stored since this number was read.
    Cas(u64),
}

/// The line of a storage command; `length` bytes and an end of line follow it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Store<'a> {
    /// How.
    pub verb: Verb,
    /// Under which key.
    pub key: &'a [u8],
    /// Kept beside the value.
    pub flags: u32,
    /// Seconds, a Unix time from 30 days on, 0 for never, negative for at once.
    pub expires: i32,
    /// Bytes of the value.
    pub length: usize,
    /// No reply is wanted.
    pub quiet: bool,
}

/// One command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Command<'a> {
    /// `get`, `gets`, `gat`, `gats`.
    Get {
        /// Set anew (`gat`).
        expires: Option<i32>,
        /// The number of each value's last store is told (`gets`).
        cas: bool,
        /// Each of them 250 bytes at most.
        keys: Keys<'a>,
    },
    /// `set` and its like.
    Store(Store<'a>),
    /// `incr` and `decr`.
    Count {
        /// Under which key.
        key: &'a [u8],
        /// Downwards, stopping at 0; else upwards, modulo 2^64.
        down: bool,
        /// By how much.
        by: u64,
        /// No reply is wanted.
        quiet: bool,
    },
    /// `delete`.
    Delete {
        /// Which key.
        key: &'a [u8],
        /// No reply is wanted.
        quiet: bool,
    },
    /// `touch`.
    Touch {
        /// Which key.
        key: &'a [u8],
        /// Set anew.
        expires: i32,
        /// No reply is wanted.
        quiet: bool,
    },
    /// `flush_all`.
    FlushAll {
        /// In so many seconds.
        delay: i32,
        /// No reply is wanted.
        quiet: bool,
    },
    /// `verbosity`.
    Verbosity {
        /// No reply is wanted.
        quiet: bool,
    },
    /// `version`.
    Version,
    /// `stats`, with its argument if there is one.
    Stats(&'a [u8]),
    /// `quit`.
    Quit,
}

/// A line that is answered with an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refused {
    /// The whole reply, with its end of line.
    pub reply: &'static str,
    /// It ended in `noreply`, so that even this is not sent.
    pub quiet: bool,
}

/// An unknown command, or too few or too many words.
pub const ERROR: &str = "ERROR\r\n";
const BAD_FORMAT: &str = "CLIENT_ERROR bad command line format\r\n";
const BAD_EXPTIME: &str = "CLIENT_ERROR invalid exptime argument\r\n";
const BAD_DELTA: &str = "CLIENT_ERROR invalid numeric delta argument\r\n";
const BAD_DELETE: &str = "CLIENT_ERROR bad command line format.  Usage: delete <key> [noreply]\r\n";

/// What a line says.
pub type Line<'a> = Result<Command<'a>, Refused>;

/// Reads one line; one that is too long to be a command is malformed (memcached hangs up).
pub fn read(bytes: &[u8]) -> Result<Parsed<Line<'_>>, Malformed> {
    let Some(end) = bytes.iter().position(|&b| b == b'\n') else {
        let start = bytes.trim_ascii_start();
        let longest = if start.starts_with(b"get") || start.starts_with(b"gat") { GET_LINE_MAX } else { LINE_MAX };
        return if bytes.len() > longest { Err(Malformed("line: too long")) } else { Ok(Parsed::More) };
    };
    let line = &bytes[..end];
    Ok(Parsed::Done(command(line.strip_suffix(b"\r").unwrap_or(line)), end + 1))
}

/// What a line without its end says.
pub fn read_line(line: &[u8]) -> Line<'_> {
    command(line)
}

/// More words than this are told from each other by nobody but `get`.
const WORDS: usize = 8;

fn command(line: &[u8]) -> Line<'_> {
    let error = Err(Refused { reply: ERROR, quiet: false });
    let mut words = [&b""[..]; WORDS];
    let mut count = 0;
    for word in Keys(line).into_iter().take(WORDS) {
        words[count] = word;
        count += 1;
    }
    let between = |least: usize, most: usize| (least..=most).contains(&count);
    let quiet = count > 1 && words[count - 1] == b"noreply";
    match words[0] {
        b"get" | b"gets" if count >= 2 => get(line, words[0] == b"gets", None),
        b"gat" | b"gats" if count >= 2 => get(line, words[0] == b"gats", Some(words[1])),
        b"set" if between(5, 6) => store(Verb::Set, &words, quiet),
        b"add" if between(5, 6) => store(Verb::Add, &words, quiet),
        b"replace" if between(5, 6) => store(Verb::Replace, &words, quiet),
        b"append" if between(5, 6) => store(Verb::Append, &words, quiet),
        b"prepend" if between(5, 6) => store(Verb::Prepend, &words, quiet),
        b"cas" if between(6, 7) => store(Verb::Cas(0), &words, quiet),
        b"incr" | b"decr" if between(3, 4) => count_by(&words, quiet),
        b"delete" if between(2, 4) => delete(&words, count, quiet),
        b"touch" if between(3, 4) => {
            let key = checked_key(words[1], quiet)?;
            let expires = signed(words[2]).ok_or(Refused { reply: BAD_EXPTIME, quiet })?;
            Ok(Command::Touch { key, expires, quiet })
        }
        b"flush_all" if between(1, 3) => {
            let plain = count == if quiet { 2 } else { 1 };
            let delay = if plain { Some(0) } else { signed(words[1]) };
            Ok(Command::FlushAll { delay: delay.ok_or(Refused { reply: BAD_EXPTIME, quiet })?, quiet })
        }
        b"verbosity" if between(2, 3) => match unsigned(words[1]) {
            Some(_) => Ok(Command::Verbosity { quiet }),
            None => Err(Refused { reply: BAD_FORMAT, quiet }),
        },
        b"version" => Ok(Command::Version),
        b"stats" => Ok(Command::Stats(words[1])),
        b"quit" => Ok(Command::Quit),
        _ => error,
    }
}

/// Everything behind the first `n` words.
fn behind(line: &[u8], n: usize) -> &[u8] {
    let mut rest = line;
    for _ in 0..n {
        let word = rest.iter().position(|&b| b != b' ').unwrap_or(rest.len());
        let end = rest[word..].iter().position(|&b| b == b' ').map_or(rest.len(), |at| word + at);
        rest = &rest[end..];
    }
    rest
}

fn checked_key(key: &[u8], quiet: bool) -> Result<&[u8], Refused> {
    if key.len() > KEY_MAX { Err(Refused { reply: BAD_FORMAT, quiet }) } else { Ok(key) }
}

fn get<'a>(line: &'a [u8], cas: bool, expires: Option<&[u8]>) -> Line<'a> {
    let keys = Keys(behind(line, if expires.is_some() { 2 } else { 1 }));
    let expires = match expires {
        Some(word) => Some(signed(word).ok_or(Refused { reply: BAD_EXPTIME, quiet: false })?),
        None => None,
    };
    keys.into_iter().try_for_each(|key| checked_key(key, false).map(drop))?;
    Ok(Command::Get { expires, cas, keys })
}

fn store<'a>(verb: Verb, words: &[&'a [u8]; WORDS], quiet: bool) -> Line<'a> {
    let bad = Refused { reply: BAD_FORMAT, quiet };
    let key = checked_key(words[1], quiet)?;
    let flags = unsigned(words[2]).ok_or(bad)? as u32;
    let expires = signed(words[3]).ok_or(bad)?;
    let length = signed(words[4]).filter(|length| (0..=i32::MAX - 2).contains(length)).ok_or(bad)?;
    let verb = match verb {
        Verb::Cas(_) => Verb::Cas(unsigned(words[5]).ok_or(bad)?),
        other => other,
    };
    Ok(Command::Store(Store { verb, key, flags, expires, length: length as usize, quiet }))
}

fn count_by<'a>(words: &[&'a [u8]; WORDS], quiet: bool) -> Line<'a> {
    let key = checked_key(words[1], quiet)?;
    let by = unsigned(words[2]).ok_or(Refused { reply: BAD_DELTA, quiet })?;
    Ok(Command::Count { key, down: words[0] == b"decr", by, quiet })
}

/// An old form has a second word, which must be 0.
fn delete<'a>(words: &[&'a [u8]; WORDS], count: usize, quiet: bool) -> Line<'a> {
    let zero = words[2] == b"0";
    let right = match count {
        2 => true,
        3 => zero || quiet,
        _ => zero && quiet,
    };
    if !right {
        return Err(Refused { reply: BAD_DELETE, quiet });
    }
    Ok(Command::Delete { key: checked_key(words[1], quiet)?, quiet })
}

/// The number at the start of a text, up to its end, a blank or a zero byte, as C's `strtoull` reads
/// it: blanks before it and a sign are taken, a minus only where the result is not negative.
pub fn unsigned(text: &[u8]) -> Option<u64> {
    let (negative, value) = magnitude(text)?;
    let value = if negative { value.wrapping_neg() } else { value };
    (!negative || value.cast_signed() >= 0).then_some(value)
}

/// As `strtol` into 32 bits: what does not fit in 64 bits is no number, and then the low half counts.
fn signed(text: &[u8]) -> Option<i32> {
    let (negative, value) = magnitude(text)?;
    let value = if negative { 0_i64.checked_sub_unsigned(value)? } else { i64::try_from(value).ok()? };
    Some(value as i32)
}

fn magnitude(text: &[u8]) -> Option<(bool, u64)> {
    let blank = |&b: &u8| matches!(b, b' ' | b'\t'..=b'\r');
    let start = text.iter().position(|b| !blank(b))?;
    let (negative, digits) = match text[start] {
        b'-' => (true, &text[start + 1..]),
        b'+' => (false, &text[start + 1..]),
        _ => (false, &text[start..]),
    };
    let end = digits.iter().position(|b| !b.is_ascii_digit()).unwrap_or(digits.len());
    if end == 0 || digits.get(end).is_some_and(|b| !blank(b) && *b != 0) {
        return None;
    }
    let value = std::str::from_utf8(&digits[..end]).ok()?.parse().ok()?;
    Some((negative, value))
}

/// Writes one value of a `get`'s reply.
pub fn put_value(out: &mut Vec<u8>, key: &[u8], flags: u32, value: &[u8], cas: Option<u64>) {
    out.extend_from_slice(b"VALUE ");
    out.extend_from_slice(key);
    out.push(b' ');
    put_number(out, u64::from(flags));
    out.push(b' ');
    put_number(out, value.len() as u64);
    if let Some(cas) = cas {
        out.push(b' ');
        put_number(out, cas);
    }
    out.extend_from_slice(b"\r\n");
    out.extend_from_slice(value);
    out.extend_from_slice(b"\r\n");
}

/// Writes decimal digits.
pub fn put_number(out: &mut Vec<u8>, mut value: u64) {
    let mut digits = [0; 20];
    let mut start = digits.len();
    loop {
        start -= 1;
        digits[start] = b'0' + (value % 10) as u8;
        value /= 10;
        if value == 0 {
            break out.extend_from_slice(&digits[start..]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn line(text: &str) -> Line<'_> {
        let Ok(Parsed::Done(line, used)) = read(text.as_bytes()) else { panic!("{text:?} is a line") };
        assert_eq!(used, text.len());
        line
    }

    #[test]
    fn what_memcached_refuses_is_refused_in_its_words() {
        let long = "k".repeat(251);
        for (text, reply, quiet) in [
            ("\r\n", ERROR, false),
            ("GET a\r\n", ERROR, false),
            ("get\r\n", ERROR, false),
            ("set a 0 0\r\n", ERROR, false),
            ("set a 0 0 1 noreply x\r\n", ERROR, false),
            ("set a 0 0 -1\r\n", BAD_FORMAT, false),
            ("set a -1 0 1\r\n", BAD_FORMAT, false),
            ("set a 0 0 1x noreply\r\n", BAD_FORMAT, true),
            ("cas a 0 0 1 -1\r\n", BAD_FORMAT, false),
            (&format!("get a {long}\r\n"), BAD_FORMAT, false),
            ("gat x a\r\n", BAD_EXPTIME, false),
            ("touch a x\r\n", BAD_EXPTIME, false),
            ("incr a -1\r\n", BAD_DELTA, false),
            ("delete a 1\r\n", BAD_DELETE, false),
            ("verbosity\r\n", ERROR, false),
            ("verbosity noreply\r\n", BAD_FORMAT, true),
            ("flush_all x\r\n", BAD_EXPTIME, false),
        ] {
            assert_eq!(line(text), Err(Refused { reply, quiet }), "{text:?}");
        }
    }

    #[test]
    fn what_memcached_takes_is_taken() {
        let store = Store { verb: Verb::Set, key: b"a", flags: 0, expires: 0, length: 5, quiet: false };
        for (text, command) in [
            ("get  a b\r\n", Command::Get { expires: None, cas: false, keys: Keys(b"  a b") }),
            ("gat 10\r\n", Command::Get { expires: Some(10), cas: false, keys: Keys(b"") }),
            ("gats -1 a\n", Command::Get { expires: Some(-1), cas: true, keys: Keys(b" a") }),
            ("set a 0 0 5\r\n", Command::Store(store)),
            ("set a 4294967296 0 5 x\r\n", Command::Store(store)),
            ("set a +1 99999999999 +5\r\n", Command::Store(Store { flags: 1, expires: 1_215_752_191, ..store })),
            ("cas a 0 0 5 7 noreply\r\n", Command::Store(Store { verb: Verb::Cas(7), quiet: true, ..store })),
            ("decr a 2\r\n", Command::Count { key: b"a", down: true, by: 2, quiet: false }),
            ("delete a 0 noreply\r\n", Command::Delete { key: b"a", quiet: true }),
            ("flush_all 1 2\r\n", Command::FlushAll { delay: 1, quiet: false }),
            ("flush_all noreply\r\n", Command::FlushAll { delay: 0, quiet: true }),
            ("stats items\r\n", Command::Stats(b"items")),
        ] {
            assert_eq!(line(text), Ok(command), "{text:?}");
        }
    }

    #[test]
    fn numbers_are_those_of_c() {
        for (text, unsigned_value, signed_value) in [
            ("5", Some(5), Some(5)),
            (" 12", Some(12), Some(12)),
            ("1 2", Some(1), Some(1)),
            ("-1", None, Some(-1)),
            ("-0", Some(0), Some(0)),
            ("18446744073709551615", Some(u64::MAX), None),
            ("18446744073709551616", None, None),
            ("", None, None),
            ("-", None, None),
            ("5x", None, None),
            ("5\0x", Some(5), Some(5)),
        ] {
            assert_eq!(
                (unsigned(text.as_bytes()), signed(text.as_bytes())),
                (unsigned_value, signed_value),
                "{text:?}"
            );
        }
    }

    proptest! {
        #[test]
        fn a_cut_line_is_waited_for(key in "[!-~]{1,250}", flags: u32, length in 0..1000_i32, after: Vec<u8>) {
            let text = format!("set {key} {flags} 0 {length}\r\n");
            let mut bytes = text.clone().into_bytes();
            for cut in 0..bytes.len() {
                prop_assert_eq!(read(&bytes[..cut]), Ok(Parsed::More));
            }
            bytes.extend(after);
            let store = Store { verb: Verb::Set, key: key.as_bytes(), flags, expires: 0, length: length as usize, quiet: false };
            prop_assert_eq!(read(&bytes), Ok(Parsed::Done(Ok(Command::Store(store)), text.len())));
        }

        #[test]
        fn values_and_numbers_are_written_as_they_are(value: Vec<u8>, flags: u32, cas: u64) {
            let mut out = Vec::new();
            put_value(&mut out, b"k", flags, &value, Some(cas));
            let mut expected = format!("VALUE k {flags} {} {cas}\r\n", value.len()).into_bytes();
            expected.extend_from_slice(&value);
            expected.extend_from_slice(b"\r\n");
            prop_assert_eq!(out, expected);
        }
    }
}
