//! Two runs as Markdown, for a pull request or a wiki.

use std::fmt::Write as _;

use super::CompareReport;
use crate::report::markdown::{heading, plain, table};
use crate::report::text::marked;

/// The comparison.
pub(super) fn summary(report: &CompareReport) -> String {
    let mut out = format!("# {}\n\n", plain(&report.title));
    for (name, made) in &report.sides {
        let _ = writeln!(out, "- **{name}**: {}", plain(made));
    }
    let _ = writeln!(out, "\n{}\n", marked(report.tone, &plain(&report.sentence)));
    for notice in &report.notices {
        let _ = writeln!(out, "- {}", marked(notice.tone, &plain(&notice.text)));
    }
    for all in [&report.differs, &report.answers, &report.cost] {
        table(&mut out, all);
    }
    heading(&mut out, "\n## ", report.language.words().summary.arms, "\n");
    report.arms.iter().for_each(|t| table(&mut out, t));
    out
}
