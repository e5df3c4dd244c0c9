//! What makes two requests the same one: their text without what differs from call to call.
//!
//! [`sql()`] for statements, `key` for a cache's keys. Tolerant: any bytes give some text. Not for: knowing what a statement does.

mod key;
mod keywords;
mod sql;

pub use key::{Keys, pattern};
pub use sql::{TEXT_MOST, sql};
