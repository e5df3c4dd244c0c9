//! The MySQL client/server protocol, version 10 of the handshake and 4.1 of everything else.
//!
//! One message a file, written and read: [`packet`] frames, [`handshake`], [`command`], [`execute`]
//! (binary parameters), [`reply`] (OK, ERR, EOF), [`mod@column`], [`row`]; [`frames`] and [`offers`] are for lookers-on. TLS and
//! compression are not spoken. Source: the MySQL internals manual and MariaDB's protocol pages.

pub mod column;
pub mod command;
pub mod execute;
pub mod frames;
pub mod handshake;
pub mod offers;
pub mod packet;
pub mod reply;
pub mod row;

/// Bits that both sides offer each other.
pub mod capability {
    /// The affected-rows count is of rows found, not of rows changed.
    pub const FOUND_ROWS: u32 = 1 << 1;
    /// The first database is named when logging in.
    pub const CONNECT_WITH_DB: u32 = 1 << 3;
    /// The compressed protocol (zlib).
    pub const COMPRESS: u32 = 1 << 5;
    /// Everything after MySQL 4.1.
    pub const PROTOCOL_41: u32 = 1 << 9;
    /// A wish for TLS, in a packet before the login.
    pub const SSL: u32 = 1 << 11;
    /// Status flags are known.
    pub const TRANSACTIONS: u32 = 1 << 13;
    /// The login's proof has its length before it (20 bytes).
    pub const SECURE_CONNECTION: u32 = 1 << 15;
    /// Several statements in one text.
    pub const MULTI_STATEMENTS: u32 = 1 << 16;
    /// Several result sets for one text.
    pub const MULTI_RESULTS: u32 = 1 << 17;
    /// Several result sets for a prepared statement.
    pub const PS_MULTI_RESULTS: u32 = 1 << 18;
    /// Plugins that prove who one is.
    pub const PLUGIN_AUTH: u32 = 1 << 19;
    /// Names and values that a client tells of itself.
    pub const CONNECT_ATTRS: u32 = 1 << 20;
    /// The login's proof has a length-encoded length.
    pub const PLUGIN_AUTH_LENENC: u32 = 1 << 21;
    /// Result sets end with an OK packet instead of two EOF packets.
    pub const DEPRECATE_EOF: u32 = 1 << 24;
    /// A result says whether definitions of its columns follow (MySQL).
    pub const OPTIONAL_METADATA: u32 = 1 << 25;
    /// The compressed protocol (zstd).
    pub const COMPRESS_ZSTD: u32 = 1 << 26;
    /// A query's text has attributes before it.
    pub const QUERY_ATTRIBUTES: u32 = 1 << 27;
    /// `LONG_PASSWORD`, `LONG_FLAG`, `IGNORE_SPACE`, `INTERACTIVE`, `IGNORE_SIGPIPE`: taken note of by nobody.
    pub const HARMLESS: u32 = 1 | 1 << 2 | 1 << 8 | 1 << 10 | 1 << 12;
}

/// Bits of a server's state, in OK and EOF packets.
pub mod status {
    /// A transaction is open.
    pub const IN_TRANSACTION: u16 = 1;
    /// Every statement commits itself.
    pub const AUTOCOMMIT: u16 = 2;
    /// Another result set follows.
    pub const MORE_RESULTS: u16 = 8;
    /// Rows are fetched from a cursor later.
    pub const CURSOR_EXISTS: u16 = 64;
}

/// Types of columns and parameters.
pub mod kind {
    /// One byte.
    pub const TINY: u8 = 1;
    /// Two bytes.
    pub const SHORT: u8 = 2;
    /// Four bytes.
    pub const LONG: u8 = 3;
    /// Four bytes, floating.
    pub const FLOAT: u8 = 4;
    /// Eight bytes, floating.
    pub const DOUBLE: u8 = 5;
    /// Nothing.
    pub const NULL: u8 = 6;
    /// A point in time.
    pub const TIMESTAMP: u8 = 7;
    /// Eight bytes.
    pub const LONGLONG: u8 = 8;
    /// Three bytes, sent as four.
    pub const INT24: u8 = 9;
    /// A day.
    pub const DATE: u8 = 10;
    /// A length of time.
    pub const TIME: u8 = 11;
    /// A day and time.
    pub const DATETIME: u8 = 12;
    /// Two bytes.
    pub const YEAR: u8 = 13;
    /// A text with any contents.
    pub const BLOB: u8 = 252;
    /// A text.
    pub const VAR_STRING: u8 = 253;
}
