//! What other files of the project are read with: places, messages and suggestions, so that they are written once.
//!
//! A budget and a snapshot are read as a scenario is: wire types that keep every value with its place, then one pass that
//! collects what is wrong. Not for: what any file means.

pub(crate) use super::error::nearest;
pub(crate) use super::file::{read, yaml};
pub(crate) use super::lower::ask::Asker;
pub(crate) use super::schema::without_defaults;
pub(crate) use super::wire::Named;
pub(crate) use super::wire::leaf::{At, Leaf, Opt, Short, Text, Written, one_of, shorten};
