//! Mutated scenario files never make the loader panic, and whatever it accepts survives being written and loaded again.
//!
//! Needs no nightly compiler: mutations are drawn from a seed. `FUZZ_SECONDS` (5 if unset) says how long, `FUZZ_SEED`
//! which; a failure prints the text that led to it.

use std::time::{Duration, Instant};

use longhaul::scenario::{parse, render};
use longhaul::seed::{Seed, Stream};
use rand::RngExt;

const FILES: &[&str] = &[
    include_str!("../scenarios/mercari-us.yaml"),
    include_str!("../scenarios/smoke.yaml"),
    include_str!("../scenarios/smoke.yaml"),
    include_str!("../scenarios/starter.yaml"),
];

/// Words that are likely to reach a check, beside those of the files.
const WORDS: &[&str] = &[
    "0",
    "-1",
    "1e999",
    "0.0000001",
    "99999999999999999999",
    "1e-5",
    "100%",
    "120%",
    "0%",
    ".inf",
    "~",
    "null",
    "true",
    "{}",
    "[]",
    "''",
    "*a",
    "&a",
    "<<",
    "!!binary",
    "|",
    ">",
    "---",
    "...",
    "\t",
    "\r",
    "\u{feff}",
    "\u{85}",
    "é",
    "😀",
    "15",
    "15mss",
    "0ns",
    "300000000.001s",
    "123456789012345ns",
    "33.3333333%",
    "0.1234567890123%",
    "1.5KiB",
    "1000000000000B",
    "0.1/d",
    "7/min",
    "p99.99",
    "any",
    "persistent",
    "{ pool: 3 }",
    "{ p50: 1ms, p99.95: 2.0001ms }",
    "{ pareto: { scale: 1.0005us, shape: 1.7 } }",
    "{ ramp: { to: 0.3/s, over: 90s } }",
    "{ lognormal: { median: 0.3, p99: 7.77 } }",
    "{ times: 3, steps: [think: 1ms] }",
    "journey: page",
    "share: 12.3456789%",
    "cold: true",
    "transaction: { steps: [write: {}] }",
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
fn loading_never_panics() {
    let begin = Instant::now();
    let lasts = Duration::from_secs(setting("FUZZ_SECONDS", 5));
    let seed = Seed(setting("FUZZ_SEED", 1));
    let (mut tried, mut accepted) = (0_u64, 0_u64);
    while begin.elapsed() < lasts {
        let mut stream = seed.stream("fuzz", tried);
        let text = mutated(&mut stream);
        let held = std::panic::catch_unwind(|| survives(&text));
        match held {
            Ok(Ok(valid)) => accepted += u64::from(valid),
            Ok(Err(problem)) => panic!("{problem}\n--- text {tried}:\n{text}"),
            Err(_) => panic!("the loader panicked\n--- text {tried}:\n{text}"),
        }
        tried += 1;
    }
    eprintln!("{tried} texts, {accepted} of them valid");
    assert!(tried > 20, "a machine this slow finds nothing: {tried}");
    assert!(accepted > 0, "mutations that are never valid test nothing but refusals");
}

/// Whether the text is a scenario; an error if it does not survive.
fn survives(text: &str) -> Result<bool, String> {
    match parse("fuzz.yaml", text) {
        Err(error) => {
            let (plain, coloured) = (error.to_string(), error.render(true));
            let told = !plain.is_empty() && coloured.len() >= plain.len() && !error.problems().is_empty();
            if told { Ok(false) } else { Err(format!("an empty message: {error:?}")) }
        }
        Ok(scenario) => {
            let written = render(&scenario).map_err(|error| format!("not written: {error}"))?;
            let again =
                parse("again.yaml", &written).map_err(|error| format!("written, but refused: {error}\n{written}"))?;
            if again == scenario {
                Ok(true)
            } else {
                Err(format!("changed by writing:\n{written}\n{scenario:?}\n{again:?}"))
            }
        }
    }
}

fn mutated(stream: &mut Stream) -> String {
    let mut bytes = FILES[stream.random_range(0..FILES.len())].as_bytes().to_vec();
    for _ in 0..stream.random_range(1..=2) {
        let at = stream.random_range(0..=bytes.len());
        match stream.random_range(0..9) {
            0 => bytes.truncate(at),
            1 => bytes.insert(at, stream.random()),
            2 if at < bytes.len() => bytes[at] = stream.random(),
            3 => {
                let end = (at + stream.random_range(1..40)).min(bytes.len());
                bytes.drain(at..end);
            }
            4 => lines(&mut bytes, stream),
            5 => {
                let word = WORDS[stream.random_range(0..WORDS.len())];
                bytes.splice(at..at, word.bytes());
            }
            _ => token(&mut bytes, stream),
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
        1 => {
            lines.remove(a);
        }
        _ => lines.swap(a, b),
    }
    *bytes = lines.concat();
}

/// Puts another word of the file, or of the list, in the place of a word.
fn token(bytes: &mut Vec<u8>, stream: &mut Stream) {
    let text = String::from_utf8_lossy(bytes).into_owned();
    let end = |c: char| c.is_whitespace() || "{}[],".contains(c);
    let words: Vec<(usize, &str)> = text
        .split(end)
        .filter(|word| !word.is_empty())
        .map(|word| (word.as_ptr() as usize - text.as_ptr() as usize, word))
        .collect();
    if words.is_empty() {
        return;
    }
    let (at, old) = words[stream.random_range(0..words.len())];
    let new = if stream.random_bool(0.5) {
        WORDS[stream.random_range(0..WORDS.len())]
    } else {
        words[stream.random_range(0..words.len())].1
    };
    *bytes = [&text[..at], new, &text[at + old.len()..]].concat().into_bytes();
}
