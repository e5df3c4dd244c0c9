//! Conversations in MySQL's protocol, put together packet by packet, each cut at every byte.

use crate::ledger::talk::{Talk, notes};
use crate::ledger::{NoteKind, Speaks};
use crate::link::Direction;
use crate::protocol::cursor::put_lenenc;
use crate::protocol::mysql::capability::*;
use crate::protocol::mysql::column::Column;
use crate::protocol::mysql::command::Command;
use crate::protocol::mysql::execute::Cell;
use crate::protocol::mysql::handshake::{Greeting, Login};
use crate::protocol::mysql::reply::{Done, Failed, Header, put_eof};
use crate::protocol::mysql::{packet, row, status};

const OLD: u32 = PROTOCOL_41 | SECURE_CONNECTION | PLUGIN_AUTH | 1;
const NEW: u32 = OLD | DEPRECATE_EOF;

/// Messages with their headers, numbered from `sequence` on.
fn messages(mut sequence: u8, payloads: &[Vec<u8>]) -> Vec<u8> {
    let mut out = Vec::new();
    for payload in payloads {
        packet::put(&mut out, &mut sequence, |out| out.extend_from_slice(payload));
    }
    out
}

fn made(put: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    let mut out = Vec::new();
    put(&mut out);
    out
}

fn ok(state: u16) -> Vec<u8> {
    made(|out| Done { status: state, ..Done::default() }.put(out, Header::Answer))
}

fn end(capabilities: u32, state: u16) -> Vec<u8> {
    made(|out| match capabilities & DEPRECATE_EOF {
        0 => put_eof(out, state),
        _ => Done { status: state, ..Done::default() }.put(out, Header::EndOfRows),
    })
}

fn error() -> Vec<u8> {
    made(|out| Failed { code: 1064, state: Some(*b"42000"), message: "no".into() }.put(out))
}

/// A result set of two columns and these rows.
fn result(capabilities: u32, rows: u8, state: u16) -> Vec<Vec<u8>> {
    let mut all = vec![made(|out| put_lenenc(out, 2))];
    all.extend(["a", "b"].map(|name| made(|out| Column::text(name).put(out))));
    if capabilities & DEPRECATE_EOF == 0 {
        all.push(end(capabilities, 0));
    }
    all.extend((0..rows).map(|n| made(|out| row::put_text(out, &[Cell::Null, Cell::UInt(u64::from(n))]))));
    all.push(end(capabilities, state));
    all
}

fn greeting(capabilities: u32) -> Vec<u8> {
    let plugin = "mysql_native_password".into();
    let greeting = Greeting {
        version: "8.0".into(),
        connection: 1,
        salt: [7; 20],
        capabilities,
        collation: 45,
        status: 2,
        plugin,
    };
    messages(0, &[made(|out| greeting.put(out))])
}

fn login(capabilities: u32) -> Vec<u8> {
    made(|out| Login { capabilities, user: "me".into(), proof: vec![9; 20], ..Login::default() }.put(out))
}

/// A connection that is logged in.
fn ready(capabilities: u32) -> Talk {
    let mut talk = Talk::new();
    talk.down(greeting(capabilities));
    talk.up(messages(1, &[login(capabilities)]));
    talk.down(messages(2, &[ok(2)]));
    talk
}

fn command(command: &Command<'_>) -> Vec<u8> {
    messages(0, &[made(|out| command.put(out))])
}

fn query(text: &str) -> Vec<u8> {
    command(&Command::Query(text.as_bytes()))
}

const READY: [&str; 3] = ["connect 1 ", "greeting 1 ", "login 1 "];

/// What comes after the login.
#[track_caller]
fn check(talk: Talk, expected: &[&str]) {
    let lines = talk.lines(Speaks::Auto);
    assert_eq!(lines[..3], READY);
    assert_eq!(lines[3..], *expected);
}

