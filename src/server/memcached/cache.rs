//! A cache like Memcached's: values with flags, expiry, numbers of stores, and a bound of memory.
//!
//! The least recently used value goes first, exactly (Memcached's own order is approximate, and its
//! bound is of slab pages). Time is an argument. Not for: the protocol.

use std::collections::HashMap;
use std::sync::Arc;

use crate::protocol::memcached::{Verb, unsigned};
use crate::units::Nanos;

/// Memcached's `item_size_max`: 1 MiB for a value with its key and header.
pub(super) const ITEM_MAX: u64 = 1 << 20;

/// What an item takes beside key, flags and value, as Memcached counts it: header 48, store number 8,
/// the key's end 1, the value's end of line 2.
const OVERHEAD: u64 = 59;

/// From here on an expiry is a Unix time.
const RELATIVE_MAX: i32 = 60 * 60 * 24 * 30;

/// No neighbour in the list of use.
const NONE: usize = usize::MAX;

pub(super) struct Item {
    key: Arc<[u8]>,
    pub(super) value: Vec<u8>,
    pub(super) flags: u32,
    pub(super) cas: u64,
    expires: Option<Nanos>,
    newer: usize,
    older: usize,
}

/// What came of storing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stored {
    Done,
    Not,
    /// Somebody else has stored since.
    Exists,
    NotFound,
}

/// What came of counting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Counted {
    Value(u64),
    NotFound,
    NotANumber,
}

/// What `stats` tells.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Counts {
    pub(super) gets: u64,
    pub(super) hits: u64,
    pub(super) sets: u64,
    pub(super) evictions: u64,
}

pub(super) struct Cache {
    slots: HashMap<Arc<[u8]>, usize>,
    items: Vec<Item>,
    newest: usize,
    oldest: usize,
    used: u64,
    limit: u64,
    cas: u64,
    flush_at: Option<Nanos>,
    /// Unix time at the clock's zero, for expiries given as Unix times.
    unix_start: u64,
    pub(super) counts: Counts,
}

/// Whether an item is more than the cache ever takes.
pub(super) fn too_large(key: &[u8], flags: u32, length: u64) -> bool {
    size(key.len() as u64, flags, length) > ITEM_MAX
}

fn size(key: u64, flags: u32, length: u64) -> u64 {
    OVERHEAD + key + if flags == 0 { 0 } else { 4 } + length
}

impl Cache {
    pub(super) fn new(limit: u64, unix_start: u64) -> Self {
        Self {
            slots: HashMap::new(),
            items: Vec::new(),
            newest: NONE,
            oldest: NONE,
            used: 0,
            limit,
            cas: 0,
            flush_at: None,
            unix_start,
            counts: Counts::default(),
        }
    }
    pub(super) fn len(&self) -> usize {
        self.items.len()
    }
    pub(super) fn used(&self) -> u64 {
        self.used
    }
    pub(super) fn limit(&self) -> u64 {
        self.limit
    }

    /// The item of a key, now the most recently used.
    pub(super) fn get(&mut self, key: &[u8], now: Nanos) -> Option<&Item> {
        self.counts.gets += 1;
        let slot = self.find(key, now)?;
        self.counts.hits += 1;
        self.unlink(slot);
        self.link(slot);
        Some(&self.items[slot])
    }
    /// The same, with its expiry set anew.
    pub(super) fn touch(&mut self, key: &[u8], expires: i32, now: Nanos) -> Option<&Item> {
        let slot = self.find(key, now)?;
        self.items[slot].expires = self.deadline(expires, now);
        self.get(key, now)
    }
    pub(super) fn delete(&mut self, key: &[u8], now: Nanos) -> bool {
        self.find(key, now).map(|slot| self.remove(slot)).is_some()
    }
    /// Everything that is there is gone, now or in `delay` seconds; a negative delay never comes.
    pub(super) fn flush(&mut self, delay: i32, now: Nanos) {
        // As memcached does: a flush that is due takes a number, so that later stores are told apart from it.
        self.cas += u64::from(delay <= 1);
        if delay == 0 {
            self.clear();
        } else {
            self.flush_at = u64::try_from(delay).ok().map(|delay| now.saturating_add(Nanos::from_secs(delay)));
        }
    }
    pub(super) fn store(&mut self, verb: Verb, key: &[u8], new: New<'_>, now: Nanos) -> Stored {
        self.counts.sets += 1;
        let found = self.find(key, now);
        let outcome = match (verb, found) {
            (Verb::Add, Some(_)) | (Verb::Replace | Verb::Append | Verb::Prepend, None) => Stored::Not,
            (Verb::Cas(_), None) => Stored::NotFound,
            (Verb::Cas(cas), Some(slot)) if self.items[slot].cas != cas => Stored::Exists,
            _ => Stored::Done,
        };
        match (verb, found) {
            _ if outcome != Stored::Done => outcome,
            (Verb::Append, Some(slot)) => self.join(slot, new.value, false),
            (Verb::Prepend, Some(slot)) => self.join(slot, new.value, true),
            _ => {
                let expires = self.deadline(new.expires, now);
                self.put(key, new.value.to_vec(), new.flags, expires);
                outcome
            }
        }
    }
    pub(super) fn count(&mut self, key: &[u8], down: bool, by: u64, now: Nanos) -> Counted {
        let Some(slot) = self.find(key, now) else {
            return Counted::NotFound;
        };
        let item = &self.items[slot];
        let Some(before) = unsigned(&item.value) else {
            return Counted::NotANumber;
        };
        let after = if down { before.saturating_sub(by) } else { before.wrapping_add(by) };
        let mut text = after.to_string().into_bytes();
        // A shorter number stays as long as the one before, as in Memcached, which writes in place.
        text.resize(text.len().max(item.value.len()), b' ');
        let (key, flags, expires) = (Arc::clone(&item.key), item.flags, item.expires);
        self.put(&key, text, flags, expires);
        Counted::Value(after)
    }
    /// A store that failed for its size: what was there is gone too, so that nothing stale stays.
    pub(super) fn forget(&mut self, key: &[u8], now: Nanos) {
        if let Some(slot) = self.find(key, now) {
            self.remove(slot);
        }
    }

