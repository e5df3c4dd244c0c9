//! The stand-in Memcached against the real one: the same commands, byte-equal replies.

mod stores;

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use longhaul::scenario::{Scenario, StoreId};
use longhaul::seed::{Seed, Stream};
use longhaul::server::Backends;
use rand::RngExt;
use stores::*;

fn only_the_cache() -> Scenario {
    let mut scenario = scenario(database(), cache());
    scenario.stores.remove(0);
    scenario
}

/// Something that every reply is followed by, so that its end is known.
const MARK: &[u8] = b"set mark 0 0 3\r\nend\r\nget mark\r\n";
const MARKED: &[u8] = b"STORED\r\nVALUE mark 0 3\r\nend\r\nEND\r\n";

fn ask(stream: &mut TcpStream, command: &[u8]) -> Vec<u8> {
    stream.write_all(command).expect("sent");
    stream.write_all(MARK).expect("sent");
    let mut reply = Vec::new();
    let mut buffer = vec![0; 1 << 16];
    while !reply.ends_with(MARKED) {
        let read = stream.read(&mut buffer);
        let shown = || String::from_utf8_lossy(&command[..command.len().min(200)]).into_owned();
        let length = read.unwrap_or_else(|error| panic!("{error} after {:?}, having {reply:?}", shown()));
        assert!(length > 0, "closed after {:?}, having {reply:?}", shown());
        reply.extend_from_slice(&buffer[..length]);
    }
    reply.truncate(reply.len() - MARKED.len());
    reply
}

/// Asks both, a stand-in and a real one, the same.
struct Pair {
    streams: [TcpStream; 2],
    _servers: [Backends; 2],
}

impl Pair {
    async fn start() -> Self {
        let scenario = only_the_cache();
        let real = Backends::spawn(&scenario).await.expect("memcached starts");
        let servers = [stand_in(&scenario), real];
        let streams = [0, 1].map(|index: usize| {
            let stream = TcpStream::connect(servers[index].endpoint(StoreId(0)).addr).expect("connects");
            stream.set_read_timeout(Some(Duration::from_secs(20))).expect("set");
            stream.set_nodelay(true).expect("set");
            stream
        });
        Self { streams, _servers: servers }
    }
    fn same(&mut self, command: &[u8]) {
        let [stand_in, real] = [0, 1].map(|index: usize| {
            let reply = ask(&mut self.streams[index], command);
            String::from_utf8_lossy(&reply).into_owned()
        });
        let shown = String::from_utf8_lossy(&command[..command.len().min(200)]).into_owned();
        assert_eq!(stand_in, real, "stand-in and memcached differ after {shown:?}");
    }
}

/// Tolerances, refusals and limits.
const ODD: &[&str] = &[
    "\r\n",
    "x\r\n",
    "GET a\r\n",
    "  get a\r\n",
    "get\r\n",
    "gets\r\n",
    "gat\r\n",
    "gat 10\r\n",
    "gat x a\r\n",
    "gats -1 a\r\n",
    "get a\n",
    "gett a\r\n",
    "foo bar\r\n",
    "verbosity\r\n",
    "verbosity 1\r\n",
    "verbosity x\r\n",
    "verbosity noreply\r\n",
    "verbosity 1 2 3\r\n",
    "set a 0 0 5\r\nhello\r\n",
    "set a 0 0 5\r\nhello!!\r\n",
    "set a 0 0 5\r\nhelloxxget a\r\n",
    "get a\r\n",
    "set a 0 0 -1\r\n",
    "set a -1 0 1\r\n",
    "set a 4294967296 0 1\r\nb\r\n",
    "set a 4294967295 0 1\r\nb\r\n",
    "get a\r\n",
    "set a 0 x 1\r\n",
    "set a 0 99999999999 1\r\nb\r\n",
    "get a\r\n",
    "set a 0 0 1x\r\n",
    "set a 0 0\r\n",
    "set a 0 0 1 x\r\nb\r\n",
    "set a 0 0 1 noreply\r\nc\r\n",
    "get a\r\n",
    "set a 0 0 1 noreply x\r\n",
    "set a +1 +1 +1\r\nb\r\n",
    "set a 0 0 2147483646\r\n",
    "set a 0 0 1 noreply\r\nabc\r\n",
    "cas a 0 0 1\r\n",
    "cas a 0 0 1 x\r\n",
    "cas a 0 0 1 -1\r\n",
    "cas no 0 0 1 1\r\nx\r\n",
    "cas a 0 0 1 99999\r\nx\r\n",
    "delete a 0\r\n",
    "delete a 1\r\n",
    "delete a noreply\r\n",
    "delete a 1 noreply\r\n",
    "delete a b c d\r\n",
    "delete\r\n",
    "set n 5 0 2\r\n10\r\n",
    "incr n 5\r\n",
    "decr n 10\r\n",
    "gets n\r\n",
    "incr n 100\r\n",
    "get n\r\n",
    "decr n 1000\r\n",
    "get n\r\n",
    "incr n x\r\n",
    "incr n -1\r\n",
    "incr n 18446744073709551615\r\n",
    "incr n 18446744073709551616\r\n",
    "incr n 1\r\n",
    "get n\r\n",
    "incr n\r\n",
    "incr no 1\r\n",
    "set z 0 0 1\r\na\r\n",
    "incr z 1\r\n",
    "incr z 1 foo\r\n",
    "set z 0 0 0\r\n\r\n",
    "incr z 1\r\n",
    "set z 0 0 21\r\n000000000000000000001\r\n",
    "incr z 1\r\n",
    "get z\r\n",
    "set z 0 0 3\r\n1 2\r\n",
    "incr z 1\r\n",
    "get z\r\n",
    "set z 0 0 2\r\n-1\r\n",
    "incr z 1\r\n",
    "set z 0 0 20\r\n99999999999999999999\r\n",
    "incr z 1\r\n",
    "touch a\r\n",
    "touch a x\r\n",
    "touch no 1\r\n",
    "touch n 100 foo\r\n",
    "touch n -1\r\n",
    "get n\r\n",
    "flush_all x\r\n",
    "flush_all 1 2 3\r\n",
    "flush_all 0\r\n",
    "flush_all 1000 noreply\r\n",
    "flush_all\r\n",
    "stats nonsense\r\n",
    "stats reset\r\n",
];