#[test]
fn queries_and_their_rows() {
    for capabilities in [OLD, NEW] {
        let mut talk = ready(capabilities);
        talk.up(query("SET NAMES utf8mb4"));
        talk.down(messages(1, &[ok(2)]));
        talk.up(query("SELECT a, b FROM t WHERE id = 7"));
        talk.down(messages(1, &result(capabilities, 3, 2)));
        talk.up(query("SET a = 1"));
        talk.down(messages(1, &[error()]));
        talk.up(query("CALL p(1)"));
        let mut all = result(capabilities, 2, status::MORE_RESULTS);
        all.extend(result(capabilities, 1, status::MORE_RESULTS));
        all.push(ok(2));
        talk.down(messages(1, &all));
        talk.up(command(&Command::Quit));
        check(
            talk,
            &[
                "set-up 1 SET NAMES utf8mb4",
                "query 1 SELECT a, b FROM t WHERE id = ? 3 rows",
                "query 1 SET a = ? failed",
                "query 1 CALL p(?) 3 rows",
                "query 0 COM_QUIT unanswered",
            ],
        );
    }
}

fn prepared(statement: u32, columns: u16, parameters: u16, capabilities: u32) -> Vec<Vec<u8>> {
    let mut all = vec![made(|out| {
        out.push(0);
        out.extend_from_slice(&statement.to_le_bytes());
        out.extend_from_slice(&columns.to_le_bytes());
        out.extend_from_slice(&parameters.to_le_bytes());
        out.extend_from_slice(&[0; 3]);
    })];
    for count in [parameters, columns] {
        all.extend((0..count).map(|_| made(|out| Column::text("?").put(out))));
        if count > 0 && capabilities & DEPRECATE_EOF == 0 {
            all.push(end(capabilities, 0));
        }
    }
    all
}

#[test]
fn prepared_statements() {
    for capabilities in [OLD, NEW] {
        let mut talk = ready(capabilities);
        talk.up(command(&Command::Prepare(b"SELECT a FROM t WHERE id=?")));
        talk.down(messages(1, &prepared(5, 2, 1, capabilities)));
        talk.up(command(&Command::LongData { statement: 5, parameter: 0, data: b"x" }));
        talk.up(command(&Command::Execute { statement: 5, cursor: 0, parameters: &[0, 1, 3, 0, 7, 0, 0, 0] }));
        talk.down(messages(1, &result(capabilities, 1, 2)));
        talk.up([command(&Command::Close(5)), command(&Command::Prepare(b"DO 1"))].concat());
        talk.down(messages(1, &prepared(6, 0, 0, capabilities)));
        talk.up(command(&Command::Reset(6)));
        talk.down(messages(1, &[ok(2)]));
        talk.up(command(&Command::Prepare(b"nonsense")));
        talk.down(messages(1, &[error()]));
        let text = "SELECT a FROM t WHERE id = ?";
        check(
            talk,
            &[
                &format!("query 1 {text} prepare"),
                &format!("query 0 {text} unanswered"),
                &format!("query 1 {text} 1 rows"),
                &format!("query 0 {text} unanswered"),
                "query 1 DO ? prepare",
                "query 1 DO ?",
                "query 1 nonsense prepare failed",
            ],
        );
    }
}

#[test]
fn cursors() {
    let mut talk = ready(OLD);
    talk.up(command(&Command::Prepare(b"SELECT a FROM t")));
    talk.down(messages(1, &prepared(1, 2, 0, OLD)));
    talk.up(command(&Command::Execute { statement: 1, cursor: 1, parameters: &[] }));
    let mut opened = result(OLD, 0, 0);
    opened.pop();
    opened.pop();
    opened.push(end(OLD, status::CURSOR_EXISTS));
    talk.down(messages(1, &opened));
    talk.up(messages(0, &[vec![0x1c, 1, 0, 0, 0, 100, 0, 0, 0]]));
    talk.down(messages(1, &[vec![0, 0, 1], vec![0, 0, 2], end(OLD, 0)]));
    let text = "SELECT a FROM t";
    check(
        talk,
        &[&format!("query 1 {text} prepare"), &format!("query 1 {text} 0 rows"), &format!("query 1 {text} 2 rows")],
    );
}

