//! Where the time of the mean journey goes, an arm a bar.
//!
//! Parts differ in pattern as well as colour. Not for: the numbers, which are in a table.

use crate::analysis::words;
use crate::report::model::TimePanel;
use crate::report::words::Chart;

use super::{Ink, Side, draw, width_of};

const WIDTH: f64 = 340.0;
const EACH: f64 = 46.0;
const BAR: f64 = 20.0;
/// Kept free at the right for the total.
const TOTAL: f64 = 62.0;

/// Draws a panel.
pub(crate) fn panel(panel: &TimePanel, say: &Chart) -> String {
    let longest = panel.bars.iter().map(|b| b.total).fold(0.0, f64::max).max(1.0);
    let height = EACH * panel.bars.len() as f64 + 2.0;
    let label = (say.bars)(&panel.workload);
    draw((WIDTH as u32, height as u32), &label, |c| {
        for (i, bar) in panel.bars.iter().enumerate() {
            let y = EACH * i as f64;
            c.text(&bar.label, (0.0, y + 9.0), Side::Left, Ink::Text);
            let parts = [
                (bar.distance, Ink::Distance),
                (bar.store, Ink::Store),
                (bar.waiting, Ink::Waiting),
                (bar.think, Ink::Think),
                (bar.rest, Ink::Rest),
            ];
            let mut x = 0.0;
            for ((value, ink), name) in parts.into_iter().zip(say.parts) {
                let w = value / longest * (WIDTH - TOTAL);
                if w >= 0.5 {
                    c.fill((x, y + 18.0), (w, BAR), ink);
                }
                let title = (say.part)(name, &words::time(value), &words::time(bar.total), &bar.detail);
                c.title((x, y + 18.0), (w, BAR), &title);
                let share = words::percent((value / bar.total.max(1.0) * 100.0).round() / 100.0);
                if ink == Ink::Distance && width_of(&share) + 8.0 < w {
                    c.text(&share, (x + 5.0, y + 18.0 + BAR / 2.0), Side::Left, Ink::Inverse);
                }
                x += w;
            }
            c.text(&words::time(bar.total), (x + 6.0, y + 18.0 + BAR / 2.0), Side::Left, Ink::Strong);
        }
    })
}
