//! `longhaul advise` by simulation: known best fixes, sets that hold and are minimal, predictions confirmed live.

mod agrees;
mod blind;
mod confirmed;
mod files;
mod found;
#[path = "../shell/mod.rs"]
mod shell;
mod short;
mod worlds;