#[test]
fn what_is_sent_together_waits_once() {
    let mut talk = ready(NEW);
    let newest = command(&Command::Execute { statement: !0, cursor: 0, parameters: &[] });
    talk.up([command(&Command::Prepare(b"SELECT 1 FROM t")), newest].concat());
    let mut replies = messages(1, &prepared(9, 1, 0, NEW));
    replies.extend(messages(1, &result(NEW, 1, 2)));
    talk.down(replies);
    talk.up(query("BEGIN"));
    talk.up(query("COMMIT"));
    talk.down(messages(1, &[ok(3)]));
    talk.down(messages(1, &[ok(2)]));
    check(
        talk,
        &["query 1 SELECT ? FROM t prepare", "query 0 SELECT ? FROM t 1 rows", "query 1 BEGIN", "query 0 COMMIT"],
    );
}

#[test]
fn files_are_asked_for_and_sent() {
    let mut talk = ready(NEW);
    talk.up(query("LOAD DATA LOCAL INFILE 'x' INTO TABLE t"));
    talk.down(messages(1, &[b"\xfbx".to_vec()]));
    talk.up(messages(2, &[b"1\n2\n".to_vec(), b"3\n".to_vec()]));
    talk.up(messages(4, &[Vec::new()]));
    talk.down(messages(5, &[ok(2)]));
    talk.up(query("DO 1"));
    talk.down(messages(1, &[ok(2)]));
    check(talk, &["query 2 LOAD DATA LOCAL INFILE ? INTO TABLE t", "query 1 DO ?"]);
}

#[test]
fn logins_of_several_steps() {
    for (steps, trips) in [
        (vec![(2, vec![b"\xfecaching_sha2_password\0salt".to_vec()])], 2),
        (vec![(2, vec![b"\x01\x04".to_vec()]), (4, vec![b"\x01-----BEGIN PUBLIC KEY".to_vec()])], 3),
        (vec![(2, vec![b"\xfemysql_native_password\0salt".to_vec()]), (4, vec![b"\x01\x04".to_vec()])], 3),
    ] {
        let mut talk = Talk::new();
        talk.down(greeting(NEW));
        talk.up(messages(1, &[login(NEW)]));
        let mut next = 2;
        for (sequence, payloads) in steps {
            talk.down(messages(sequence, &payloads));
            talk.up(messages(sequence + 1, &[vec![2; 20]]));
            next = sequence + 2;
        }
        // Fast: the OK comes with the word that it is.
        talk.down(messages(next, &[b"\x01\x03".to_vec(), ok(2)]));
        let lines = talk.lines(Speaks::MySql);
        assert_eq!(lines[2], format!("login {trips} "));
    }
}

#[test]
fn change_of_user_and_fresh_sessions() {
    let mut talk = ready(NEW);
    talk.up(query("SELECT a FROM t"));
    talk.down(messages(1, &result(NEW, 1, 2)));
    talk.up(command(&Command::ChangeUser(Login { user: "you".into(), ..Login::default() })));
    talk.down(messages(1, &[b"\xfex\0salt".to_vec()]));
    talk.up(messages(2, &[vec![1; 20]]));
    talk.down(messages(3, &[ok(2)]));
    talk.up(command(&Command::Ping));
    talk.down(messages(1, &[ok(2)]));
    talk.up(query("SELECT b FROM t"));
    talk.down(messages(1, &result(NEW, 1, 2)));
    talk.up(command(&Command::ResetConnection));
    talk.down(messages(1, &[ok(2)]));
    talk.up(query("SET a = 1"));
    talk.down(messages(1, &[ok(2)]));
    talk.up(messages(0, &[b"\x04t\0".to_vec()]));
    talk.down(messages(1, &[made(|out| Column::text("a").put(out)), end(NEW, 2)]));
    talk.up(command(&Command::Statistics));
    talk.down(messages(1, &[b"Uptime: 5".to_vec()]));
    check(
        talk,
        &[
            "query 1 SELECT a FROM t 1 rows",
            "login 2 ",
            "set-up 1 COM_PING",
            "query 1 SELECT b FROM t 1 rows",
            "set-up 1 COM_RESET_CONNECTION",
            "set-up 1 SET a = ?",
            "query 1 COM_FIELD_LIST",
            "query 1 COM_STATISTICS",
        ],
    );
}