    fn join(&mut self, slot: usize, more: &[u8], before: bool) -> Stored {
        let item = &self.items[slot];
        if too_large(&item.key, item.flags, (item.value.len() + more.len()) as u64) {
            return Stored::Not;
        }
        let value = if before { [more, &item.value].concat() } else { [&item.value, more].concat() };
        let (key, flags, expires) = (Arc::clone(&item.key), item.flags, item.expires);
        self.put(&key, value, flags, expires);
        Stored::Done
    }
    fn deadline(&self, expires: i32, now: Nanos) -> Option<Nanos> {
        match u64::try_from(expires) {
            Ok(0) => None,
            Ok(seconds) if expires <= RELATIVE_MAX => Some(now.saturating_add(Nanos::from_secs(seconds))),
            Ok(unix) => Some(Nanos::from_secs(unix.saturating_sub(self.unix_start))),
            Err(_) => Some(Nanos::ZERO),
        }
    }
    /// The slot of a key whose item is neither expired nor flushed.
    fn find(&mut self, key: &[u8], now: Nanos) -> Option<usize> {
        if self.flush_at.is_some_and(|at| at <= now) {
            self.flush_at = None;
            self.clear();
        }
        let slot = *self.slots.get(key)?;
        if self.items[slot].expires.is_some_and(|at| at <= now) {
            self.remove(slot);
            return None;
        }
        Some(slot)
    }
    fn put(&mut self, key: &[u8], value: Vec<u8>, flags: u32, expires: Option<Nanos>) {
        self.cas += 1;
        let length = value.len() as u64;
        if let Some(&slot) = self.slots.get(key) {
            self.remove(slot);
        }
        self.used += size(key.len() as u64, flags, length);
        while self.used > self.limit && self.oldest != NONE {
            self.counts.evictions += 1;
            self.remove(self.oldest);
        }
        let slot = self.items.len();
        let key: Arc<[u8]> = key.into();
        self.slots.insert(Arc::clone(&key), slot);
        self.items.push(Item { key, value, flags, cas: self.cas, expires, newer: NONE, older: NONE });
        self.link(slot);
    }
    /// Takes an item out; the last one moves to its slot.
    fn remove(&mut self, slot: usize) {
        self.unlink(slot);
        let item = self.items.swap_remove(slot);
        self.used -= size(item.key.len() as u64, item.flags, item.value.len() as u64);
        self.slots.remove(&item.key);
        let Some(moved) = self.items.get(slot) else {
            return;
        };
        let (newer, older) = (moved.newer, moved.older);
        if let Some(place) = self.slots.get_mut(&moved.key) {
            *place = slot;
        }
        *self.older_of(newer) = slot;
        *self.newer_of(older) = slot;
    }
    fn clear(&mut self) {
        self.slots.clear();
        self.items.clear();
        (self.newest, self.oldest, self.used) = (NONE, NONE, 0);
    }
    /// Where the item after `slot` towards older is written down; the list's end for none.
    fn older_of(&mut self, slot: usize) -> &mut usize {
        match self.items.get_mut(slot) {
            Some(item) => &mut item.older,
            None => &mut self.newest,
        }
    }
    fn newer_of(&mut self, slot: usize) -> &mut usize {
        match self.items.get_mut(slot) {
            Some(item) => &mut item.newer,
            None => &mut self.oldest,
        }
    }
    fn unlink(&mut self, slot: usize) {
        let (newer, older) = (self.items[slot].newer, self.items[slot].older);
        *self.older_of(newer) = older;
        *self.newer_of(older) = newer;
    }
    /// Makes an item the most recently used.
    fn link(&mut self, slot: usize) {
        let older = self.newest;
        (self.items[slot].newer, self.items[slot].older) = (NONE, older);
        *self.newer_of(older) = slot;
        self.newest = slot;
    }
}

