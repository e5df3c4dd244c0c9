//! Times over the values of a sweep, with the objective and the place where it breaks; both axes are logarithmic.
//!
//! Harder values are to the right, whatever the quantity. Where the objective surely holds the paper is plain, where
//! nobody can tell it is tinted, where it is surely missed it is hatched. Not for: numbers, which are in tables.

use crate::analysis::sweep::shown;
use crate::analysis::words;
use crate::report::sweep::{EdgeCurve, EdgePanel};
use crate::report::words::Chart;
use crate::strategy::vary::Over;

use super::{Canvas, Ink, Side, draw, width_of};

const WIDTH: f64 = 340.0;
const HEIGHT: f64 = 244.0;
const LEFT: f64 = 50.0;
const RIGHT: f64 = 22.0;
const TOP: f64 = 24.0;
const BOTTOM: f64 = 40.0;

/// The ink of each curve: crossing the link in the colour of distance, else in that of text; what no objective limits is
/// dashed.
pub(crate) fn ink(curve: &EdgeCurve) -> Ink {
    match (curve.remote, curve.main) {
        (false, true) => Ink::Near1,
        (false, false) => Ink::Near2,
        (true, true) => Ink::Away1,
        (true, false) => Ink::Away2,
    }
}

/// Where things are.
struct Scale {
    over: Over,
    /// Hardship at the left and at the right.
    across: (f64, f64),
    /// The number at the bottom and at the top.
    up: (f64, f64),
}

impl Scale {
    fn of(panel: &EdgePanel, over: Over) -> Self {
        let across = (over.hardship(panel.range.0), over.hardship(panel.range.1));
        let numbers = panel.curves.iter().flat_map(|c| &c.points).map(|p| p.1).chain(panel.limit.iter().map(|l| l.0));
        let numbers: Vec<f64> = numbers.filter(|n| *n > 0.0 && n.is_finite()).collect();
        let least = numbers.iter().copied().fold(f64::MAX, f64::min).min(1e300);
        let most = numbers.iter().copied().fold(least, f64::max);
        // At least a factor of ten, so that noise does not look like a mountain.
        let room = (10.0 / (most / least)).max(1.0).sqrt() * 1.15;
        Self { over, across, up: (least / room, most * room) }
    }
    fn x(&self, value: f64) -> f64 {
        let (from, to) = self.across;
        let share = (self.over.hardship(value) / from).ln() / (to / from).ln().max(1e-12);
        LEFT + share.clamp(0.0, 1.0) * (WIDTH - LEFT - RIGHT)
    }
    fn y(&self, number: f64) -> f64 {
        let (from, to) = self.up;
        let share = (number.max(from) / from).ln() / (to / from).ln().max(1e-12);
        HEIGHT - BOTTOM - share.clamp(0.0, 1.0) * (HEIGHT - BOTTOM - TOP)
    }
    /// Round values along the bottom, from left to right.
    fn values(&self) -> Vec<f64> {
        let hard = self.over == Over::Hit || self.over == Over::Workers;
        let (from, to) = self.across;
        let (from, to) = if self.over == Over::Workers { (1.0 / to, 1.0 / from) } else { (from, to) };
        let value = |round: f64| match self.over {
            Over::Workers => round,
            _ if hard => self.over.value(round),
            _ => round,
        };
        let mut all: Vec<f64> = round_between(from, to, 6).into_iter().map(value).collect();
        all.sort_by(|a, b| self.over.hardship(*a).total_cmp(&self.over.hardship(*b)));
        all
    }
}

/// Numbers 1, 2, 5 of every decade between two numbers; 1 and 3, or 1 alone, where those would be more than `most`.
fn round_between(from: f64, to: f64, most: usize) -> Vec<f64> {
    let decades = from.log10().floor() as i32..=to.log10().ceil() as i32;
    let of = |leads: &[f64]| -> Vec<f64> {
        let all = decades.clone().flat_map(|d| leads.iter().map(move |lead| lead * 10_f64.powi(d)));
        all.filter(|n| (from * 0.999..=to * 1.001).contains(n)).collect()
    };
    let tries = [of(&[1.0, 2.0, 5.0]), of(&[1.0, 3.0])];
    tries.into_iter().find(|all| all.len() <= most).unwrap_or_else(|| of(&[1.0]))
}

