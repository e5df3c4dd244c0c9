//! What several tests share. Not for: tests.
#![allow(unreachable_pub, dead_code, reason = "each test crate uses a part of it")]

pub mod canned;
pub mod canned_scenario;
pub mod canned_simulated;
pub mod serial;
