//! Question: do the links take what the rules of TCP say, and the stream link what the packet link takes?
//!
//! `cargo bench --bench fidelity` prints Markdown tables for round trips of 15 and 50 ms: every case by the rule, over loopback
//! itself, over the stream link and over the packet link where it can be had, by turns in the same minute. Then bandwidths and
//! loss. `-- --rtt 0.5ms,2ms,100ms`, `--rounds N` (7), `--csv FILE` (every sample), and the parts by name: `table`, `pauses`,
//! `bandwidth`, `loss`. Fails if anything came before it could; what is merely off is in the table.
#![expect(clippy::print_stdout, reason = "a bench prints its table")]

mod support;

use std::fmt::Write as _;
use std::process::ExitCode;

use longhaul::fidelity::{
    Apart, Case, Path, PathKind, Row, Sampled, Upstream, Verdict, against, judge, lossy_replies, rate, rules, table,
};
use longhaul::link::LinkKind;
use longhaul::proxy::Proxy;
use longhaul::scenario::Link;
use longhaul::seed::Seed;
use longhaul::timer::Clock;
use longhaul::units::{Bandwidth, Bytes, Fraction, Nanos};
use support::{Args, Broken, kinds};

/// Everything that the parts use.
struct Bench {
    args: Args,
    clock: Clock,
    upstream: Upstream,
    proxies: Vec<(LinkKind, Proxy)>,
    broken: Broken,
    csv: String,
}

fn main() -> ExitCode {
    let (args, clock) = (Args::read(), Clock::start());
    let upstream = Upstream::start().expect("a server");
    let started = |kind| (kind, Proxy::start(clock, kind).expect("a proxy"));
    let proxies = kinds().into_iter().map(started).collect();
    let csv = "rtt_ms,case,path,nanoseconds\n".to_owned();
    let mut bench = Bench { args, clock, upstream, proxies, broken: Broken::default(), csv };
    if bench.args.rtts.is_empty() {
        bench.args.rtts = vec![Nanos::from_millis(15), Nanos::from_millis(50)];
    }
    for rtt in bench.args.rtts.clone() {
        bench.table(rtt);
    }
    if bench.args.wants("bandwidth") {
        bench.bandwidths(Nanos::from_millis(15));
    }
    if bench.args.wants("loss") {
        bench.losses(bench.args.rtts[0]);
    }
    if let Some(file) = &bench.args.csv {
        std::fs::write(file, &bench.csv).expect("the file is writable");
    }
    bench.broken.end()
}

impl Bench {
    fn paths(&self, link: &Link) -> Vec<Path> {
        let through = |(kind, proxy): &(LinkKind, Proxy)| {
            Path::through(proxy, *kind, link, Seed(1), self.upstream.both()).expect("a route")
        };
        self.proxies.iter().map(through).collect()
    }

    fn table(&mut self, rtt: Nanos) {
        let largest = if rtt < Nanos::from_millis(10) { 1_048_576 } else { u64::MAX };
        let mut cases = if self.args.wants("table") { Case::all(largest) } else { Vec::new() };
        if self.args.wants("pauses") {
            cases.extend(Case::after_pauses(&Case::PAUSES));
        }
        let link = Link::plain(rtt);
        let mut paths = vec![Path::direct(&self.upstream)];
        paths.extend(self.paths(&link));
        let rows = table(self.clock, &paths, &cases, self.args.rounds.unwrap_or(7)).expect("measured");
        if rows.is_empty() {
            return;
        }
        println!("### R = {rtt}: median (min – max), ms\n");
        let mut header = "| case | rule | direct |".to_owned();
        for (kind, _) in &self.proxies {
            let _ = write!(header, " {} | |", kind.word());
        }
        println!("{header} stream : packet |\n{}", header.replace(|c| c != '|', "").replace('|', "| --- ") + "| --- |");
        for case in rows.chunk_by(|a, b| a.case == b.case) {
            self.row(&link, &paths, case);
        }
        println!();
    }