/// Draws a panel.
pub(crate) fn panel(panel: &EdgePanel, over: Over, say: &Chart) -> String {
    let scale = Scale::of(panel, over);
    let label = (say.edge)(&panel.workload, &panel.measure, (say.over)(over));
    draw((WIDTH as u32, HEIGHT as u32), &label, |c| {
        zones(c, panel, &scale);
        axes(c, panel, &scale, say);
        own(c, panel, &scale, say);
        limit(c, panel, &scale, say);
        for curve in &panel.curves {
            self::curve(c, curve, &scale, say);
        }
        edge(c, panel, &scale, say);
    })
}

/// Where nobody can tell, and where the objective is surely missed.
fn zones(c: &Canvas, panel: &EdgePanel, scale: &Scale) {
    if panel.limit.is_none() {
        return;
    }
    let right = WIDTH - RIGHT;
    let from = panel.holds_to.map_or(LEFT, |value| scale.x(value));
    let to = panel.misses_from.map_or(right, |value| scale.x(value));
    let height = HEIGHT - BOTTOM - TOP;
    if to > from + 0.5 {
        c.fill((from, TOP), (to - from, height), Ink::UnknownArea);
    }
    if right > to + 0.5 {
        c.fill((to, TOP), (right - to, height), Ink::MissedArea);
    }
}

fn axes(c: &Canvas, panel: &EdgePanel, scale: &Scale, say: &Chart) {
    let most = scale.up.1;
    let (unit, name) = match () {
        () if panel.share => (0.01, "%"),
        () if most < 20e9 => (1e6, "ms"),
        () if most < 1_200e9 => (1e9, "s"),
        () => (60e9, "min"),
    };
    for tick in round_between(scale.up.0 / unit, scale.up.1 / unit, 7) {
        let at = scale.y(tick * unit);
        c.path(&[(LEFT, at), (WIDTH - RIGHT, at)], Ink::Grid, 1);
        c.text(&words::digits(tick), (LEFT - 5.0, at), Side::Right, Ink::Faint);
    }
    let bottom = HEIGHT - BOTTOM;
    c.path(&[(LEFT, bottom), (WIDTH - RIGHT, bottom)], Ink::Axis, 1);
    let mut free = 0.0;
    for value in scale.values() {
        let (at, text) = (scale.x(value), shown(scale.over, value));
        c.path(&[(at, bottom), (at, bottom + 4.0)], Ink::Axis, 1);
        let half = width_of(&text) / 2.0;
        let middle = at.min(WIDTH - half);
        if middle - half >= free {
            c.text(&text, (middle, bottom + 14.0), Side::Middle, Ink::Faint);
            free = middle + half + 6.0;
        }
    }
    c.text((say.over)(scale.over), (WIDTH - RIGHT, HEIGHT - 8.0), Side::Right, Ink::Faint);
    c.text(name, (LEFT - 5.0, 8.0), Side::Right, Ink::Faint);
}

/// The scenario's own value.
fn own(c: &Canvas, panel: &EdgePanel, scale: &Scale, say: &Chart) {
    let Some((value, text)) = &panel.own else { return };
    let at = scale.x(*value);
    c.path(&[(at, TOP), (at, HEIGHT - BOTTOM)], Ink::Edge, 1);
    let text = (say.own)(text);
    let half = width_of(&text) / 2.0;
    let middle = at.clamp(half, WIDTH - RIGHT - half);
    c.text(&text, (middle, HEIGHT - 8.0), Side::Middle, Ink::Faint);
}

