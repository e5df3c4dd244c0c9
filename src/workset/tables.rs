//! longhaul's own MySQL schema: its tables, and how they are made and filled.
//!
//! `items` holds rows that journeys read and write apart from each other, `hot` the named rows that
//! they contend for, and a marker says who made the schema. Not for: the statements of calls (`sql`).

use super::scan::quote;

/// The schema that longhaul makes, and the only one it writes to.
pub const SCHEMA: &str = "longhaul";

/// The table whose presence says that longhaul made the schema.
pub const MARKER: &str = "longhaul_made_this";

/// The layout of the tables; a schema of another version is made anew.
pub const VERSION: u32 = 1;

/// The smallest id of `items`: all ids have seven digits, so that rows are equally long.
pub const FIRST_ID: u32 = 1_000_000;

/// Rows of `items` beyond those that one call reads: so many transactions at once touch rows of their own.
pub const ROWS_APART: u32 = 16_384;

/// The statements that make the schema anew and fill it; the schema itself and its marker come first.
pub fn seeding(items: u32, hot: &[(String, u32)]) -> Vec<String> {
    let mut all: Vec<String> = [
        format!("CREATE DATABASE IF NOT EXISTS {SCHEMA}"),
        format!("CREATE TABLE IF NOT EXISTS {SCHEMA}.{MARKER} (version INT UNSIGNED NOT NULL PRIMARY KEY)"),
        format!("REPLACE INTO {SCHEMA}.{MARKER} VALUES ({VERSION})"),
        format!("DROP TABLE IF EXISTS {SCHEMA}.items, {SCHEMA}.hot"),
        format!(
            "CREATE TABLE {SCHEMA}.items (id INT UNSIGNED NOT NULL PRIMARY KEY, payload MEDIUMBLOB, writes INT UNSIGNED NOT NULL DEFAULT 0) ENGINE=InnoDB"
        ),
        format!(
            "CREATE TABLE {SCHEMA}.hot (name VARCHAR(190) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL, slot INT UNSIGNED NOT NULL, payload MEDIUMBLOB, writes INT UNSIGNED NOT NULL DEFAULT 0, PRIMARY KEY (name, slot)) ENGINE=InnoDB"
        ),
    ]
    .into();
    let ids: Vec<String> = (FIRST_ID..FIRST_ID.saturating_add(items)).map(|id| format!("({id}, '')")).collect();
    let rows = |table: &str, columns: &str, rows: &[String]| {
        let chunks = rows.chunks(4096).map(|some| some.join(", "));
        chunks.map(|some| format!("INSERT INTO {SCHEMA}.{table} ({columns}) VALUES {some}")).collect::<Vec<_>>()
    };
    all.extend(rows("items", "id, payload", &ids));
    let slots: Vec<String> = hot
        .iter()
        .flat_map(|(name, slots)| (0..*slots).map(move |slot| format!("({}, {slot}, '')", quote(name))))
        .collect();
    all.extend(rows("hot", "name, slot, payload", &slots));
    all
}
