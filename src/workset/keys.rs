//! The Memcached keys that longhaul uses.
//!
//! Four families, all beginning with `lh:`: values that are there ([`hit`]), keys that never are
//! ([`miss`]), keys that calls write ([`scratch`]) and counters ([`counter`]). Every key is one that
//! Memcached takes: printable, without blanks, at most 250 bytes. What must be loaded beforehand is
//! listed by [`super::Needs::preload`]. Not for: values' contents.

use crate::units::Bytes;

/// Counters that are loaded with `0`.
pub const COUNTERS: u64 = 64;

/// Scratch keys per step: calls overwrite each other's values, so the cache does not fill with them.
const SCRATCH: u64 = 16;

/// How many different keys of one value size are loaded: 8 MiB worth, at least 8 and at most 1,024.
///
/// A multi-get of more keys than this would ask for some of them twice.
pub fn pool(size: Bytes) -> u64 {
    ((8 << 20) / size.0.max(1)).clamp(8, 1024)
}

/// A key that holds a value of `size` bytes: number `n`, wrapped around the [`pool`] of that size.
pub fn hit(size: Bytes, n: u64) -> String {
    format!("lh:hit:{}:{}", size.0, n % pool(size))
}

/// A key that no one ever sets.
pub fn miss(journey: u64, n: u64) -> String {
    format!("lh:miss:{journey}:{n}")
}

/// The key that `set`, `add` and `delete` of a journey's step use.
///
/// Whether `add` stores and `delete` finds is up to who was there before, as in a real cache.
pub fn scratch(journey: u64, step: u32) -> String {
    format!("lh:scratch:{}:{step}", journey % SCRATCH)
}

/// The key that `incr` uses; it holds a number.
pub fn counter(n: u64) -> String {
    format!("lh:count:{}", n % COUNTERS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn keys_are_ones_that_memcached_takes(a: u64, b: u64, step: u32) {
            for key in [hit(Bytes(a), b), miss(a, b), scratch(a, step), counter(a)] {
                prop_assert!(key.len() <= 250 && key.bytes().all(|c| c.is_ascii_graphic()), "{key}");
            }
        }
    }

    #[test]
    fn consecutive_hits_are_different_keys_up_to_the_pool() {
        for size in [0, 100, 1024, 100_000, 1_000_000] {
            let size = Bytes(size);
            let keys: std::collections::BTreeSet<_> = (500..500 + pool(size)).map(|n| hit(size, n)).collect();
            assert_eq!(keys.len() as u64, pool(size), "{size}");
        }
    }
}
