//! One strategy on the calendar: phases as blocks, and under them a line for each workload.
//!
//! All strategies have the same weeks and, for each workload, the same height, so that they can
//! be compared by eye. Not for: other charts.

use crate::report::model::{Block, Calendar, Lane, Line, Point, Shade, Tone};
use crate::report::words::Chart;

use super::{Canvas, Ink, Side, draw, width_of, wrapped};

const WIDTH: f64 = 1_080.0;
const LEFT: f64 = 150.0;
const RIGHT: f64 = 8.0;
const AXIS: f64 = 24.0;
const LANE: f64 = 74.0;
const EVENTS: f64 = 22.0;
/// One more line of short states.
const EVENT: f64 = 14.0;
const ROW: f64 = 54.0;
/// Of a row, above its bars: room for the value.
const HEAD: f64 = 17.0;

/// Where things are.
struct Scale {
    days: f64,
}

impl Scale {
    fn x(&self, day: f64) -> f64 {
        LEFT + day / self.days.max(1e-9) * (WIDTH - LEFT - RIGHT)
    }
}

/// Draws lane number `index` of the calendar.
pub(crate) fn lane(calendar: &Calendar, index: usize, say: &Chart) -> String {
    let lane = &calendar.lanes[index];
    let scale = Scale { days: calendar.days };
    let marks = marks(lane, &scale, say);
    let events = marks.iter().map(|mark| mark.row).max().map_or(8.0, |last| EVENTS + EVENT * last as f64);
    let height = AXIS + LANE + events + ROW * lane.lines.len() as f64 + 4.0;
    let label = (say.calendar)(&lane.strategy, calendar.days);
    draw((WIDTH as u32, height as u32), &label, |c| {
        axis(c, &scale, height, say.week);
        for block in &lane.blocks {
            self::block(c, &scale, block, say);
        }
        for mark in &marks {
            self::mark(c, mark);
        }
        for (row, line) in lane.lines.iter().enumerate() {
            let y = AXIS + LANE + events + ROW * row as f64;
            self::line(c, &scale, line, (y, highest(calendar, row)), say);
        }
        boundaries(c, &scale, lane, height);
    })
}

/// The highest number that a workload has under any strategy, its limit included.
fn highest(calendar: &Calendar, row: usize) -> f64 {
    let lines = calendar.lanes.iter().filter_map(|l| l.lines.get(row));
    let all = lines.flat_map(|l| l.points.iter().filter_map(|p| p.value).chain(l.limit));
    all.fold(0.0, f64::max).max(1.0)
}

/// Weeks along the top.
fn axis(c: &Canvas, scale: &Scale, height: f64, word: &str) {
    c.text(word, (LEFT - 10.0, 10.0), Side::Right, Ink::Faint);
    let weeks = (scale.days / 7.0).ceil() as u32;
    let every = weeks.div_ceil(20).max(1);
    for week in (0..=weeks).step_by(every as usize).filter(|w| f64::from(*w) * 7.0 <= scale.days) {
        let x = scale.x(f64::from(week) * 7.0);
        c.path(&[(x, 18.0), (x, height - 4.0)], Ink::Grid, 1);
        if f64::from(week) * 7.0 < scale.days {
            c.text(&(week + 1).to_string(), (x + 3.0, 10.0), Side::Left, Ink::Faint);
        }
    }
}

/// One phase.
fn block(c: &Canvas, scale: &Scale, block: &Block, say: &Chart) {
    let (x, end) = (scale.x(block.starts) + 1.0, scale.x(block.starts + block.days) - 1.0);
    let (w, inner) = ((end - x).max(1.0), end - x - 6.0);
    let (top, size) = ((x, AXIS), (w, LANE - 4.0));
    c.fill(top, size, shade(block.shade));
    if matches!(block.shade, Shade::Invalid | Shade::NotMeasured | Shade::Unknown) {
        c.outline(top, size, Ink::Edge);
    }
    let (ink, strong) = match block.shade {
        Shade::MissedFar => (Ink::Inverse, Ink::Inverse),
        Shade::Invalid => (Ink::Value, Ink::Bad),
        _ => (Ink::Text, Ink::Strong),
    };
    let name = format!("{} {}", block.number, block.name);
    if inner > 12.0 {
        for (i, line) in wrapped(&name, inner, 3).iter().enumerate() {
            c.text(line, (x + 4.0, AXIS + 11.0 + 14.0 * i as f64), Side::Left, ink);
        }
    }
    let ratio = block.label.rsplit(' ').next().unwrap_or("");
    let label = [block.label.as_str(), ratio].into_iter().find(|l| width_of(l) * 1.1 <= inner);
    if let Some(label) = label {
        c.text(label, (x + 4.0, AXIS + LANE - 14.0), Side::Left, strong);
    }
    if block.moves > 0 {
        let tip = x - 1.0;
        c.shape(&[(tip - 5.0, AXIS - 6.0), (tip + 5.0, AXIS - 6.0), (tip, AXIS + 3.0)], Ink::Axis);
    }
    let days = crate::analysis::words::digits(block.days);
    c.title(top, size, &(say.block)(&name, &days, block.moves, &block.detail));
}

/// Short states under the block that they begin, in the first line in which nothing stands in their way.
struct Mark {
    text: String,
    x: f64,
    row: usize,
    fits: bool,
}

