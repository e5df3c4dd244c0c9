//! The summary of a sweep as Markdown. Not for: curves.

use std::fmt::Write as _;

use super::SweepReport;
use crate::report::markdown::{plain, table};
use crate::report::model::Tone;
use crate::report::text::marked;

/// The summary.
pub(super) fn summary(report: &SweepReport) -> String {
    let mut out = format!("# {}: how close to the edge\n\n", plain(&report.scenario));
    let _ = writeln!(out, "{}\n\n_{}_\n", plain(&report.swept), plain(&report.measured));
    for notice in &report.notices {
        let text = marked(notice.tone, &plain(&notice.text));
        let _ = if notice.tone == Tone::Invalid { writeln!(out, "- **{text}**") } else { writeln!(out, "- {text}") };
    }
    out.push_str("\n## The answer\n\n");
    for answer in &report.answers {
        let word = marked(answer.tone, &plain(&answer.word));
        let _ = writeln!(out, "- **{}: {word}.** {}", plain(&answer.workload), plain(&answer.sentence));
    }
    table(&mut out, &report.edges);
    report.fits.iter().for_each(|fits| table(&mut out, fits));
    out.push_str("\n## All values\n");
    report.curves.iter().for_each(|curve| table(&mut out, curve));
    out.push_str("\nThis report cannot tell:\n\n");
    for unknown in &report.unknowns {
        let _ = writeln!(out, "- {}", plain(unknown));
    }
    out.push_str("\n## Again\n\n");
    for (name, value) in &report.again {
        let _ = writeln!(out, "- {name}: `{}`", value.replace('`', "'"));
    }
    out
}
