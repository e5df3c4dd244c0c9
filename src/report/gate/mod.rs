//! A judged gate in every form that people and other programs read.
//!
//! One file a format, each a pure function of [`Judged`](crate::analysis::gate::Judged). Not for: judging (`analysis::gate`).

pub mod text;
