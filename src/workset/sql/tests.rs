//! What `statement` makes, `recognise` reads back.

use proptest::prelude::*;

use super::*;
use crate::units::Bytes;

fn call(write: bool, rows: u32, row_size: u64, prepared: Prepared) -> ScriptSql {
    ScriptSql { write, rows, row_size: Bytes(row_size), prepared, sql: None, service: None, lock: None, refused: false }
}

fn any_call() -> impl Strategy<Value = ScriptSql> {
    let prepared = prop_oneof![Just(Prepared::No), Just(Prepared::Each), Just(Prepared::Cached)];
    let lock = prop::option::of(("\\PC{1,12}", 0..50_000_u32));
    let sql = prop::option::of(prop_oneof![Just("SELECT 1 FROM t WHERE a = ?".to_owned()), "[ -~]{1,40}"]);
    let service = prop::option::of(any::<u64>().prop_map(Nanos));
    (any::<bool>(), 0..2000_u32, 0..5000_u64, prepared, sql, service, lock, any::<bool>()).prop_map(
        |(write, rows, row_size, prepared, sql, service, lock, refused)| ScriptSql {
            sql,
            service,
            lock,
            refused,
            ..call(write, rows, row_size, prepared)
        },
    )
}

fn lenenc(n: u64) -> u64 {
    match n {
        0..=250 => 1,
        251..=65_535 => 3,
        65_536..=16_777_215 => 4,
        _ => 9,
    }
}

#[test]
fn a_kept_statement_is_the_same_whatever_its_time() {
    let text = |prepared, ns| {
        statement(&ScriptSql { service: Some(Nanos(ns)), ..call(false, 1, 100, prepared) }, 7, true).text
    };
    assert_eq!(text(Prepared::Cached, 1), text(Prepared::Cached, 2));
    assert_ne!(text(Prepared::No, 1), text(Prepared::No, 2));
    // A real server is told nothing.
    let plain = statement(&ScriptSql { service: Some(Nanos(1)), ..call(false, 1, 100, Prepared::Cached) }, 7, false);
    assert_eq!(plain, statement(&call(false, 1, 100, Prepared::Cached), 7, true));
}

#[test]
fn a_commit_may_tell_its_time() {
    assert_eq!(commit(None), "COMMIT");
    assert_eq!(commit_time(&commit(Some(Nanos(1_234)))), Some(Nanos(1_234)));
    for text in ["COMMIT", "/*longhaul service_ns=1*/ ROLLBACK", "/*longhaul service_ns=*/ COMMIT"] {
        assert_eq!(commit_time(text), None, "{text}");
    }
}

proptest! {
    #[test]
    fn every_statement_is_read_back(call in any_call(), journey: u64) {
        prop_assume!(call.sql.as_ref().is_none_or(|sql| !sql.starts_with("/*longhaul")));
        let made = statement(&call, journey, true);
        let read = recognise(&made.text).expect("recognised");
        let lock = call.lock.clone().map(|(name, slot)| RowKey::Hot(name, slot));
        prop_assert_eq!(read.writes(), call.write);
        if call.sql.is_none() || (call.write && call.refused) {
            prop_assert_eq!(usize::from(read.params), made.params.len());
        }
        if !(call.write && call.refused) {
            // A user's placeholders have no values here, and the time would come after them.
            if call.sql.as_ref().is_none_or(|sql| !sql.contains('?')) {
                prop_assert_eq!(read.service(&made.params), call.service);
            }
        }
        match read.resolve(&made.params).expect("parameters fit") {
            Asked::Refused => prop_assert!(call.write && call.refused),
            Asked::Write(row) => {
                prop_assert!(call.write && !call.refused);
                match (&call.sql, lock) {
                    (_, Some(lock)) => prop_assert_eq!(row, Some(lock)),
                    (Some(_), None) => prop_assert_eq!(row, None),
                    (None, None) => prop_assert!(matches!(row, Some(RowKey::Item(_)))),
                }
            }
            Asked::Read { ids, lock: read_lock, .. } => {
                prop_assert!(!call.write);
                prop_assert_eq!(ids.end.saturating_sub(ids.start), u64::from(call.rows));
                prop_assert_eq!(read_lock, lock);
            }
        }
    }

    #[test]
    fn a_row_is_as_long_as_asked(row_size in 16..100_000_u64, prepared: bool, journey: u64) {
        let prepared = if prepared { Prepared::Cached } else { Prepared::No };
        let made = statement(&call(false, 1, row_size, prepared), journey, false);
        let read = recognise(&made.text).expect("recognised");
        let Some(Asked::Read { payload, .. }) = read.resolve(&made.params) else { panic!("a read") };
        let id = if prepared == Prepared::No { 1 + 7 } else { 1 + 1 + 4 };
        let length = 4 + id + lenenc(payload) + payload;
        prop_assert!(length <= row_size && length + 2 >= row_size, "{length} of {row_size}");
    }

    #[test]
    fn no_text_makes_it_panic(text in "\\PC*", cut in 0..200_usize) {
        let _ = recognise(&text);
        let _ = placeholders(&text);
        let known = statement(&ScriptSql { lock: Some(("é'\\".into(), 3)), ..call(true, 1, 20, Prepared::No) }, 7, true);
        let cut = known.text.char_indices().map(|(at, _)| at).nth(cut).unwrap_or(known.text.len());
        let _ = recognise(&known.text[..cut]);
    }
}

