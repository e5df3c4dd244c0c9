//! The fixed words of the page of a gate. A translation is one more [`Words`]. Not for: what a gate says itself.

use crate::report::words::Section;

/// Every fixed text, in the order of reading.
pub(super) struct Words {
    pub(super) kind: &'static str,
    pub(super) answer: Section,
    pub(super) next: &'static str,
    pub(super) quiet: &'static str,
    pub(super) at: &'static str,
    pub(super) compared: Section,
    pub(super) forest: &'static str,
    pub(super) floor: &'static str,
    pub(super) interval: &'static str,
    pub(super) control: &'static str,
    pub(super) pairs_caption: &'static str,
    pub(super) pairs_note: &'static str,
    pub(super) moved: Section,
    pub(super) moved_told: &'static str,
    pub(super) trips: Section,
    pub(super) trips_caption: &'static str,
    pub(super) measured: &'static str,
    pub(super) budgeted: &'static str,
    pub(super) reviewed: &'static str,
    pub(super) stored: &'static str,
    pub(super) history: Section,
    pub(super) history_told: &'static str,
    pub(super) changes_caption: &'static str,
    pub(super) changes_none: &'static str,
    pub(super) checks: Section,
    pub(super) unknown: &'static str,
    pub(super) how: Section,
}

/// English.
pub(super) const SAY: Words = Words {
    kind: "Gate",
    answer: ("answer", "The answer"),
    next: "What to do next",
    quiet: "does not fail",
    at: "at",
    compared: ("compared", "Side against side"),
    forest: "Second ÷ first, with its 95 % interval: left of equal the second side is quicker, right of it slower. What the same code \
             shows against itself in this job is the band behind each row.",
    floor: "noise floor of this job",
    interval: "95 % interval and middle",
    control: "control",
    pairs_caption: "Every comparison",
    pairs_note: "The ratio is the middle of one ratio a round, which is what is judged; it may differ from that of the times of all rounds \
                 together. p: how often a ratio as far from 1 is seen if nothing differs, corrected for the number of comparisons.",
    moved: ("moved", "What moved"),
    moved_told: "Second minus first at every tenth percentile. A level line is more work on every journey; a line that rises at the \
                 right is a longer tail. The band is the noise floor.",
    trips: ("trips", "Round trips"),
    trips_caption: "What changed in round trips",
    measured: "measured, mean of a journey",
    budgeted: "the budget",
    reviewed: "the snapshot",
    stored: "the baseline, mean of a journey",
    history: ("history", "Over time"),
    history_told: "Each dot is a stored result, each thick line the median between two changes (E-divisive means). The axis does not \
                   begin at zero.",
    changes_caption: "Every change",
    changes_none: "Nothing changed.",
    checks: ("checks", "All checks"),
    unknown: "unknown",
    how: ("how", "How it was judged"),
};
