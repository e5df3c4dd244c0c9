//! The `longhaul` binary: a shell around the library.

fn main() {}
