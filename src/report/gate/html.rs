//! The page of a gate. Not for: markup, which is beside that of the other pages (`report::html::gate`).

use super::Told;

/// The whole page: one file that fetches nothing.
pub fn page(told: &Told) -> String {
    crate::report::html::gate::page(told)
}