    fn row(&mut self, link: &Link, paths: &[Path], rows: &[Row]) {
        let case = rows[0].case;
        let mut text = format!("| {case} | {} | {:.2} |", rule(link, case), rows[0].sampled.median().as_millis_f64());
        for row in &rows[1..] {
            let kind = paths[row.path].kind().word();
            let verdict = judge(link, case, &row.sampled);
            let _ = write!(text, " {} | {} |", shown(&row.sampled), verdict.map_or("", Verdict::word));
            self.broken.note(verdict == Some(Verdict::Early), || {
                format!("{case} over the {kind} link at {}: {} is early", link.rtt, row.sampled.min())
            });
        }
        let of = |kind| rows.iter().find(|row| paths[row.path].kind() == PathKind::Through(kind));
        let compared = of(LinkKind::Stream).zip(of(LinkKind::Packet)).map(|(stream, packet)| {
            let (stream, packet) = (stream.sampled.median(), packet.sampled.median());
            let share = (stream.0 as f64 / packet.0 as f64 - 1.0) * 100.0;
            format!("{share:+.1} % {}", against(link, case, stream, packet).word())
        });
        println!("{text} {} |", compared.unwrap_or_default());
        for row in rows {
            for sample in row.sampled.all() {
                let (rtt, path) = (link.rtt.0.as_millis_f64(), paths[row.path].kind().word());
                let _ = writeln!(self.csv, "{rtt},\"{case}\",{path},{}", sample.0);
            }
        }
    }

    fn bandwidths(&mut self, rtt: Nanos) {
        println!("### Bandwidth, R = {rtt}: payload of one long transfer, Mbit/s\n");
        println!("| link | expected | kind | seen | |\n| --- | --- | --- | --- | --- |");
        for mbit in [10.0, 100.0, 1_000.0] {
            let bandwidth = Bandwidth(mbit * 1e6);
            let link = Link { bandwidth: Some(bandwidth), ..Link::plain(rtt) };
            let expected = rules::payload_rate(&link, bandwidth);
            for path in self.paths(&link) {
                let seen = rate(self.clock, &path, (expected * 2.0) as u64).expect("measured").bytes_per_second;
                let [expected, seen] = [expected, seen].map(|rate| rate * 8.0 / 1e6);
                let error = (seen / expected - 1.0) * 100.0;
                println!("| {bandwidth} | {expected:.2} | {} | {seen:.2} | {error:+.2} % |", path.kind().word());
            }
        }
        println!();
    }

    fn losses(&mut self, rtt: Nanos) {
        let (loss, bytes) = (Fraction(0.01), 100_000);
        println!("### {loss} of packets lost, R = {rtt}: replies of {bytes} B on fresh connections, 50 at once, ms\n");
        println!("| kind | n | p50 | p90 | p99 | max |\n| --- | --- | --- | --- | --- | --- |");
        let link = Link { loss, ..Link::plain(rtt) };
        let mut all = Vec::new();
        for path in self.paths(&link) {
            let seen = lossy_replies(self.clock, &path, 50, 60, bytes).expect("measured");
            let at = |quantile| seen.at(quantile).as_millis_f64();
            let (kind, n) = (path.kind().word(), seen.count());
            println!("| {kind} | {n} | {:.1} | {:.1} | {:.1} | {:.1} |", at(0.5), at(0.9), at(0.99), at(1.0));
            self.broken.note(seen.min() < rules::floor(&link, Case::Reply(Bytes(bytes))), || {
                format!("a reply over the {kind} link with loss: {} is early", seen.min())
            });
            all.push(seen);
        }
        println!();
        if let [stream, packet] = &all[..] {
            apart(stream, packet);
        }
    }
}

/// The stream link's quantiles against the packet link's.
fn apart(stream: &Sampled, packet: &Sampled) {
    let percent = |share: f64| share * 100.0;
    for quantile in [0.5, 0.9, 0.99] {
        let apart = Apart::at(quantile, stream, packet);
        let interval = apart.interval.map_or_else(String::new, |(low, high)| {
            format!(" (95 %: {:+.1} to {:+.1} %)", percent(low), percent(high))
        });
        let (share, told) = (percent(apart.share), apart.told().word());
        println!("- p{:.0}: stream {share:+.1} % against packet{interval}: {told}", percent(quantile));
    }
    println!();
}

fn rule(link: &Link, case: Case) -> String {
    let expected = rules::expect(link, case).expect("a plain link has rules");
    let (low, high) = (expected.low.as_millis_f64(), expected.high.as_millis_f64());
    if expected.low == expected.high { format!("{low:.1}") } else { format!("{low:.1} – {high:.1}") }
}

fn shown(sampled: &Sampled) -> String {
    let ms = |nanos: Nanos| nanos.as_millis_f64();
    format!("{:.2} ({:.2} – {:.2})", ms(sampled.median()), ms(sampled.min()), ms(sampled.max()))
}
