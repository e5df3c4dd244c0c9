//! Connections by number, where a number that is used again is told from its earlier use.
//!
//! Not for: anything that is iterated in an order that matters.

/// Names one use of one slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key {
    /// Which slot.
    pub(super) index: u32,
    /// Which use of it.
    pub(super) generation: u32,
}

/// Values by [`Key`].
#[derive(Debug)]
pub(super) struct Slots<T> {
    slots: Vec<(u32, Option<T>)>,
    free: Vec<u32>,
}

impl<T> Slots<T> {
    pub(super) fn new() -> Self {
        Self { slots: Vec::new(), free: Vec::new() }
    }

    /// The key that the next insert gets.
    pub(super) fn next_key(&self) -> Key {
        let index = self.free.last().copied().unwrap_or(self.slots.len() as u32);
        Key { index, generation: self.slots.get(index as usize).map_or(0, |slot| slot.0) }
    }

    pub(super) fn insert(&mut self, value: T) -> Key {
        let key = self.next_key();
        match self.free.pop() {
            Some(index) => self.slots[index as usize].1 = Some(value),
            None => self.slots.push((0, Some(value))),
        }
        key
    }

    pub(super) fn get_mut(&mut self, key: Key) -> Option<&mut T> {
        let slot = self.slots.get_mut(key.index as usize)?;
        if slot.0 == key.generation { slot.1.as_mut() } else { None }
    }

    pub(super) fn remove(&mut self, key: Key) -> Option<T> {
        let slot = self.slots.get_mut(key.index as usize).filter(|slot| slot.0 == key.generation)?;
        let value = slot.1.take()?;
        slot.0 = slot.0.wrapping_add(1);
        self.free.push(key.index);
        Some(value)
    }

    /// Keys of the values that `is` holds for.
    pub(super) fn keys_where(&self, is: impl Fn(&T) -> bool) -> Vec<Key> {
        let used = self.slots.iter().enumerate().filter(|(_, slot)| slot.1.as_ref().is_some_and(&is));
        used.map(|(index, slot)| Key { index: index as u32, generation: slot.0 }).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_old_key_finds_nothing() {
        let mut slots = Slots::new();
        let (a, b) = (slots.insert('a'), slots.insert('b'));
        assert_eq!(slots.remove(a), Some('a'));
        let c = slots.insert('c');
        assert_eq!((c.index, slots.get_mut(a).is_none(), slots.remove(a)), (a.index, true, None));
        assert_eq!(slots.keys_where(|v| *v == 'c'), [c]);
        assert_eq!(slots.get_mut(b), Some(&mut 'b'));
    }
}
