//! Memcached, followed in both directions: text with meta commands, or binary.
//!
//! Not for: what is in the cache.

mod binary;
mod text;

use super::desk::{Desk, Pending, Stamp, WAITING_MOST};
use super::lost::Lost;
use crate::protocol::memcached::binary::REQUEST;

/// A connection that speaks Memcached.
#[derive(Debug)]
pub(super) enum Memcached {
    Text(Box<text::Text>),
    Binary(Box<binary::Binary>),
}

impl Memcached {
    /// Whether a client's first byte may be of a command.
    pub(super) fn begins_with(first: u8) -> bool {
        first == REQUEST || first.is_ascii_lowercase()
    }

    /// By the first byte.
    pub(super) fn new(first: u8) -> Self {
        if first == REQUEST { Self::Binary(Box::default()) } else { Self::Text(Box::default()) }
    }

    /// Follows bytes from the client.
    pub(super) fn up(
        &mut self,
        data: &[u8],
        stamp: Stamp,
        desk: &mut Desk,
        done: &mut Vec<Pending>,
    ) -> Result<(), Lost> {
        match self {
            Self::Text(text) => text.up(data, stamp, desk, done),
            Self::Binary(binary) => binary.up(data, stamp, desk, done),
        }
    }

    /// Follows bytes from the store.
    pub(super) fn down(
        &mut self,
        data: &[u8],
        stamp: Stamp,
        desk: &mut Desk,
        done: &mut Vec<Pending>,
    ) -> Result<(), Lost> {
        match self {
            Self::Text(text) => text.down(data, stamp, desk, done),
            Self::Binary(binary) => binary.down(data, stamp, desk, done),
        }
    }
}

/// Answers that wait are bounded, like everything.
fn check(desk: &Desk) -> Result<(), Lost> {
    if desk.len() > WAITING_MOST { Err(Lost::because("fewer commands that wait")) } else { Ok(()) }
}

#[cfg(test)]
mod tests;