/// MariaDB's own bits in a greeting, or in a login.
fn with_own(mut payload: Vec<u8>, at: usize, own: u32) -> Vec<u8> {
    payload[at..at + 4].copy_from_slice(&own.to_le_bytes());
    payload
}

#[test]
fn mariadb_leaves_definitions_out() {
    let capabilities = NEW & !1;
    let mut talk = Talk::new();
    talk.down(with_own(greeting(capabilities), 4 + 1 + 4 + 4 + 8 + 1 + 2 + 3 + 2 + 7, 0x15));
    talk.up(messages(1, &[with_own(login(capabilities), 28, 0x15)]));
    talk.down(messages(2, &[ok(2)]));
    for follow in [1, 0] {
        talk.up(messages(0, &[b"\xfa\xff\xff\xff\xff\x80\0\0\0\0\x01\0".to_vec()]));
        let mut all = result(capabilities, 4, 2);
        all[0].push(follow);
        if follow == 0 {
            all.drain(1..3);
        }
        // Progress looks like an error.
        all.insert(0, b"\xff\xff\xff\x01\x01\x02\0\0\0\x05sort".to_vec());
        talk.down(messages(1, &all));
    }
    let unknown = "query 1 (prepared before it was followed) 4 rows";
    check(talk, &[unknown, unknown]);
}

#[test]
fn what_is_encrypted_or_compressed_is_counted_by_flights() {
    let mut talk = Talk::new();
    talk.down(greeting(NEW | SSL));
    let wish = made(|out| Login { capabilities: NEW | SSL, ..Login::default() }.put(out));
    talk.up(messages(1, &[wish[..32].to_vec()]));
    talk.up(b"\x16\x03\x01 hello");
    talk.down(b"\x16\x03\x03 hello, finished");
    talk.up(b"\x14\x03\x03 changed");
    talk.up(b"\x17\x03\x03 finished, login");
    talk.down(b"\x17\x03\x03 tickets");
    talk.down(b"\x17\x03\x03 ok");
    talk.up(b"\x17\x03\x03 query");
    talk.down(b"\x17\x03\x03 rows");
    talk.up(b"\x17\x03\x03 close");
    let (view, exchanges) = talk.end(Speaks::Auto);
    let phases: Vec<_> = exchanges.iter().map(|e| (e.phase.word(), e.round_trips)).collect();
    assert_eq!(phases, [("connect", 1), ("greeting", 1), ("tls", 1), ("login", 1), ("query", 1), ("query", 0)]);
    assert!(matches!(notes(&view)[..], [note] if note.kind == NoteKind::Encrypted && note.offset == 36));
    assert_eq!(view.routes[0].speaks, "mysql");

    let mut talk = ready(NEW | COMPRESS);
    talk.up(b"\x09\0\0\0\0\0\0anything");
    talk.down(b"\x09\0\0\x01\0\0\0anything");
    let (view, exchanges) = talk.end(Speaks::Auto);
    assert_eq!(exchanges[3].statement.as_deref(), Some("(compressed: counted by flights)"));
    assert!(matches!(notes(&view)[..], [note] if note.kind == NoteKind::Compressed));
    assert_eq!(view.sums.round_trips, 4);
}

