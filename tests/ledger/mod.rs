//! What the ledger's tests share: a proxy with taps, what it showed, transcripts of that, and a count of round trips that
//! knows no protocol.

#![allow(dead_code, unreachable_pub, reason = "each test file has this as a module, and uses its own part of it")]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use longhaul::ledger::{Event, Ledger, Seen, Speaks, View};
use longhaul::link::{Direction, LinkKind};
use longhaul::proxy::{Proxy, Route, RouteSpec, Taps};
use longhaul::scenario::{Congestion, Jitter, Link};
use longhaul::seed::Seed;
use longhaul::timer::Clock;
use longhaul::units::{Fraction, Nanos, Rtt};

/// A proxy in front of one store.
pub struct Watched {
    pub route: Route,
    taps: Taps,
    _proxy: Proxy,
}

impl Watched {
    pub fn new(upstream: SocketAddr, rtt: Nanos) -> Self {
        let proxy = Proxy::start(Clock::start(), LinkKind::Stream).expect("a proxy");
        let (jitter, loss, congestion) = (Jitter::None, Fraction(0.0), Congestion::Cubic);
        let link = Link { rtt: Rtt(rtt), jitter, loss, bandwidth: None, congestion };
        let link = proxy.link(&link, Seed(1), "test").expect("a link");
        let taps = Taps::default();
        let listen = SocketAddr::from(([127, 0, 0, 1], 0));
        let route = proxy.route(RouteSpec { link, listen, upstream, tap: Some(taps.tap(0)) }).expect("a route");
        Self { route, taps, _proxy: proxy }
    }

    pub fn port(&self) -> String {
        self.route.addr().port().to_string()
    }

    /// What a client's run showed: everything up to the end of its last connection.
    pub fn during(&self, client: impl FnOnce()) -> Vec<Seen> {
        client();
        let (mut all, since) = (self.taps.take(), Instant::now());
        let is = |kind: fn(&Event) -> bool, all: &[Seen]| all.iter().filter(|seen| kind(&seen.event)).count();
        loop {
            let opened = is(|event| matches!(event, Event::Opened { .. }), &all);
            if opened == is(|event| matches!(event, Event::Closed { .. }), &all) {
                return all;
            }
            assert!(since.elapsed() < Duration::from_secs(20), "connections end: {opened} were opened");
            thread::sleep(Duration::from_millis(5));
            all.extend(self.taps.take());
        }
    }
}

/// The ledger's view of what was seen.
pub fn view(seen: &[Seen], speaks: Speaks) -> View {
    let mut ledger = Ledger::new();
    ledger.route(0, "store", speaks);
    seen.iter().cloned().for_each(|seen| ledger.see(seen));
    ledger.view()
}

/// Round trips, told from instants alone: a connect, what a store says unasked, and each time a client that had
/// received something sent again and was answered.
pub fn waits(seen: &[Seen]) -> u64 {
    #[derive(Default)]
    struct Count {
        waits: u64,
        /// When the last bytes down arrive, and whether something was sent up that is not answered.
        down: Option<Nanos>,
        asked: bool,
    }
    let mut counts: BTreeMap<u64, Count> = BTreeMap::new();
    for Seen { connection, event, .. } in seen {
        let count = counts.entry(*connection).or_default();
        match event {
            Event::Dialled { .. } => count.waits += 1,
            Event::Bytes { direction: Direction::Up, sent, .. } => {
                count.asked |= count.down.is_none_or(|at| at <= *sent);
            }
            Event::Bytes { direction: Direction::Down, arrives, .. } => {
                if count.asked || count.down.is_none() {
                    count.waits += 1;
                }
                count.asked = false;
                count.down = Some(*arrives);
            }
            _ => {}
        }
    }
    counts.values().map(|count| count.waits).sum()
}

/// Where transcripts are: what real clients and servers said, as `tests/real_ledger.rs` wrote it down when it was run
/// with `LEDGER_CAPTURE=1`.
pub fn transcripts() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/transcripts")
}

