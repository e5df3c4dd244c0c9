//! The parsers of the wire protocols, on random bytes and on valid streams with damage.
//!
//! Nothing may panic, use more bytes than there are, or wait for more of what is complete.
//! `FUZZ_SECONDS` says for how long (3 unless it is set), `FUZZ_SEED` from where.

use std::time::{Duration, Instant};

use longhaul::protocol::mysql::command::Command;
use longhaul::protocol::mysql::handshake::{Greeting, Login};
use longhaul::protocol::mysql::reply::{Done, Failed, read_eof};
use longhaul::protocol::mysql::{capability, column::Column, execute, kind, packet, row};
use longhaul::protocol::{Parsed, memcached};
use longhaul::seed::{Seed, Stream};
use longhaul::workset::sql::recognise;
use rand::RngExt;

fn variable(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().map_or(default, |text| text.parse().expect("a number"))
}

fn noise(stream: &mut Stream, longest: usize) -> Vec<u8> {
    (0..stream.random_range(0..=longest)).map(|_| stream.random()).collect()
}

/// Messages of every kind, valid.
fn messages(stream: &mut Stream) -> Vec<Vec<u8>> {
    let mut all = Vec::new();
    let mut add = |put: &dyn Fn(&mut Vec<u8>)| {
        let mut out = Vec::new();
        put(&mut out);
        all.push(out);
    };
    let text = noise(stream, 40);
    let login = Login {
        capabilities: capability::PROTOCOL_41 | capability::PLUGIN_AUTH | capability::SECURE_CONNECTION,
        proof: vec![7; 20],
        user: "me".into(),
        ..Login::default()
    };
    let greeting = Greeting {
        version: "8.0".into(),
        connection: 7,
        salt: [9; 20],
        capabilities: !0,
        collation: 45,
        status: 2,
        plugin: "x".into(),
    };
    add(&|out| greeting.put(out));
    add(&|out| login.put(out));
    add(&|out| Command::Query(&text).put(out));
    add(&|out| Command::ChangeUser(login.clone()).put(out));
    let cells = [execute::Cell::Int(-5), execute::Cell::Null, execute::Cell::Bytes(text.clone())];
    let mut parameters = Vec::new();
    execute::put(&mut parameters, &cells);
    add(&|out| Command::Execute { statement: 1, cursor: 0, parameters: &parameters }.put(out));
    add(&|out| Command::LongData { statement: 1, parameter: 2, data: &text }.put(out));
    add(&|out| Done { affected: 300, ..Done::default() }.put(out, longhaul::protocol::mysql::reply::Header::Answer));
    add(&|out| Failed { code: 1064, state: Some(*b"42000"), message: "no".into() }.put(out));
    add(&|out| Column::text("name").put(out));
    add(&|out| row::put_text(out, &cells));
    add(&|out| row::put_binary(out, &[kind::LONGLONG, kind::NULL, kind::BLOB], &cells));
    all
}

fn damage(stream: &mut Stream, bytes: &mut Vec<u8>) {
    for _ in 0..stream.random_range(0..4_u8) {
        if bytes.is_empty() {
            return;
        }
        let at = stream.random_range(0..bytes.len());
        match stream.random_range(0..4_u8) {
            0 => bytes[at] = stream.random(),
            1 => bytes[at] = [0, 0xfa, 0xfb, 0xfc, 0xfd, 0xfe, 0xff, 0x80][stream.random_range(0..8_usize)],
            2 => bytes.truncate(at),
            _ => bytes.insert(at, stream.random()),
        }
    }
}

/// Every parser of a payload, on any payload.
fn read_payload(payload: &[u8]) {
    let _ = Greeting::read(payload);
    let _ = Login::read(payload);
    let _ = Login::read_change_user(payload);
    let _ = Done::read(payload);
    let _ = Failed::read(payload);
    let _ = read_eof(payload);
    let _ = Column::read(payload);
    let _ = row::read_text(payload, 3);
    let _ = row::read_binary(payload, &[(kind::LONGLONG, true), (kind::BLOB, false), (kind::DATETIME, false)]);
    if let Ok(Command::Execute { parameters, .. }) = Command::read(payload) {
        for count in [0, 1, 3, 70] {
            let _ = execute::read(parameters, count, &mut Vec::new(), &mut [None, None]);
        }
    }
    if let Ok(text) = std::str::from_utf8(payload)
        && let Some(recognised) = recognise(text)
    {
        let _ = recognised.resolve(&[]);
    }
}

/// Follows a stream of packets as a tap does: what it makes of it must not depend on how it is cut.
fn follow_packets(bytes: &[u8]) {
    let mut rest = bytes;
    while let Ok(Parsed::Done(message, used)) = packet::message(rest, 1 << 20) {
        assert!(used >= 4 && used <= rest.len());
        for cut in [1, 3, 4, used / 2, used - 1] {
            if cut < used {
                assert_eq!(packet::message(&rest[..cut], 1 << 20), Ok(Parsed::More), "{used} bytes cut to {cut}");
            }
        }
        read_payload(&message.payload);
        rest = &rest[used..];
    }
}

fn follow_commands(bytes: &[u8]) {
    let mut rest = bytes;
    while let Ok(Parsed::Done(line, used)) = memcached::read(rest) {
        assert!(used >= 1 && used <= rest.len() && rest[used - 1] == b'\n');
        assert!(!matches!(memcached::read(&rest[..used - 1]), Ok(Parsed::Done(..))));
        if let Ok(memcached::Command::Get { keys, .. }) = line {
            assert!(keys.into_iter().all(|key| !key.is_empty() && key.len() <= memcached::KEY_MAX));
        }
        rest = &rest[used..];
    }
}

const LINES: &[&str] = &[
    "get a b c\r\n",
    "gats 10 a\r\n",
    "set key 1 2 3 noreply\r\nabc\r\n",
    "cas key 1 2 3 4\r\nabc\r\n",
    "incr n 18446744073709551615\r\n",
    "delete a 0 noreply\r\n",
    "touch a -1\r\n",
    "flush_all 10\r\n",
    "verbosity 1\r\n",
    "stats items\r\n",
];

#[test]
fn parsers_stand_any_bytes() {
    let (seconds, seed) = (variable("FUZZ_SECONDS", 3), variable("FUZZ_SEED", 1));
    let start = Instant::now();
    let mut round = 0;
    while start.elapsed() < Duration::from_secs(seconds) {
        let mut stream = Seed(seed).stream("fuzz", round);
        round += 1;
        let random = noise(&mut stream, 300);
        read_payload(&random);
        follow_packets(&random);
        follow_commands(&random);

        let mut packets = Vec::new();
        let mut sequence = 0;
        for mut payload in messages(&mut stream) {
            damage(&mut stream, &mut payload);
            read_payload(&payload);
            packet::put(&mut packets, &mut sequence, |out| out.extend_from_slice(&payload));
        }
        follow_packets(&packets);
        damage(&mut stream, &mut packets);
        follow_packets(&packets);

        let lines: Vec<&str> = (0..5).map(|_| LINES[stream.random_range(0..LINES.len())]).collect();
        let mut lines = lines.concat().into_bytes();
        follow_commands(&lines);
        damage(&mut stream, &mut lines);
        follow_commands(&lines);
    }
    println!("{round} rounds from seed {seed}");
}
