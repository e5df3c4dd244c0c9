#![doc = include_str!("ARCHITECTURE.md")]

pub mod link;
pub mod measure;
pub mod plan;
pub mod proxy;
pub mod runfile;
pub mod scenario;
pub mod seed;
pub mod strategy;
pub mod timer;
pub mod units;
