//! What distance does, as published or derived numbers, found again by simulating: the law is not in the test, only its result.
//!
//! Each test names the case, its published numbers and how near the simulation must come. Where a law does not depend on
//! scale, the rate is scaled down. Not for: whether the simulator is right about single journeys and queues (`simulator`).

#[path = "../simulated/mod.rs"]
mod simulated;

mod blending;
mod daily;
mod locks;
mod overload;
mod restarting;
mod serial;
mod starting;