#[tokio::test]
async fn odd_commands_are_answered_alike() {
    let mut pair = Pair::start().await;
    let long = "k".repeat(251);
    let many = (0..60).map(|n| format!(" key{n}")).collect::<Vec<_>>().concat();
    for command in ODD {
        pair.same(command.as_bytes());
    }
    for verb in ["get a ", "gat 1 a ", "delete ", "touch ", "incr "] {
        pair.same(format!("{verb}{long} 1\r\n").as_bytes());
    }
    pair.same(format!("set {long} 0 0 1\r\n").as_bytes());
    pair.same(format!("set {} 0 0 1\r\nx\r\n", &long[1..]).as_bytes());
    pair.same(format!("get{many} {}\r\n", &long[1..]).as_bytes());
}

#[tokio::test]
async fn the_largest_item_is_the_same() {
    let mut pair = Pair::start().await;
    for (key, flags) in [("k", 0), ("key", 0), ("key", 7)] {
        let header = 59 + key.len() + if flags == 0 { 0 } else { 4 };
        for length in [1_048_576 - header, 1_048_577 - header, 1_048_576, 2_000_000] {
            for verb in ["set", "add"] {
                pair.same(format!("set {key} 0 0 3\r\nold\r\n").as_bytes());
                pair.same(format!("{verb} {key} {flags} 0 {length}\r\n{}\r\n", "v".repeat(length)).as_bytes());
                pair.same(format!("get {key}\r\n").as_bytes());
            }
        }
    }
    pair.same(format!("set big 0 0 700000\r\n{}\r\n", "v".repeat(700_000)).as_bytes());
    pair.same(format!("append big 0 0 300000\r\n{}\r\n", "w".repeat(300_000)).as_bytes());
    pair.same(b"get big\r\n");
}

/// One command over a few keys, mostly a right one.
fn draw(stream: &mut Stream) -> Vec<u8> {
    let pick = |stream: &mut Stream, all: &[&str]| all[stream.random_range(0..all.len())].to_owned();
    let key = |stream: &mut Stream| format!("k{}", stream.random_range(0..6_u8));
    let expires = |stream: &mut Stream| pick(stream, &["0", "0", "0", "100", "-1", "2592001", "2000000000", "1"]);
    let quiet = pick(stream, &["", "", "", " noreply"]);
    match stream.random_range(0..10_u8) {
        0..=2 => {
            let verb = pick(stream, &["set", "set", "add", "replace", "append", "prepend", "cas"]);
            let numeric = stream.random_bool(0.4);
            let value = if numeric {
                stream.random_range(0..1000_u32).to_string()
            } else {
                (0..stream.random_range(0..40_u8)).map(|_| char::from(stream.random_range(b'!'..b'~'))).collect()
            };
            let flags = stream.random_range(0..3_u8);
            let cas = if verb == "cas" { format!(" {}", stream.random_range(0..40_u8)) } else { String::new() };
            // Now and then there is more than was said.
            let length = value.len() - usize::from(!value.is_empty() && stream.random_bool(0.03));
            let expires = pick(stream, &["0", "0", "0", "100", "-1", "2592001", "2000000000"]);
            format!("{verb} {} {flags} {expires} {length}{cas}{quiet}\r\n{value}\r\n", key(stream))
        }
        3..=5 => {
            let verb = pick(stream, &["get", "gets", "gat 100", "gats 0", "get", "gets"]);
            let keys: Vec<_> = (0..stream.random_range(0..5_u8)).map(|_| format!(" {}", key(stream))).collect();
            format!("{verb}{}\r\n", keys.concat())
        }
        // A number that gets shorter is padded with blanks, unless some thread of memcached looks at the item
        // just then: no number gets shorter here.
        6 => {
            let by = stream.random_range(1..2000_u32);
            let count = if stream.random_bool(0.8) {
                format!("incr {} {by}", key(stream))
            } else {
                format!("decr {} 0", key(stream))
            };
            format!("{count}{quiet}\r\n")
        }
        7 => format!("delete {}{quiet}\r\n", key(stream)),
        8 => {
            let expires = expires(stream).replace('1', "100");
            format!("touch {} {expires}{quiet}\r\n", key(stream))
        }
        _ => pick(
            stream,
            &[
                "flush_all\r\n",
                "flush_all 0\r\n",
                "verbosity 1\r\n",
                "nonsense\r\n",
                "get k0 k1\r\n",
                "gets k2 k3 k4\r\n",
            ],
        ),
    }
    .into_bytes()
}

#[tokio::test]
async fn drawn_commands_are_answered_alike() {
    let mut pair = Pair::start().await;
    let mut stream = Seed(11).stream("memcached commands", 0);
    for _ in 0..4_000 {
        // Several at once, as a pipelining client sends them.
        let count = stream.random_range(1..6_u8);
        let commands: Vec<u8> = (0..count).flat_map(|_| draw(&mut stream)).collect();
        pair.same(&commands);
    }
}
