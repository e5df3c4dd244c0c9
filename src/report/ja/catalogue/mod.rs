//! Every text of a report beside its Japanese, in the order of the report's parts.
//!
//! The English is what the report's makers (and the files that it is made from) write, word for word, with a hole where
//! something is put in; the Japanese has the same holes by number, in its own order. Holes: `{n}` a number with its unit,
//! `{times}` a ratio (`1.8×`), `{own}` a name of the scenario and `{name}` what else stays as it is, `{list}` several
//! texts (`a, b and c`), `{any}` a text that has a Japanese of its own. Not for: headings and hints of the pages (`words`).

mod advice;
mod answer;
mod calendar;
mod compared;
mod cost;
mod detail;
mod edge;
mod rollout;
mod trust;

/// The English and its Japanese.
pub(super) type Entry = (&'static str, &'static str);

/// All of them; of equal phrases the first counts.
pub(super) fn entries() -> impl Iterator<Item = &'static Entry> {
    [
        answer::ENTRIES,
        calendar::ENTRIES,
        cost::ENTRIES,
        detail::ENTRIES,
        rollout::ENTRIES,
        advice::ENTRIES,
        edge::ENTRIES,
        trust::ENTRIES,
        compared::ENTRIES,
    ]
    .into_iter()
    .flatten()
}
