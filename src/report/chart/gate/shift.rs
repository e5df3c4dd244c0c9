//! What moved of a distribution: second minus first at every decile, with what noise moves.
//!
//! A level line above zero is more work on every journey; one that rises at the right is a longer tail. Not for: the numbers, which
//! are in a table.

use crate::analysis::gate::Paired;
use crate::analysis::words;
use crate::report::gate::{clean, known};

use super::super::{Ink, Side, draw};
use super::{between, dot, ink};

const WIDTH: f64 = 340.0;
const HEIGHT: f64 = 172.0;
const LEFT: f64 = 54.0;
const RIGHT: f64 = 12.0;
const TOP: f64 = 20.0;
const BOTTOM: f64 = 30.0;

/// Whether there is anything to draw.
pub(crate) fn has(pair: &Paired) -> bool {
    let (first, second) = &pair.deciles_ns;
    known(pair)
        && first.len() == second.len()
        && first.len() > 1
        && first.iter().chain(second).all(|value| value.is_finite())
}

/// Draws one comparison that [`has`] deciles.
pub(crate) fn panel(pair: &Paired) -> String {
    let (first, second) = &pair.deciles_ns;
    let moved: Vec<f64> = first.iter().zip(second).map(|(first, second)| second - first).collect();
    let noise: Vec<f64> = first.iter().map(|value| value * (pair.floor - 1.0).clamp(0.0, 10.0)).collect();
    let least = moved.iter().copied().chain(noise.iter().map(|n| -n)).fold(0.0, f64::min);
    let most = moved.iter().chain(&noise).copied().fold(0.0, f64::max);
    let (unit, name) = if most.max(-least) < 1e6 {
        (1e3, "µs")
    } else if most.max(-least) < 20e9 {
        (1e6, "ms")
    } else {
        (1e9, "s")
    };
    let room = ((most - least) * 0.08).max(1.0);
    let (least, most) = (least - room, most + room);
    let x = |at: usize| LEFT + (at as f64 + 0.5) / first.len() as f64 * (WIDTH - LEFT - RIGHT);
    let y = |value: f64| HEIGHT - BOTTOM - (value - least) / (most - least) * (HEIGHT - BOTTOM - TOP);
    let label = format!("{} {}: second minus first at every decile", clean(&pair.subject), clean(&pair.quantity));
    draw((WIDTH as u32, HEIGHT as u32), &label, |c| {
        let upper = noise.iter().enumerate().map(|(at, n)| (x(at), y(*n)));
        let lower = noise.iter().enumerate().rev().map(|(at, n)| (x(at), y(-n)));
        c.shape(&upper.chain(lower).collect::<Vec<_>>(), Ink::HeldArea);
        for tick in between(least / unit, most / unit, 4.0) {
            let at = y(tick * unit);
            c.path(&[(LEFT, at), (WIDTH - RIGHT, at)], if tick == 0.0 { Ink::Axis } else { Ink::Grid }, 1);
            let sign = if tick > 0.0 { "+" } else { "" };
            c.text(&format!("{sign}{}", words::digits(tick)), (LEFT - 5.0, at), Side::Right, Ink::Faint);
        }
        c.text(name, (LEFT - 5.0, 6.0), Side::Right, Ink::Faint);
        let line: Vec<_> = moved.iter().enumerate().map(|(at, value)| (x(at), y(*value))).collect();
        c.path(&line, ink(pair.outcome), 2);
        for (at, point) in line.iter().enumerate() {
            c.dot(*point, 3, dot(pair.outcome));
            let percent = (at + 1) as f64 * 100.0 / (first.len() + 1) as f64;
            c.text(&words::digits(percent), (x(at), HEIGHT - BOTTOM + 12.0), Side::Middle, Ink::Faint);
            let (was, is) = (words::time(first[at]), words::time(second[at]));
            c.title(
                (x(at) - 8.0, TOP),
                (16.0, HEIGHT - TOP - BOTTOM),
                &format!("{}th percentile: {was} → {is}", words::digits(percent)),
            );
        }
        c.text("percentile", (WIDTH - RIGHT, HEIGHT - 6.0), Side::Right, Ink::Faint);
    })
}
