//! Snapshots survive being written and read, and say where they are wrong.

use super::*;
use proptest::prelude::*;

fn lines() -> impl Strategy<Value = Vec<Line>> {
    let store = prop_oneof![Just(Store::Mysql), Just(Store::Memcached)];
    let line = (store, ".{1,12}|[A-Z ]{1,30}\\PC{0,9}|[\\x00-\\x7f]{1,9}", any::<(u64, u64, u32)>());
    let line = line.prop_map(|(store, text, (calls, round_trips, repeats))| Line {
        store,
        text,
        calls,
        round_trips,
        repeats: u64::from(repeats),
    });
    proptest::collection::vec(line, 0..6).prop_map(|mut lines| {
        lines.sort_by(|a, b| (a.store, &a.text).cmp(&(b.store, &b.text)));
        lines.dedup_by(|a, b| (a.store, &a.text) == (b.store, &b.text));
        lines
    })
}

fn snapshots() -> impl Strategy<Value = Snapshot> {
    let unit = (any::<(u32, u64)>(), lines());
    let units = proptest::collection::btree_map("[a-z0-9:/ -]{0,9}|.{0,5}", unit, 0..5);
    units.prop_map(|units| {
        let taken = |(name, ((times, round_trips), statements))| Taken {
            name,
            times: u64::from(times),
            round_trips,
            statements,
            at: Spot::default(),
        };
        Snapshot { file: "s.yaml".into(), units: units.into_iter().map(taken).collect() }
    })
}

fn placeless(mut snapshot: Snapshot) -> Snapshot {
    snapshot.units.iter_mut().for_each(|unit| unit.at = Spot::default());
    snapshot
}

proptest! {
    #[test]
    fn what_is_written_is_read(snapshot in snapshots(), made in ".{0,20}") {
        let text = write(&snapshot, &made);
        let read = parse("s.yaml", &text).map_err(|error| TestCaseError::fail(format!("{error}\n{text}")))?;
        prop_assert_eq!(placeless(read), snapshot, "{}", text);
    }
}

const SMALL: &str = "\
# longhaul snapshot: round trips by statement, without literals; a change here is a change of what distance costs
# made by: longhaul gate shop.yaml --snapshot shop.snapshot.yaml --update
format: 1
units:
  \"checkout\":
    times: 1
    round_trips: 31
    statements:
      - { round_trips: 27, calls: 27, repeats: 27, mysql: \"SELECT price FROM prices WHERE item = ?\" }
      - { round_trips: 1, calls: 1, repeats: 1, memcached: \"get user:*\" }
";

fn small() -> Snapshot {
    let line = |store, text: &str, n| Line { store, text: text.into(), calls: n, round_trips: n, repeats: n };
    let statements = vec![
        line(Store::Mysql, "SELECT price FROM prices WHERE item = ?", 27),
        line(Store::Memcached, "get user:*", 1),
    ];
    let at = Spot { line: 7, column: 18 };
    let unit = Taken { name: "checkout".into(), times: 1, round_trips: 31, statements, at };
    Snapshot { file: "shop.snapshot.yaml".into(), units: vec![unit] }
}

#[test]
fn a_snapshot_reads_like_a_list() {
    let made = "longhaul gate shop.yaml --snapshot shop.snapshot.yaml --update";
    assert_eq!(write(&small(), made), SMALL);
    assert_eq!(parse("shop.snapshot.yaml", SMALL).expect("valid"), small());
    let empty = Snapshot::default();
    assert_eq!(parse("", &write(&empty, "x")).expect("valid"), empty);
}

#[test]
fn what_is_wrong_is_told_with_its_place() {
    for (from, to, place, message) in [
        ("format: 1", "format: 2", "3:9", "format 2 is not known"),
        ("format: 1\n", "", "", "the snapshot has no `format`"),
        ("    times: 1\n", "", "6:5", "`checkout` has no `times`"),
        ("round_trips: 31", "round_trips: many", "7:18", "`many` is not a whole number"),
        ("mysql:", "mysqll:", "9:52", "unknown key `mysqll`"),
        ("mysql:", "memcached: \"get user:*\" } #", "10:9", "`get user:*` stands here twice"),
        ("memcached: \"get user:*\"", "", "10:9", "a statement has one text"),
        ("units:", "units:\n  \"checkout\": { times: 1, round_trips: 1 }", "6:3", "`checkout` stands here twice"),
        ("calls: 27", "calls: 27, calls: 28", "9:39", "`calls` stands here twice"),
    ] {
        let text = SMALL.replacen(from, to, 1);
        let error = parse("s.yaml", &text).expect_err(from);
        let problem = &error.problems()[0];
        let found = error.place(problem).map_or_else(String::new, |(line, column)| format!("{line}:{column}"));
        assert!(problem.message.starts_with(message), "{from}: {error}");
        assert_eq!(found, place, "{error}");
    }
    assert!(parse("s.yaml", "\n").is_err());
}
