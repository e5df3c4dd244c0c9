//! A snapshot: every statement of every journey or connection with its counts, written by longhaul, reviewed by people.
//!
//! One line a statement, sorted by store and text, so that a change of the code is a change of a few lines. No literals: only
//! fingerprints and counts, of MySQL and Memcached. Not for: bytes and times, which differ from run to run.

mod read;
mod write;

use std::path::Path;

use super::Spot;
use crate::scenario::reading;
use crate::scenario::{FILE_BYTES_MAX, LoadError};

pub use write::write;

/// The first line of every snapshot, by which a file is known to be one.
pub const MARK: &str = "# longhaul snapshot: ";

/// A whole snapshot.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Snapshot {
    /// The file, as it was named; empty if it is not of one.
    pub file: String,
    /// By name, sorted.
    pub units: Vec<Taken>,
}

/// A journey, or connections of a kind.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Taken {
    /// Its name.
    pub name: String,
    /// How often it happened.
    pub times: u64,
    /// Round trips of all passes together, those of connecting included.
    pub round_trips: u64,
    /// Sorted by store and text.
    pub statements: Vec<Line>,
    /// Where its round trips are written.
    pub at: Spot,
}

/// A statement.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Line {
    /// Of which kind of store.
    pub store: Store,
    /// Without literals.
    pub text: String,
    /// Requests of all passes together.
    pub calls: u64,
    /// Awaited round trips of all passes together.
    pub round_trips: u64,
    /// The most calls in a single pass.
    pub repeats: u64,
}

/// A kind of store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Store {
    /// MySQL.
    #[default]
    Mysql,
    /// Memcached.
    Memcached,
}

impl Store {
    /// As files and counts write it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Mysql => "mysql",
            Self::Memcached => "memcached",
        }
    }
}

/// Reads a snapshot file.
///
/// # Errors
/// If the file cannot be read, is too large, is no UTF-8, no YAML, or no snapshot.
pub fn load(path: &Path) -> Result<Snapshot, LoadError> {
    let name = path.display().to_string();
    parse(&name, &reading::read(path, &name, "snapshot")?)
}

/// Reads the text of a snapshot; `name` is what messages call it.
///
/// # Errors
/// If the text is no YAML, or no snapshot.
pub fn parse(name: &str, text: &str) -> Result<Snapshot, LoadError> {
    if text.trim().is_empty() {
        let help = "`--update` writes it anew";
        return Err(LoadError::whole(name, "the file is empty".into(), Some(help)));
    }
    if text.len() > FILE_BYTES_MAX {
        let message = format!("the snapshot is larger than {} MiB", FILE_BYTES_MAX >> 20);
        let help = "are names in statements made anew each time, such as those of temporary tables?";
        return Err(LoadError::whole(name, message, Some(help)));
    }
    read::read(name, text)
}

#[cfg(test)]
mod tests;
