//! A forest plot: the ratio of two sides with its interval, a comparison a row, controls apart.
//!
//! Behind each row lies the band of what the same code shows against itself in the same job: an interval within it is nothing. The
//! axis is logarithmic, so that twice and half are equally far. Not for: the numbers, which are in a table.

use crate::analysis::gate::Paired;
use crate::analysis::words;
use crate::report::gate::{clean, tone};

use super::super::{Canvas, Ink, Side, draw, width_of, wrapped};
use super::{between, dot, finite, ink};

const WIDTH: f64 = 340.0;
const LEFT: f64 = 4.0;
const RIGHT: f64 = 4.0;
const EACH: f64 = 38.0;
const TOP: f64 = 6.0;
const BOTTOM: f64 = 34.0;
/// Between comparisons and controls.
const APART: f64 = 26.0;

/// Draws every comparison, then every control.
pub(crate) fn forest(pairs: &[Paired]) -> String {
    let (controls, compared): (Vec<&Paired>, Vec<&Paired>) = pairs.iter().partition(|pair| pair.control);
    let apart = if controls.is_empty() || compared.is_empty() { 0.0 } else { APART };
    let height = TOP + EACH * pairs.len() as f64 + apart + BOTTOM;
    let scale = Scale::of(pairs);
    draw(
        (WIDTH as u32, height as u32),
        "second ÷ first of every comparison, with its 95 % interval and the noise floor",
        |c| {
            axis(c, &scale, height);
            for (i, pair) in compared.iter().enumerate() {
                row(c, &scale, pair, TOP + EACH * i as f64);
            }
            let below = TOP + EACH * compared.len() as f64 + apart;
            if apart > 0.0 {
                c.text("controls: the same on both sides", (LEFT, below - 9.0), Side::Left, Ink::Faint);
            }
            for (i, pair) in controls.iter().enumerate() {
                row(c, &scale, pair, below + EACH * i as f64);
            }
        },
    )
}

/// Where a ratio is.
struct Scale {
    /// Logarithms at the left and at the right.
    from: f64,
    to: f64,
}

impl Scale {
    fn of(pairs: &[Paired]) -> Self {
        let all =
            pairs.iter().flat_map(|pair| [pair.ratio.0, pair.ratio.1, pair.ratio.2, pair.floor, 1.0 / pair.floor]);
        let logs: Vec<f64> = all.filter(|ratio| ratio.is_finite() && *ratio > 0.0).map(f64::ln).collect();
        // One wild interval must not flatten all others: at most from a fifth to five times.
        let bound = 5_f64.ln();
        let least = logs.iter().copied().fold(-0.01, f64::min).max(-bound);
        let most = logs.iter().copied().fold(0.01, f64::max).min(bound);
        let room = (most - least) * 0.06;
        Self { from: least - room, to: most + room }
    }
    fn x(&self, ratio: f64) -> f64 {
        let log = if ratio > 0.0 { finite(ratio.ln(), self.to) } else { self.from };
        LEFT + ((log - self.from) / (self.to - self.from)).clamp(0.0, 1.0) * (WIDTH - LEFT - RIGHT)
    }
    /// Round changes in percent.
    fn ticks(&self) -> Vec<f64> {
        between((self.from.exp() - 1.0) * 100.0, (self.to.exp() - 1.0) * 100.0, 5.0)
    }
}

fn axis(c: &Canvas, scale: &Scale, height: f64) {
    let bottom = height - BOTTOM;
    for percent in scale.ticks() {
        let x = scale.x(1.0 + percent / 100.0);
        let none = percent == 0.0;
        c.path(&[(x, TOP), (x, bottom + 4.0)], if none { Ink::Axis } else { Ink::Grid }, 1);
        let text = if none {
            "equal".to_owned()
        } else {
            format!("{}{} %", if percent > 0.0 { "+" } else { "" }, words::digits(percent))
        };
        let half = width_of(&text) / 2.0;
        c.text(&text, (x.clamp(half, WIDTH - half), bottom + 12.0), Side::Middle, Ink::Faint);
    }
    c.text("quicker", (LEFT, bottom + 27.0), Side::Left, Ink::Faint);
    c.text("slower", (WIDTH - RIGHT, bottom + 27.0), Side::Right, Ink::Faint);
}

fn row(c: &Canvas, scale: &Scale, pair: &Paired, y: f64) {
    let (low, ratio, high) = pair.ratio;
    let number = format!("{ratio:.3}");
    let mark = tone(pair.outcome).mark();
    let name = clean(&format!("{mark} {} {}", pair.subject, pair.quantity));
    let name = wrapped(&name, WIDTH - LEFT - RIGHT - width_of(&number) - 12.0, 1).join(" ");
    let middle = y + 25.0;
    if pair.floor.is_finite() && pair.floor > 1.0 {
        let (from, to) = (scale.x(1.0 / pair.floor), scale.x(pair.floor));
        c.fill((from, middle - 9.0), (to - from, 18.0), Ink::HeldArea);
    }
    c.path(&[(scale.x(1.0), middle - 9.0), (scale.x(1.0), middle + 9.0)], Ink::Axis, 1);
    let (from, to) = (scale.x(low), scale.x(high));
    c.path(&[(from, middle), (to, middle)], ink(pair.outcome), 3);
    for end in [from, to] {
        c.path(&[(end, middle - 4.0), (end, middle + 4.0)], ink(pair.outcome), 2);
    }
    c.dot((scale.x(ratio), middle), 4, dot(pair.outcome));
    c.text(&name, (LEFT, y + 8.0), Side::Left, Ink::Strong);
    c.text(&number, (WIDTH - RIGHT, y + 8.0), Side::Right, Ink::Value);
    let title = format!(
        "{} {}: {ratio:.3} ({low:.3} to {high:.3}), p = {}, noise floor {:.3}, {} rounds: {}",
        clean(&pair.subject),
        clean(&pair.quantity),
        words::digits(pair.p),
        pair.floor,
        pair.rounds,
        pair.outcome.word()
    );
    c.title((LEFT, y), (WIDTH - LEFT - RIGHT, EACH), &title);
}
