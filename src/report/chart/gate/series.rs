//! Stored results over time: each as a dot, the level of each segment as a line, changes between them.
//!
//! The axis does not begin at zero: what counts is what changed. Not for: the numbers, which are in a table.

use crate::analysis::gate::Series;
use crate::analysis::words;
use crate::report::gate::{clean, nanos, shown};

use super::super::{Canvas, Ink, Side, draw, width_of};
use super::between;

const WIDTH: f64 = 340.0;
const HEIGHT: f64 = 168.0;
const LEFT: f64 = 54.0;
const RIGHT: f64 = 12.0;
const TOP: f64 = 20.0;
const BOTTOM: f64 = 30.0;

/// Where things are.
struct Scale {
    from: f64,
    to: f64,
    points: usize,
    /// Numbers of the series in one of what the axis shows.
    unit: f64,
    name: String,
}

impl Scale {
    fn of(series: &Series) -> Self {
        let values = || series.points.iter().map(|point| point.1);
        let (least, most) = (values().fold(f64::INFINITY, f64::min), values().fold(f64::NEG_INFINITY, f64::max));
        // At least a twentieth of the level, so that noise does not look like a mountain.
        let room = ((most - least) * 0.12).max(most.abs() * 0.025).max(1e-9);
        let (unit, name) = match nanos(&series.unit) {
            Some(size) if most * size < 2e6 => (1e3 / size, "µs".to_owned()),
            Some(size) if most * size < 20e9 => (1e6 / size, "ms".to_owned()),
            Some(size) => (1e9 / size, "s".to_owned()),
            None if series.unit == "share" => (0.01, "%".to_owned()),
            None => (1.0, clean(&series.unit)),
        };
        Self { from: least - room, to: most + room, points: series.points.len(), unit, name }
    }
    fn x(&self, at: f64) -> f64 {
        LEFT + (at + 0.5) / self.points.max(1) as f64 * (WIDTH - LEFT - RIGHT)
    }
    fn y(&self, value: f64) -> f64 {
        HEIGHT - BOTTOM - ((value - self.from) / (self.to - self.from)).clamp(0.0, 1.0) * (HEIGHT - BOTTOM - TOP)
    }
}

/// Draws a series that has points.
pub(crate) fn panel(series: &Series) -> String {
    let scale = Scale::of(series);
    let label = format!("{} {} over stored results", clean(&series.subject), clean(&series.quantity));
    draw((WIDTH as u32, HEIGHT as u32), &label, |c| {
        axes(c, series, &scale);
        let line: Vec<_> =
            series.points.iter().enumerate().map(|(at, point)| (scale.x(at as f64), scale.y(point.1))).collect();
        c.path(&line, Ink::Grid, 1);
        let radius = if line.len() > 120 { 1 } else { 2 };
        for point in &line {
            c.dot(*point, radius, Ink::Axis);
        }
        levels(c, series, &scale);
        let wide = ((WIDTH - LEFT - RIGHT) / scale.points.max(1) as f64).max(4.0);
        for (at, (name, value)) in series.points.iter().enumerate() {
            let x = scale.x(at as f64) - wide / 2.0;
            c.title(
                (x, TOP),
                (wide, HEIGHT - TOP - BOTTOM),
                &clean(&format!("{name}: {}", shown(*value, &series.unit))),
            );
        }
    })
}

fn axes(c: &Canvas, series: &Series, scale: &Scale) {
    for tick in between(scale.from / scale.unit, scale.to / scale.unit, 4.0) {
        let at = scale.y(tick * scale.unit);
        c.path(&[(LEFT, at), (WIDTH - RIGHT, at)], Ink::Grid, 1);
        c.text(&words::digits(tick), (LEFT - 5.0, at), Side::Right, Ink::Faint);
    }
    c.text(&scale.name, (width_of(&scale.name).max(LEFT - 5.0), 6.0), Side::Right, Ink::Faint);
    let bottom = HEIGHT - BOTTOM + 14.0;
    if let (Some(first), Some(last)) = (series.points.first(), series.points.last()) {
        let short = |name: &str| super::super::wrapped(&clean(name), 120.0, 1).join(" ");
        c.text(&short(&first.0), (LEFT, bottom), Side::Left, Ink::Faint);
        c.text(&short(&last.0), (WIDTH - RIGHT, bottom), Side::Right, Ink::Faint);
    }
}

/// The level of each segment, and a line where one becomes the next.
fn levels(c: &Canvas, series: &Series, scale: &Scale) {
    let ends = series.changes.iter().map(|change| change.at).skip(1).chain([series.points.len()]);
    if let Some(first) = series.changes.first() {
        let y = scale.y(first.from);
        c.path(&[(scale.x(-0.5), y), (scale.x(first.at as f64 - 0.5), y)], Ink::Held, 3);
    }
    for (change, end) in series.changes.iter().zip(ends) {
        let worse = change.to > change.from;
        let (from, to) = (scale.x(change.at as f64 - 0.5), scale.x(end as f64 - 0.5));
        c.path(&[(from, TOP), (from, HEIGHT - BOTTOM)], Ink::Edge, 1);
        c.path(&[(from, scale.y(change.to)), (to, scale.y(change.to))], if worse { Ink::Missed } else { Ink::Held }, 3);
        if change.from != 0.0 {
            let percent = (change.to / change.from - 1.0) * 100.0;
            let text = format!("{}{} %", if percent > 0.0 { "+" } else { "" }, words::digits(percent));
            let left = from + width_of(&text) + 8.0 < WIDTH - RIGHT;
            let place = (if left { from + 4.0 } else { from - 4.0 }, TOP - 8.0);
            c.text(
                &text,
                place,
                if left { Side::Left } else { Side::Right },
                if worse { Ink::Bad } else { Ink::Value },
            );
        }
    }
}
