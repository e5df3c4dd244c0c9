//! Asking the file for values: what is missing, unreadable or out of bounds is noted, never fatal.
//!
//! Every question returns something, so that the rest of the file is looked at too; what stands in
//! for a bad value never reaches anybody, since a file with problems has no scenario.

use std::fmt::Display;

use serde_saphyr::Location;

use super::limits::{Bounds, TITLE_MAX};
use crate::scenario::error::{Problem, nearest, range};
use crate::scenario::wire::leaf::{Leaf, Name, Opt, Short, Text, shorten};
use crate::scenario::wire::{Key, Named};

/// Collects problems of one file.
pub(crate) struct Asker<'a> {
    source: &'a str,
    /// Everything that was found wrong so far.
    pub(crate) problems: Vec<Problem>,
}

impl<'a> Asker<'a> {
    pub(crate) fn new(source: &'a str) -> Self {
        Self { source, problems: Vec::new() }
    }
    /// Notes a problem, once: defaults and included journeys are looked at several times.
    pub(crate) fn say(&mut self, at: Location, message: impl Into<String>, help: Option<String>) {
        let at = (at.line() > 0).then(|| range(self.source, at));
        let problem = Problem { at, message: message.into(), help };
        if !self.problems.contains(&problem) {
            self.problems.push(problem);
        }
    }
    /// Notes that something is missing from what stands at `at`.
    pub(crate) fn missing(&mut self, at: Location, owner: &str, key: &str, example: &str) {
        self.say(at, format!("{owner} has no `{key}`"), Some(format!("write for example `{example}`")));
    }
    /// The value of a leaf that can be read.
    pub(crate) fn read<T: Clone>(&mut self, leaf: &Leaf<T>) -> Option<T> {
        match &leaf.value {
            Ok(value) => Some(value.clone()),
            Err(message) => {
                self.say(leaf.at, message.clone(), None);
                None
            }
        }
    }
    /// The value of a leaf, within bounds.
    pub(crate) fn within<T: Clone + PartialOrd + Display>(
        &mut self,
        leaf: &Leaf<T>,
        key: &str,
        (min, max): Bounds<T>,
    ) -> Option<T> {
        let value = self.read(leaf)?;
        if value < min || value > max {
            let how = if value < min { "small" } else { "large" };
            self.say(leaf.at, format!("`{value}` is too {how}: `{key}` lies between {min} and {max}"), None);
            return None;
        }
        Some(value)
    }
    /// The value of a key that may be left out.
    pub(crate) fn or<T: Clone + PartialOrd + Display>(
        &mut self,
        opt: &Opt<Leaf<T>>,
        key: &str,
        bounds: Bounds<T>,
        default: T,
    ) -> T {
        opt.get().and_then(|leaf| self.within(leaf, key, bounds)).unwrap_or(default)
    }
    /// The value of a key that may be left out and means something when it is.
    pub(crate) fn maybe<T: Clone + PartialOrd + Display>(
        &mut self,
        opt: &Opt<Leaf<T>>,
        key: &str,
        bounds: Bounds<T>,
    ) -> Option<T> {
        opt.get().and_then(|leaf| self.within(leaf, key, bounds))
    }
    /// A count that may be left out.
    pub(crate) fn count(&mut self, opt: &Opt<Leaf<u64>>, key: &str, bounds: Bounds<u64>, default: u32) -> u32 {
        self.or(opt, key, bounds, u64::from(default)) as u32
    }
    /// The value of a key that must be there.
    pub(crate) fn need<T: Clone + PartialOrd + Display>(
        &mut self,
        opt: &Opt<Leaf<T>>,
        (at, owner): (Location, &str),
        (key, example): (&str, &str),
        bounds: Bounds<T>,
    ) -> Option<T> {
        match opt.get() {
            Some(leaf) => self.within(leaf, key, bounds),
            None => {
                self.missing(at, owner, key, example);
                None
            }
        }
    }
    /// The word of a key that may be left out.
    pub(crate) fn word<T: Clone>(&mut self, opt: &Opt<Leaf<T>>, default: T) -> T {
        opt.get().and_then(|leaf| self.read(leaf)).unwrap_or(default)
    }
    /// A value written short or whole; what can be read of it.
    pub(crate) fn short<'w, W: Clone, M>(&mut self, short: &'w Short<W, M>, at: Location) -> Option<Result<W, &'w M>> {
        match short {
            Short::Word(Ok(word)) => Some(Ok(word.clone())),
            Short::Whole(map) => Some(Err(map)),
            Short::Word(Err(message)) | Short::Wrong(message) => {
                self.say(at, message.clone(), None);
                None
            }
        }
    }
    /// A text of one line that readers see.
    pub(crate) fn title(&mut self, leaf: &Leaf<Text>) -> Option<String> {
        let text = self.read(leaf)?.0;
        let text = text.trim();
        if text.contains('\n') || text.chars().count() > TITLE_MAX {
            let message = format!("`{}` is too long: one line of at most {TITLE_MAX} characters", shorten(text));
            self.say(leaf.at, message, None);
            return None;
        }
        Some(text.to_owned())
    }
    /// The keys of a map as names, at least one and not too many.
    pub(crate) fn names<T>(&mut self, named: &Named<T>, kind: &'static str, max: usize) -> Names {
        if let Some((key, _)) = named.0.get(max) {
            self.say(key.at, format!("more than {max} of kind `{kind}`"), None);
        }
        let all = named.0.iter().map(|(key, _)| self.name(key)).collect();
        Names { kind, all }
    }
    /// A key as a name.
    pub(crate) fn name(&mut self, key: &Key) -> String {
        key.name().unwrap_or_else(|message| {
            self.say(key.at, message, None);
            key.text.clone()
        })
    }
    /// The index of a name among those that exist.
    pub(crate) fn find(&mut self, names: &Names, leaf: &Leaf<Name>) -> Option<usize> {
        let name = self.read(leaf)?.0;
        self.look_up(names, &name, leaf.at)
    }
    /// The index of `name` among those that exist.
    pub(crate) fn look_up(&mut self, names: &Names, name: &str, at: Location) -> Option<usize> {
        let found = names.all.iter().position(|known| known == name);
        // Where the whole section is missing, that has been said.
        if found.is_none() && !names.all.is_empty() {
            let near = nearest(name, names.all.iter().map(String::as_str));
            let help = near.map(|near| format!("did you mean `{near}`?")).or_else(|| names.list());
            self.say(at, format!("there is no {} `{}`", names.kind, shorten(name)), help);
        }
        found
    }
}

/// The names of one kind of thing, by index.
pub(crate) struct Names {
    /// What they name: `store`.
    pub(crate) kind: &'static str,
    /// In file order.
    pub(crate) all: Vec<String>,
}

impl Names {
    /// A sentence with the names that there are, if there are few.
    fn list(&self) -> Option<String> {
        let all = self.all.iter().map(|name| format!("`{}`", shorten(name))).collect::<Vec<_>>().join(", ");
        (1..=12).contains(&self.all.len()).then(|| format!("there are {all}"))
    }
}
