//! The summary of a sweep as Markdown. Not for: curves.

use std::fmt::Write as _;

use super::SweepReport;
use crate::report::markdown::{heading, plain, table};
use crate::report::model::Tone;
use crate::report::text::marked;

/// The summary.
pub(super) fn summary(report: &SweepReport) -> String {
    let words = report.language.words();
    let say = &words.summary;
    let mut out = format!("# {}: {}\n\n", plain(&report.scenario), words.edge_title);
    let _ = writeln!(out, "{}\n\n_{}_\n", plain(&report.swept), plain(&report.measured));
    for notice in &report.notices {
        let text = marked(notice.tone, &plain(&notice.text));
        let _ = if notice.tone == Tone::Invalid { writeln!(out, "- **{text}**") } else { writeln!(out, "- {text}") };
    }
    heading(&mut out, "\n## ", say.answer, "\n\n");
    for answer in &report.answers {
        let word = marked(answer.tone, &plain(&answer.word));
        let _ = writeln!(out, "- **{}: {word}.** {}", plain(&answer.workload), plain(&answer.sentence));
    }
    table(&mut out, &report.edges);
    report.fits.iter().for_each(|fits| table(&mut out, fits));
    heading(&mut out, "\n## ", say.values, "\n");
    report.curves.iter().for_each(|curve| table(&mut out, curve));
    report.calibration.iter().for_each(|taken| table(&mut out, taken));
    heading(&mut out, "\n", say.unknowns, "\n\n");
    for unknown in &report.unknowns {
        let _ = writeln!(out, "- {}", plain(unknown));
    }
    heading(&mut out, "\n## ", say.again, "\n\n");
    for (name, value) in &report.again {
        let _ = writeln!(out, "- {name}: `{}`", value.replace('`', "'"));
    }
    out
}
