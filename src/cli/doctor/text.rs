//! A check as text for a terminal. Pure.
//!
//! Marks tell what colours would. Not for: programs (`--json`).

use std::fmt::Write as _;

use super::model::{Checkup, Distance, LinkCheck, LossCompared, LossQuantile, RowCheck, Seen};
use super::trust::Trust;
use crate::fidelity::Verdict;

/// Columns of a paragraph.
const WIDTH: usize = 100;
const CASE: usize = 26;
const RULE: usize = 12;

/// The whole answer.
pub(super) fn render(checkup: &Checkup, trust: &Trust) -> String {
    let mut out = String::new();
    machine(&mut out, checkup);
    if checkup.links.iter().any(|link| link.unavailable.is_none()) {
        for distance in &checkup.distances {
            table(&mut out, distance);
        }
        out.push_str(
            "\n✓ agrees: within 3 % or 0.3 ms, above 450 kB within 10 %   ≈ near: three times that   ✗ off   ‼ early\n",
        );
    }
    for link in &checkup.links {
        loads(&mut out, link);
    }
    lossy(&mut out, &checkup.loss);
    out.push_str("\nWhat may be trusted here\n");
    for words in &trust.words {
        paragraph(&mut out, words);
    }
    out
}

fn machine(out: &mut String, checkup: &Checkup) {
    let (machine, overhead) = (&checkup.machine, &checkup.overhead);
    let yes = |yes: bool, what: &str| format!("{what}: {}", if yes { "yes" } else { "NO" });
    let lines = [
        format!(
            "longhaul {} on {}: {} processors, load {:.2}, {} open files",
            checkup.version, machine.kernel, machine.processors, machine.load, machine.open_files_max
        ),
        format!(
            "  timer     waits of 7.5 ms end late by {:.3} ms (p50), {:.3} ms (p99)",
            machine.timer.p50_ms, machine.timer.p99_ms
        ),
        format!(
            "  promptly  {}, {}",
            yes(machine.realtime, "real-time scheduling"),
            yes(machine.keeps_processors_awake, "processors kept awake")
        ),
        format!(
            "  loopback  {:.3} ms a small round trip; the stream proxy adds {:.3} ms with nothing injected",
            overhead.direct_p50_ms, overhead.added_p50_ms
        ),
    ];
    for line in lines {
        let _ = writeln!(out, "{line}");
    }
}

/// Medians with the smallest and largest.
fn table(out: &mut String, distance: &Distance) {
    let Some(first) = distance.rows.first() else { return };
    let _ = write!(out, "\n{:CASE$} {:>RULE$}", format!("R = {} ms; times in ms", distance.rtt_ms), "rule");
    for seen in links(first) {
        let _ = write!(out, "  {:>8}    {:13}", seen.path, "min – max");
    }
    end(out);
    for row in &distance.rows {
        line(out, row);
    }
}

fn links(row: &RowCheck) -> impl Iterator<Item = &Seen> {
    row.seen.iter().filter(|seen| seen.path != "direct")
}

fn line(out: &mut String, row: &RowCheck) {
    let rule = row.expected.as_ref().map_or_else(String::new, |expected| {
        let (low, high) = (expected.low_ms, expected.high_ms);
        if high > low { format!("{low:.1} – {high:.1}") } else { format!("{low:.1}") }
    });
    let _ = write!(out, "{:CASE$} {rule:>RULE$}", row.case);
    for seen in links(row) {
        let range = format!("{:.2} – {:.2}", seen.min_ms, seen.max_ms);
        let _ = write!(out, "  {:>8.2} {}  {range:13}", seen.median_ms, mark(seen.verdict.as_deref()));
    }
    match row.stream_against_packet.as_deref() {
        Some(word) if word == Verdict::Edge.word() => out.push_str("  an edge: kernels take either"),
        Some(word) if word != Verdict::Agrees.word() => {
            let _ = write!(out, "  stream {word} packet");
        }
        _ => {}
    }
    end(out);
}

/// Ends a line; nothing is left behind its last word.
fn end(out: &mut String) {
    out.truncate(out.trim_end_matches(' ').len());
    out.push('\n');
}

fn mark(verdict: Option<&str>) -> char {
    match verdict {
        None => ' ',
        Some(word) if word == Verdict::Agrees.word() => '✓',
        Some(word) if word == Verdict::Near.word() => '≈',
        Some(word) if word == Verdict::Early.word() => '‼',
        Some(_) => '✗',
    }
}

/// Bandwidths and loss.
fn loads(out: &mut String, link: &LinkCheck) {
    for rate in &link.bandwidths {
        let _ = writeln!(
            out,
            "{} link of {} Mbit/s: {:.2} Mbit/s of payload, {:.2} expected ({})",
            link.link,
            rate.link_mbit_per_s,
            rate.payload_mbit_per_s,
            rate.expected_mbit_per_s,
            if rate.agrees { "agrees" } else { "off" }
        );
    }
    for loss in &link.loss {
        let quantile = |it: &LossQuantile| format!("p{} {:.1}", percent(it.quantile), it.ms);
        let quantiles: Vec<_> = loss.quantiles.iter().map(quantile).collect();
        let _ = writeln!(
            out,
            "{} link losing {} %: {} replies of {} B took {} ms",
            link.link,
            percent(loss.loss),
            loss.n,
            loss.bytes,
            quantiles.join(", ")
        );
    }
}

/// A share in percent, without what a double adds.
fn percent(share: f64) -> f64 {
    (share * 1e6).round() / 1e4
}

/// The stream link against the packet link, with loss.
fn lossy(out: &mut String, all: &[LossCompared]) {
    for it in all {
        let interval = it.share_interval.map_or_else(
            || "too few replies for an interval".to_owned(),
            |(low, high)| format!("95 %: {:+.1} to {:+.1} %", low * 100.0, high * 100.0),
        );
        let _ = writeln!(
            out,
            "with loss, p{} of stream against packet: {:+.1} % ({interval}), held to {} %: {}",
            percent(it.quantile),
            it.share * 100.0,
            percent(it.share_most),
            it.verdict
        );
    }
}

/// Wrapped between words.
fn paragraph(out: &mut String, words: &str) {
    let mut at = 1;
    out.push('-');
    for word in words.split(' ') {
        let length = word.chars().count();
        if at + 1 + length > WIDTH {
            out.push_str("\n ");
            at = 1;
        }
        out.push(' ');
        out.push_str(word);
        at += 1 + length;
    }
    out.push('\n');
}

#[cfg(test)]
mod tests {
    use super::super::canned;
    use super::super::trust::trust;
    use super::*;
    use crate::cli::Exit;

    /// `UPDATE=1` writes the golden file anew; look at the difference.
    #[test]
    fn a_canned_check_reads_as_it_should() {
        let checkup = canned::checkup();
        let trust = trust(&checkup);
        let text = render(&checkup, &trust);
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/doctor.txt");
        if std::env::var_os("UPDATE").is_some() {
            std::fs::write(path, &text).expect("golden files are writable");
        }
        assert_eq!(text, std::fs::read_to_string(path).expect("a golden file"));
        assert_eq!(trust.exit, Exit::Invalid);
    }

    #[test]
    fn rules_without_a_link_are_no_table() {
        let mut checkup = canned::checkup();
        checkup.links.iter_mut().for_each(|link| link.unavailable = Some("no".into()));
        let text = render(&checkup, &trust(&checkup));
        assert!(!text.contains("R = 15 ms") && text.contains("not available here"), "{text}");
    }
}
