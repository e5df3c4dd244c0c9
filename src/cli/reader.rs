//! Whoever reads the results, and may have seen enough (`longhaul … | head`).

use std::io::{ErrorKind, Result, Write};

/// A writer that remembers whether its reader has gone.
pub(super) struct Reader<'w> {
    to: &'w mut dyn Write,
    gone: bool,
}

impl<'w> Reader<'w> {
    /// One that is there.
    pub(super) fn new(to: &'w mut dyn Write) -> Self {
        Self { to, gone: false }
    }
    /// Whether something could not be written because nobody reads any more.
    pub(super) fn gone(&self) -> bool {
        self.gone
    }
    fn noting<T>(&mut self, done: Result<T>) -> Result<T> {
        self.gone |= matches!(&done, Err(error) if error.kind() == ErrorKind::BrokenPipe);
        done
    }
}

impl Write for Reader<'_> {
    fn write(&mut self, bytes: &[u8]) -> Result<usize> {
        let done = self.to.write(bytes);
        self.noting(done)
    }
    fn flush(&mut self) -> Result<()> {
        let done = self.to.flush();
        self.noting(done)
    }
}