fn marks(lane: &Lane, scale: &Scale, say: &Chart) -> Vec<Mark> {
    let mut ends: Vec<f64> = Vec::new();
    let mark = |block: &Block| {
        let (text, x) = (block.events.join(say.between), scale.x(block.starts) + 1.0);
        let width = width_of(&text);
        let fits = x + 12.0 + width < WIDTH - RIGHT;
        let (from, to) = if fits { (x - 1.0, x + 12.0 + width) } else { (x - 6.0 - width, x + 8.0) };
        let row = ends.iter().position(|end| *end < from).unwrap_or(ends.len());
        ends.resize(ends.len().max(row + 1), 0.0);
        ends[row] = to + 6.0;
        Mark { text, x, row, fits }
    };
    lane.blocks.iter().filter(|block| !block.events.is_empty()).map(mark).collect()
}

fn mark(c: &Canvas, mark: &Mark) {
    let (x, y) = (mark.x, AXIS + LANE + 6.0 + EVENT * mark.row as f64);
    c.shape(&[(x - 1.0, y - 5.0), (x + 7.0, y), (x - 1.0, y + 5.0)], Ink::Waiting);
    c.path(&[(x - 1.0, AXIS), (x - 1.0, y + 5.0)], Ink::Waiting, 2);
    let (at, side) = if mark.fits { (x + 11.0, Side::Left) } else { (x - 6.0, Side::Right) };
    c.text(&mark.text, (at, y), side, Ink::Text);
    c.title((x - 4.0, AXIS + LANE - 4.0), (14.0, 16.0 + EVENT * mark.row as f64), &mark.text);
}

const fn shade(shade: Shade) -> Ink {
    match shade {
        Shade::Far => Ink::ShadeFar,
        Shade::Near => Ink::ShadeNear,
        Shade::Missed => Ink::ShadeMissed,
        Shade::MissedFar => Ink::ShadeMissedFar,
        Shade::Unknown => Ink::ShadeUnknown,
        Shade::Invalid => Ink::ShadeInvalid,
        Shade::NotMeasured => Ink::ShadeNotMeasured,
    }
}

/// One workload: its name at the left, a bar a phase, its objective as a dashed line.
fn line(c: &Canvas, scale: &Scale, line: &Line, (y, highest): (f64, f64), say: &Chart) {
    let base = y + ROW - 5.0;
    let at = |value: f64| base - (value / highest) * (ROW - HEAD - 6.0);
    c.text(&line.workload, (LEFT - 10.0, y + HEAD + 5.0), Side::Right, Ink::Strong);
    let measure = wrapped(&(say.measure)(&line.measure, &line.limit_text), LEFT - 14.0, 1).join("");
    c.text(&measure, (LEFT - 10.0, y + HEAD + 20.0), Side::Right, Ink::Faint);
    line.points.iter().for_each(|p| bar(c, scale, p, base, &at));
    c.path(&[(LEFT, base), (scale.x(scale.days), base)], Ink::Axis, 1);
    if let (Some(limit), Some(last)) = (line.limit, line.points.last()) {
        c.path(&[(LEFT, at(limit)), (scale.x(last.starts + last.days), at(limit))], Ink::Limit, 1);
    }
    line.points.iter().for_each(|p| value(c, scale, p, base, &at));
}

/// One phase of one workload: the bar.
fn bar(c: &Canvas, scale: &Scale, point: &Point, base: f64, at: &dyn Fn(f64) -> f64) {
    let (x, end) = (scale.x(point.starts) + 1.0, scale.x(point.starts + point.days) - 1.0);
    let Some(value) = point.value else { return };
    let (stroke, area) = match point.tone {
        Tone::Missed => (Ink::Missed, Ink::MissedArea),
        Tone::Unknown => (Ink::Unknown, Ink::UnknownArea),
        _ => (Ink::Held, Ink::HeldArea),
    };
    let top = at(value).min(base - 1.0);
    c.fill((x, top), (end - x, base - top), area);
    c.path(&[(x, top), (end, top)], stroke, 2);
}

/// The value above its bar, over the objective's line; only its mark where there is no room for more.
fn value(c: &Canvas, scale: &Scale, point: &Point, base: f64, at: &dyn Fn(f64) -> f64) {
    let (x, end) = (scale.x(point.starts) + 1.0, scale.x(point.starts + point.days) - 1.0);
    let (mark, ink) = match (point.tone, point.value) {
        (Tone::Held, _) => ("", Ink::Value),
        (tone @ (Tone::Missed | Tone::Invalid), _) => (tone.mark(), Ink::Bad),
        (tone, Some(_)) => (tone.mark(), Ink::Value),
        (_, None) => ("?", Ink::Faint),
    };
    let full = format!("{mark} {}", point.text);
    let text = [full.trim(), point.text.trim(), mark].into_iter().find(|t| width_of(t) <= end - x).unwrap_or("");
    let y = point.value.map_or(base - 12.0, |v| at(v).min(base - 1.0) - 7.0);
    c.text(text, (f64::midpoint(x, end), y), Side::Middle, ink);
    c.title((x, base - ROW + HEAD), (end - x, ROW - HEAD + 4.0), &point.detail);
}

/// Thin lines where phases meet, through all rows.
fn boundaries(c: &Canvas, scale: &Scale, lane: &Lane, height: f64) {
    for block in lane.blocks.iter().skip(1) {
        let x = scale.x(block.starts);
        c.path(&[(x, AXIS + LANE - 4.0), (x, height - 4.0)], Ink::Grid, 1);
    }
}
