//! Histograms in the text form of HdrHistogram (`outputPercentileDistribution`), which its plotter and others read.
//!
//! Values in milliseconds, five lines for each halving of what is above. Not for: quantiles that are to be
//! trusted, which the report gives with their intervals: this has no word about too few samples.

use std::fmt::Write as _;

use crate::analysis::words;
use crate::measure::Hist;
use crate::runfile::{ArmRun, Run};

/// Lines for each halving of the distance to 100 %.
const TICKS: f64 = 5.0;

/// The response times of one arm at one placement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Distribution {
    /// What it is of: `web, cloud on kubernetes, 1 %, in “web 1 %”`.
    pub title: String,
    /// A file name for it.
    pub name: String,
    /// The text.
    pub text: String,
}

/// Every arm of every valid placement that has samples.
pub fn distributions(run: &Run) -> Vec<Distribution> {
    let valid = run.placements.iter().enumerate().filter(|(_, placement)| placement.invalid.is_empty());
    let mut all = Vec::new();
    for (index, placement) in valid {
        for of in &placement.arms {
            let mut hist = Hist::new();
            of.parts.iter().for_each(|part| hist.merge(&part.response));
            if hist.is_empty() {
                continue;
            }
            let condition =
                if placement.condition == "steady" { String::new() } else { format!(", {}", placement.condition) };
            let title = format!("{}, in “{}”{condition}", named(of), placement.label);
            let name =
                format!("{:02}-{}-{}-{}.hgrm", index + 1, plain(&of.workload), plain(&of.site), plain(&of.platform));
            all.push(Distribution { title, name, text: text(&hist) });
        }
    }
    all
}

/// All of them in one text, each behind a line that says what it is of.
pub fn together(all: &[Distribution]) -> String {
    let mut out = String::new();
    for one in all {
        let _ = writeln!(out, "#[{}, response times in ms]\n{}", one.title, one.text);
    }
    out
}

/// `web, cloud on kubernetes, 1 %`.
fn named(arm: &ArmRun) -> String {
    let share = if arm.share < 1.0 { format!(", {}", words::percent(arm.share)) } else { String::new() };
    format!("{}, {} on {}{share}", arm.workload, arm.site, arm.platform)
}

fn plain(name: &str) -> String {
    name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect()
}

/// The percentile table of one histogram of nanoseconds, in milliseconds.
pub(in crate::report) fn text(hist: &Hist) -> String {
    let mut out = format!("{:>12} {:>14} {:>10} {:>14}\n\n", "Value", "Percentile", "TotalCount", "1/(1-Percentile)");
    let total = hist.count();
    let mut seen = 0_u64;
    let mut level = 0.0_f64;
    for (value, count) in hist.recorded() {
        seen += count;
        let reached = seen as f64 / total as f64;
        while seen < total && level <= reached {
            let _ =
                writeln!(out, "{:>12.3} {level:>14.12} {seen:>10} {:>14.2}", value as f64 / 1e6, 1.0 / (1.0 - level));
            let halvings = (1.0 / (1.0 - level)).log2().floor();
            level += 1.0 / (TICKS * 2_f64.powf(halvings + 1.0));
        }
        if seen == total {
            let _ = writeln!(out, "{:>12.3} {:>14.12} {seen:>10}", value as f64 / 1e6, 1.0);
        }
    }
    let mean = hist.mean();
    let deviations = hist.recorded().map(|(value, count)| (value as f64 - mean).powi(2) * count as f64).sum::<f64>();
    let deviation = (deviations / total.max(1) as f64).sqrt();
    let _ = writeln!(out, "#[Mean    = {:>12.3}, StdDeviation   = {:>12.3}]", mean / 1e6, deviation / 1e6);
    let _ = writeln!(out, "#[Max     = {:>12.3}, Total count    = {total:>12}]", hist.max() as f64 / 1e6);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_rise_to_the_whole() {
        let mut hist = Hist::new();
        (1..=1_000_u64).for_each(|ms| hist.record_value(ms * 1_000_000));
        let text = text(&hist);
        let rows: Vec<Vec<f64>> = text
            .lines()
            .skip(2)
            .filter(|line| !line.starts_with('#'))
            .map(|line| line.split_whitespace().map(|field| field.parse().expect("a number")).collect())
            .collect();
        assert!(rows.windows(2).all(|two| two[0][1] < two[1][1] && two[0][0] <= two[1][0]), "{text}");
        let half = rows.iter().find(|row| (row[1] - 0.5).abs() < 1e-9).expect("the median is told");
        assert!((half[0] - 500.0).abs() < 1.0 && (half[3] - 2.0).abs() < 1e-9, "{half:?}");
        let last = rows.last().expect("a last line");
        assert!(
            last.len() == 3 && (last[0] - 1_000.0).abs() < 1.0 && (last[2] - 1_000.0).abs() < f64::EPSILON,
            "{last:?}"
        );
        assert!(text.contains("Total count    =         1000"), "{text}");
    }
}