/// Longer conversations are not written down.
const TRANSCRIPT_MOST: usize = 40_000;

/// Writes a transcript, if that is wanted: an event a line, instants in nanoseconds from the first one.
pub fn capture(name: &str, seen: &[Seen]) {
    let start = seen.iter().find_map(|seen| match seen.event {
        Event::Opened { at } => Some(at),
        _ => None,
    });
    let (Some(start), Ok(_)) = (start, std::env::var("LEDGER_CAPTURE")) else { return };
    let mut out = String::new();
    for Seen { connection, event, .. } in seen {
        let at = |at: &Nanos| at.saturating_sub(start).0;
        let line = match event {
            Event::Opened { at: instant } => format!("opened {}", at(instant)),
            Event::Dialled { at: instant } => format!("dialled {}", at(instant)),
            Event::Closed { at: instant } => format!("closed {}", at(instant)),
            Event::Bytes { direction, sent, arrives, data, .. } => {
                let way = if *direction == Direction::Up { "up" } else { "down" };
                format!("{way} {} {} {}", at(sent), at(arrives), STANDARD.encode(data))
            }
            Event::Missed { .. } | Event::Ended { .. } => continue,
        };
        writeln!(out, "{connection} {line}").expect("a string takes all");
    }
    if out.len() <= TRANSCRIPT_MOST {
        std::fs::create_dir_all(transcripts()).expect("a directory");
        std::fs::write(transcripts().join(format!("{name}.txt")), out).expect("written");
    }
}

/// Reads a transcript.
pub fn load(path: &Path) -> Vec<Seen> {
    let text = std::fs::read_to_string(path).expect("a transcript");
    text.lines().map(|line| read_line(line).unwrap_or_else(|| panic!("{}: {line}", path.display()))).collect()
}

fn read_line(line: &str) -> Option<Seen> {
    let words: Vec<&str> = line.split(' ').collect();
    let nanos = |index: usize| words.get(index)?.parse().ok().map(Nanos);
    let bytes = |direction| {
        let data = STANDARD.decode(words.get(4)?).ok()?.into();
        Some(Event::Bytes { direction, sent: nanos(2)?, first_arrives: nanos(3)?, arrives: nanos(3)?, data })
    };
    let event = match words[1] {
        "opened" => Event::Opened { at: nanos(2)? },
        "dialled" => Event::Dialled { at: nanos(2)? },
        "closed" => Event::Closed { at: nanos(2)? },
        "up" => bytes(Direction::Up)?,
        _ => bytes(Direction::Down)?,
    };
    Some(Seen { route: 0, connection: words[0].parse().ok()?, event })
}

/// All transcripts, by name.
pub fn all() -> Vec<(String, Vec<Seen>)> {
    let mut paths: Vec<PathBuf> = std::fs::read_dir(transcripts())
        .expect("transcripts")
        .map(|entry| entry.expect("readable").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "txt"))
        .collect();
    paths.sort();
    let name = |path: &Path| path.file_stem().expect("a name").to_string_lossy().into_owned();
    paths.iter().map(|path| (name(path), load(path))).collect()
}

/// The same events, bytes cut where `cut` says: into pieces of how many bytes.
pub fn pieces(seen: &[Seen], mut cut: impl FnMut() -> usize) -> Vec<Seen> {
    let mut all = Vec::new();
    for one in seen {
        let Event::Bytes { direction, sent, first_arrives, arrives, data } = &one.event else {
            all.push(one.clone());
            continue;
        };
        let mut rest = &data[..];
        while !rest.is_empty() {
            let (piece, after) = rest.split_at(cut().clamp(1, rest.len()));
            rest = after;
            let (direction, sent, data) = (*direction, *sent, piece.into());
            let (first_arrives, arrives) = (*first_arrives, *arrives);
            let event = Event::Bytes { direction, sent, first_arrives, arrives, data };
            all.push(Seen { event, ..*one });
        }
    }
    all
}
