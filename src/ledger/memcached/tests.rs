//! Conversations with Memcached, each cut at every byte.

use crate::ledger::talk::{Talk, notes};
use crate::ledger::{NoteKind, Speaks};
use crate::protocol::memcached::binary::{ANSWER, Packet, REQUEST, put};

/// Pairs of what goes up and what comes down; `""` down: nothing is waited for.
#[track_caller]
fn check(talk: &[(&[u8], &[u8])], expected: &[&str]) {
    let mut all = Talk::new();
    for (up, down) in talk {
        all.up(up);
        if !down.is_empty() {
            all.down(down);
        }
    }
    let lines = all.lines(Speaks::Auto);
    assert_eq!(lines[0], "connect 1 ");
    assert_eq!(lines[1..], *expected);
}

#[test]
fn text() {
    check(
        &[
            (b"version\r\n", b"VERSION 1.6\r\n"),
            (b"set user:1 0 0 5\r\na\r\nbc\r\n", b"STORED\r\n"),
            (b"set user:2 0 0 1 noreply\r\na\r\n", b""),
            (b"get user:1 user:2 user:3\r\n", b"VALUE user:1 0 5\r\na\r\nbc\r\nVALUE user:2 0 1\r\na\r\nEND\r\n"),
            (b"gets user:9\r\n", b"END\r\n"),
            (b"gat 10 user:1\r\n", b"VALUE user:1 0 5\r\nEND\r\n\r\nEND\r\n"),
            (b"incr n 1\r\n", b"5\r\n"),
            (b"touch n 1\r\n", b"TOUCHED\r\n"),
            (b"stats\r\n", b"STAT a 1\r\nSTAT b 2\r\nEND\r\n"),
            (b"stats reset\r\n", b"RESET\r\n"),
            (b"set a 0 0 x\r\n", b"CLIENT_ERROR bad command line format\r\n"),
            (b"lru mode flat\r\n", b"OK\r\n"),
            (b"quit\r\n", b""),
        ],
        &[
            "set-up 1 version",
            "query 1 set user:*",
            "query 0 set user:* unanswered",
            "query 1 get user:* (2-9 keys) 2 rows",
            "query 1 gets user:* 0 rows",
            "query 1 gat user:* 1 rows",
            "query 1 incr n",
            "query 1 touch n",
            "query 1 stats",
            "query 1 stats",
            "query 1 set (refused) failed",
            "query 1 lru",
            "query 0 quit unanswered",
        ],
    );
}

#[test]
fn what_is_sent_together_waits_once() {
    check(
        &[
            (b"get a\r\nget b\r\nset c 0 0 1\r\nx\r\n", b"END\r\nVALUE b 0 1\r\nx\r\nEND\r\nSTORED\r\n"),
            (b"delete a\r\n", b"NOT_FOUND\r\n"),
        ],
        &["query 1 get a 0 rows", "query 0 get b 1 rows", "query 0 set c", "query 1 delete a"],
    );
}

#[test]
fn meta() {
    check(
        &[
            (b"mg a:1 v\r\n", b"VA 2\r\nab\r\n"),
            (b"mg a:2 v\r\n", b"EN\r\n"),
            (b"mg a:2 s\r\n", b"HD s2\r\n"),
            (b"ms a:3 2 T0\r\nab\r\n", b"HD\r\n"),
            (b"ms a:3 2 q\r\nab\r\n", b""),
            (b"mg a:1 v q\r\nmg a:2 v q\r\nmg a:3 v q\r\nmn\r\n", b"VA 2\r\nab\r\nVA 4\r\nMN\r\n\r\nMN\r\n"),
            (b"mg a:1 v q O1\r\nmg a:2 v O2\r\n", b"VA 2 O1\r\nab\r\nVA 1 O2\r\na\r\n"),
            (b"md a:3\r\n", b"NF\r\n"),
            (b"ma n\r\n", b"HD\r\n"),
            (b"ma n v\r\n", b"VA 1\r\n5\r\n"),
            (b"mn\r\n", b"MN\r\n"),
            (b"me a:1\r\n", b"ME a:1 exp=-1\r\n"),
        ],
        &[
            "query 1 mg a:* 1 rows",
            "query 1 mg a:* 0 rows",
            "query 1 mg a:* 1 rows",
            "query 1 ms a:*",
            "query 0 ms a:* unanswered",
            "query 1 mg a:* (2-9 keys) 2 rows",
            "query 1 mg a:* (2-9 keys) 2 rows",
            "query 1 md a:*",
            "query 1 ma n",
            "query 1 ma n 1 rows",
            "query 1 mn",
            "query 1 me a:*",
        ],
    );
}

fn request(code: u8, opaque: u32, key: &[u8], value: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let extras = if code == 0x01 || code == 0x11 { &[0; 8][..] } else { &[] };
    put(&mut out, REQUEST, &Packet { opcode: code, status: 0, opaque, length: 0, key }, extras, value);
    out
}

fn answer(code: u8, status: u16, opaque: u32, key: &[u8], value: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    put(&mut out, ANSWER, &Packet { opcode: code, status, opaque, length: 0, key }, &[], value);
    out
}

