//! The wire protocols of the stores, as cursors over bytes.
//!
//! Reading tells "need more" ([`Parsed::More`]) from "this is not the protocol" ([`Malformed`]), so
//! one parser serves the stand-ins, which read requests, and a tap that follows both directions.
//! Nothing panics on any bytes. Pure. Not for: sockets, and what a request means (`workset`).

pub mod cursor;
pub mod memcached;
pub mod mysql;

/// What came of reading from bytes that may not all be there yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Parsed<T> {
    /// Read, and how many bytes that took.
    Done(T, usize),
    /// The bytes end too early to tell.
    More,
}

/// Bytes that are not of the protocol; names the part that could not be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("malformed {0}")]
pub struct Malformed(pub &'static str);
