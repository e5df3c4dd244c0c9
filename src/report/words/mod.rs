//! The fixed words of the pages and of their pictures: headings, captions, hints; in each language.
//!
//! A language is one more [`Words`], so that none of them can lack a word. What changes from report to report comes from
//! the model, and is told in Japanese by `ja`. Not for: markup.

mod en;
mod ja;

use crate::strategy::vary::Over;

/// A language that reports are written in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Language {
    /// English, the language of run files and programs too.
    #[default]
    English,
    /// Japanese.
    Japanese,
}

impl Language {
    /// Its fixed words.
    pub(crate) const fn words(self) -> &'static Words {
        match self {
            Self::English => &en::WORDS,
            Self::Japanese => &ja::WORDS,
        }
    }
}

/// Anchor and heading of a section.
pub(crate) type Section = (&'static str, &'static str);

/// Every fixed text, in the order of reading.
pub(crate) struct Words {
    pub(crate) language: &'static str,
    pub(crate) kind: &'static str,
    pub(crate) kind_sweep: &'static str,
    pub(crate) kind_compare: &'static str,
    pub(crate) to_answer: &'static str,
    pub(crate) sections: &'static str,
    pub(crate) about: &'static str,
    // Choosing what is shown.
    pub(crate) choose: &'static str,
    pub(crate) strategy: &'static str,
    pub(crate) phase: &'static str,
    pub(crate) workload: &'static str,
    pub(crate) all: &'static str,
    pub(crate) everything: &'static str,
    pub(crate) hint: &'static str,
    // Marks.
    pub(crate) held: &'static str,
    pub(crate) unknown: &'static str,
    pub(crate) invalid: &'static str,
    pub(crate) missed: &'static str,
    // Sections.
    pub(crate) answer: Section,
    pub(crate) calendar: Section,
    pub(crate) costs: Section,
    pub(crate) objectives: Section,
    pub(crate) rollout: Section,
    pub(crate) why: Section,
    pub(crate) advice: Section,
    pub(crate) edge: Section,
    pub(crate) spread: Section,
    pub(crate) time: Section,
    pub(crate) loads: Section,
    pub(crate) watch: Section,
    pub(crate) trust: Section,
    pub(crate) unknowns: Section,
    pub(crate) again: Section,
    pub(crate) arms: Section,
    // Their fixed texts.
    pub(crate) days: &'static str,
    pub(crate) details: &'static str,
    pub(crate) not_known: &'static str,
    pub(crate) told_by: &'static str,
    pub(crate) calendar_told: &'static str,
    pub(crate) calendar_label: &'static str,
    pub(crate) shades: [(&'static str, &'static str); 6],
    pub(crate) moves: &'static str,
    pub(crate) events: &'static str,
    pub(crate) no_rollout: &'static str,
    pub(crate) why_told: &'static str,
    pub(crate) why_parts: [(&'static str, &'static str); 3],
    pub(crate) advice_told: &'static str,
    pub(crate) advice_missing: &'static str,
    pub(crate) leave_behind: &'static str,
    pub(crate) order: &'static str,
    pub(crate) apply: &'static str,
    pub(crate) edge_told: &'static str,
    pub(crate) edge_missing: &'static str,
    pub(crate) edge_legend: [(&'static str, &'static str); 2],
    pub(crate) edge_plain: &'static str,
    pub(crate) edge_values: &'static str,
    pub(crate) edge_elsewhere: &'static str,
    pub(crate) edge_own: (&'static str, &'static str),
    pub(crate) edge_none: &'static str,
    pub(crate) edge_title: &'static str,
    pub(crate) spread_told: &'static str,
    pub(crate) spread_all: &'static str,
    pub(crate) parts: [(&'static str, &'static str); 5],
    pub(crate) no_loads: &'static str,
    pub(crate) watch_told: &'static str,
    pub(crate) agreement: &'static str,
    pub(crate) downloads: &'static str,
    pub(crate) brief: &'static str,
    pub(crate) too_large: &'static str,
    pub(crate) scenario: &'static str,
    pub(crate) scenario_label: &'static str,
    // Of any page.
    /// What the style sheet adds: fonts, and where lines may end.
    pub(crate) style: &'static str,
    /// Sentences begin with a capital.
    pub(crate) capitals: bool,
    /// What a sentence ends with.
    pub(crate) stop: &'static str,
    /// Names in a row.
    pub(crate) list: fn(&[String]) -> String,
    pub(crate) summary: Summary,
    // In pictures.
    pub(crate) chart: Chart,
}

/// The headings of summaries in Markdown that pages do not have.
pub(crate) struct Summary {
    pub(crate) answer: &'static str,
    pub(crate) phases: &'static str,
    pub(crate) objectives: &'static str,
    pub(crate) advice: &'static str,
    pub(crate) cost: &'static str,
    pub(crate) rollout: &'static str,
    pub(crate) edge: &'static str,
    pub(crate) loads: &'static str,
    pub(crate) time: &'static str,
    pub(crate) watch: &'static str,
    pub(crate) trust: &'static str,
    pub(crate) unknowns: &'static str,
    pub(crate) again: &'static str,
    pub(crate) missing: &'static str,
    pub(crate) values: &'static str,
    pub(crate) arms: &'static str,
}

/// What stands in pictures and behind their marks.
pub(crate) struct Chart {
    pub(crate) week: &'static str,
    /// Of a strategy and its days.
    pub(crate) calendar: fn(&str, f64) -> String,
    /// A phase, its days, how many moves, its worst objective.
    pub(crate) block: fn(&str, &str, usize, &str) -> String,
    /// Between events.
    pub(crate) between: &'static str,
    /// A measure and its limit as shown; empty for none.
    pub(crate) measure: fn(&str, &str) -> String,
    pub(crate) limit: fn(&str) -> String,
    /// Of a workload.
    pub(crate) curves: fn(&str) -> String,
    /// A curve, what it is, its last percentile.
    pub(crate) curve_ends: fn(&str, &str, &str) -> String,
    /// Of a workload.
    pub(crate) bars: fn(&str) -> String,
    /// The parts of a bar: distance, store, waiting, think, rest.
    pub(crate) parts: [&'static str; 5],
    /// A part, its time, all of it, where it was measured.
    pub(crate) part: fn(&str, &str, &str, &str) -> String,
    /// Of a journey.
    pub(crate) waterfall: fn(&str) -> String,
    /// A side, its time, its round trips.
    pub(crate) side: fn(&str, &str, &str) -> String,
    /// How many calls are not drawn.
    pub(crate) more: fn(usize) -> String,
    pub(crate) in_a_line: &'static str,
    /// A call, its time, and of it distance, round trips, store, think; when it begins.
    pub(crate) call: fn(&str, [&str; 6]) -> String,
    /// A workload, its measure, a swept quantity.
    pub(crate) edge: fn(&str, &str, &str) -> String,
    pub(crate) over: fn(Over) -> &'static str,
    /// A curve and what a point of it shows.
    pub(crate) point: fn(&str, &str) -> String,
    pub(crate) own: fn(&str) -> String,
    pub(crate) breaks: fn(&str) -> String,
}
