//! For a terminal: what failed first, then what passed in one line.

use std::fmt::Write as _;

use crate::analysis::gate::{Judged, Outcome};

/// The gate as text, without colour.
pub fn text(judged: &Judged) -> String {
    let mut text = format!("{}: {}\n", judged.title, judged.outcome().word());
    for check in judged.checks.iter().filter(|check| check.outcome != Outcome::Pass) {
        let _ = writeln!(text, "  {}: {}", check.outcome.word(), check.sentence);
        for detail in &check.details {
            let _ = writeln!(text, "    {detail}");
        }
    }
    let tally: Vec<_> = judged.tally().into_iter().map(|(outcome, n)| format!("{n} {}", outcome.word())).collect();
    let _ = writeln!(text, "{} checks: {}", judged.checks.len(), tally.join(", "));
    text
}