fn limit(c: &Canvas, panel: &EdgePanel, scale: &Scale, say: &Chart) {
    let Some((limit, text)) = &panel.limit else { return };
    let at = scale.y(*limit);
    c.path(&[(LEFT, at), (WIDTH - RIGHT, at)], Ink::Limit, 1);
    let above = at - 9.0 > TOP;
    let text = (say.limit)(text);
    c.text(&text, (LEFT + 4.0, if above { at - 8.0 } else { at + 9.0 }), Side::Left, Ink::Value);
}

fn curve(c: &Canvas, curve: &EdgeCurve, scale: &Scale, say: &Chart) {
    let ink = ink(curve);
    let points: Vec<_> = curve.points.iter().map(|p| (scale.x(p.0), scale.y(p.1))).collect();
    if points.len() > 1 {
        c.path(&points, ink, 2);
    }
    for ((x, y), (_, _, title)) in points.iter().zip(&curve.points) {
        c.dot((*x, *y), 2, ink);
        c.title((x - 4.0, y - 4.0), (8.0, 8.0), &(say.point)(&curve.label, title));
    }
}

/// The break point: a line down to its value.
fn edge(c: &Canvas, panel: &EdgePanel, scale: &Scale, say: &Chart) {
    let Some((value, text)) = &panel.at else { return };
    let at = scale.x(*value);
    let limit = panel.limit.as_ref().map_or(TOP, |l| scale.y(l.0));
    c.path(&[(at, TOP), (at, HEIGHT - BOTTOM)], Ink::Missed, 2);
    c.dot((at, limit), 4, Ink::Missed);
    let text = (say.breaks)(text);
    let half = width_of(&text) / 2.0;
    c.text(&text, (at.clamp(LEFT + half, WIDTH - RIGHT - half), TOP - 12.0), Side::Middle, Ink::Bad);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Language;

    fn example(over: Over, range: (f64, f64)) -> String {
        let hard =
            |share: f64| over.value(over.hardship(range.0).powf(1.0 - share) * over.hardship(range.1).powf(share));
        let points = [0.0, 0.3, 0.6, 1.0].map(|share| (hard(share), 5e6 + share * 2e9, "one".to_owned())).into();
        let panel_ = EdgePanel {
            workload: "web".into(),
            measure: "p99".into(),
            share: false,
            limit: Some((800e6, "800 ms".into())),
            range,
            own: Some((hard(0.5), "own".into())),
            at: Some((hard(0.4), "x".into())),
            holds_to: Some(hard(0.3)),
            misses_from: Some(hard(0.6)),
            curves: vec![EdgeCurve { label: "p99".into(), remote: true, main: true, points }],
        };
        panel(&panel_, over, &Language::English.words().chart)
    }

    #[test]
    fn every_quantity_has_an_axis() {
        for (over, range, labels) in [
            (Over::Rtt, (0.5e6, 100e6), &["1 ms", "3 ms", "10 ms", "100 ms"][..]),
            (Over::Loss, (1e-5, 0.05), &["0.001 %", "0.1 %"]),
            (Over::Rate, (0.25, 4.0), &["0.5 ×", "1 ×", "2 ×"]),
            (Over::Workers, (2.0, 0.1), &["2 ×", "0.5 ×", "0.1 ×"]),
            (Over::Hit, (0.999, 0.5), &["99.9 %", "90 %"]),
        ] {
            let svg = example(over, range);
            for label in labels {
                assert!(svg.contains(&format!(">{label}</text>")), "{over:?} {label}: {svg}");
            }
            assert!(!svg.contains("NaN") && svg.contains("f-unknown-area") && svg.contains("f-missed-area"));
            assert!(svg.contains("breaks at x") && svg.contains("scenario: own") && svg.contains("limit 800 ms"));
        }
    }

    #[test]
    fn ticks_are_round_and_few() {
        assert_eq!(round_between(0.9, 21.0, 6), [1.0, 2.0, 5.0, 10.0, 20.0]);
        assert_eq!(round_between(0.9, 210.0, 6), [1.0, 3.0, 10.0, 30.0, 100.0]);
        assert_eq!(round_between(0.9, 11_000.0, 6), [1.0, 10.0, 100.0, 1_000.0, 10_000.0]);
    }
}
