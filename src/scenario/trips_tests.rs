//! Trip counts.
