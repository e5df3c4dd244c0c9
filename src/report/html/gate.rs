//! The page of a gate.

use maud::html;

use super::document;
use crate::report::gate::Told;

/// The whole page.
pub(crate) fn page(told: &Told) -> String {
    document(&told.judged.title, &html! { h1 { (told.judged.title) } })
}
