//! Files that a gate will write: whether it can, told before anything takes time. Not for: what is in them.

use std::io;
use std::path::Path;

use anyhow::anyhow;

use crate::cli::{Exit, Failure, OrExit};
use crate::runfile;

/// Whether a file can be written here.
pub(super) fn can_write(path: &Path) -> Result<(), Failure> {
    wrote(path, runfile::can_put(path))
}

/// What became of writing a file, with its name.
pub(super) fn wrote(path: &Path, done: io::Result<()>) -> Result<(), Failure> {
    done.map_err(|error| anyhow!("cannot write {}: {error}", path.display())).or_exit(Exit::Environment)
}