#[test]
fn quiet_reads_that_are_answered_before_they_are_ended() {
    check(
        &[
            (b"mg a:1 v q\r\nmg a:2 v q\r\n", b"VA 1\r\nx\r\n"),
            (b"mn\r\n", b"MN\r\n"),
            (b"mg a:1 v q\r\n", b""),
            (b"mn\r\n", b"MN\r\n"),
        ],
        &["query 2 mg a:* (2-9 keys) 1 rows", "query 1 mg a:* 0 rows"],
    );
    check(
        &[
            (&request(0x0d, 1, b"k:1", b""), &answer(0x0d, 0, 1, b"k:1", b"value")),
            (&request(0x0a, 3, b"", b""), &answer(0x0a, 0, 3, b"", b"")),
        ],
        &["query 2 get k:* 1 rows"],
    );
}

#[test]
fn binary() {
    let quiet: Vec<u8> =
        [request(0x0d, 1, b"k:1", b""), request(0x0d, 2, b"k:2", b""), request(0x0a, 3, b"", b"")].concat();
    let found: Vec<u8> = [answer(0x0d, 0, 2, b"k:2", b"value"), answer(0x0a, 0, 3, b"", b"")].concat();
    let stats: Vec<u8> = [answer(0x10, 0, 9, b"pid", b"1"), answer(0x10, 0, 9, b"", b"")].concat();
    check(
        &[
            (&request(0x0b, 0, b"", b""), &answer(0x0b, 0, 0, b"", b"1.6")),
            (&request(0x20, 0, b"", b""), &answer(0x20, 0, 0, b"", b"PLAIN")),
            (&request(0x21, 0, b"PLAIN", b"\0me\0secret"), &answer(0x21, 0x21, 0, b"", b"more")),
            (&request(0x22, 0, b"PLAIN", b"more"), &answer(0x22, 0x20, 0, b"", b"no")),
            (&request(0x01, 5, b"k:1", b"value"), &answer(0x01, 0, 5, b"", b"")),
            (&request(0x11, 6, b"k:2", b"value"), b""),
            (&quiet, &found),
            (&request(0x00, 7, b"k:3", b""), &answer(0x00, 1, 7, b"", b"Not found")),
            (&request(0x10, 9, b"", b""), &stats),
            (&request(0x07, 0, b"", b""), &answer(0x07, 0, 0, b"", b"")),
        ],
        &[
            "set-up 1 version",
            "login 1 sasl_list",
            "login 1 sasl_auth",
            "login 1 sasl_step failed",
            "query 1 set k:*",
            "query 0 setq k:* unanswered",
            "query 1 get k:* (2-9 keys) 1 rows",
            "query 1 get k:* 0 rows",
            "query 1 stats",
            "query 1 quit",
        ],
    );
}

#[test]
fn bytes_that_are_not_the_protocol_are_told() {
    for (up, down, kind, expected) in [
        (&b"hello\r\n"[..], &b"who?\r\n"[..], NoteKind::NotUnderstood, "a command of Memcached's"),
        (b"get a\r\n", b"HELLO\r\n", NoteKind::NotUnderstood, "`VALUE` or `END`"),
        (b"get a\r\n", b"END\r\nEND\r\n", NoteKind::NotUnderstood, "nothing: no command waits for an answer"),
        (b"watch\r\n", b"OK\r\n", NoteKind::Stream, "a stream of the cache's log or keys"),
        (
            b"mg a q\r\nmg b\r\n",
            b"HD\r\nHD\r\n",
            NoteKind::NotUnderstood,
            "`mn`, or an opaque word, to end quiet reads with",
        ),
        (
            &request(0, 1, b"a", b""),
            &answer(0, 0, 2, b"", b""),
            NoteKind::NotUnderstood,
            "the answer to the oldest request",
        ),
        (&request(0, 1, b"a", b""), b"ERROR\r\n", NoteKind::NotUnderstood, "the header of a binary answer"),
    ] {
        let mut talk = Talk::new();
        talk.up(up);
        talk.down(down);
        talk.up(b"anything");
        talk.down(b"anything");
        let (view, _) = talk.end(Speaks::Auto);
        let [note] = notes(&view)[..] else { panic!("{view:?}") };
        assert_eq!((note.kind, note.expected.as_str()), (kind, expected));
        assert_eq!(view.sums.round_trips, 3, "{expected}");
    }
    let mut talk = Talk::new();
    talk.up(b"GET / HTTP/1.1\r\n\r\n");
    talk.down(b"HTTP/1.1 200 OK\r\n\r\n");
    let (view, _) = talk.end(Speaks::Auto);
    assert_eq!((view.sums.round_trips, view.routes[0].speaks.as_str()), (2, "unknown"));
    let [note] = notes(&view)[..] else { panic!("{view:?}") };
    assert_eq!(
        note.sentence(),
        "not understood (connection 0): expected a MySQL server's greeting, or a command of Memcached's; counted by \
         flights from byte 0 up"
    );
    let mut talk = Talk::new();
    talk.up(b"GET / HTTP/1.1\r\n\r\n");
    talk.down(b"HTTP/1.1 200 OK\r\n\r\n");
    let (view, _) = talk.end(Speaks::Opaque);
    assert!(notes(&view).is_empty(), "nobody expected anything: {view:?}");
    assert_eq!(&*view.routes[0].statements[0].statement, "(counted by flights)");
}
