//! A journey's calls in their order: near in one line, away a bar each, all on the same scale.
//!
//! Not for: the numbers, which are in a table.

use crate::analysis::words;
use crate::report::model::{Waterfall, WaterfallBar, WaterfallSide};
use crate::report::words::Chart;

use super::{Canvas, Ink, Side, draw, ticks, width_of, wrapped};

const WIDTH: f64 = 960.0;
/// Where bars begin: names are to the left.
const LEFT: f64 = 250.0;
/// Kept free at the right for times.
const RIGHT: f64 = 76.0;
const ROW: f64 = 18.0;
const BAR: f64 = 12.0;
/// Above each side, for its name.
const HEAD: f64 = 30.0;
/// Under all, for the scale.
const FOOT: f64 = 24.0;
/// Longer journeys are cut; the table has them whole.
const ROWS_MOST: usize = 48;

/// Draws a journey.
pub(crate) fn journey(waterfall: &Waterfall, say: &Chart) -> String {
    let longest = waterfall.sides.iter().map(|side| side.total).fold(0.0, f64::max).max(1.0);
    let height = waterfall.sides.iter().map(high).sum::<f64>() + FOOT;
    let label = (say.waterfall)(&waterfall.journey);
    let scale = (WIDTH - LEFT - RIGHT) / longest;
    draw((WIDTH as u32, height as u32), &label, |c| {
        axis(c, longest, scale, height);
        let mut top = 0.0;
        for side in &waterfall.sides {
            paint(c, side, say, scale, top);
            top += high(side);
        }
    })
}

/// Near its stores all calls fit in a line; away each has its own.
fn rows(side: &WaterfallSide) -> usize {
    if side.remote { side.bars.len().min(ROWS_MOST) + usize::from(side.bars.len() > ROWS_MOST) } else { 1 }
}

fn high(side: &WaterfallSide) -> f64 {
    HEAD + ROW * rows(side) as f64
}

fn axis(c: &Canvas, longest: f64, scale: f64, height: f64) {
    for tick in ticks(longest / 1e6, 6.0).into_iter().filter(|tick| tick * 1e6 <= longest) {
        let x = LEFT + tick * 1e6 * scale;
        c.path(&[(x, 20.0), (x, height - FOOT)], Ink::Grid, 1);
        c.text(&words::time(tick * 1e6), (x, height - FOOT / 2.0), Side::Middle, Ink::Faint);
    }
}

fn paint(c: &Canvas, side: &WaterfallSide, say: &Chart, scale: f64, top: f64) {
    let trips: f64 = side.bars.iter().map(|bar| bar.round_trips).sum();
    let head = (say.side)(&side.label, &words::time(side.total), &words::digits(trips));
    let head = wrapped(&head, WIDTH - 20.0, 1).remove(0);
    c.text(&head, (0.0, top + HEAD / 2.0 + 3.0), Side::Left, Ink::Strong);
    let top = top + HEAD;
    for (index, bar) in side.bars.iter().enumerate() {
        let row = if side.remote { index } else { 0 };
        let y = top + ROW * row as f64;
        if index >= ROWS_MOST && side.remote {
            let more = (say.more)(side.bars.len() - ROWS_MOST);
            c.text(&more, (0.0, y + ROW / 2.0), Side::Left, Ink::Faint);
            return;
        }
        if side.remote {
            name(c, bar, y);
        }
        pieces(c, bar, say, (scale, y), side.remote);
    }
    if !side.remote {
        let end = LEFT + side.total * scale + 6.0;
        c.text(&words::time(side.total), (end, top + ROW / 2.0), Side::Left, Ink::Faint);
        c.text(say.in_a_line, (0.0, top + ROW / 2.0), Side::Left, Ink::Faint);
    }
}

fn name(c: &Canvas, bar: &WaterfallBar, y: f64) {
    let indent = 10.0 * bar.depth as f64;
    let text = if bar.depth > 0 { format!("∥ {}", bar.what) } else { bar.what.clone() };
    let text = wrapped(&text, LEFT - indent - 12.0, 1).remove(0);
    c.text(&text, (indent, y + ROW / 2.0), Side::Left, Ink::Text);
}

fn pieces(c: &Canvas, bar: &WaterfallBar, say: &Chart, (scale, y): (f64, f64), told: bool) {
    let mut x = LEFT + bar.starts * scale;
    let from = x;
    let y = y + (ROW - BAR) / 2.0;
    for (value, ink) in [(bar.distance, Ink::Distance), (bar.store, Ink::Store), (bar.think, Ink::Think)] {
        let w = value * scale;
        if w >= 0.5 {
            c.fill((x, y), (w, BAR), ink);
        }
        x += w;
    }
    if x - from < 1.5 {
        c.fill((from, y), (1.0, BAR), Ink::Axis);
    }
    let all = words::time(bar.total());
    let title = (say.call)(
        &bar.what,
        [
            &all,
            &words::time(bar.distance),
            &words::digits(bar.round_trips),
            &words::time(bar.store),
            &words::time(bar.think),
            &words::time(bar.starts),
        ],
    );
    c.title((from, y - 2.0), ((x - from).max(8.0), BAR + 4.0), &title);
    if told && x + 6.0 + width_of(&all) <= WIDTH {
        c.text(&all, (x + 5.0, y + BAR / 2.0), Side::Left, Ink::Faint);
    }
}
