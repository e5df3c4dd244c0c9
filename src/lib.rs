#![doc = include_str!("ARCHITECTURE.md")]

pub mod analysis;
pub mod cli;
pub mod link;
pub mod measure;
pub mod plan;
pub mod protocol;
pub mod proxy;
pub mod report;
pub mod runfile;
pub mod scenario;
pub mod seed;
pub mod server;
pub mod strategy;
pub mod timer;
pub mod units;
pub mod workset;
