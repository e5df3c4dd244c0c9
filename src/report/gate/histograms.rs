//! Response times behind a gate as HdrHistogram percentiles (hgrm) and as a histogram log (hlog), whole.
//!
//! Both are read by the plotters and processors of HdrHistogram. Not for: quantiles that are to be trusted, which checks give with
//! their intervals: these have no word about too few samples.

use std::fmt::Write as _;

use crate::report::export::hgrm as percentiles;

use super::{Told, clean};

/// Every distribution as a percentile table in milliseconds, each behind a line that says what it is of; empty without any.
pub fn hgrm(told: &Told) -> String {
    let mut out = String::new();
    for one in &told.judged.distributions {
        let _ = writeln!(out, "#[{}, response times in ms]\n{}", clean(&one.title), percentiles::text(&one.times));
    }
    out
}

/// Every distribution as an interval of a histogram log (format 1.3), told apart by its tag; empty without any.
///
/// A gate has no clock: every interval starts at 0 and has no length. Values are nanoseconds, the interval's maximum milliseconds.
pub fn hlog(told: &Told) -> String {
    if told.judged.distributions.is_empty() {
        return String::new();
    }
    let mut out = String::from("#[Histogram log format version 1.3]\n#[StartTime: 0.000 (seconds since epoch)]\n");
    let _ = writeln!(out, "#[{}]", clean(&told.judged.title));
    out.push_str("\"StartTimestamp\",\"Interval_Length\",\"Interval_Max\",\"Interval_Compressed_Histogram\"\n");
    for one in &told.judged.distributions {
        let max = one.times.max() as f64 / 1e6;
        let _ = writeln!(out, "Tag={},0.000,0.000,{max:.3},{}", tag(&one.id), one.times.encoded());
    }
    out
}

/// A tag may hold neither comma nor white space.
fn tag(id: &str) -> String {
    id.chars().map(|c| if c.is_whitespace() || c.is_control() || c == ',' { '-' } else { c }).collect()
}
