//! Scenarios whose best fix is known: it must come first, and hold what was missed.

use longhaul::analysis::advice::judge;
use longhaul::analysis::advice::rank::ranking;
use longhaul::report::build::advice::shown;

use crate::worlds::{advised, known};

#[test]
fn the_known_best_fix_comes_first() {
    let mut wrong = Vec::new();
    for it in known() {
        let (run, scenario) = advised(&it.text, 0.01, 2);
        let ranked = ranking(&run, 0);
        let name = |at: usize| run.mitigations[ranked[at].mitigation].name.as_str();
        let first: Vec<String> = (0..ranked.len().min(5))
            .map(|at| format!("{}. {} {:?}", ranked[at].place, name(at), ranked[at].gain.rank()))
            .collect();
        let missed = judge::open(&run, &run.tries[0], 0).len();
        let alone = !ranked.is_empty() && name(0) == it.best && ranked[0].gain.turned == missed;
        let word = shown(&run, &scenario).strategies[0].word.clone();
        if !alone || missed == 0 || word != "yes, with fixes" {
            wrong.push(format!("{}: {missed} open, {word}, {first:#?}", it.name));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