#[test]
fn statements_look_like_this() {
    let text = |call: &ScriptSql, hints| statement(call, 5, hints).text;
    let lock = Some(("it'em".to_owned(), 3));
    for (call, expected) in [
        (
            call(false, 3, 300, Prepared::No),
            "SELECT id, REPEAT('x', 285) AS payload FROM longhaul.items WHERE id BETWEEN 1000005 AND 1000007",
        ),
        (
            call(false, 3, 300, Prepared::Cached),
            "SELECT id, REPEAT('x', 287) AS payload FROM longhaul.items WHERE id BETWEEN ? AND ?",
        ),
        (
            call(true, 1, 20, Prepared::No),
            "UPDATE longhaul.items SET payload = '5000000000000000xxxx', writes = writes + 1 WHERE id = 1000005",
        ),
        (
            ScriptSql { lock: lock.clone(), ..call(true, 1, 3, Prepared::No) },
            "UPDATE longhaul.hot SET payload = '500', writes = writes + 1 WHERE name = 'it''em' AND slot = 3",
        ),
        (
            ScriptSql { lock, ..call(false, 1, 30, Prepared::No) },
            "SELECT slot AS id, REPEAT('x', 23) AS payload FROM longhaul.hot WHERE name = 'it''em' AND slot = 3 FOR UPDATE",
        ),
    ] {
        assert_eq!(text(&call, false), expected);
        assert_eq!(text(&call, true), expected, "nothing to hint at");
    }
    let own = ScriptSql { sql: Some("SELECT 1".into()), ..call(false, 2, 100, Prepared::No) };
    assert_eq!(text(&own, false), "SELECT 1");
    assert_eq!(text(&own, true), "/*longhaul rows=2 size=87 write=0*/ SELECT 1");
}

#[test]
fn journeys_close_together_write_different_rows() {
    let rows: std::collections::BTreeSet<_> = (9_000..9_000 + u64::from(ROWS_APART))
        .map(|n| statement(&call(true, 1, 0, Prepared::Each), n, false).params)
        .map(|p| format!("{p:?}"))
        .collect();
    assert_eq!(rows.len(), ROWS_APART as usize);
}

#[test]
fn placeholders_are_not_counted_in_quotes() {
    for (text, count) in [
        ("SELECT ?, ?", 2),
        ("SELECT '?', \"?\", `?`, ?", 1),
        ("SELECT '\\'?', '''?', ?", 1),
        ("SELECT /* ? */ ? -- ?\n, ? # ?", 2),
        ("SELECT '?", 0),
    ] {
        assert_eq!(placeholders(text), count, "{text}");
    }
}
