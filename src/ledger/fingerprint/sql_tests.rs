//! Statements and their fingerprints.

use proptest::prelude::*;

use super::*;

fn of(text: &str) -> String {
    sql(text.as_bytes(), true)
}

#[test]
fn literals_go() {
    for (text, fingerprint) in [
        ("select * from users where id=5", "SELECT * FROM users WHERE id = ?"),
        ("SELECT  *\n FROM users\tWHERE id = -5;", "SELECT * FROM users WHERE id = ?"),
        ("SELECT a-1, -1, (-1), a - -1, 3-2 FROM t", "SELECT a - ?, ?, (?), a - ?, ? - ? FROM t"),
        (r"SELECT 'it''s', 'it\'s', '\\', ''", "SELECT ?, ?, ?, ?"),
        ("SELECT \"a\" 'b' \"c\"", "SELECT ?"),
        ("SELECT x'4D', X'4d', 0x4D, b'01', 0b01, N'a', _utf8mb4'a', _utf8 'a'", "SELECT ?, ?, ?, ?, ?, ?, ?, ?"),
        ("SELECT 1.5, .5, 1., 1e5, 1.5e-3, 1e+3 FROM t", "SELECT ?, ?, ?, ?, ?, ? FROM t"),
        ("SELECT `a b`.`c``d`, t.2020_x, 2fa FROM `t`", "SELECT `a b`.`c``d`, t.2020_x, 2fa FROM `t`"),
        ("SELECT t.select, Count (*), min(a) FROM T t", "SELECT t.select, COUNT(*), MIN(a) FROM T t"),
        ("SELECT a IS NULL, b = NULL, f(NULL, TRUE) FROM t", "SELECT a IS NULL, b = ?, f(?, ?) FROM t"),
        ("UPDATE t SET a=NULL,b='x',c=c+1 WHERE d<=>3", "UPDATE t SET a = ?, b = ?, c = c + ? WHERE d <=> ?"),
        ("SELECT a->>'$.b', a||b, a<>1 FROM t", "SELECT a ->> ?, a || b, a <> ? FROM t"),
        ("SELECT @@session.autocommit, @a := 5", "SELECT @@session.autocommit, @a := ?"),
        ("set names utf8mb4", "SET NAMES utf8mb4"),
        ("SAVEPOINT `s139812_x1`", "SAVEPOINT ?"),
        ("release savepoint active_record_1", "RELEASE SAVEPOINT ?"),
        ("ROLLBACK TO SAVEPOINT `s139812_x1`; SELECT a", "ROLLBACK TO SAVEPOINT ?; SELECT a"),
        ("SELECT ? FROM t LIMIT ?, ?", "SELECT ? FROM t LIMIT ?, ?"),
        ("select date '2020-01-01', now()", "SELECT date ?, NOW()"),
    ] {
        assert_eq!(of(text), fingerprint, "{text}");
    }
}

#[test]
fn comments_go() {
    for (text, fingerprint) in [
        ("/* page 7 */ SELECT 1 -- tail", "SELECT ?"),
        ("SELECT 1 # tail\n + 2", "SELECT ? + ?"),
        ("SELECT 5--1", "SELECT ? - ?"),
        ("SELECT /*+ NO_INDEX */ a FROM t", "SELECT a FROM t"),
        ("SELECT /*!50000 SQL_NO_CACHE */ a FROM t", "SELECT SQL_NO_CACHE a FROM t"),
        ("/*!40101 SET NAMES utf8 */", "SET NAMES utf8"),
        ("SELECT '/* no comment */ -- #' FROM t /* unclosed", "SELECT ? FROM t"),
    ] {
        assert_eq!(of(text), fingerprint, "{text}");
    }
}

#[test]
fn lists_are_one() {
    for (text, fingerprint) in [
        ("SELECT a FROM t WHERE id IN (1)", "SELECT a FROM t WHERE id IN (?+)"),
        ("SELECT a FROM t WHERE id in(1,2, 3) AND b=1", "SELECT a FROM t WHERE id IN (?+) AND b = ?"),
        (
            "SELECT a FROM t WHERE id NOT IN (SELECT id FROM u WHERE a IN (1,2))",
            "SELECT a FROM t WHERE id NOT IN (SELECT id FROM u WHERE a IN (?+))",
        ),
        ("SELECT a FROM t WHERE (a,b) IN ((1,2),(3,4),(5,6))", "SELECT a FROM t WHERE (a, b) IN ((?+))"),
        ("SELECT a FROM t WHERE a IN (1, b, 3)", "SELECT a FROM t WHERE a IN (?, b, ?)"),
        ("INSERT INTO t(a,b) VALUES (1,'x')", "INSERT INTO t(a, b) VALUES (?+)"),
        ("insert into t values(1,'x'),(2,'y') , (3,NULL)", "INSERT INTO t VALUES (?+)"),
        ("INSERT INTO t VALUES (1,NOW()),(2,NOW()),(3,NOW())", "INSERT INTO t VALUES (?, NOW())"),
        ("INSERT INTO t VALUES (1,2,NOW(),3)", "INSERT INTO t VALUES (?, ?, NOW(), ?)"),
        (
            "INSERT INTO t VALUES (?,?) ON DUPLICATE KEY UPDATE a=VALUES(a)",
            "INSERT INTO t VALUES (?+) ON DUPLICATE KEY UPDATE a = VALUES (a)",
        ),
        ("SELECT 1; SELECT 2;", "SELECT ?; SELECT ?"),
        ("SELECT f(1, 2), g()", "SELECT f(?, ?), g()"),
    ] {
        assert_eq!(of(text), fingerprint, "{text}");
    }
}

#[test]
fn long_inserts_are_one_wherever_they_are_cut() {
    let rows: Vec<String> = (0..20_000).map(|i| format!("({i}, 'it''s row {i}')")).collect();
    let text = format!("INSERT INTO t (a, b) VALUES {}", rows.join(","));
    let expected = "INSERT INTO t(a, b) VALUES (?+) …";
    assert_eq!(of(&text), expected);
    for cut in 60_000..60_050 {
        assert_eq!(sql(&text.as_bytes()[..cut], false), expected);
    }
    let ids: Vec<String> = (0..20_000).map(|i| i.to_string()).collect();
    assert_eq!(of(&format!("SELECT a FROM t WHERE id IN ({})", ids.join(","))), "SELECT a FROM t WHERE id IN (?+) …");
    let names: Vec<String> = (0..1_000).map(|i| format!("column_{i}")).collect();
    let long = of(&format!("SELECT {} FROM t", names.join(",")));
    assert!(long.len() < 1_100 && long.ends_with('…'));
}

proptest! {
    #[test]
    fn any_bytes_have_a_fingerprint(bytes: Vec<u8>, whole: bool) {
        let _ = sql(&bytes, whole);
    }

    #[test]
    fn statement_like_texts_have_one(text in "[ -~]{0,80}") {
        let _ = of(&text);
    }

    #[test]
    fn literals_do_not_matter(a: i64, b in "[a-z'\\\\]{0,20}", c: f64, list in prop::collection::vec(any::<u32>(), 1..9)) {
        let quoted = b.replace('\\', "\\\\").replace('\'', "''");
        let list = list.iter().map(u32::to_string).collect::<Vec<_>>().join(" , ");
        let text = format!("SELECT x FROM t WHERE a = {a} AND b='{quoted}' AND c>{c:e} AND d IN ({list}) LIMIT 5");
        prop_assert_eq!(of(&text), "SELECT x FROM t WHERE a = ? AND b = ? AND c > ? AND d IN (?+) LIMIT ?");
    }
}