/// What is to be stored.
#[derive(Debug, Clone, Copy)]
pub(super) struct New<'a> {
    pub(super) value: &'a [u8],
    pub(super) flags: u32,
    pub(super) expires: i32,
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const NOW: Nanos = Nanos(5);

    fn put(cache: &mut Cache, key: &str, length: usize, expires: i32, now: Nanos) {
        let value = vec![b'v'; length];
        cache.store(Verb::Set, key.as_bytes(), New { value: &value, flags: 0, expires }, now);
    }

    #[test]
    fn the_least_recently_used_goes_first() {
        let mut cache = Cache::new(3 * (OVERHEAD + 1 + 100), 0);
        for key in ["a", "b", "c"] {
            put(&mut cache, key, 100, 0, NOW);
        }
        assert!(cache.get(b"a", NOW).is_some());
        put(&mut cache, "d", 100, 0, NOW);
        let there = ["a", "b", "c", "d"].map(|key| cache.get(key.as_bytes(), NOW).is_some());
        assert_eq!((there, cache.counts.evictions), ([true, false, true, true], 1));
    }

    #[test]
    fn expiry_is_relative_or_a_unix_time() {
        let mut cache = Cache::new(1 << 20, 1_700_000_000);
        let second = |s| Nanos::from_secs(s);
        for (expires, until) in [(10, 15), (-1, 0), (1_700_000_100, 100), (1_600_000_000, 0), (RELATIVE_MAX, 2_592_005)]
        {
            put(&mut cache, "k", 1, expires, second(5));
            assert_eq!(cache.get(b"k", second(until.max(6)) - Nanos(1)).is_some(), until > 5, "{expires}");
            assert!(cache.get(b"k", second(until)).is_none() || until < 5, "{expires}");
        }
        put(&mut cache, "k", 1, 0, NOW);
        assert!(cache.touch(b"k", 10, NOW).is_some() && cache.get(b"k", second(11)).is_none());
    }

    #[test]
    fn a_delayed_flush_comes_later() {
        let mut cache = Cache::new(1 << 20, 0);
        put(&mut cache, "k", 1, 0, NOW);
        cache.flush(10, NOW);
        assert!(cache.get(b"k", Nanos::from_secs(10)).is_some());
        assert!(cache.get(b"k", Nanos::from_secs(11)).is_none());
        put(&mut cache, "k", 1, 0, Nanos::from_secs(12));
        assert!(cache.get(b"k", Nanos::from_secs(13)).is_some());
    }

    proptest! {
        /// Whatever is done, the list of use, the slots and the bytes in use agree.
        #[test]
        fn the_books_are_right(ops in prop::collection::vec((0..6_u8, 0..12_u8, 0..300_usize), 0..200)) {
            let mut cache = Cache::new(2_000, 0);
            for (op, key, length) in ops {
                let key = format!("k{key}");
                match op {
                    0 | 1 => put(&mut cache, &key, length, 0, NOW),
                    2 => drop(cache.get(key.as_bytes(), NOW).map(|item| item.cas)),
                    3 => drop(cache.delete(key.as_bytes(), NOW)),
                    4 => drop(cache.store(Verb::Append, key.as_bytes(), New { value: b"more", flags: 0, expires: 0 }, NOW)),
                    _ => put(&mut cache, &key, 1, -1, NOW),
                }
                let mut walked = Vec::new();
                let mut slot = cache.newest;
                while let Some(item) = cache.items.get(slot) {
                    walked.push(slot);
                    prop_assert_eq!(cache.slots.get(&item.key), Some(&slot));
                    slot = item.older;
                }
                let bytes: u64 = cache.items.iter().map(|i| size(i.key.len() as u64, i.flags, i.value.len() as u64)).sum();
                prop_assert_eq!((walked.len(), cache.slots.len(), bytes), (cache.items.len(), cache.items.len(), cache.used));
                prop_assert_eq!(walked.last().copied().unwrap_or(NONE), cache.oldest);
                prop_assert!(cache.used <= cache.limit);
            }
        }
    }
}
