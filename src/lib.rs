#![doc = include_str!("ARCHITECTURE.md")]

pub mod analysis;
pub mod measure;
pub mod plan;
pub mod report;
pub mod runfile;
pub mod scenario;
pub mod seed;
pub mod strategy;
pub mod units;
