//! What two sides came to that were measured by turns: every response time, round by round.
//!
//! In a round each side is performed twice, by two halves that are the same code at the same times: what these differ by is what the
//! machine does. A round has four places for that, in the order A B B A. Not for: performing them
//! (`engine::turns`), or judging (`analysis::gate::paired`).

use serde::{Deserialize, Serialize};

/// Which side.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Side {
    /// What is compared with: the base.
    First,
    /// What is judged: the change.
    Second,
}

/// Whose place it is, in a round; also the order in which a lane changes sides.
pub const ORDER: [Side; 4] = [Side::First, Side::Second, Side::Second, Side::First];

/// What one subject came to in one place of a round.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Turn {
    /// Response times of journeys that ended well, nanoseconds, in the order of their ends.
    pub times_ns: Vec<u64>,
    /// Awaited round trips of these journeys together.
    pub trips: u64,
    /// Journeys that failed.
    pub failed: u64,
}

/// What is compared: a journey of a workload, or the control.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subject {
    /// Its name: workload and journey.
    pub name: String,
    /// It is the same on both sides, whatever they are: it shows what the machine does.
    pub control: bool,
    /// Round by round, the places in [`ORDER`].
    pub rounds: Vec<[Turn; 4]>,
}

impl Subject {
    /// One without rounds yet.
    pub const fn new(name: String, control: bool) -> Self {
        Self { name, control, rounds: Vec::new() }
    }
    /// Its places on a side, round by round.
    pub fn turns(&self, side: Side) -> impl Iterator<Item = &Turn> {
        self.rounds.iter().flat_map(move |round| turns_of(side).map(|at| &round[at]))
    }
}

/// Which places of a round are a side's.
pub const fn turns_of(side: Side) -> [usize; 2] {
    match side {
        Side::First => [0, 3],
        Side::Second => [1, 2],
    }
}

/// How well a link held its delay on one side.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    /// The link.
    pub link: String,
    /// What it asks for, nanoseconds.
    pub rtt_ns: u64,
    /// Round trips that were timed.
    pub count: u64,
    /// What the median round trip took beyond what was asked, nanoseconds.
    pub median_ns: u64,
    /// The same of the 99th percentile.
    pub p99_ns: u64,
}

/// Everything that was measured.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Turns {
    /// What was compared, the control last.
    pub subjects: Vec<Subject>,
    /// The links of the first side, and of the second.
    pub held: [Vec<Held>; 2],
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_and_the_turns_of_each_side_agree() {
        for side in [Side::First, Side::Second] {
            assert!(turns_of(side).iter().all(|at| ORDER[*at] == side));
        }
        let turn = |ns| Turn { times_ns: vec![ns], ..Turn::default() };
        let subject =
            Subject { rounds: vec![[turn(1), turn(2), turn(3), turn(4)]; 2], ..Subject::new("x".into(), false) };
        let times = |side| subject.turns(side).map(|turn| turn.times_ns[0]).collect::<Vec<_>>();
        assert_eq!((times(Side::First), times(Side::Second)), (vec![1, 4, 1, 4], vec![2, 3, 2, 3]));
    }
}
