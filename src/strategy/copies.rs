//! Which store a call goes to where an arm uses copies.
//!
//! Not for: which of the stores that it may go to one journey chooses (`plan::expand`).

use crate::scenario::{Request, StoreId};
use crate::units::{Fraction, Nanos};

/// A copy that an arm uses.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CopyUse {
    /// Instead of which store.
    pub of: StoreId,
    /// The copy.
    pub copy: StoreId,
    /// MySQL: how old what it shows may be.
    pub lag: Nanos,
    /// MySQL: share of journeys that read from the store itself.
    pub pinned: Fraction,
}

/// The copy that is used instead of a store.
pub fn copy_of(copies: &[CopyUse], store: StoreId) -> Option<&CopyUse> {
    copies.iter().find(|copy| copy.of == store)
}

/// The stores that a call to `store` may go to; `inside` are the stores with an open transaction around it.
///
/// All of a cache's requests go to its copy. Of a MySQL's, only queries outside of its transactions do, and those
/// of pinned journeys (and those after a write, which goes to the store itself) do not.
pub fn targets(
    copies: &[CopyUse],
    store: StoreId,
    request: &Request,
    inside: &[StoreId],
) -> impl Iterator<Item = StoreId> {
    let (first, second) = match (copy_of(copies, store), request) {
        (Some(use_), Request::Query(_)) if !inside.contains(&store) && use_.pinned.0 < 1.0 => {
            (use_.copy, (use_.pinned.0 > 0.0).then_some(store))
        }
        (None, _) | (_, Request::Query(_) | Request::Write(_)) => (store, None),
        (Some(use_), _) => (use_.copy, None),
    };
    std::iter::once(first).chain(second)
}
