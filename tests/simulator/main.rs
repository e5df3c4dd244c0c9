//! Whether the simulator is right: journeys to the nanosecond, queues as theory has them, laws that hold for every run.
//!
//! Not for: what live does too (`conformance`), or the numbers of published cases (`mechanisms`).

#[path = "../simulated/mod.rs"]
mod simulated;

mod journeys;
mod laws;
mod memory;
mod theory;
