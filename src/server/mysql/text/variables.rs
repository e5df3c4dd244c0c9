//! The system variables that clients ask for when they start, with a server's usual values.
//!
//! Not for: having an effect; only `autocommit` has one, and the session keeps that.

use crate::protocol::mysql::execute::Cell;
use crate::server::mysql::{MAX_PACKET, VERSION};

/// Name and value, in order.
const ALL: &[(&str, &str)] = &[
    ("auto_increment_increment", "1"),
    ("auto_increment_offset", "1"),
    ("autocommit", "ON"),
    ("basedir", "/"),
    ("character_set_client", "utf8mb4"),
    ("character_set_connection", "utf8mb4"),
    ("character_set_database", "utf8mb4"),
    ("character_set_results", "utf8mb4"),
    ("character_set_server", "utf8mb4"),
    ("character_set_system", "utf8mb3"),
    ("collation_connection", "utf8mb4_general_ci"),
    ("collation_database", "utf8mb4_general_ci"),
    ("collation_server", "utf8mb4_general_ci"),
    ("default_storage_engine", "InnoDB"),
    ("error_count", "0"),
    ("explicit_defaults_for_timestamp", "ON"),
    ("foreign_key_checks", "ON"),
    ("gtid_mode", "OFF"),
    ("have_profiling", "NO"),
    ("have_query_cache", "NO"),
    ("have_ssl", "DISABLED"),
    ("hostname", "longhaul"),
    ("init_connect", ""),
    ("innodb_lock_wait_timeout", "50"),
    ("innodb_version", "8.0.36"),
    ("interactive_timeout", "28800"),
    ("license", "MIT OR Apache-2.0"),
    ("local_infile", "OFF"),
    ("log_bin", "OFF"),
    ("long_query_time", "10.000000"),
    ("lower_case_table_names", "0"),
    ("max_allowed_packet", "67108864"),
    ("max_execution_time", "0"),
    ("max_prepared_stmt_count", "16382"),
    ("net_buffer_length", "16384"),
    ("net_read_timeout", "30"),
    ("net_write_timeout", "60"),
    ("performance_schema", "OFF"),
    ("protocol_version", "10"),
    ("query_cache_size", "0"),
    ("query_cache_type", "OFF"),
    ("read_only", "OFF"),
    ("server_id", "1"),
    ("socket", ""),
    ("sql_auto_is_null", "OFF"),
    (
        "sql_mode",
        "ONLY_FULL_GROUP_BY,STRICT_TRANS_TABLES,NO_ZERO_IN_DATE,NO_ZERO_DATE,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION",
    ),
    ("sql_notes", "ON"),
    ("sql_quote_show_create", "ON"),
    ("sql_safe_updates", "OFF"),
    ("sql_select_limit", "18446744073709551615"),
    ("super_read_only", "OFF"),
    ("system_time_zone", "UTC"),
    ("time_zone", "SYSTEM"),
    ("timestamp", "0"),
    ("transaction_isolation", "REPEATABLE-READ"),
    ("transaction_read_only", "OFF"),
    ("tx_isolation", "REPEATABLE-READ"),
    ("tx_read_only", "OFF"),
    ("unique_checks", "ON"),
    ("version", VERSION),
    ("version_comment", "longhaul's stand-in for MySQL"),
    ("version_compile_machine", "x86_64"),
    ("version_compile_os", "Linux"),
    ("wait_timeout", "28800"),
    ("warning_count", "0"),
];

/// Every name with its value as text.
pub(super) fn all() -> impl Iterator<Item = (&'static str, &'static str)> {
    ALL.iter().copied()
}

/// What `SELECT @@name` gives: switches and numbers as integers, the rest as text.
pub(super) fn value(name: &str) -> Option<Cell> {
    let (name, text) = ALL.iter().find(|(known, _)| known.eq_ignore_ascii_case(name))?;
    let numeric = !name.starts_with("version") && *name != "innodb_version";
    Some(match *text {
        _ if *name == "max_allowed_packet" => Cell::UInt(MAX_PACKET as u64),
        "ON" => Cell::Int(1),
        "OFF" if !name.starts_with("gtid") && !name.ends_with("cache_type") => Cell::Int(0),
        text => match text.parse().ok().filter(|_| numeric) {
            Some(number) => Cell::UInt(number),
            None => Cell::Bytes(text.into()),
        },
    })
}
