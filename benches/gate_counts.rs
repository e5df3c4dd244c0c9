//! Question: how long does a gate take to judge what was counted of 100,000 calls?
//!
//! `cargo bench --bench gate_counts` prints, in some seconds, for a few ways in which 100,000 calls may fall into journeys and
//! statements: judging by a budget, taking and writing a snapshot, reading it and judging by it. Not for: counting the calls.
#![expect(clippy::print_stdout, reason = "a bench prints its table")]

use std::hint::black_box;
use std::time::{Duration, Instant};

use longhaul::analysis::gate::counts::{Counts, Statement, Unit};
use longhaul::analysis::gate::{budget, growth, snapshot};
use longhaul::budget as file;
use longhaul::units::Nanos;

const CALLS: u64 = 100_000;
const RUNS: usize = 5;

const BUDGET: &str = "\
format: 1
default: { round_trips: 40, repeats: 5, bytes: 64KiB, growth: linear }
units:
  journey-1*: { round_trips: 900, allow: [{ statement: SELECT … FROM table_7, repeats: none, reason: known }] }
  journey-2*: { repeats: none }
total: { round_trips: 90000, bytes: 1GiB, growth: linear }
";

fn main() {
    println!("{CALLS} calls, the best of {RUNS} runs, ms\n");
    println!(
        "{:>9} {:>11} {:>8} {:>8} {:>8} {:>8} {:>8} {:>9}",
        "journeys", "statements", "budget", "growth", "write", "read", "snapshot", "file, kB"
    );
    for (units, statements) in [(1, 500), (10, 500), (100, 100), (1_000, 30)] {
        row(units, statements);
    }
}

fn row(units: u64, statements: u64) {
    let (before, now, large) = (
        counts(units, statements, CALLS),
        counts(units, statements, CALLS + units),
        counts(units, statements, 2 * CALLS),
    );
    let asked = file::parse("budget.yaml", BUDGET).unwrap_or_else(|error| panic!("{error}"));
    let rtts = [Nanos::from_millis(15), Nanos::from_millis(50)];
    let text = file::snapshot::write(&snapshot::take(&before), "a bench");
    let taken = file::snapshot::parse("snapshot.yaml", &text).unwrap_or_else(|error| panic!("{error}"));
    let times = [
        best(|| drop(black_box(budget::judge(&now, &asked, &rtts)))),
        best(|| drop(black_box(growth::judge(&[(1.0, &before), (2.0, &now), (3.0, &large)], &asked, &rtts)))),
        best(|| drop(black_box(file::snapshot::write(&snapshot::take(&now), "a bench")))),
        best(|| drop(black_box(file::snapshot::parse("snapshot.yaml", &text)))),
        best(|| drop(black_box(snapshot::judge(&now, &taken, &rtts)))),
    ];
    let ms: Vec<String> = times.iter().map(|time| format!("{:>8.1}", time.as_secs_f64() * 1e3)).collect();
    println!("{units:>9} {statements:>11} {} {:>9}", ms.join(" "), text.len() / 1_000);
}

fn best(mut run: impl FnMut()) -> Duration {
    let once = |_| {
        let begin = Instant::now();
        run();
        begin.elapsed()
    };
    (0..RUNS).map(once).min().unwrap_or_default()
}

/// So many calls, spread over units and their statements.
fn counts(units: u64, statements: u64, calls: u64) -> Counts {
    let each = calls / (units * statements);
    let rest = calls % (units * statements);
    let statement = |unit: u64, at: u64| {
        let calls = each + u64::from(unit * statements + at < rest);
        let text = format!(
            "SELECT a, b, c FROM table_{at} JOIN other_{unit} ON a = b WHERE id = ? AND kind = ? ORDER BY c LIMIT ?"
        );
        Statement { store: "mysql".into(), text, calls, round_trips: calls, most_repeats: calls }
    };
    let unit = |unit: u64| {
        let statements: Vec<Statement> = (0..statements).map(|at| statement(unit, at)).collect();
        let round_trips = statements.iter().map(|statement| statement.round_trips).sum();
        Unit {
            name: format!("journey-{unit}"),
            times: 1,
            round_trips,
            most_round_trips: round_trips,
            bytes_up: round_trips * 120,
            bytes_down: round_trips * 400,
            statements,
            ..Unit::default()
        }
    };
    Counts { units: (0..units).map(unit).collect(), unknown: Vec::new() }
}
