//! Percentile curves on an axis of nines: 90 %, 99 % and 99.9 % are equally far apart.
//!
//! The axis is drawn by hand, since a logarithmic axis of plotters has no labels within a decade.
//! Not for: percentiles as numbers, which are in tables.

use crate::analysis::words;
use crate::report::model::CurvePanel;
use crate::report::words::Chart;

use super::{Canvas, Ink, Side, draw, ticks, width_of};

const WIDTH: f64 = 340.0;
const HEIGHT: f64 = 224.0;
const LEFT: f64 = 50.0;
const RIGHT: f64 = 12.0;
const TOP: f64 = 20.0;
const BOTTOM: f64 = 26.0;

/// The ink of curve number `index`: away in the colour of distance, beside in that of text; the second of a kind is dashed.
pub(crate) const fn ink(remote: bool, index: usize) -> Ink {
    match (remote, index) {
        (false, 0) => Ink::Near1,
        (false, _) => Ink::Near2,
        (true, 0) => Ink::Away1,
        (true, _) => Ink::Away2,
    }
}

/// The ink of each curve of a panel.
pub(crate) fn inks(panel: &CurvePanel) -> Vec<Ink> {
    let (mut near, mut away) = (0, 0);
    let next = |remote: bool| {
        let count = if remote { &mut away } else { &mut near };
        *count += 1;
        ink(remote, *count - 1)
    };
    panel.curves.iter().map(|c| c.remote).map(next).collect()
}

/// How many nines a share has: 0.9 is one, 0.99 two.
fn nines(share: f64) -> f64 {
    -(1.0 - share).max(1e-12).log10()
}

/// Draws a panel.
pub(crate) fn panel(panel: &CurvePanel, say: &Chart) -> String {
    let points = || panel.curves.iter().flat_map(|c| &c.points);
    let far = points().map(|p| nines(p.0)).fold(1.0, f64::max).max(2.05);
    let most = points().map(|p| p.1).chain(panel.limits.iter().map(|l| l.1)).fold(0.0, f64::max);
    let (unit, name) = if most < 20e9 { (1e6, "ms") } else { (1e9, "s") };
    let ticks = ticks(most / unit, 3.5);
    let highest = ticks.last().copied().unwrap_or(1.0).max(1e-9);
    let x = |share: f64| LEFT + nines(share) / far * (WIDTH - LEFT - RIGHT);
    let y = |nanos: f64| HEIGHT - BOTTOM - nanos / unit / highest * (HEIGHT - BOTTOM - TOP);
    let label = (say.curves)(&panel.workload);
    draw((WIDTH as u32, HEIGHT as u32), &label, |c| {
        for tick in &ticks {
            let at = y(tick * unit);
            c.path(&[(LEFT, at), (WIDTH - RIGHT, at)], if *tick == 0.0 { Ink::Axis } else { Ink::Grid }, 1);
            c.text(&words::digits(*tick), (LEFT - 5.0, at), Side::Right, Ink::Faint);
        }
        let mut taken = f64::MIN;
        for (share, text) in [(0.0, "0 %"), (0.5, "50 %"), (0.9, "90 %"), (0.99, "99 %"), (0.999, "99.9 %")] {
            if nines(share) <= far {
                c.path(&[(x(share), TOP), (x(share), HEIGHT - BOTTOM + 4.0)], Ink::Grid, 1);
                // No label is cut off at the edge, or stands on the one before it.
                let half = width_of(text) / 2.0;
                let at = x(share).min(WIDTH - half - 1.0);
                if at - half > taken {
                    c.text(text, (at, HEIGHT - BOTTOM + 14.0), Side::Middle, Ink::Faint);
                    taken = at + half + 3.0;
                }
            }
        }
        c.text(name, (LEFT - 5.0, 8.0), Side::Right, Ink::Faint);
        limits(c, panel, say, &x, &y);
        for (curve, ink) in panel.curves.iter().zip(inks(panel)) {
            let line: Vec<_> = curve.points.iter().map(|p| (x(p.0), y(p.1))).collect();
            c.path(&line, ink, 2);
            let last = curve.points.last().map_or((0.0, 0.0), |p| (x(p.0), y(p.1)));
            c.dot(last, 3, ink);
            let title = (say.curve_ends)(
                &curve.label,
                &curve.detail,
                &words::quantile(curve.points.last().map_or(0.0, |p| p.0)),
            );
            c.title((last.0 - 6.0, last.1 - 6.0), (12.0, 12.0), &title);
        }
    })
}

/// Each objective: its height as a dashed line, and a mark at the share that must stay under it.
fn limits(c: &Canvas, panel: &CurvePanel, say: &Chart, x: &dyn Fn(f64) -> f64, y: &dyn Fn(f64) -> f64) {
    for (share, limit, text) in &panel.limits {
        let (at, height) = (x(*share), y(*limit));
        c.path(&[(LEFT, height), (at, height)], Ink::Limit, 1);
        c.path(&[(at - 5.0, height), (at + 5.0, height)], Ink::Missed, 3);
        let text = (say.limit)(text);
        let above = height - 9.0 > TOP;
        let from = (at - 8.0).max(LEFT + width_of(&text) + 4.0);
        c.text(
            &text,
            (from.min(WIDTH - RIGHT), if above { height - 8.0 } else { height + 9.0 }),
            Side::Right,
            Ink::Value,
        );
    }
}
