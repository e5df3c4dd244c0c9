//! The report of a canned run, against golden files. `UPDATE=1` writes them anew.

mod common;

use common::{canned, canned_scenario};

#[test]
fn x() {
    let a = longhaul::analysis::summarise(&canned::run(), &canned_scenario::scenario());
    for s in &a.strategies {
        println!("{}: {}. {}", s.name, s.answer.shown(), s.sentence);
        for x in &s.answers {
            println!("   {x:?}");
        }
        for p in &s.phases {
            println!("   {} {:?} {:?}", p.name, p.verdict, p.worst.as_ref().map(|w| (&w.0, w.2)));
        }
        println!("{:#?}", s.cost);
    }
    for p in &a.placements {
        for w in &p.workloads {
            for c in &w.checks {
                println!(
                    "{} {} {:?} {} {:?} {} {}",
                    p.label,
                    c.part,
                    c.quantity,
                    c.quantity.shown(c.limit),
                    c.verdict,
                    c.measured.map_or(String::new(), |m| c.quantity.shown(m.estimate.value)),
                    c.why
                )
            }
        }
    }
}