#[test]
fn bytes_that_are_not_the_protocol_are_told_with_their_place() {
    // (down instead of an answer, what was expected)
    for (bytes, expected) in [
        (messages(3, &[ok(2)]), "the next sequence number"),
        (messages(1, &[b"\x01\x02".to_vec()]), "a number of columns"),
        (messages(1, &[b"\x01".to_vec(), b"\x03abc".to_vec()]), "the definition of a column"),
        (messages(1, &[ok(2), ok(2)]), "nothing: no command waits for an answer"),
    ] {
        let mut talk = ready(NEW);
        talk.up(query("SELECT a FROM t"));
        talk.down(&bytes);
        talk.up(b"whatever");
        talk.down(b"whatever");
        let (view, _) = talk.end(Speaks::Auto);
        let [note] = notes(&view)[..] else { panic!("{view:?}") };
        assert_eq!((note.kind, note.expected.as_str()), (NoteKind::NotUnderstood, expected));
        assert_eq!(view.sums.round_trips, 5, "{expected}");
    }
    let mut talk = Talk::new();
    talk.down("220 mail.example.org ESMTP\r\n");
    talk.up("EHLO me\r\n");
    talk.down("250 fine\r\n");
    let (view, _) = talk.end(Speaks::Auto);
    assert_eq!((view.routes[0].speaks.as_str(), view.sums.round_trips), ("unknown", 3));
    assert_eq!(notes(&view)[0].expected, "a MySQL server's greeting");
}

#[test]
fn what_was_not_seen_is_told() {
    let mut talk = ready(NEW);
    talk.up(query("SELECT a FROM t"));
    talk.missed(Direction::Down, 1_000);
    talk.down(b"the end of it");
    talk.up(query("SELECT b FROM t"));
    talk.down(b"more");
    let (view, _) = talk.end(Speaks::Auto);
    let [note] = notes(&view)[..] else { panic!("{view:?}") };
    assert_eq!((note.kind, note.direction), (NoteKind::NotSeen, Some("down")));
    assert_eq!((view.routes[0].missed_bytes, view.sums.round_trips), (1_000, 5));
}

#[test]
fn servers_that_refuse() {
    let mut talk = Talk::new();
    talk.down(messages(0, &[error()]));
    let (view, exchanges) = talk.end(Speaks::Auto);
    assert!(exchanges[1].failed && view.sums.round_trips == 2);
    let mut talk = Talk::new();
    talk.down(greeting(NEW));
    talk.up(messages(1, &[login(NEW)]));
    talk.down(messages(2, &[error()]));
    let (view, _) = talk.end(Speaks::Auto);
    assert_eq!(notes(&view)[0].expected, "login, error 1064");
    let mut talk = ready(NEW);
    talk.down(messages(0, &[error()]));
    let (view, _) = talk.end(Speaks::Auto);
    assert_eq!(notes(&view)[0].expected, "the server ended it, error 1064");
}

#[test]
fn long_statements_and_rows_are_passed_over() {
    let mut talk = ready(NEW);
    let long = format!("INSERT INTO t VALUES ('{}')", "x".repeat(packet::FULL + 5));
    talk.seen.truncate(5);
    talk.up(query(&long));
    talk.down(messages(2, &[ok(2)]));
    talk.up(query("SELECT a FROM t"));
    let mut all = result(NEW, 0, 2);
    all.insert(3, made(|out| row::put_text(out, &[Cell::Bytes(vec![b'y'; packet::FULL + 9]), Cell::Null])));
    talk.down(messages(1, &all));
    let (view, exchanges) = crate::ledger::talk::read(&talk.seen, Speaks::Auto);
    assert_eq!(exchanges[3].statement.as_deref(), Some("INSERT INTO t VALUES (?+) …"));
    assert_eq!((exchanges[4].rows, view.sums.round_trips), (Some(1), 5));
    assert!(view.sums.bytes_down > packet::FULL as u64);
}
