//! What clients send by themselves, and what they get.

use std::collections::HashMap;

use proptest::prelude::*;

use super::*;

fn ask(text: &str) -> Result<Understood, Failed> {
    let variables = HashMap::from([("sql_mode".to_owned(), Cell::Bytes(b"ANSI".to_vec()))]);
    let params = [Cell::Int(7)];
    let facts = Facts { connection: 9, user: "me", database: Some("longhaul"), variables: &variables, params: &params };
    understand(text, &facts)
}

/// The row as text, columns by name.
fn row(text: &str) -> Vec<(String, String)> {
    let Ok(Understood::Rows(columns, rows)) = ask(text) else { panic!("{text}: {:?}", ask(text)) };
    let show = |cell: &Cell| match cell {
        Cell::Bytes(bytes) => String::from_utf8_lossy(bytes).into_owned(),
        other => format!("{other:?}"),
    };
    columns.iter().map(|column| column.name.clone()).zip(rows[0].iter().map(show)).collect()
}

#[test]
fn selects_of_facts_are_answered() {
    for (text, expected) in [
        ("select @@version_comment limit 1", vec![("@@version_comment", "longhaul's stand-in for MySQL")]),
        (
            "SELECT @@max_allowed_packet,@@wait_timeout",
            vec![("@@max_allowed_packet", "UInt(67108864)"), ("@@wait_timeout", "UInt(28800)")],
        ),
        ("SELECT @@session.sql_mode AS m", vec![("m", "ANSI")]),
        ("SELECT DATABASE(), USER()", vec![("DATABASE()", "longhaul"), ("USER()", "me@localhost")]),
        ("SELECT 1", vec![("1", "Int(1)")]),
        ("/* ping */ SELECT 1 + 1 FROM DUAL", vec![("1 + 1", "Int(2)")]),
        ("SELECT 'it''s' x, ?", vec![("x", "it's"), ("?", "Int(7)")]),
        ("SELECT CONNECTION_ID()", vec![("CONNECTION_ID()", "UInt(9)")]),
        ("SHOW VARIABLES LIKE 'wait\\_time%'", vec![("Variable_name", "wait_timeout"), ("Value", "28800")]),
        (
            "SHOW SESSION VARIABLES WHERE Variable_name = 'license'",
            vec![("Variable_name", "license"), ("Value", "MIT OR Apache-2.0")],
        ),
    ] {
        let expected: Vec<_> = expected.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect();
        assert_eq!(row(text), expected, "{text}");
    }
}

#[test]
fn statements_that_set_are_understood() {
    let set =
        |pairs: &[(&str, Cell)]| Ok(Understood::Set(pairs.iter().map(|(n, c)| ((*n).to_owned(), c.clone())).collect()));
    for (text, expected) in [
        ("SET NAMES utf8mb4", set(&[])),
        ("SET autocommit=0", set(&[("autocommit", Cell::Int(0))])),
        ("SET @@session.autocommit = ON", set(&[("autocommit", Cell::Int(1))])),
        ("SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED", set(&[])),
        (
            "SET SESSION sql_mode = 'A,B', @x := 5",
            set(&[("sql_mode", Cell::Bytes(b"A,B".to_vec())), ("@x", Cell::Int(5))]),
        ),
        (
            "SET sql_mode = CONCAT(@@sql_mode, ',X'), time_zone = '+00:00'",
            set(&[("sql_mode", Cell::Null), ("time_zone", Cell::Bytes(b"+00:00".to_vec()))]),
        ),
        ("BEGIN", Ok(Understood::Begin)),
        ("START TRANSACTION READ ONLY", Ok(Understood::Begin)),
        ("commit work", Ok(Understood::Commit)),
        ("ROLLBACK TO SAVEPOINT a", Ok(Understood::Nothing)),
        ("USE `other`", Ok(Understood::Use("other".into()))),
    ] {
        assert_eq!(ask(text), expected, "{text}");
    }
}

#[test]
fn what_is_not_done_is_told_so() {
    for (text, code) in [
        ("SELECT * FROM users", 1064),
        ("SELEC 1", 1064),
        ("SELECT @@nonsense", 1193),
        ("INSERT INTO t VALUES (1)", 1235),
        ("SHOW CREATE TABLE t", 1235),
        ("KILL 4", 1235),
        ("COMMIT AND CHAIN", 1064),
        ("SET autocommit", 1064),
        ("", 1065),
        ("/* only a comment */", 1065),
    ] {
        assert_eq!(ask(text).map_err(|e| e.code), Err(code), "{text}");
    }
    let message = ask("SELECT * FROM users").expect_err("not understood").message;
    assert!(message.contains("stand-in"), "{message}");
}

#[test]
fn like_is_sqls() {
    for (text, pattern, fits) in [
        ("abc", "a%", true),
        ("abc", "%C", true),
        ("abc", "a_c", true),
        ("abc", "a\\_c", false),
        ("a_c", "a\\_c", true),
        ("abc", "", false),
        ("", "%", true),
        ("aXbXc", "a%b%c", true),
        ("aXbXd", "a%b%c", false),
        ("ab", "ab%%", true),
        ("aaab", "%aab", true),
    ] {
        assert_eq!(show::like(text, pattern), fits, "{text} like {pattern}");
    }
}

proptest! {
    #[test]
    fn no_text_makes_it_panic(verb in "(SELECT|SET|SHOW|USE|COMMIT) ", text in "\\PC*", signs in "[a1'\"`@?(),;=:.\\\\% -]*") {
        let _ = ask(&format!("{verb}{text}"));
        let _ = ask(&format!("{verb}{signs}"));
        let _ = show::like(&text, &signs);
    }
}
