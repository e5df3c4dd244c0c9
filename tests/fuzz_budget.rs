//! Mutated budgets and snapshots never make their readers panic; a snapshot that is read is written and read again as it was.
//!
//! As `fuzz_scenario`: mutations are drawn from a seed; `FUZZ_SECONDS` (3 if unset) says how long, `FUZZ_SEED` which.

use std::time::{Duration, Instant};

use longhaul::analysis::gate::counts::{Counts, Statement, Unit};
use longhaul::analysis::gate::{budget as judge, snapshot as compare};
use longhaul::budget::snapshot::{Snapshot, parse as snapshot, write};
use longhaul::budget::{Spot, parse as budget};
use longhaul::scenario::LoadError;
use longhaul::seed::{Seed, Stream};
use longhaul::units::Nanos;
use rand::RngExt;

const BUDGET: &str = "\
format: 1
about: one of each
default: { round_trips: 40, repeats: 6, growth: linear }
units:
  checkout:
    round_trips: 34
    bytes: 64KiB
    all_passes: { round_trips: 100, bytes: 1MiB }
    allow:
      - { statement: SELECT … FROM prices, repeats: 30, reason: until prices come in one call }
    growth: { shape: constant, tolerance: 2 }
  'job-*': { repeats: none }
total: { round_trips: 200, bytes: 4MiB, growth: linear }
";

const SNAPSHOT: &str = "\
# longhaul snapshot: round trips by statement
format: 1
units:
  \"checkout\":
    times: 1
    round_trips: 31
    statements:
      - { round_trips: 27, calls: 27, repeats: 27, mysql: \"SELECT price FROM prices WHERE item = ?\" }
      - { round_trips: 1, calls: 1, repeats: 1, memcached: \"get user:*\" }
  \"job-mail\": { times: 3, round_trips: 9, statements: [] }
";

const WORDS: &[&str] = &[
    "0",
    "-1",
    "18446744073709551615",
    "18446744073709551616",
    "1e9",
    ".inf",
    "~",
    "null",
    "true",
    "none",
    "nan",
    "*",
    "*a",
    "&a",
    "…",
    "<<",
    "---",
    "\t",
    "\u{feff}",
    "\u{85}",
    "\u{2028}",
    "é",
    "😀",
    "''",
    "\"\\x00\"",
    "\"\\ud800\"",
    "{}",
    "[]",
    "constant",
    "linear",
    "64KiB",
    "0B",
    "growth: linear",
    "repeats: none",
    "units:",
    "checkout",
    "!!binary",
    "|",
    ">",
    "#",
    ": ",
    ", ",
    "\n",
    "  ",
];

fn setting<T: std::str::FromStr>(name: &str, default: T) -> T {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

#[test]
fn reading_never_panics() {
    let begin = Instant::now();
    let lasts = Duration::from_secs(setting("FUZZ_SECONDS", 3));
    let seed = Seed(setting("FUZZ_SEED", 1));
    let (mut tried, mut accepted) = (0_u64, [0_u64; 2]);
    while begin.elapsed() < lasts {
        let mut stream = seed.stream("fuzz", tried);
        for (at, text) in [BUDGET, SNAPSHOT].into_iter().enumerate() {
            let text = mutated(text, &mut stream);
            let survives = [survives_as_budget, survives_as_snapshot][at];
            let Ok(outcome) = std::panic::catch_unwind(|| survives(&text)) else {
                panic!("it panicked\n--- text {tried}:\n{text}");
            };
            let valid = outcome.unwrap_or_else(|problem| panic!("{problem}\n--- text {tried}:\n{text}"));
            accepted[at] += u64::from(valid);
        }
        tried += 1;
    }
    eprintln!("{tried} texts of each, {accepted:?} of them valid");
    assert!(tried > 20 && accepted.iter().all(|n| *n > 0), "{tried} {accepted:?}");
}

fn refused(error: &LoadError) -> Result<bool, String> {
    let told = !error.to_string().is_empty() && !error.render(true).is_empty() && !error.problems().is_empty();
    if told { Ok(false) } else { Err(format!("an empty message: {error:?}")) }
}

/// What is accepted is judged without panic, and says something of every check.
fn survives_as_budget(text: &str) -> Result<bool, String> {
    let budget = match budget("fuzz.yaml", text) {
        Ok(budget) => budget,
        Err(error) => return refused(&error),
    };
    let checks = judge::judge(&counts(u64::MAX / 2), &budget, &[Nanos::from_millis(15)]);
    match checks.iter().find(|check| check.sentence.is_empty()) {
        Some(check) => Err(format!("no sentence: {check:?}")),
        None => Ok(true),
    }
}

fn survives_as_snapshot(text: &str) -> Result<bool, String> {
    let read = match snapshot("fuzz.yaml", text) {
        Ok(read) => read,
        Err(error) => return refused(&error),
    };
    let written = write(&read, "fuzz");
    let again = snapshot("fuzz.yaml", &written).map_err(|error| format!("written, but refused: {error}\n{written}"))?;
    if placeless(again.clone()) != placeless(read.clone()) {
        return Err(format!("changed by writing:\n{written}\n{read:?}\n{again:?}"));
    }
    let checks = compare::judge(&counts(3), &read, &[Nanos::from_millis(15)]);
    if checks.is_empty() { Err("nothing was checked".into()) } else { Ok(true) }
}

fn placeless(mut snapshot: Snapshot) -> Snapshot {
    snapshot.units.iter_mut().for_each(|unit| unit.at = Spot::default());
    snapshot
}

/// Two units with one statement each.
fn counts(n: u64) -> Counts {
    let unit = |name: &str| {
        let (store, text) = ("mysql".to_owned(), "SELECT price FROM prices WHERE item = ?".to_owned());
        let statement = Statement { store, text, calls: n, round_trips: n, most_repeats: n };
        let (name, statements) = (name.to_owned(), vec![statement]);
        Unit {
            name,
            times: 1,
            round_trips: n,
            most_round_trips: n,
            bytes_up: n,
            bytes_down: n,
            statements,
            ..Unit::default()
        }
    };
    Counts { units: vec![unit("checkout"), unit("job-mail")], unknown: Vec::new() }
}

fn mutated(text: &str, stream: &mut Stream) -> String {
    let mut bytes = text.as_bytes().to_vec();
    for _ in 0..stream.random_range(1..=2) {
        let at = stream.random_range(0..=bytes.len());
        let end = (at + stream.random_range(1..20)).min(bytes.len());
        match stream.random_range(0..7) {
            0 => bytes.truncate(at),
            1 => bytes.insert(at, stream.random()),
            2 if at < bytes.len() => bytes[at] = stream.random(),
            3 => drop(bytes.drain(at..end)),
            4 => {
                let again = bytes[at..end].to_vec();
                drop(bytes.splice(end..end, again));
            }
            5 => lines(&mut bytes, stream),
            _ => {
                let word = WORDS[stream.random_range(0..WORDS.len())];
                let end = if stream.random_bool(0.5) { end } else { at };
                drop(bytes.splice(at..end, word.bytes()));
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Repeats, drops or swaps lines.
fn lines(bytes: &mut Vec<u8>, stream: &mut Stream) {
    let mut lines: Vec<&[u8]> = bytes.split_inclusive(|b| *b == b'\n').collect();
    if lines.is_empty() {
        return;
    }
    let (a, b) = (stream.random_range(0..lines.len()), stream.random_range(0..lines.len()));
    match stream.random_range(0..3) {
        0 => lines.insert(a, lines[b]),
        1 => drop(lines.remove(a)),
        _ => lines.swap(a, b),
    }
    *bytes = lines.concat();
}
