//! The report of a canned run, against golden files. `UPDATE=1` writes them anew.

mod common;

use common::{canned, canned_scenario};

#[test]
fn x() {
    let r = longhaul::report::Report::of(&canned::run(), &canned_scenario::scenario());
    println!("{}", longhaul::report::text::summary(&r, false));
    let h = longhaul::report::html::page(&r);
    println!("{}", h.len());
    std::fs::write("/tmp/rep/report.html", h).unwrap();
}
