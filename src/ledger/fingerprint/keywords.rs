//! Words that are shown in capitals, however they were written.
//!
//! Reserved words, and functions that are often used. Not for: identifiers, whose case may matter.

/// In order, for a binary search.
const KEYWORDS: &[&str] = &[
    "ADD",
    "AGAINST",
    "ALL",
    "ALTER",
    "ANALYZE",
    "AND",
    "AS",
    "ASC",
    "AVG",
    "BEGIN",
    "BETWEEN",
    "BINARY",
    "BY",
    "CALL",
    "CASE",
    "CAST",
    "CHARACTER",
    "COALESCE",
    "COLLATE",
    "COLUMN",
    "COMMIT",
    "CONCAT",
    "CONSTRAINT",
    "COUNT",
    "CREATE",
    "CROSS",
    "CURRENT_TIMESTAMP",
    "DATABASE",
    "DATABASES",
    "DEFAULT",
    "DELAYED",
    "DELETE",
    "DESC",
    "DESCRIBE",
    "DISTINCT",
    "DIV",
    "DO",
    "DROP",
    "DUPLICATE",
    "ELSE",
    "END",
    "EXCEPT",
    "EXECUTE",
    "EXISTS",
    "EXPLAIN",
    "FALSE",
    "FOR",
    "FORCE",
    "FOREIGN",
    "FROM",
    "FULL",
    "GLOBAL",
    "GRANT",
    "GROUP",
    "GROUP_CONCAT",
    "HAVING",
    "IF",
    "IFNULL",
    "IGNORE",
    "IN",
    "INDEX",
    "INFILE",
    "INNER",
    "INSERT",
    "INTERSECT",
    "INTERVAL",
    "INTO",
    "IS",
    "ISOLATION",
    "JOIN",
    "KEY",
    "KILL",
    "LAST_INSERT_ID",
    "LEFT",
    "LEVEL",
    "LIKE",
    "LIMIT",
    "LOAD",
    "LOCAL",
    "LOCK",
    "LOWER",
    "MATCH",
    "MAX",
    "MIN",
    "MOD",
    "NAMES",
    "NATURAL",
    "NOT",
    "NOW",
    "NULL",
    "OFFSET",
    "ON",
    "OR",
    "ORDER",
    "OUTER",
    "OVER",
    "PARTITION",
    "PREPARE",
    "PRIMARY",
    "READ",
    "RECURSIVE",
    "REGEXP",
    "RELEASE",
    "RENAME",
    "REPEATABLE",
    "REPLACE",
    "RETURNING",
    "RIGHT",
    "RLIKE",
    "ROLLBACK",
    "SAVEPOINT",
    "SELECT",
    "SESSION",
    "SET",
    "SHARE",
    "SHOW",
    "SLEEP",
    "START",
    "STRAIGHT_JOIN",
    "SUM",
    "TABLE",
    "TABLES",
    "THEN",
    "TO",
    "TRANSACTION",
    "TRUE",
    "TRUNCATE",
    "UNION",
    "UNIQUE",
    "UNLOCK",
    "UPDATE",
    "UPPER",
    "USE",
    "USING",
    "VALUES",
    "VARIABLES",
    "VERSION",
    "WARNINGS",
    "WHEN",
    "WHERE",
    "WITH",
    "XOR",
];

/// Those of them that are called like a function: no blank before their parenthesis.
const FUNCTIONS: &[&str] = &[
    "AVG",
    "CAST",
    "COALESCE",
    "CONCAT",
    "COUNT",
    "CURRENT_TIMESTAMP",
    "DATABASE",
    "GROUP_CONCAT",
    "IF",
    "IFNULL",
    "LAST_INSERT_ID",
    "LEFT",
    "LOWER",
    "MAX",
    "MIN",
    "MOD",
    "NOW",
    "REPLACE",
    "RIGHT",
    "SLEEP",
    "SUM",
    "TRUNCATE",
    "UPPER",
    "VERSION",
];

/// The longest of them.
const LONGEST: usize = 17;

/// The word in capitals, if it is one of these.
pub(super) fn keyword(word: &[u8]) -> Option<&'static str> {
    let mut upper = [0; LONGEST];
    let upper = upper.get_mut(..word.len())?;
    upper.copy_from_slice(word);
    upper.make_ascii_uppercase();
    let at = KEYWORDS.binary_search_by(|keyword| keyword.as_bytes().cmp(upper)).ok()?;
    Some(KEYWORDS[at])
}

/// Whether it is called like a function.
pub(super) fn is_function(keyword: &str) -> bool {
    FUNCTIONS.binary_search(&keyword).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_in_order() {
        for list in [KEYWORDS, FUNCTIONS] {
            assert!(list.is_sorted() && list.iter().all(|word| word.len() <= LONGEST));
        }
        assert_eq!(keyword(b"select"), Some("SELECT"));
        assert_eq!(keyword(b"selects"), None);
        assert_eq!(keyword(b""), None);
        assert!(FUNCTIONS.iter().all(|function| keyword(function.as_bytes()).is_some()));
    }
}
