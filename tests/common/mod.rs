//! What several tests share. Not for: tests.

pub mod canned;
pub mod canned_scenario;
