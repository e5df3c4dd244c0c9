//! What longhaul reads and writes in stores: its own tables, statements and keys.
//!
//! The live engine makes requests here and the stand-ins recognise them here, so that both sides
//! agree on what a call means; each `build` has its `recognise` in the same file. A real server
//! understands the same requests without being told anything. Pure. Not for: sending requests
//! (`engine`), answering them (`server`), how they look on the wire (`protocol`).

pub mod keys;
pub mod needs;
mod scan;
pub mod sql;
pub mod tables;
pub mod wire;

pub use needs::Needs;
